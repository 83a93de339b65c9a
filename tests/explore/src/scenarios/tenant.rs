//! What happens to a tenant, a namespace or a definition, with a policy and its groups in it.

use std::time::Duration;

use serde_json::json;

use crate::scenario::{Scenario, Step, act, apply, is_ready, tenant};
use crate::scenarios::policy;
use crate::world::{FINANCE, TEAM, World};

fn established() -> Vec<Step> {
    let mut steps = policy::with_groups(&[FINANCE]);
    steps.push(Step::Until(|world| is_ready(world, "Assignment", "desk")));
    steps
}

fn pause() -> Step {
    Step::Pause(Duration::from_secs(200))
}

fn kept(world: &World) -> Vec<String> {
    match world.named("provisioningPolicies", "Desk").len() {
        1 => Vec::new(),
        count => vec![format!("{count} policies are called Desk, not one")],
    }
}

fn label(allowed: bool) -> Step {
    act("the label of the namespace changes", move |world| {
        let label = allowed.then_some("contoso");
        world.patch(
            "Namespace",
            None,
            TEAM,
            &json!({"metadata": {"labels": {"cloudpc.dev/tenant": label}}}),
        );
    })
}

fn with(more: Vec<Step>) -> Vec<Step> {
    let mut steps = established();
    steps.extend(more);
    steps
}

/// Those of which plans with two turns are carried out.
const PAIRED: &[&str] = &[];

/// All of these.
pub fn all() -> Vec<Scenario> {
    let scenario = |name, steps: fn() -> Vec<Step>, check| Scenario {
        name,
        steps: Box::new(steps),
        hands: &["edit", "delete", "assign"],
        hand: policy::hand,
        check,
        paired: PAIRED.contains(&name),
    };
    vec![
        scenario("two-entratenants", || with(vec![apply(tenant("other")), pause()]), kept),
        scenario(
            "shut-out",
            || {
                let other = policy::change(json!({"description": "Other"}));
                with(vec![label(false), pause(), other, pause(), policy::look(), label(true), pause()])
            },
            policy::kept_unwritten,
        ),
        scenario(
            "tenant-made-anew",
            || {
                with(vec![
                    act("the tenant is deleted", |world| world.delete("EntraTenant", None, "contoso")),
                    pause(),
                    apply(tenant("contoso")),
                    pause(),
                ])
            },
            kept,
        ),
        scenario(
            "namespace-deleted",
            || {
                with(vec![
                    act("the namespace is deleted", |world| world.delete("Namespace", None, TEAM)),
                    pause(),
                ])
            },
            |_world| Vec::new(),
        ),
        scenario(
            "definition-deleted",
            || {
                with(vec![
                    act("the definition is deleted", |world| {
                        world.delete("CustomResourceDefinition", None, "provisioningpolicies.cloudpc.dev");
                    }),
                    pause(),
                ])
            },
            kept,
        ),
        scenario("leader-change", || with(vec![Step::Crash, pause()]), kept),
    ]
}
