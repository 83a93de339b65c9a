//! How Cloud PCs of a policy join the directory (Graph `cloudPcDomainJoinConfiguration`).

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::{
    AUTOMATIC, AUTOMATIC_MESSAGE, GROUP_OF_REGION, GROUP_OF_REGION_MESSAGE, GUID_OR_NOTHING, MEMBER, MEMBER_MESSAGE, NETWORKS, filled,
    not_nullable, visible,
};

/// How and in which network Cloud PCs join the directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(
    validation = Rule::new(format!("self.domainJoinType != 'hybridAzureADJoin' || ({NETWORKS}.filter(given, given).size() == 1 && (!has(self.regionName) || self.regionName == ''))")).message("hybridAzureADJoin needs one of onPremisesConnectionId and onPremisesConnectionName and no regionName"),
    validation = Rule::new(format!("self.domainJoinType != 'azureADJoin' || {NETWORKS}.filter(given, given).size() == 1")).message("azureADJoin needs exactly one of onPremisesConnectionId, onPremisesConnectionName and regionName"),
    validation = Rule::new(GROUP_OF_REGION).message(GROUP_OF_REGION_MESSAGE),
    validation = Rule::new(AUTOMATIC).message(AUTOMATIC_MESSAGE)
)]
pub struct DomainJoinConfiguration {
    /// azureADJoin: Microsoft Entra join; hybridAzureADJoin: Microsoft Entra hybrid join.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub domain_join_type: String,
    /// Id (GUID) of an Azure network connection whose first health check has passed. Hybrid join needs a connection.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 36), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(GUID_OR_NOTHING).message("must be a GUID"))]
    pub on_premises_connection_id: Option<String>,
    /// Name of that connection instead of its id. It must be the name of exactly one connection; the id is looked up once and then kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = visible())]
    pub on_premises_connection_name: Option<String>,
    /// Azure region of the Microsoft-hosted network, such as `westeurope`, or `automatic` together with `regionGroup`.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("nullable" = true))]
    pub region_name: Option<String>,
    /// Group of regions that Windows 365 chooses from when `regionName` is `automatic`, such as `europeUnion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub region_group: Option<String>,
}
