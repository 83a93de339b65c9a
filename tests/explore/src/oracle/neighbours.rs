//! O13, S46, S48: what a namespace may not do has no effect on another, what fails for ever delays nobody, and nobody is told the names of
//! others.

use super::waits;
use crate::plan::{Plan, What};
use crate::scenario::{Scenario, is_ready};
use crate::scenarios::neighbour::{INTRUDERS, NAME, NEIGHBOURS};
use crate::world::World;

pub fn judge(scenario: &Scenario, plan: &Plan, world: &World) -> Vec<String> {
    if scenario.name != NAME {
        return Vec::new();
    }
    let mut found = Vec::new();
    for change in world.cluster.changes() {
        let Some(own) = change.namespace.as_deref() else { continue };
        let text = change.object.to_string();
        for other in [INTRUDERS, NEIGHBOURS] {
            if own != other && text.contains(other) {
                let (resource, name) = (&change.resource, &change.name);
                found.push(format!("S48: {resource} {name} of {own} names the namespace {other}"));
            }
        }
    }
    if waits::passes(plan) && !is_ready(world, "ProvisioningPolicy", "desk") {
        found.push("S46: the policy of the team is not Ready, because of others".to_owned());
    }
    let replayed = plan.turns.iter().any(|turn| turn.what == What::Replayed);
    if !replayed && world.named("provisioningPolicies", "Desk").len() > 1 {
        found.push("S46: a namespace that is not let in has an object".to_owned());
    }
    found
}
