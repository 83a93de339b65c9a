//! What belongs to somebody else: names that are taken, and statuses that claim what is not theirs.

use std::time::Duration;

use http::Method;
use lab::condition;
use serde_json::{Value, json};

use crate::scenario::{Scenario, Step, act, apply, basis};
use crate::scenarios::policy::{change, hand, policy, scenario, then};
use crate::world::{TEAM, TENANT, World};

const KIND: &str = "ProvisioningPolicy";
const COLLECTION: &str = "provisioningPolicies";
/// Longer than any read is behind.
const SHOWN_BY_NOW: Duration = Duration::from_secs(11 * 60);

/// A person's policy, which has been there for long. Its name is free again.
fn theirs(world: &World) -> Value {
    hand(world, "namesake");
    let id = world.named(COLLECTION, "Desk")[0]["id"].clone();
    let path = format!("{COLLECTION}/{}", id.as_str().expect("an id"));
    world.by_hand(&Method::PATCH, &path, Some(json!({"displayName": "Theirs"})));
    id
}

/// A resource that rests, and whose status claims a person's policy. `owned`: with a record of the claim, as another would have it.
fn forged(owned: bool) -> Vec<Step> {
    let made = act(|world| {
        let id = theirs(world);
        *world.kept.lock() = id;
    });
    let reported = Step::Until(|world| {
        let object = world.object(KIND, "desk");
        object.is_some_and(|object| condition(&object, "Ready").is_some())
    });
    let forge = act(move |world| {
        let resource = world.object(KIND, "desk").expect("it is there");
        let cluster = world.cluster.object("namespaces", None, "kube-system").expect("it is there");
        let owner = json!({"cluster": cluster["metadata"]["uid"], "cloud": "Public", "tenantId": TENANT, "origin": "Created",
            "resource": resource["metadata"]["uid"], "seen": true});
        let status = json!({"id": *world.kept.lock(), "owner": if owned { owner } else { Value::Null }});
        let path = format!("/apis/cloudpc.dev/v1alpha1/namespaces/{TEAM}/provisioningpolicies/desk/status");
        let (code, answer) = world.kubernetes(Method::PATCH, &path, "application/merge-patch+json", &json!({"status": status}));
        assert!(code.is_success(), "{answer}");
    });
    then(
        vec![made, Step::Pause(SHOWN_BY_NOW)],
        basis().into_iter().chain([
            apply(policy(json!({"suspend": true}))),
            reported,
            forge,
            change(json!({"suspend": false})),
        ]),
    )
}

fn untaken(world: &World) -> Vec<String> {
    match world.named(COLLECTION, "Desk").len() {
        1 => Vec::new(),
        count => vec![format!("{count} policies are called Desk")],
    }
}

/// That nothing is written to what somebody else made holds for every run.
fn nothing_more(_world: &World) -> Vec<String> {
    Vec::new()
}

/// All of these.
pub fn all() -> Vec<Scenario> {
    vec![
        scenario(
            "create-onto-taken",
            || {
                let made = act(|world| hand(world, "namesake"));
                let wanted = basis()
                    .into_iter()
                    .chain([apply(policy(json!({}))), Step::Pause(Duration::from_secs(180))]);
                then(vec![made, Step::Pause(SHOWN_BY_NOW)], wanted)
            },
            untaken,
        ),
        scenario(
            "forged-id",
            || {
                let pause = || Step::Pause(Duration::from_secs(180));
                let delete = act(|world| world.delete(KIND, Some(TEAM), "desk"));
                then(forged(false), [pause(), delete, pause()])
            },
            nothing_more,
        ),
        scenario(
            "forged-owner",
            || then(forged(true), [Step::Pause(Duration::from_secs(180))]),
            nothing_more,
        ),
    ]
}
