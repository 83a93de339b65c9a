//! Other namespaces of the cluster: one that the tenant lets in and whose user setting Graph refuses for ever, and one that it does not
//! let in, which was the first to ask for the name.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scenario::{Scenario, Step, apply, is_ready, no_check, resource, team, tenant};
use crate::scenarios::policy::{hand, policy};

/// A namespace that no tenant lets in.
pub const INTRUDERS: &str = "intruders";
/// A namespace that the tenant lets in.
pub const NEIGHBOURS: &str = "neighbours";
/// The scenario.
pub const NAME: &str = "neighbours";

fn namespace(name: &str, labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

fn of(namespace: &str, mut object: Value) -> Value {
    object["metadata"]["namespace"] = json!(namespace);
    object
}

/// Of another kind than the policies: which of two objects of a kind has its pass first is not determined.
fn refused() -> Value {
    let spec =
        json!({"tenantRef": {"name": "contoso"}, "displayName": "Refused", "restorePointSetting": {"frequencyType": "neverHeardOf"}});
    of(NEIGHBOURS, resource("UserSetting", "refused", spec))
}

fn steps() -> Vec<Step> {
    let moment = || Step::Pause(Duration::from_secs(5));
    vec![
        apply(tenant("contoso")),
        apply(namespace(INTRUDERS, &json!({}))),
        apply(of(INTRUDERS, policy(json!({})))),
        moment(),
        apply(namespace(NEIGHBOURS, &json!({"cloudpc.dev/tenant": "contoso"}))),
        apply(refused()),
        moment(),
        apply(team()),
        apply(policy(json!({}))),
        Step::Until(|world| is_ready(world, "ProvisioningPolicy", "desk")),
    ]
}

/// All of these.
pub fn all() -> Vec<Scenario> {
    vec![Scenario {
        name: NAME,
        steps: Box::new(steps),
        hands: &[],
        hand,
        check: no_check,
        paired: false,
    }]
}
