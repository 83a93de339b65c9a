//! What the shipped roles let people do with our kinds, read from the manifests.

use std::collections::BTreeSet;

use crate::kinds::kinds;
use crate::manifests::{one, set, texts};

/// What the rules of a cluster role are about, and the verbs.
fn contents(name: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let role = one("ClusterRole", name);
    let rules = role["rules"].as_array().expect("rules").iter();
    let groups: BTreeSet<String> = rules.clone().flat_map(|rule| texts(&rule["apiGroups"])).collect();
    assert_eq!(groups, set(&["cloudpc.dev"]), "{name}");
    let part = |part: &'static str| rules.clone().flat_map(move |rule| texts(&rule[part])).collect();
    (part("resources"), part("verbs"))
}

/// The kinds that are within a namespace, or those that are not.
fn resources(namespaced: bool) -> BTreeSet<String> {
    let some = kinds().filter(|kind| kind.is_namespaced() == namespaced);
    some.map(|kind| kind.plural().to_owned()).collect()
}

/// The role for reading has no verb that changes anything, and no role has kinds that are for another one.
#[test]
fn each_role_has_every_kind_that_is_for_it_and_no_other() {
    let read = set(&["get", "list", "watch"]);
    let write = set(&["create", "update", "patch", "delete"]);
    assert_eq!(contents("cloudpc-view"), (resources(true), read.clone()));
    let together = set(&["deletecollection"]);
    assert_eq!(contents("cloudpc-edit"), (resources(true), &write | &together));
    // An approval is an annotation on a resource that is there.
    assert_eq!(contents("cloudpc-approver"), (resources(true), &read | &set(&["patch", "approve"])));
    // Without `deletecollection`: one request must not delete all tenants.
    assert_eq!(contents("cloudpc-tenant-admin"), (resources(false), &read | &write));
}
