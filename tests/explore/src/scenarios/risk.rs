//! Cloud PCs at risk: what takes them away is held until a person has approved exactly that.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scenario::{Scenario, Step, act, is_ready, with_reason};
use crate::scenarios::policy::{self, then};
use crate::world::{ANALYSTS, FINANCE, TEAM, World};

const POLICY: &str = "ProvisioningPolicy";
const ASSIGNMENT: &str = "Assignment";

/// A policy with Cloud PCs of these groups, in a tenant that lets nothing be put at risk without an approval.
fn careful(groups: &[&str]) -> Vec<Step> {
    let strict = act(|world| {
        world.patch("EntraTenant", None, "contoso", &json!({"spec": {"safety": null}}));
    });
    // One that is not ready yet has no grace period.
    let at_once = act(|world| world.option("provisioningTime", "PT0S"));
    let ready = Step::Until(|world| is_ready(world, ASSIGNMENT, "desk"));
    then(vec![at_once], then(policy::with_groups(groups), [strict, ready]))
}

fn delete(kind: &'static str) -> Step {
    act(move |world| world.delete(kind, Some(TEAM), "desk"))
}

/// Waits until the plan is held.
fn held() -> Step {
    Step::Until(|world| with_reason(world, POLICY, "desk", "ApprovalRequired"))
}

/// The plan that is held now.
fn plan(world: &World) -> Option<Value> {
    let policy = world.object(POLICY, "desk")?;
    let risk = &policy["status"]["plan"]["risk"];
    (risk["planId"].is_string() && risk["startedAt"].is_null()).then(|| risk.clone())
}

/// A person approves what is held now.
fn approve() -> Step {
    act(|world| {
        if let Some(plan) = plan(world) {
            world.approve(POLICY, "desk", &plan);
        }
    })
}

fn is_left(world: &World, groups: &[&str]) -> Vec<String> {
    super::assignment::has(world, groups)
}

fn moved_to_another_group() -> Step {
    act(|world| {
        world.patch(ASSIGNMENT, Some(TEAM), "desk", &json!({"spec": {"groups": [{"id": ANALYSTS}]}}));
    })
}

fn pause() -> Step {
    Step::Pause(Duration::from_secs(200))
}

/// All of these.
pub fn all() -> Vec<Scenario> {
    let scenario = |name, steps: fn() -> Vec<Step>, check| Scenario {
        name,
        steps: Box::new(steps),
        hands: &["edit", "assign"],
        hand: policy::hand,
        check,
        paired: false,
    };
    vec![
        scenario(
            "removal-held",
            || then(careful(&[FINANCE]), [delete(ASSIGNMENT), held(), pause()]),
            |world| is_left(world, &[FINANCE]),
        ),
        scenario(
            "removal-approved",
            || {
                let gone = Step::Until(|world| world.object(ASSIGNMENT, "desk").is_none());
                then(careful(&[FINANCE]), [delete(ASSIGNMENT), held(), approve(), gone])
            },
            |world| is_left(world, &[]),
        ),
        scenario(
            "replacement-held",
            || then(careful(&[FINANCE]), [moved_to_another_group(), held(), pause()]),
            |world| is_left(world, &[FINANCE, ANALYSTS]),
        ),
        scenario(
            "deletion-approved",
            || {
                let gone = Step::Until(|world| world.object(POLICY, "desk").is_none());
                then(careful(&[FINANCE]), [delete(ASSIGNMENT), delete(POLICY), held(), approve(), gone])
            },
            |world| {
                let left = world.named("provisioningPolicies", "Desk");
                left.iter()
                    .map(|object| format!("policy {} is left in Graph", object["id"]))
                    .collect()
            },
        ),
        scenario(
            "approval-and-another-leader",
            || {
                let gone = Step::Until(|world| world.object(ASSIGNMENT, "desk").is_none());
                then(careful(&[FINANCE]), [delete(ASSIGNMENT), held(), approve(), Step::Crash, gone])
            },
            // A list from the past may lack the policy: then the Assignment goes, and its group stays.
            |world| {
                is_left(world, &[])
                    .into_iter()
                    .filter(|_| !is_left(world, &[FINANCE]).is_empty())
                    .collect()
            },
        ),
    ]
}
