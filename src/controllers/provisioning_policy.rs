//! ProvisioningPolicy ↔ Graph's `provisioningPolicies`: how a spec reads in Graph's terms.

use serde_json::{Map, Value, json};

use crate::api::{
    AssignmentGroup, DomainJoinConfiguration, ProvisioningPolicy, ProvisioningPolicySpec, Resolved, TargetKind,
    UserSettingsPersistenceConfiguration,
};
use crate::cluster::managed::{Common, ImageReference, Managed, Reference};
use crate::controllers::network;
use crate::controllers::properties::put;
use crate::graph::Collection;

/// The `imageType` of a policy that names none.
const GALLERY: &str = "gallery";

impl Managed for ProvisioningPolicy {
    const KIND: &'static str = "ProvisioningPolicy";
    const COLLECTION: Collection = Collection::ProvisioningPolicies;
    const TARGET: Option<TargetKind> = Some(TargetKind::ProvisioningPolicy);

    fn common(&self) -> Common<'_> {
        let spec = &self.spec;
        Common {
            tenant: &spec.tenant_ref.name,
            display_name: &spec.display_name,
            mode: spec.mode,
            suspend: spec.suspend == Some(true),
            deletion_policy: spec.deletion_policy,
            ownership: spec.assignment_ownership,
            max_at_risk: spec.safety.as_ref().and_then(|safety| safety.max_cloud_pcs_at_risk),
        }
    }

    fn references(&self) -> Vec<Reference<'_>> {
        let image = Reference::Image(ImageReference {
            id: self.spec.image_id.clone(),
            display_name: self.spec.image_display_name.clone(),
            version: self.spec.image_version.clone(),
            custom: self.spec.image_type.as_deref().is_some_and(|kind| kind != GALLERY),
        });
        let joins = self.spec.domain_join_configurations.iter();
        let connections = joins.filter_map(|join| join.on_premises_connection_name.as_deref());
        std::iter::once(image).chain(connections.map(Reference::Connection)).collect()
    }

    fn properties(&self, resolved: &Resolved) -> Map<String, Value> {
        // Every field is named, so that a new one cannot be forgotten here.
        let ProvisioningPolicySpec {
            tenant_ref: _,
            mode: _,
            suspend: _,
            deletion_policy: _,
            assignment_ownership: _,
            safety: _,
            image_id: _,
            image_display_name: _,
            image_version: _,
            display_name,
            description,
            image_type,
            domain_join_configurations,
            provisioning_type,
            user_experience_type,
            windows_setting,
            enable_single_sign_on,
            cloud_pc_naming_template,
            local_admin_enabled,
            microsoft_managed_desktop,
            autopatch,
            autopilot_configuration,
            user_settings_persistence_configuration: _,
            scope_ids,
        } = &self.spec;
        let joins: Vec<Value> = domain_join_configurations.iter().map(|join| joined(join, resolved)).collect();
        let mut properties = Map::new();
        put(&mut properties, "displayName", Some(display_name));
        put(&mut properties, "description", description.as_ref());
        if let Some(image) = &resolved.image {
            put(&mut properties, "imageId", Some(&image.id));
            put(&mut properties, "imageDisplayName", Some(&image.display_name));
            // Required beside imageId on create; an image that no spec calls custom is one of the gallery.
            properties.insert("imageType".to_owned(), json!(image_type.as_deref().unwrap_or(GALLERY)));
        }
        put(&mut properties, "domainJoinConfigurations", Some(&joins));
        put(&mut properties, "provisioningType", provisioning_type.as_ref());
        put(&mut properties, "userExperienceType", user_experience_type.as_ref());
        put(&mut properties, "windowsSetting", windows_setting.as_ref());
        put(&mut properties, "enableSingleSignOn", enable_single_sign_on.as_ref());
        put(&mut properties, "cloudPcNamingTemplate", cloud_pc_naming_template.as_ref());
        put(&mut properties, "localAdminEnabled", local_admin_enabled.as_ref());
        put(&mut properties, "microsoftManagedDesktop", microsoft_managed_desktop.as_ref());
        put(&mut properties, "autopatch", autopatch.as_ref());
        put(&mut properties, "autopilotConfiguration", autopilot_configuration.as_ref());
        put(&mut properties, "userSettingsPersistenceConfiguration", persistence(&self.spec));
        put(&mut properties, "scopeIds", scope_ids.as_ref());
        properties
    }

    fn refuses(&self, group: &AssignmentGroup) -> Option<String> {
        let kind = self.spec.provisioning_type.as_deref()?;
        let planned = group.service_plan_id.is_some() || group.service_plan_name.is_some();
        match (kind, planned) {
            ("dedicated", true) => {
                Some("a policy with provisioningType dedicated takes no servicePlanId and no servicePlanName".to_owned())
            }
            ("shared" | "sharedByUser" | "sharedByEntraGroup", false) => Some(format!(
                "a policy with provisioningType {kind} needs servicePlanId or servicePlanName"
            )),
            _ => None,
        }
    }
}

fn joined(join: &DomainJoinConfiguration, resolved: &Resolved) -> Value {
    let DomainJoinConfiguration {
        domain_join_type,
        on_premises_connection_id,
        on_premises_connection_name,
        region_name,
        region_group,
    } = join;
    let connection = network::connection(
        on_premises_connection_id.as_deref(),
        on_premises_connection_name.as_deref(),
        resolved,
    );
    let mut properties = Map::new();
    put(&mut properties, "domainJoinType", Some(domain_join_type));
    put(&mut properties, "onPremisesConnectionId", connection.as_ref());
    put(&mut properties, "regionName", region_name.as_ref());
    put(&mut properties, "regionGroup", region_group.as_ref());
    Value::Object(properties)
}

/// The provisioning type whose Cloud PCs are shared, and can keep settings of their users.
const SHARED: &str = "sharedByEntraGroup";

/// What is kept of users' settings. Graph refuses any configuration for Cloud PCs that are not shared; there, one that
/// keeps nothing, as exports have it, is not sent.
fn persistence(spec: &ProvisioningPolicySpec) -> Option<&Option<UserSettingsPersistenceConfiguration>> {
    let shared = spec.provisioning_type.as_deref() == Some(SHARED);
    let keeps = |kept: &UserSettingsPersistenceConfiguration| kept.user_settings_persistence_enabled != Some(false);
    let configuration = spec.user_settings_persistence_configuration.as_ref();
    configuration.filter(|given| shared || given.as_ref().is_none_or(keeps))
}
