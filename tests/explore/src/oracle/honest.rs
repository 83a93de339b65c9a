//! O7 in the course of a run: at the moment when Ready is written, Graph equals the spec, or did so not longer ago than a read that
//! the report may be based on.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::REPRESENTED;
use super::end::differences;
use crate::plan::{Plan, What};
use crate::scenario::ready;
use crate::world::{World, plural};

/// When a generation of a resource was seen equal to its object in Graph last, by kind, name and generation.
pub type Equal = BTreeMap<(String, String, i64), Timestamp>;

/// A list may be two intervals old, and a pass takes a moment.
const OLDEST: SignedDuration = SignedDuration::from_secs(130);

/// Notes what is equal now: called before Graph changes.
pub fn note(world: &World, equal: &mut Equal, now: Timestamp) {
    for (kind, collection) in REPRESENTED {
        let resources = world.cluster.objects(&plural(kind));
        if resources.is_empty() {
            continue;
        }
        let objects = world.graph_objects(collection);
        for resource in resources {
            // Also an object whose id is not recorded yet: the answer to its create has shown it.
            if objects.iter().any(|held| differences(kind, &resource, held).is_empty()) {
                equal.insert(key(kind, &resource), now);
            }
        }
    }
}

/// What is wrong with a status that was written at this path.
pub fn judge(world: &World, plan: &Plan, path: &str, equal: &Equal, now: Timestamp) -> Option<String> {
    let (kind, collection) = REPRESENTED
        .into_iter()
        .find(|(kind, _)| path.contains(&format!("/{}/", plural(kind))))?;
    let name = path.split('/').rev().nth(1)?;
    let resource = world.object(kind, name)?;
    let rests = resource["spec"]["suspend"] == true || resource["spec"]["mode"] == "Observe";
    if !ready(&resource) || rests || is_equal(kind, &resource, &world.graph_objects(collection)) {
        return None;
    }
    let last = equal.get(&key(kind, &resource));
    if last.is_some_and(|last| now.duration_since(*last) <= OLDEST + lag(plan)) {
        return None;
    }
    Some(format!("O7: {kind} {name} was reported as Ready, and Graph did not equal its spec"))
}

/// How far behind the reads of a plan may be.
fn lag(plan: &Plan) -> SignedDuration {
    let option = plan.options.iter().any(|(name, _)| name == "replicationLag");
    let stale = plan.turns.iter().any(|turn| matches!(turn.what, What::Stale | What::VeryStale));
    if option || stale {
        SignedDuration::from_mins(10)
    } else {
        SignedDuration::ZERO
    }
}

fn is_equal(kind: &str, resource: &Value, objects: &[Value]) -> bool {
    let held = objects.iter().find(|object| object["id"] == resource["status"]["id"]);
    held.is_some_and(|held| differences(kind, resource, held).is_empty())
}

fn key(kind: &str, resource: &Value) -> (String, String, i64) {
    let name = resource["metadata"]["name"].as_str().unwrap_or_default();
    (
        kind.to_owned(),
        name.to_owned(),
        resource["metadata"]["generation"].as_i64().unwrap_or_default(),
    )
}
