//! What has to hold after every run, whatever happened in it. O1 to O14 number the promises.

mod calls;
mod end;
mod groups;
pub mod honest;
mod neighbours;
mod owners;
pub mod reference;
pub mod risk;
mod secrets;
pub mod waits;

use lab::condition;
use serde_json::Value;

use crate::plan::{Plan, What};
use crate::scenario::{Scenario, ready};
use crate::world::World;

/// The kinds of ours that a user declares.
pub const KINDS: [&str; 4] = ["EntraTenant", "ProvisioningPolicy", "UserSetting", "Assignment"];

/// Those of them that represent an object in Graph, with its collection.
const REPRESENTED: [(&str, &str); 2] = [("ProvisioningPolicy", "provisioningPolicies"), ("UserSetting", "userSettings")];

/// All that does not hold.
pub fn judge(scenario: &Scenario, plan: &Plan, world: &World) -> Vec<String> {
    let mut found: Vec<String> = unsettled(world);
    found.extend(owners::judge(world, plan));
    found.extend(end::judge(world));
    found.extend(calls::judge(world));
    found.extend(groups::judge(scenario, plan, world));
    found.extend(waits::judge(scenario, plan, world));
    found.extend(secrets::judge(world));
    found.extend(neighbours::judge(scenario, plan, world));
    found.extend(risk::judge(plan, world));
    // What a person or the network adds is not the scenario's, and what Graph refused is not done.
    let added = plan
        .turns
        .iter()
        .any(|turn| matches!(turn.what, What::Hand(_) | What::Replayed | What::Status400));
    if !added && !any_stalled(world) {
        found.extend((scenario.check)(world));
    }
    found.extend(world.wires.problems());
    if world.graph.panics() > 0 {
        found.push("a handler of the simulator panicked".to_owned());
    }
    found
}

/// Objects that are neither Ready, nor Stalled, nor at rest as their spec asks.
pub fn unsettled(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for kind in KINDS {
        for object in world.cluster.objects(&crate::world::plural(kind)) {
            if !(ready(&object) || rests(&object)) {
                let conditions = &object["status"]["conditions"];
                let name = &object["metadata"]["name"];
                found.push(format!("{kind} {name} is neither Ready nor Stalled: {}", brief(conditions)));
            }
        }
    }
    found
}

/// Whether every object is Ready.
pub fn all_ready(world: &World) -> bool {
    KINDS.iter().all(|kind| {
        world
            .cluster
            .objects(&crate::world::plural(kind))
            .iter()
            .all(|object| ready(object))
    })
}

fn any_stalled(world: &World) -> bool {
    KINDS
        .iter()
        .flat_map(|kind| world.cluster.objects(&crate::world::plural(kind)))
        .any(|object| is_stalled(&object))
}

fn is_stalled(object: &Value) -> bool {
    condition(object, "Stalled").is_some_and(|stalled| stalled["status"] == "True")
}

/// Whether an object waits for a person, or is left alone as its spec asks.
fn rests(object: &Value) -> bool {
    let suspended = object["spec"]["suspend"] == true;
    let waits = condition(object, "Ready").is_some_and(|ready| {
        let reason = ready["reason"].as_str().unwrap_or_default();
        // What comes by itself is waited for without end.
        [
            "TenantNotFound",
            "TargetNotFound",
            "TargetNotReady",
            "InUse",
            "RemovalHeld",
            "Suspended",
            "AssignmentsPending",
        ]
        .contains(&reason)
    });
    suspended || is_stalled(object) || waits
}

/// Conditions in a line.
pub fn brief(conditions: &Value) -> String {
    let conditions = conditions.as_array().into_iter().flatten();
    let texts: Vec<String> = conditions
        .map(|condition| {
            let text = |name: &str| condition[name].as_str().unwrap_or_default().to_owned();
            format!("{}={} {} ({})", text("type"), text("status"), text("reason"), text("message"))
        })
        .collect();
    texts.join("; ")
}
