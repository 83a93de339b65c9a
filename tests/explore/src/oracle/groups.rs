//! O3 for groups: what a person has put on an object, and no Assignment has ever declared, stays there; and a set is replaced on
//! the base of a read of that moment.

use std::collections::BTreeSet;

use http::Method;

use crate::plan::{Plan, Side, What};
use crate::scenario::Scenario;
use crate::wires::Line;
use crate::world::World;

/// The scenario in which the object is let go some seconds after an assign: before the log was asked whether that took a group along.
const FORGOTTEN: &str = "definition-deleted";

pub fn judge(scenario: &Scenario, plan: &Plan, world: &World) -> Vec<String> {
    let mut found = lost(scenario, world);
    // While an answer of Kubernetes is waited for, the read grows old.
    if !plan.turns.iter().any(|turn| turn.what == What::Slow) {
        found.extend(blind(&world.wires.lines()));
    }
    found
}

/// The sets that were not sent at the time at which the object was read, or created.
fn blind(lines: &[Line]) -> Vec<String> {
    let to_graph: Vec<&Line> = lines.iter().filter(|line| line.point.side == Side::Graph).collect();
    let mut found = Vec::new();
    for (index, line) in to_graph.iter().enumerate() {
        let Some(object) = line.path.strip_suffix("/assign") else {
            continue;
        };
        let Some((collection, id)) = object.rsplit_once('/') else {
            continue;
        };
        let empty = String::from_utf8_lossy(&line.body).contains("\"assignments\":[]");
        let read = |before: &&Line| {
            let reads = before.method == Method::GET && before.path.contains(&format!("/{id}?"));
            let creates = before.method == Method::POST && before.path == collection;
            (reads || creates) && before.process == line.process && before.sent == line.sent
        };
        if !empty && !to_graph[..index].iter().any(read) {
            found.push(format!("O3: {} replaces a set that was not read before", line.point));
        }
    }
    found
}

/// The groups of people that are not there any more.
fn lost(scenario: &Scenario, world: &World) -> Vec<String> {
    let sets = world.assigned_by_hand.lock().clone();
    if sets.is_empty() || scenario.name == FORGOTTEN {
        return Vec::new();
    }
    let changes = world.cluster.changes();
    let declared: BTreeSet<&str> = changes
        .iter()
        .filter(|change| change.resource == "assignments")
        .flat_map(|change| change.object["spec"]["groups"].as_array().into_iter().flatten())
        .filter_map(|group| group["id"].as_str())
        .collect();
    let mut found = Vec::new();
    for object in world.graph_objects("provisioningPolicies") {
        let id = object["id"].as_str().unwrap_or_default();
        let there = lab::groups(&object);
        let set = sets.get(&format!("provisioningPolicies/{id}/assign"));
        for assignment in set.and_then(|set| set.as_array()).into_iter().flatten() {
            let group = assignment["target"]["groupId"].as_str().unwrap_or_default();
            if !declared.contains(group) && !there.iter().any(|one| one == group) {
                found.push(format!("O3: group {group}, which a person has put on {id}, is not there any more"));
            }
        }
    }
    found
}
