//! What happens to a tenant, a namespace or a definition, with a policy and its groups in it.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::scenario::{Scenario, Step, act, apply, is_ready, tenant};
use crate::scenarios::policy;
use crate::world::{APP, FINANCE, SYSTEM, TEAM, TENANT, World};

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
    act(move |world| {
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

/// The application may sign in, or nobody may.
fn sign_in(works: bool) -> Step {
    act(move |world| {
        let subject = format!(
            "system:serviceaccount:{SYSTEM}:{}",
            if works { "cloudpc-operator" } else { "somebody" }
        );
        let credential = json!({"issuer": world.cluster.issuer(), "subject": subject, "audiences": [lab::AUDIENCE]});
        let app = json!({"appId": APP, "displayName": "cloudpc-operator", "federatedCredentials": [credential],
            "roles": ["CloudPC.ReadWrite.All", "Group.Read.All", "Organization.Read.All"]});
        world.control(&Method::POST, "/seed", Some(&json!({"tenants": [{"id": TENANT, "apps": [app]}]})));
    })
}

/// Longer than a token is valid.
const TOKEN: Duration = Duration::from_secs(70 * 60);
/// Longer than the pause between tries of a sign-in that is refused.
const TRY: Duration = Duration::from_secs(15 * 60);

/// The tenant is polled so often.
fn polled(interval: &'static str) -> Step {
    act(move |world| {
        world.patch("EntraTenant", None, "contoso", &json!({"spec": {"interval": interval}}));
    })
}

fn nobody_is_ready() -> Step {
    act(|world| {
        for (kind, name) in [("EntraTenant", "contoso"), ("ProvisioningPolicy", "desk")] {
            if is_ready(world, kind, name) {
                world.wires.complain(format!("{kind} {name} is Ready, and nobody can sign in"));
            }
        }
    })
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
                    act(|world| world.delete("EntraTenant", None, "contoso")),
                    pause(),
                    apply(tenant("contoso")),
                    pause(),
                ])
            },
            kept,
        ),
        scenario(
            "namespace-deleted",
            || with(vec![act(|world| world.delete("Namespace", None, TEAM)), pause()]),
            |_world| Vec::new(),
        ),
        scenario(
            "definition-deleted",
            || {
                const POLICIES: &str = "provisioningpolicies.cloudpc.dev";
                with(vec![act(|world| world.delete("CustomResourceDefinition", None, POLICIES)), pause()])
            },
            kept,
        ),
        scenario(
            "sign-in-lost",
            || {
                with(vec![
                    sign_in(false),
                    // The polls of this hour show nothing new, and take time.
                    polled("10m"),
                    Step::Pause(TOKEN),
                    nobody_is_ready(),
                    polled("60s"),
                    sign_in(true),
                    Step::Pause(TRY),
                ])
            },
            kept,
        ),
        scenario("leader-change", || with(vec![Step::Crash, pause()]), kept),
    ]
}
