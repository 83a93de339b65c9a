//! Plans for properties, and which of them are drift.

use serde_json::json;

use crate::graph::Collection::ProvisioningPolicies;
use crate::reconcile::drift::{describe_changes, drift};
use crate::reconcile::plan::{Change, Desired, plan};
use crate::reconcile::tests::{entity, object, policy};

fn desired(properties: serde_json::Value) -> Desired {
    Desired {
        properties: object(properties),
        ..Desired::default()
    }
}

#[test]
fn an_absent_object_is_created_whole() {
    let desired = desired(policy());
    assert_eq!(
        plan(ProvisioningPolicies, &desired, &[], None),
        [Change::Create {
            body: desired.properties.clone()
        }]
    );
}

#[test]
fn null_clears_an_object_and_is_left_out_of_a_new_one() {
    let desired = desired(json!({"displayName": "fin", "cloudPcNamingTemplate": null, "autopatch": null}));
    assert_eq!(
        plan(ProvisioningPolicies, &desired, &[], None),
        [Change::Create {
            body: object(json!({"displayName": "fin"}))
        }]
    );
    let mut held = policy();
    held["cloudPcNamingTemplate"] = json!("FIN-%RAND:5%");
    held["autopatch"] = json!({"autopatchGroupId": null});
    let changes = plan(ProvisioningPolicies, &desired, &[], Some(&entity(held.clone(), vec![])));
    let [Change::Update { body, .. }] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!(*body, object(json!({"cloudPcNamingTemplate": null})));
    held["cloudPcNamingTemplate"] = json!(null);
    assert_eq!(plan(ProvisioningPolicies, &desired, &[], Some(&entity(held, vec![]))), []);
}

#[test]
fn what_the_spec_leaves_out_is_neither_compared_nor_written() {
    let desired = desired(json!({"displayName": "fin"}));
    assert_eq!(plan(ProvisioningPolicies, &desired, &[], Some(&entity(policy(), vec![]))), []);
}

#[test]
fn an_update_sends_what_differs_and_nothing_else() {
    let desired = desired(json!({"displayName": "fin", "description": "new", "enableSingleSignOn": true}));
    let changes = plan(ProvisioningPolicies, &desired, &[], Some(&entity(policy(), vec![])));
    let [Change::Update { body, fields }] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!(*body, object(json!({"description": "new"})));
    assert_eq!(fields.len(), 1);
    assert_eq!(describe_changes(&changes)[0].path.as_deref(), Some("/description"));
}

#[test]
fn an_immutable_property_is_never_part_of_an_update() {
    let desired = desired(json!({"provisioningType": "sharedByEntraGroup", "description": "new"}));
    let changes = plan(ProvisioningPolicies, &desired, &[], Some(&entity(policy(), vec![])));
    let [Change::Immutable { fields }, Change::Update { body, .. }] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!(fields[0].path, "/provisioningType");
    assert!(!body.contains_key("provisioningType"));
}

#[test]
fn a_difference_is_drift_only_when_this_generation_was_once_equal() {
    let desired = desired(json!({"description": "mine"}));
    let changes = plan(ProvisioningPolicies, &desired, &[], Some(&entity(policy(), vec![])));
    assert_eq!(drift(&changes, &desired, &[], false, &[]), []);
    let found = drift(&changes, &desired, &[], true, &[]);
    assert_eq!(
        (found[0].path.as_str(), found[0].desired.as_deref(), found[0].observed.as_deref()),
        ("/description", Some("mine"), Some(""))
    );
}

#[test]
fn a_deleted_object_is_drift_of_the_whole_object() {
    let desired = desired(policy());
    let changes = plan(ProvisioningPolicies, &desired, &[], None);
    assert_eq!(drift(&changes, &desired, &[], true, &[])[0].path, "");
    assert_eq!(drift(&changes, &desired, &[], false, &[]), []);
}
