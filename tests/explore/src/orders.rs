//! O11: in whatever order objects are applied, and whatever events of them a watch misses, the end is the same.

use std::time::Duration;

use libtest_mimic::Failed;
use serde_json::Value;

use crate::plan::Plan;
use crate::scenario::{Scenario, Step, act, apply, is_ready, resource, team, tenant};
use crate::scenarios::{assignment, policy};
use crate::world::FINANCE;
use crate::{timeline, trials};

/// What is applied, and the resource whose events may be missed.
fn objects() -> [(&'static str, Value); 4] {
    let groups = serde_json::json!({"targetRef": {"kind": "ProvisioningPolicy", "name": "desk"}, "groups": [{"id": FINANCE}]});
    [
        ("entratenants", tenant("contoso")),
        ("provisioningpolicies", policy::policy(serde_json::json!({}))),
        ("assignments", resource("Assignment", "desk", groups)),
        // The namespace comes first in any case; here it is let in by its label.
        ("namespaces", team()),
    ]
}

/// All orders of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let with = |order: &Vec<usize>, at: usize| {
        let mut longer = order.clone();
        longer.insert(at, count - 1);
        longer
    };
    shorter.iter().flat_map(|order| (0..count).map(move |at| with(order, at))).collect()
}

fn scenario(order: Vec<usize>, missed: usize) -> Scenario {
    let steps = move || {
        let all = objects();
        let held: Vec<&'static str> = (0..all.len())
            .filter(|index| missed & (1 << index) != 0)
            .map(|index| all[index].0)
            .collect();
        let (hold, lose) = (held.clone(), held);
        let mut steps = vec![
            act(|world| {
                let mut namespace = team();
                namespace["metadata"]["labels"] = serde_json::json!({});
                world.apply(&namespace);
            }),
            Step::Pause(Duration::from_secs(2)),
            act(move |world| hold.iter().for_each(|plural| world.cluster.hold_events(plural, true))),
        ];
        for index in &order {
            steps.push(apply(all[*index].1.clone()));
            steps.push(Step::Pause(Duration::from_secs(1)));
        }
        steps.push(act(move |world| {
            for plural in &lose {
                world.cluster.lose_held(plural);
                world.cluster.hold_events(plural, false);
            }
        }));
        steps.push(Step::Until(|world| is_ready(world, "Assignment", "desk")));
        steps
    };
    Scenario {
        name: "orders",
        steps: Box::new(steps),
        hands: &[],
        hand: policy::hand,
        check: |world| match is_ready(world, "Assignment", "desk") {
            true => assignment::has(world, &[FINANCE]),
            false => vec!["the assignment is not Ready".to_owned()],
        },
        paired: false,
    }
}

/// Every order of the objects, with every subset of their kinds whose events are lost.
pub fn all() -> Result<(), Failed> {
    for order in orders(objects().len()) {
        for missed in 0..1 << objects().len() {
            let (scenario, nothing) = (scenario(order.clone(), missed), Plan::default());
            let outcome = trials::counted(&scenario, &nothing);
            if !outcome.violations.is_empty() {
                let told = timeline::told(&scenario, &nothing, &outcome);
                return Err(format!("order {order:?}, missed {missed:04b}: {told}").into());
            }
        }
    }
    Ok(())
}
