//! Disaster recovery of a user setting (Graph `cloudPcCrossRegionDisasterRecoverySetting`).

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::{
    AUTOMATIC, AUTOMATIC_MESSAGE, GROUP_OF_REGION, GROUP_OF_REGION_MESSAGE, GUID_OR_NOTHING, MEMBER, MEMBER_MESSAGE, NETWORKS, filled,
    not_nullable, or_null, visible,
};

/// Disaster recovery of Cloud PCs in another region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(validation = Rule::new("!has(self.userInitiatedDisasterRecoveryAllowed) || !self.userInitiatedDisasterRecoveryAllowed || (has(self.disasterRecoveryType) && self.disasterRecoveryType == 'premium')").message("userInitiatedDisasterRecoveryAllowed needs disasterRecoveryType premium"))]
pub struct CrossRegionDisasterRecoverySetting {
    /// notConfigured (Graph's default): none; crossRegion: a Cloud PC is created in another region; premium: a standby Cloud PC exists there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub disaster_recovery_type: Option<String>,
    /// Whether restore points of the original Cloud PC are kept in the other region. Graph documents false as its default and has been observed with true, so set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub maintain_cross_region_restore_point_enabled: Option<bool>,
    /// Whether users may start the recovery themselves; true only with premium. Graph's default is false. Left out with notConfigured or crossRegion, it is false: Graph refuses these as long as it is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub user_initiated_disaster_recovery_allowed: Option<bool>,
    /// Network of the recovered Cloud PCs. null: none.
    #[serde(default, deserialize_with = "or_null", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub disaster_recovery_network_setting: Option<Option<DisasterRecoveryNetworkSetting>>,
}

/// A network of the organisation, named by its connection, or one of Microsoft's, named by its region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(
    validation = Rule::new(format!("{NETWORKS}.filter(given, given).size() == 1")).message("exactly one of onPremisesConnectionId, onPremisesConnectionName and regionName must be given"),
    validation = Rule::new(GROUP_OF_REGION).message(GROUP_OF_REGION_MESSAGE),
    validation = Rule::new(AUTOMATIC).message(AUTOMATIC_MESSAGE)
)]
pub struct DisasterRecoveryNetworkSetting {
    /// Id (GUID) of an Azure network connection.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 36), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(GUID_OR_NOTHING).message("must be a GUID"))]
    pub on_premises_connection_id: Option<String>,
    /// Name of that connection instead of its id. It must be the name of exactly one connection; the id is looked up once and then kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = visible())]
    pub on_premises_connection_name: Option<String>,
    /// Azure region of the Microsoft-hosted network, such as `northeurope`, or `automatic` together with `regionGroup`.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("nullable" = true))]
    pub region_name: Option<String>,
    /// Group of regions that Windows 365 chooses from, such as `europeUnion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub region_group: Option<String>,
}
