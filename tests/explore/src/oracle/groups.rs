//! O3 for groups: what a person has put on an object, and no Assignment has ever declared, stays there.

use std::collections::BTreeSet;

use crate::scenario::Scenario;
use crate::scenarios::assignment::groups_of;
use crate::world::World;

/// The scenarios in which the process ends, or lets the object go, some seconds after an assign: before it has asked the log whether
/// that took a group along. Nothing that outlasts a process says that there is something to ask.
const FORGOTTEN: [&str; 2] = ["leader-change", "definition-deleted"];

pub fn judge(scenario: &Scenario, world: &World) -> Vec<String> {
    let sets = world.assigned_by_hand.lock().clone();
    if sets.is_empty() || FORGOTTEN.contains(&scenario.name) {
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
        let there = groups_of(&object);
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
