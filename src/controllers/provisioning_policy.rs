//! ProvisioningPolicy ↔ Graph's `provisioningPolicies`: how a spec reads in Graph's terms.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::{ImageType, ProvisioningPolicy, ProvisioningPolicySpec, ResolvedImage, TargetKind};
use crate::graph::Collection;
use crate::reconcile::context::{Context, Wake};
use crate::reconcile::managed::{Common, ImageReference, Managed};

impl Managed for ProvisioningPolicy {
    const COLLECTION: Collection = Collection::ProvisioningPolicies;
    const TARGET: TargetKind = TargetKind::ProvisioningPolicy;
    const KIND: &'static str = "ProvisioningPolicy";

    fn common(&self) -> Common<'_> {
        let spec = &self.spec;
        Common {
            tenant: &spec.tenant_ref.name,
            display_name: &spec.display_name,
            mode: spec.mode,
            suspend: spec.suspend == Some(true),
            deletion_policy: spec.deletion_policy,
            ownership: spec.assignment_ownership,
        }
    }

    fn image(&self) -> Option<ImageReference> {
        let custom = self.spec.image_type == Some(ImageType::Custom);
        Some(ImageReference {
            id: self.spec.image_id.clone(),
            display_name: self.spec.image_display_name.clone(),
            custom,
        })
    }

    fn properties(&self, image: Option<&ResolvedImage>) -> Map<String, Value> {
        // Every field is named, so that a new one cannot be forgotten here.
        let ProvisioningPolicySpec {
            tenant_ref: _,
            mode: _,
            suspend: _,
            deletion_policy: _,
            assignment_ownership: _,
            image_id: _,
            image_display_name: _,
            display_name,
            description,
            image_type,
            domain_join_configurations,
            provisioning_type,
            windows_setting,
            enable_single_sign_on,
            cloud_pc_naming_template,
            local_admin_enabled,
            microsoft_managed_desktop,
            autopatch,
        } = &self.spec;
        let mut properties = Map::new();
        put(&mut properties, "displayName", Some(display_name));
        put(&mut properties, "description", description.as_ref());
        if let Some(image) = image {
            put(&mut properties, "imageId", Some(&image.id));
            put(&mut properties, "imageDisplayName", Some(&image.display_name));
            // Required beside imageId on create; an image that no spec calls custom is one of the gallery.
            properties.insert("imageType".to_owned(), json!(image_type.unwrap_or(ImageType::Gallery)));
        }
        put(&mut properties, "domainJoinConfigurations", Some(domain_join_configurations));
        put(&mut properties, "provisioningType", provisioning_type.as_ref());
        put(&mut properties, "windowsSetting", windows_setting.as_ref());
        put(&mut properties, "enableSingleSignOn", enable_single_sign_on.as_ref());
        put(&mut properties, "cloudPcNamingTemplate", cloud_pc_naming_template.as_ref());
        put(&mut properties, "localAdminEnabled", local_admin_enabled.as_ref());
        put(&mut properties, "microsoftManagedDesktop", microsoft_managed_desktop.as_ref());
        put(&mut properties, "autopatch", autopatch.as_ref());
        properties
    }

    fn all(context: &Context) -> Vec<Arc<Self>> {
        context.stores.policies.state()
    }

    fn wake(context: &Context) -> &Wake<Self> {
        &context.wakes.policies
    }
}

/// Takes a field over under Graph's name; a field that the spec leaves out is not managed.
pub(super) fn put<T: Serialize>(properties: &mut Map<String, Value>, name: &str, value: Option<&T>) {
    if let Some(value) = value {
        properties.insert(name.to_owned(), json!(value));
    }
}
