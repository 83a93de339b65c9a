//! Which rights the manifests give on our kinds. They follow from what the definition of a kind says, so a new kind gets its
//! rights from here; `manifests` judges what comes of it.

use crate::generate::Generated;
use crate::kinds::{Kind, kinds};

const GROUP: &str = "cloudpc.dev";

/// The roles that name our kinds, each with its file.
const ROLES: [(&str, &str); 5] = [
    ("cloudpc-operator", "manifests/cluster-role.yaml"),
    ("cloudpc-view", "manifests/user-roles.yaml"),
    ("cloudpc-edit", "manifests/user-roles.yaml"),
    ("cloudpc-approver", "manifests/user-roles.yaml"),
    ("cloudpc-tenant-admin", "manifests/user-roles.yaml"),
];

/// What of a kind a right is about.
enum Of {
    Resources,
    Status,
    Definition,
}

/// A role, what for, on which kinds, on what of them, and the verbs.
type Right = (&'static str, &'static str, fn(&Kind) -> bool, Of, &'static str);

const RIGHTS: [Right; 9] = [
    (
        "cloudpc-operator",
        "Watch the resources that users declare.",
        all,
        Of::Resources,
        "list, watch",
    ),
    (
        "cloudpc-operator",
        "Read a resource again after a write conflict.",
        Kind::is_in_graph,
        Of::Resources,
        "get",
    ),
    (
        "cloudpc-operator",
        "Add and remove the controller's finalizer. A patch right cannot be limited to metadata; the controller patches nothing else.",
        all,
        Of::Resources,
        "patch",
    ),
    ("cloudpc-operator", "Report what was seen and done.", all, Of::Status, "patch"),
    (
        "cloudpc-operator",
        "Notice that a definition is being deleted, which deletes its objects: nothing is removed in Graph for that.",
        all,
        Of::Definition,
        "get",
    ),
    (
        "cloudpc-view",
        "Read the resources of a team and their status.",
        Kind::is_namespaced,
        Of::Resources,
        "get, list, watch",
    ),
    (
        "cloudpc-edit",
        "Declare the resources of a team. Only the controller writes the status.",
        Kind::is_namespaced,
        Of::Resources,
        "create, update, patch, delete, deletecollection",
    ),
    (
        "cloudpc-approver",
        "Read what a plan would do, and approve it. An approval is an annotation, and a patch right cannot be limited to annotations.",
        Kind::is_namespaced,
        Of::Resources,
        "get, list, watch, patch, approve",
    ),
    (
        "cloudpc-tenant-admin",
        "Connect tenants and say which namespaces may use them.",
        is_of_the_cluster,
        Of::Resources,
        "get, list, watch, create, update, patch, delete",
    ),
];

fn all(_: &Kind) -> bool {
    true
}

fn is_of_the_cluster(kind: &Kind) -> bool {
    !kind.is_namespaced()
}

/// A right as a rule of a role, with what it is for.
fn rule((_, why, on, of, verbs): &Right) -> String {
    let kinds: Vec<&Kind> = kinds().filter(|kind| on(kind)).collect();
    let listed = |name: fn(&Kind) -> String| kinds.iter().map(|kind| name(kind)).collect::<Vec<_>>().join(", ");
    let on = match of {
        Of::Resources => format!("[{GROUP}]\n  resources: [{}]", listed(|kind| kind.plural().to_owned())),
        Of::Status => format!("[{GROUP}]\n  resources: [{}]", listed(|kind| format!("{}/status", kind.plural()))),
        Of::Definition => format!(
            "[apiextensions.k8s.io]\n  resources: [customresourcedefinitions]\n  resourceNames: [{}]",
            listed(|kind| kind.definition().to_owned())
        ),
    };
    format!("# {why}\n- apiGroups: {on}\n  verbs: [{verbs}]\n")
}

/// The rules of each role.
pub fn generated() -> Vec<Generated> {
    let part = |(role, path): (&str, &str)| {
        let rights = RIGHTS.iter().filter(|right| right.0 == role);
        Generated::part(path, &format!("rights of {role} on our kinds"), rights.map(rule).collect())
    };
    ROLES.into_iter().map(part).collect()
}
