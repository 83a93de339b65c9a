//! Names and small types that several kinds share.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The finalizer: keeps a resource until the object that it represents in Graph is deleted or released.
pub const FINALIZER: &str = "cloudpc.dev/finalizer";
/// Owner of the fields that the controller writes with server-side apply.
pub const FIELD_MANAGER: &str = "cloudpc-operator";
/// Annotations that ask for a reconcile now; a new value of either counts once.
pub const RECONCILE_ANNOTATIONS: [&str; 2] = ["reconcile.fluxcd.io/requestedAt", "cloudpc.dev/reconcile-requested-at"];

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
