//! Assignments: groups of a policy.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scenario::{Scenario, Step, act, apply, is_ready, resource};
use crate::scenarios::policy;
use crate::world::{ANALYSTS, FINANCE, RECEPTION, TEAM, World};

const KIND: &str = "Assignment";

fn ready() -> Step {
    Step::Until(|world| is_ready(world, KIND, "desk"))
}

fn groups(groups: &'static [&'static str]) -> Step {
    act(move |world| {
        let groups: Vec<Value> = groups.iter().map(|id| json!({"id": id})).collect();
        world.patch(KIND, Some(TEAM), "desk", &json!({"spec": {"groups": groups}}));
    })
}

fn assigned(first: &[&str]) -> Vec<Step> {
    let mut steps = policy::with_groups(first);
    steps.push(ready());
    steps
}

/// What is wrong with the groups of the policy, if they are not these.
pub fn has(world: &World, wanted: &[&str]) -> Vec<String> {
    let found: Vec<Vec<String>> = world.named("provisioningPolicies", "Desk").iter().map(lab::groups).collect();
    let mut wanted: Vec<String> = wanted.iter().map(|group| (*group).to_owned()).collect();
    wanted.sort();
    if found.len() == 1 && found[0] == wanted {
        return Vec::new();
    }
    vec![format!("the groups of Desk are {found:?}, not {wanted:?}")]
}

/// Those of which plans with two turns are carried out.
const PAIRED: &[&str] = &["assign"];

/// A group moves from one Assignment to another and back, in two edits a second apart each time.
fn moved() -> Vec<Step> {
    let with = |name: &'static str, groups: &'static [&'static str]| {
        let groups: Vec<Value> = groups.iter().map(|id| json!({"id": id})).collect();
        let target = json!({"kind": "ProvisioningPolicy", "name": "desk"});
        apply(resource(KIND, name, json!({"targetRef": target, "groups": groups})))
    };
    let second = || Step::Pause(Duration::from_secs(1));
    let settled = || Step::Pause(Duration::from_secs(10));
    let mut steps = assigned(&[FINANCE, RECEPTION]);
    steps.extend([with("other", &[RECEPTION]), settled()]);
    steps.extend([
        with("desk", &[RECEPTION]),
        second(),
        with("other", &[RECEPTION, FINANCE]),
        settled(),
    ]);
    steps.extend([
        with("other", &[RECEPTION]),
        second(),
        with("desk", &[RECEPTION, FINANCE]),
        settled(),
        ready(),
    ]);
    steps
}

/// What is wrong if a group was ever taken off after it was assigned.
fn lost(world: &World, group: &str) -> Vec<String> {
    let sets = world.graph.ledger(0).into_iter().filter(|entry| {
        entry["committed"] == true
            && entry["path"].as_str().is_some_and(|path| path.ends_with("/assign"))
            && entry["actor"]["appId"].is_string()
    });
    let without = sets
        .skip_while(|entry| !entry["body"].to_string().contains(group))
        .filter(|entry| !entry["body"].to_string().contains(group));
    without.map(|entry| format!("{group} was taken off at {}", entry["time"])).collect()
}

/// All of this kind.
pub fn all() -> Vec<Scenario> {
    let scenario = |name, steps: fn() -> Vec<Step>, check| Scenario {
        name,
        steps: Box::new(steps),
        hands: &["edit", "delete", "assign", "unassign"],
        hand: policy::hand,
        check,
        paired: PAIRED.contains(&name),
    };
    vec![
        scenario("assign", || assigned(&[FINANCE]), |world| has(world, &[FINANCE])),
        scenario(
            "assign-change",
            || {
                let mut steps = assigned(&[FINANCE, RECEPTION]);
                steps.extend([groups(&[RECEPTION, ANALYSTS]), ready()]);
                steps
            },
            |world| has(world, &[RECEPTION, ANALYSTS]),
        ),
        scenario("assign-move", moved, |world| {
            let mut wrong = has(world, &[FINANCE, RECEPTION]);
            wrong.extend(lost(world, FINANCE));
            wrong
        }),
        scenario(
            "unassign",
            || {
                let mut steps = assigned(&[FINANCE]);
                steps.push(act(|world| world.delete(KIND, Some(TEAM), "desk")));
                steps.push(Step::Until(|world| world.object(KIND, "desk").is_none()));
                steps
            },
            |world| has(world, &[]),
        ),
        scenario(
            "delete-both",
            || {
                let mut steps = assigned(&[FINANCE]);
                steps.push(act(|world| {
                    world.delete("ProvisioningPolicy", Some(TEAM), "desk");
                    world.delete(KIND, Some(TEAM), "desk");
                }));
                steps.push(Step::Until(|world| {
                    world.object(KIND, "desk").is_none() && world.object("ProvisioningPolicy", "desk").is_none()
                }));
                steps
            },
            |world| {
                let left = world.named("provisioningPolicies", "Desk");
                left.iter()
                    .map(|object| format!("policy {} is left in Graph", object["id"]))
                    .collect()
            },
        ),
    ]
}
