//! The status that kinds with an object in Graph share: what was seen, what is ours, what is pending.
//!
//! A pass that finds nothing new must produce the same value again, so nothing here may change with time alone.

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::entra_tenant::Cloud;
use crate::api::schema::{not_nullable, unobserved};

/// Observed state of an object that the controller keeps in Microsoft Graph.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable, extend("default" = unobserved()))]
pub struct ManagedStatus {
    /// Id of the object in Microsoft Graph, recorded the moment it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the id belongs to. An id that belongs to another cluster or tenant is never written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<IdOwner>,
    /// Generation of the spec that this status describes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Generation of the spec that Graph was last seen equal to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synced_generation: Option<i64>,
    /// Ready, Reconciling and Stalled (kstatus), and details: Synced, Drifted, ReferencesResolved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Fields in which Graph differs from the spec now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<DriftedField>,
    /// The most recent drift, kept after it was corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_drift: Option<DriftRecord>,
    /// What would be written to Graph, while it is held back (mode Observe, or an approval that is needed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PendingPlan>,
    /// The last ten approvals of plans that put Cloud PCs at risk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// Intent to create, written before the request is sent, so that a lost answer cannot lead to a second object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_create: Option<PendingCreate>,
    /// References of the spec and the ids that they were resolved to; resolved once, then kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// Groups that Assignments put on the object: those that the controller may remove again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignments: Vec<OwnedAssignment>,
    /// Assignments that could not be taken into account, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignment_problems: Vec<AssignmentProblem>,
    /// Ids of assigned groups that no Assignment declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_assignments: Vec<String>,
    /// Sets of assignments that were replaced lately: whether another writer's group was lost with one shows minutes later, in the
    /// audit log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced_sets: Vec<ReplacedSet>,
    /// Number of groups that were last seen on the object, those of other writers included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_groups: Option<i64>,
    /// Last handled value of the annotation that asks for a reconcile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

/// What a Graph id belongs to: written together with the id, so that a status that was copied or restored into another
/// cluster, or a tenant that was replaced under its name, cannot make the controller act on an object that is not its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct IdOwner {
    /// UID of the namespace `kube-system` of the cluster whose controller recorded the id.
    pub cluster: String,
    /// Cloud of the tenant that the object is in.
    pub cloud: Cloud,
    /// Id of the Entra tenant that the object is in.
    pub tenant_id: String,
    /// How the controller came to the object.
    pub origin: Origin,
    /// UID of the resource for which the id was recorded.
    #[serde(default)]
    pub resource: String,
    /// `createdDateTime` of the object in Graph, if Graph reports it: the same id with another date is another object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date_time: Option<String>,
    /// Whether a read or a list has shown the object. An object that was never seen is not absent but not visible yet.
    #[serde(default)]
    pub seen: bool,
}

/// How the controller came to an object in Graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Origin {
    /// The controller created it.
    #[default]
    Created,
    /// It existed before and was taken over.
    Adopted,
}

impl ManagedStatus {
    /// The groups whose names were resolved.
    pub fn known_groups(&self) -> &[ResolvedGroup] {
        self.resolved.as_ref().map_or(&[], |resolved| &resolved.groups)
    }

    /// The number of groups that were seen on the object, when there is one. A group with two service plans is one group.
    pub fn groups_seen(&self) -> Option<i64> {
        self.id.as_ref()?;
        let ours = self.assignments.iter().filter(|entry| entry.verified).map(|entry| &entry.group_id);
        let groups: BTreeSet<String> = ours.chain(&self.foreign_assignments).map(|id| id.to_lowercase()).collect();
        i64::try_from(groups.len()).ok()
    }
}

/// One field in which Graph differs from the spec.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct DriftedField {
    /// JSON pointer into the Graph object, such as `/windowsSetting/locale`.
    pub path: String,
    /// Value that the spec asks for; absent when the spec asks for nothing there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired: Option<String>,
    /// Value that Graph has; absent when Graph has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
}

impl DriftedField {
    /// The group, and its Frontline service plan, that the field is about; nothing for a property.
    pub fn group(&self) -> Option<(&str, Option<&str>)> {
        let entry = self.path.strip_prefix("/assignments/")?;
        Some(entry.split_once('/').map_or((entry, None), |(group, plan)| (group, Some(plan))))
    }
}

/// A drift that was detected, and whether it was corrected.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct DriftRecord {
    /// When the controller saw it.
    pub detected_at: Time,
    /// When Graph was equal to the spec again; absent while it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Time>,
    /// The fields that differed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<DriftedField>,
}

/// Changes that are held back.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct PendingPlan {
    /// The changes in one sentence.
    pub summary: String,
    /// The changes one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<PlannedChange>,
    /// Set when the plan puts Cloud PCs at risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
}

