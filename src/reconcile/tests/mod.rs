//! Tests of the pure parts: plans, drift, status. No Graph, no Kubernetes, no clock.

mod assignments;
mod authorship;
mod change_window;
mod claims;
mod driver;
mod fragile;
mod properties;
mod risk;
mod sharing;
mod specimen;
mod uninstall;

use serde_json::{Map, Value, json};

use crate::api::OwnedAssignment;
use crate::graph::{AssignmentTarget, Entity, RemoteAssignment};
use crate::reconcile::key::Key;
use crate::reconcile::plan::{Declared, Desired};

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

pub(crate) fn entity(properties: Value, assignments: Vec<RemoteAssignment>) -> Entity {
    Entity {
        id: "11111111-0000-4000-8000-000000000001".to_owned(),
        properties: object(properties),
        assignments,
        unreadable: None,
    }
}

pub(crate) fn remote(group: &str) -> RemoteAssignment {
    RemoteAssignment {
        id: Some(format!("id-of-{group}")),
        group_id: group.to_owned(),
        service_plan_id: None,
        allotment_licenses_count: None,
        allotment_display_name: None,
    }
}

pub(crate) fn owned(group: &str, by: &str) -> OwnedAssignment {
    OwnedAssignment {
        group_id: group.to_owned(),
        service_plan_id: None,
        allotment_licenses_count: None,
        allotment_display_name: None,
        declared_by: vec![by.to_owned()],
        verified: true,
    }
}

pub(crate) fn declare(desired: &mut Desired, group: &str, by: &str) {
    desired.declared.insert(
        Key::new(group, None),
        Declared {
            by: vec![by.to_owned()],
            ..Declared::default()
        },
    );
}

/// The assignments in Graph after an `assign`: exactly those that were posted.
pub(crate) fn replaced(targets: &[AssignmentTarget]) -> Vec<RemoteAssignment> {
    targets
        .iter()
        .map(|target| RemoteAssignment {
            id: target.id.clone().or_else(|| Some(format!("new-{}", target.group_id))),
            group_id: target.group_id.clone(),
            service_plan_id: target.service_plan_id.clone(),
            allotment_licenses_count: target.allotment_licenses_count,
            allotment_display_name: target.allotment_display_name.clone(),
        })
        .collect()
}

pub(crate) fn policy() -> Value {
    json!({"displayName": "fin", "description": "", "imageId": "publisher_offer_SKU", "provisioningType": "dedicated",
        "windowsSetting": {"locale": "en-US"}, "enableSingleSignOn": true})
}
