//! O1–O3, O8: no duplicate, no lost object, nothing touched that somebody else made.

use std::collections::BTreeMap;

use lab::oracle::{foreign_writes, made};
use serde_json::Value;

use crate::plan::{Plan, What};
use crate::scenario::ready;
use crate::world::{TENANT, World, plural};

pub fn judge(world: &World, plan: &Plan) -> Vec<String> {
    let state = world.state();
    let entries = serde_json::from_value(Value::Array(world.graph.ledger(0))).expect("the ledger's form is known");
    let mut found: Vec<String> = foreign_writes(entries, &state)
        .into_iter()
        .map(|entry| format!("O3: a write to what somebody else made: {} {}", entry.method, entry.path))
        .collect();
    let ours = made(&state);
    for (kind, collection) in super::REPRESENTED {
        let alive: BTreeMap<&str, &Value> = state["tenants"][TENANT][collection]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|object| Some((object["id"].as_str()?, &object["displayName"])))
            .filter(|(id, _)| ours.contains(id))
            .collect();
        found.extend(of_kind(world, plan, kind, &alive));
    }
    found
}

fn of_kind(world: &World, plan: &Plan, kind: &str, alive: &BTreeMap<&str, &Value>) -> Vec<String> {
    let mut found = Vec::new();
    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    for object in world.cluster.objects(&plural(kind)) {
        if let Some(id) = object["status"]["id"].as_str() {
            *held.entry(id.to_owned()).or_default() += 1;
        }
    }
    for (id, count) in &held {
        if *count > 1 {
            found.push(format!("O1: {count} resources hold {kind} {id}"));
        }
    }
    let told = told(world);
    let replayed = plan.turns.iter().any(|turn| turn.what == What::Replayed);
    for (id, name) in alive {
        // The second product of a request is noticed by its name, while a resource has that.
        let unnoticed = replayed && !is_name_of_ready(world, kind, name);
        if !unnoticed && !held.contains_key(*id) && !told.iter().any(|text| text.contains(id)) {
            found.push(format!("O2: {kind} {id} is in Graph, and no resource holds or names it"));
        }
    }
    found
}

fn is_name_of_ready(world: &World, kind: &str, name: &Value) -> bool {
    let resources = world.cluster.objects(&plural(kind));
    resources
        .iter()
        .any(|resource| ready(resource) && resource["spec"]["displayName"] == *name)
}

/// What conditions and events say, and what was released on purpose.
fn told(world: &World) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for kind in super::KINDS {
        told.extend(
            world
                .cluster
                .objects(&plural(kind))
                .iter()
                .map(|object| object["status"]["conditions"].to_string()),
        );
    }
    let changes = world.cluster.changes();
    let is_leaving = |object: &Value| !object["metadata"]["deletionTimestamp"].is_null();
    // What goes with its definition leaves its object where it is.
    let definitions = changes.iter().filter(|change| change.resource == "customresourcedefinitions");
    let gone: Vec<&Value> = definitions
        .filter(|change| is_leaving(&change.object))
        .map(|change| &change.object["spec"]["names"]["plural"])
        .collect();
    for change in &changes {
        match change.resource.as_str() {
            // What is told by the way, such as that it was created, says nothing about where it is now.
            "events" if change.object["type"] == "Warning" || change.object["reason"] == "Released" => {
                told.push(change.object["note"].to_string());
            }
            resource
                if is_leaving(&change.object)
                    && (change.object["spec"]["deletionPolicy"] == "Orphan" || gone.iter().any(|plural| *plural == resource)) =>
            {
                told.push(change.object["status"]["id"].to_string());
            }
            _ => {}
        }
    }
    told
}
