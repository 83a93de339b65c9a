//! UserSetting ↔ Graph's `userSettings`: how a spec reads in Graph's terms.

use serde_json::{Map, Value};

use crate::api::{CrossRegionDisasterRecoverySetting, Resolved, TargetKind, UserSetting, UserSettingSpec};
use crate::cluster::managed::{Common, Managed, Reference};
use crate::controllers::network;
use crate::controllers::properties::put;
use crate::graph::Collection;

impl Managed for UserSetting {
    const KIND: &'static str = "UserSetting";
    const COLLECTION: Collection = Collection::UserSettings;
    const TARGET: Option<TargetKind> = Some(TargetKind::UserSetting);

    fn common(&self) -> Common<'_> {
        let spec = &self.spec;
        Common {
            tenant: &spec.tenant_ref.name,
            display_name: &spec.display_name,
            mode: spec.mode,
            suspend: spec.suspend == Some(true),
            deletion_policy: spec.deletion_policy,
            ownership: spec.assignment_ownership,
            max_at_risk: None,
        }
    }

    fn references(&self) -> Vec<Reference<'_>> {
        let recovery = self.spec.cross_region_disaster_recovery_setting.as_ref();
        let network = recovery.and_then(|recovery| recovery.disaster_recovery_network_setting.as_ref()?.as_ref());
        let connection = network.and_then(|network| network.on_premises_connection_name.as_deref());
        connection.map(Reference::Connection).into_iter().collect()
    }

    fn properties(&self, resolved: &Resolved) -> Map<String, Value> {
        // Every field is named, so that a new one cannot be forgotten here.
        let UserSettingSpec {
            tenant_ref: _,
            mode: _,
            suspend: _,
            deletion_policy: _,
            assignment_ownership: _,
            display_name,
            local_admin_enabled,
            reset_enabled,
            restore_point_setting,
            cross_region_disaster_recovery_setting,
            provisioning_source_type,
        } = &self.spec;
        let recovery = cross_region_disaster_recovery_setting
            .as_ref()
            .map(|setting| recovery(setting, resolved));
        let mut properties = Map::new();
        put(&mut properties, "displayName", Some(display_name));
        put(&mut properties, "localAdminEnabled", local_admin_enabled.as_ref());
        put(&mut properties, "resetEnabled", reset_enabled.as_ref());
        put(&mut properties, "restorePointSetting", restore_point_setting.as_ref());
        put(&mut properties, "crossRegionDisasterRecoverySetting", recovery.as_ref());
        put(&mut properties, "provisioningSourceType", provisioning_source_type.as_ref());
        properties
    }
}

fn recovery(setting: &CrossRegionDisasterRecoverySetting, resolved: &Resolved) -> Map<String, Value> {
    let CrossRegionDisasterRecoverySetting {
        disaster_recovery_type,
        maintain_cross_region_restore_point_enabled,
        user_initiated_disaster_recovery_allowed,
        disaster_recovery_network_setting,
    } = setting;
    let network = disaster_recovery_network_setting
        .as_ref()
        .map(|network| network.as_ref().map(|network| network::of_recovery(network, resolved)));
    // Graph allows it with premium only and refuses another type as long as it is true, so the type decides.
    let never = matches!(disaster_recovery_type.as_deref(), Some("notConfigured" | "crossRegion"));
    let by_user = user_initiated_disaster_recovery_allowed.or(never.then_some(false));
    let mut properties = Map::new();
    put(&mut properties, "disasterRecoveryType", disaster_recovery_type.as_ref());
    put(
        &mut properties,
        "maintainCrossRegionRestorePointEnabled",
        maintain_cross_region_restore_point_enabled.as_ref(),
    );
    put(&mut properties, "userInitiatedDisasterRecoveryAllowed", by_user.as_ref());
    put(&mut properties, "disasterRecoveryNetworkSetting", network.as_ref());
    properties
}
