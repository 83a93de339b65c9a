//! Groups that move between Assignments, and Assignments that go as soon as they have come.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::plan::Side;
use crate::scenario::{Scenario, Step, act, apply, is_ready, resource};
use crate::scenarios::assignment::has;
use crate::scenarios::policy::{hand, then, with_groups};
use crate::world::{ANALYSTS, FINANCE, RECEPTION, TEAM, World};

const KIND: &str = "Assignment";

fn assignment(name: &str, groups: &[&str]) -> Value {
    let groups: Vec<Value> = groups.iter().map(|id| json!({"id": id})).collect();
    resource(
        KIND,
        name,
        json!({"targetRef": {"kind": "ProvisioningPolicy", "name": "desk"}, "groups": groups}),
    )
}

fn both_ready() -> Step {
    Step::Until(|world| is_ready(world, KIND, "desk") && is_ready(world, KIND, "other"))
}

/// A group moves from one Assignment to another, by two edits; `more` happens between them.
fn moved(more: Vec<Step>) -> Vec<Step> {
    let two = [
        apply(assignment("other", &[ANALYSTS])),
        both_ready(),
        apply(assignment("desk", &[FINANCE])),
    ];
    let steps = then(with_groups(&[FINANCE, RECEPTION]), two);
    let steps = then(steps, more);
    then(steps, [apply(assignment("other", &[ANALYSTS, RECEPTION]))])
}

/// Once the group was sent, every later set has it.
fn never_off(world: &World) -> Vec<String> {
    let lines = world.wires.lines();
    let sets = lines
        .iter()
        .filter(|line| line.point.side == Side::Graph && line.method == Method::POST && line.path.ends_with("/assign"));
    let mut sets = sets.map(|line| (line.point, String::from_utf8_lossy(&line.body).contains(RECEPTION)));
    let without = sets.by_ref().skip_while(|(_, with)| !with).find(|(_, with)| !with);
    let mut found = has(world, &[FINANCE, ANALYSTS, RECEPTION]);
    found.extend(without.map(|(point, _)| format!("{point} took {RECEPTION} off while it moved")));
    found
}

/// Whether the policy has the group in Graph.
fn is_assigned(world: &World) -> bool {
    let found = world.named("provisioningPolicies", "Desk");
    found.iter().any(|object| lab::groups(object).iter().any(|group| group == FINANCE))
}

/// All of these.
pub fn all() -> Vec<Scenario> {
    let scenario = |name, steps: fn() -> Vec<Step>, check| Scenario {
        name,
        steps: Box::new(steps),
        hands: &[],
        hand,
        check,
        paired: false,
    };
    vec![
        scenario(
            "group-moves",
            || then(moved(vec![Step::Pause(Duration::from_secs(1))]), [both_ready()]),
            never_off,
        ),
        scenario(
            "group-moves-unseen",
            || {
                let hold = |hold: bool| act(move |world| world.cluster.hold_events("assignments", hold));
                let unseen = vec![Step::Pause(Duration::from_millis(500)), hold(true)];
                let later = [Step::Pause(Duration::from_secs(20)), hold(false), both_ready()];
                then(moved(unseen), later)
            },
            never_off,
        ),
        scenario(
            "unassign-at-once",
            || {
                let delete = act(|world| world.delete(KIND, Some(TEAM), "desk"));
                let gone = Step::Until(|world| world.object(KIND, "desk").is_none());
                then(with_groups(&[FINANCE]), [Step::Until(is_assigned), delete, gone])
            },
            |world| has(world, &[]),
        ),
    ]
}
