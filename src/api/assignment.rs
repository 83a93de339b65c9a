//! `Assignment`: Entra groups bound to one ProvisioningPolicy or UserSetting of the same namespace.
//!
//! It has no Graph object of its own: the target's reconcile applies the union of all Assignments that point at it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::common::DeletionPolicy;
use crate::api::schema::{GUID, IMMUTABLE, filled, not_nullable, unobserved, visible};

/// Desired groups of one target.
#[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[kube(
    group = "cloudpc.dev",
    version = "v1alpha1",
    kind = "Assignment",
    namespaced,
    status = "AssignmentStatus",
    shortname = "cpa",
    category = "windows365",
    derive = "PartialEq",
    cel,
    doc = "Entra groups that a ProvisioningPolicy or a UserSetting of the same namespace applies to. Several Assignments may point at one target; their groups add up.",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Kind","type":"string","jsonPath":".spec.targetRef.kind"}"#,
    printcolumn = r#"{"name":"Target","type":"string","jsonPath":".spec.targetRef.name"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Message","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].message","priority":1}"#
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(validation = Rule::new("self.targetRef.kind != 'UserSetting' || self.groups.all(group, (!has(group.servicePlanId) || group.servicePlanId == '') && !has(group.servicePlanName))").message("servicePlanId and servicePlanName are for assignments of a ProvisioningPolicy"))]
pub struct AssignmentSpec {
    /// The object that the groups are assigned to; its tenant is the tenant of the groups. Cannot be changed.
    #[x_kube(validation = Rule::new(IMMUTABLE).message("targetRef cannot be changed; create another Assignment"))]
    pub target_ref: TargetRef,
    /// The groups, 1 to 500. Removing a group from a ProvisioningPolicy sends the Cloud PCs of its members into a grace period of 7 days, after which they are deleted with their data.
    #[schemars(length(min = 1, max = 500))]
    pub groups: Vec<AssignmentGroup>,
    /// True: the groups stay on the target as they are until it is set back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// What happens to the groups on the target when this object is deleted: Delete (default) removes them unless another Assignment declares them, Orphan leaves them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
}

/// The object that groups are assigned to, in the namespace of the Assignment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetRef {
    /// Kind of the target.
    pub kind: TargetKind,
    /// Name of the target (`metadata.name`).
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Kinds that groups can be assigned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names of the kinds")]
pub enum TargetKind {
    ProvisioningPolicy,
    UserSetting,
}

impl TargetKind {
    /// The kind as objects carry it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProvisioningPolicy => "ProvisioningPolicy",
            Self::UserSetting => "UserSetting",
        }
    }
}

/// A group, named in exactly one way, and what it gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(
    validation = Rule::new("[has(self.id), has(self.displayName), has(self.mailNickname)].filter(given, given).size() == 1").message("exactly one of id, displayName and mailNickname must be given"),
    validation = Rule::new("!has(self.servicePlanId) || self.servicePlanId == '' || !has(self.servicePlanName)").message("only one of servicePlanId and servicePlanName may be given"),
    validation = Rule::new("(has(self.servicePlanId) && self.servicePlanId != '') || has(self.servicePlanName) || !(has(self.allotmentLicensesCount) || (has(self.allotmentDisplayName) && self.allotmentDisplayName != ''))").message("allotmentLicensesCount and allotmentDisplayName need servicePlanId or servicePlanName")
)]
pub struct AssignmentGroup {
    /// Object id of the group in Entra, a GUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 36))]
    #[x_kube(validation = Rule::new(GUID).message("must be a GUID"))]
    pub id: Option<String>,
    /// Display name of the group in Entra. It must be the name of exactly one group; the id is looked up once and then kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = visible())]
    pub display_name: Option<String>,
    /// Mail nickname of the group in Entra. It must be the nickname of exactly one group; the id is looked up once and then kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = visible())]
    pub mail_nickname: Option<String>,
    /// Id of the frontline service plan, from Graph `deviceManagement/virtualEndpoint/frontLineServicePlans`. Every provisioningType but dedicated needs a plan, and dedicated has none.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("nullable" = true))]
    pub service_plan_id: Option<String>,
    /// Name of that plan instead of its id, such as `2vCPU/8GB/128GB Front-line`. It must be the name of exactly one plan; the id is looked up once and then kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = visible())]
    pub service_plan_name: Option<String>,
    /// Number of licences set aside for the group, 0 to 900 and not above those owned. Required for sharedByEntraGroup.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 900), extend("nullable" = true))]
    pub allotment_licenses_count: Option<i32>,
    /// Name of that slice of licences; it shows up on the Cloud PCs.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), extend("nullable" = true))]
    #[x_kube(validation = visible())]
    pub allotment_display_name: Option<String>,
}

impl AssignmentGroup {
    /// The reference to the group, as people and the status write it, such as `displayName=Finance`.
    pub fn reference(&self) -> String {
        let named = [
            ("id", &self.id),
            ("displayName", &self.display_name),
            ("mailNickname", &self.mail_nickname),
        ];
        named
            .iter()
            .find_map(|(field, value)| value.as_ref().map(|value| format!("{field}={value}")))
            .unwrap_or_default()
    }
}

/// Observed state of an Assignment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable, extend("default" = unobserved()))]
pub struct AssignmentStatus {
    /// Generation of the spec that this status describes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Reconciling and Stalled (kstatus), and details.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The state of each group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<AssignedGroup>,
    /// Last handled value of the annotation that asks for a reconcile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

/// The state of one group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct AssignedGroup {
    /// The reference as the spec gives it, such as `displayName=Finance`.
    pub reference: String,
    /// Object id of the group in Entra, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its state, in one word.
    pub state: String,
}
