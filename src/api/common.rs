//! Names and small types that several kinds share.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::not_nullable;

/// The finalizer: keeps a resource until the object that it represents in Graph is deleted or released.
pub const FINALIZER: &str = "cloudpc.dev/finalizer";
/// Owner of the fields that the controller writes with server-side apply.
pub const FIELD_MANAGER: &str = "cloudpc-operator";
/// Annotations that ask for a reconcile now; a new value of either counts once.
pub const RECONCILE_ANNOTATIONS: [&str; 2] = ["reconcile.fluxcd.io/requestedAt", "cloudpc.dev/reconcile-requested-at"];

/// Approves the plan of this id; only an approver may set it.
pub const APPROVE_ANNOTATION: &str = "cloudpc.dev/approve";
/// Who approves: the API server lets it pass only when it is the requester's name.
pub const APPROVED_BY_ANNOTATION: &str = "cloudpc.dev/approved-by";

/// Names another object; there is deliberately no namespace field, so a reference cannot leave the namespace of the object that contains it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalRef {
    /// Name of the object (`metadata.name`).
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Whether the controller may write to Microsoft Graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Mode {
    /// Write what is needed to make Graph equal to the spec.
    #[default]
    Enforce,
    /// Only report what differs.
    Observe,
}

/// What happens in Graph when the Kubernetes object is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum DeletionPolicy {
    /// Undo it in Graph.
    #[default]
    Delete,
    /// Leave it in Graph as it is.
    Orphan,
}

/// Who decides on the groups that are assigned to an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum AssignmentOwnership {
    /// Other groups may be assigned by hand; they stay.
    #[default]
    Shared,
    /// Only declared groups stay.
    Exclusive,
}

/// How much a change may cost without the approval of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct Safety {
    /// Number of Cloud PCs that changes may put at risk within 24 hours without an approval; 0 when left out. At risk is a Cloud PC that may enter its grace period because its user is not proven to be in a group that stays assigned.
    #[serde(rename = "maxCloudPCsAtRisk", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub max_cloud_pcs_at_risk: Option<i64>,
}