/// What a plan costs, and what identifies it. An approval is of exactly this.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct Risk {
    /// Id of the plan: what the annotation `cloudpc.dev/approve` has to have.
    pub plan_id: String,
    /// Makes the id one that exists only since the plan is held.
    pub nonce: String,
    /// Since when the plan is held, or carried out.
    pub since: Time,
    /// Number of Cloud PCs at risk: those that may enter their grace period, at the end of which they are deleted with their data.
    #[serde(rename = "cloudPCsAtRisk")]
    pub cloud_pcs_at_risk: i64,
    /// The first twenty of them: name, user, and why the Cloud PC is counted.
    #[serde(default, rename = "cloudPCNames", skip_serializing_if = "Vec::is_empty")]
    pub cloud_pc_names: Vec<String>,
    /// All of them, each as the first eight bytes of the SHA-256 of its id, together in base64: the plan may be carried out for these, and for no other.
    #[serde(rename = "cloudPCDigests")]
    pub cloud_pc_digests: String,
    /// What the plan takes away, as one hash: another loss is another plan.
    pub loss: String,
    /// The admission policy under which the plan is held: an approval that was set under another one does not count.
    pub protection: String,
    /// When the controller began to carry it out. From then on it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
}

/// An approval that the controller has seen and counted.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct Approval {
    /// Id of the plan.
    pub plan_id: String,
    /// Who approved, as the API server has checked.
    pub by: String,
    /// When the controller saw it.
    pub at: Time,
    /// When the plan was carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Time>,
}

/// One change of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct PlannedChange {
    /// What would be done, such as `create`, `update`, `assign`, `unassign` or `delete`.
    pub op: String,
    /// JSON pointer into the Graph object; absent when the change concerns the whole object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// A create request that was announced and is not yet known to have succeeded or failed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingCreate {
    /// Identifies the attempt.
    pub attempt: String,
    /// When the intent was written.
    pub since: Time,
    /// The body that was sent, as JSON: only an object that has all of it can be the product of the attempt.
    pub sent: String,
    /// Display name that the new object will carry.
    pub display_name: String,
    /// Cloud that it was sent to.
    #[serde(default)]
    pub cloud: Cloud,
    /// Id of the tenant that it was sent to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant_id: String,
}

/// References and the ids that they were resolved to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct Resolved {
    /// The image of a provisioning policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<ResolvedImage>,
    /// Groups named by Assignments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<ResolvedGroup>,
    /// Azure network connections that the spec names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<ResolvedName>,
    /// Frontline service plans that Assignments name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_plans: Vec<ResolvedName>,
}

impl Resolved {
    /// The id of the Azure network connection of that name.
    pub fn connection(&self, name: &str) -> Option<&str> {
        id_of(&self.connections, name)
    }

    /// The id of the Frontline service plan of that name.
    pub fn service_plan(&self, name: &str) -> Option<&str> {
        id_of(&self.service_plans, name)
    }
}

fn id_of<'a>(names: &'a [ResolvedName], name: &str) -> Option<&'a str> {
    names.iter().find(|known| known.name == name).map(|known| known.id.as_str())
}

/// A name in Graph and what it was resolved to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct ResolvedName {
    /// The name as the spec gives it.
    pub name: String,
    /// Its id in Graph.
    pub id: String,
    /// True: the object with that id is not in Graph any more. An object that has the name now is used only after a request to reconcile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<bool>,
}

/// An image reference and what it was resolved to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct ResolvedImage {
    /// The reference as the spec gives it.
    pub reference: String,
    /// `imageId` in Graph.
    pub id: String,
    /// `imageDisplayName` in Graph.
    pub display_name: String,
    /// True: the object with that id is not in Graph any more. An object that has the name now is used only after a request to reconcile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<bool>,
}

/// A group reference and what it was resolved to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct ResolvedGroup {
    /// The reference as an Assignment gives it, such as `displayName=Finance`.
    pub reference: String,
    /// Object id of the group in Entra.
    pub id: String,
    /// Name of the group when it was resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// True: the object with that id is not in Graph any more. An object that has the name now is used only after a request to reconcile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<bool>,
}

/// A group that is assigned because Assignments declare it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct OwnedAssignment {
    /// Object id of the group in Entra.
    pub group_id: String,
    /// Service plan of a frontline assignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_plan_id: Option<String>,
    /// Number of licences set aside for the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allotment_licenses_count: Option<i64>,
    /// Name of that slice of licences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allotment_display_name: Option<String>,
    /// Names of the Assignments that declare it; empty while its removal is pending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declared_by: Vec<String>,
    /// Whether Graph has been seen with this assignment.
    #[serde(default)]
    pub verified: bool,
}

/// A set of assignments that was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct ReplacedSet {
    /// When the set was read before, by Microsoft's clock.
    pub read_at: Time,
    /// When the replacement was answered, by Microsoft's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Time>,
    /// Ids of the groups in the set before or after, each followed by a slash and the id of its service plan if it has one.
    pub groups: Vec<String>,
}

/// An Assignment that could not be taken into account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentProblem {
    /// Name of the Assignment.
    pub assignment: String,
    /// The cause, as one word.
    pub reason: String,
    /// The cause in a sentence.
    pub message: String,
}
