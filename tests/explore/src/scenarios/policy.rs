//! Provisioning policies.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::scenario::{Scenario, Step, act, apply, basis, is_ready, no_check, resource};
use crate::world::{RECEPTION, TEAM, World};

const KIND: &str = "ProvisioningPolicy";
const COLLECTION: &str = "provisioningPolicies";
/// What a person can do about the policy of a scenario.
const HANDS: &[&str] = &["edit", "edit-unmanaged", "rename", "delete", "namesake", "assign", "unassign"];

/// A policy.
pub fn policy(fields: Value) -> Value {
    let mut spec = json!({
        "tenantRef": {"name": "contoso"}, "displayName": "Desk", "description": "Desks",
        "imageDisplayName": "Windows 11 Enterprise + Microsoft 365 Apps 25H2",
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
        "windowsSetting": {"locale": "en-US"},
    });
    for (name, value) in fields.as_object().into_iter().flatten() {
        spec[name] = value.clone();
    }
    resource(KIND, "desk", spec)
}

/// What a person does in Graph: to the policy that is called Desk.
pub fn hand(world: &World, name: &str) {
    let ids: Vec<String> = world
        .named(COLLECTION, "Desk")
        .iter()
        .filter_map(|object| object["id"].as_str().map(str::to_owned))
        .collect();
    let change = |body: Value| {
        for id in &ids {
            world.by_hand(&Method::PATCH, &format!("{COLLECTION}/{id}"), Some(body.clone()));
        }
    };
    let assign = |groups: &[&str]| {
        let assignments: Vec<Value> = groups
            .iter()
            .map(|id| json!({"target": {"@odata.type": "microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": id}}))
            .collect();
        for id in &ids {
            world.by_hand(
                &Method::POST,
                &format!("{COLLECTION}/{id}/assign"),
                Some(json!({"assignments": assignments})),
            );
        }
    };
    match name {
        "edit" => change(json!({"description": "by hand"})),
        "edit-unmanaged" => change(json!({"enableSingleSignOn": true})),
        "rename" => change(json!({"displayName": "Renamed by hand"})),
        "delete" => {
            assign(&[]);
            for id in &ids {
                world.by_hand(&Method::DELETE, &format!("{COLLECTION}/{id}"), None);
            }
        }
        "namesake" => {
            let (status, answer) = world.by_hand(
                &Method::POST,
                COLLECTION,
                Some(json!({"displayName": "Desk", "description": "made by hand", "imageType": "gallery",
                    "imageDisplayName": "Windows 11 Enterprise + Microsoft 365 Apps 25H2",
                    "imageId": "microsoftwindowsdesktop_windows-ent-cpc_win11-25h2-ent-cpc-m365",
                    "provisioningType": "dedicated", "windowsSetting": {"locale": "de-DE"},
                    "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}]})),
            );
            // With `uniqueNames` it may be refused.
            assert!(status == 201 || status == 400 || status == 409, "{answer}");
        }
        "assign" => assign(&[RECEPTION]),
        "unassign" => assign(&[]),
        other => panic!("nobody can do {other}"),
    }
}

fn desk_is_ready(world: &World) -> bool {
    is_ready(world, KIND, "desk")
}

fn desk_is_gone(world: &World) -> bool {
    world.object(KIND, "desk").is_none()
}

/// Another spec.
pub fn change(fields: Value) -> Step {
    act(move |world| {
        world.patch(KIND, Some(TEAM), "desk", &json!({"spec": fields}));
    })
}

fn delete() -> Step {
    act(|world| world.delete(KIND, Some(TEAM), "desk"))
}

/// Waits until the policy is Ready.
pub fn ready() -> Step {
    Step::Until(desk_is_ready)
}

fn gone() -> Step {
    Step::Until(desk_is_gone)
}

/// A policy that is Ready.
pub fn created(fields: Value) -> Vec<Step> {
    let mut steps = basis();
    steps.extend([apply(policy(fields)), ready()]);
    steps
}

/// Steps, and more of them.
pub fn then(mut steps: Vec<Step>, more: impl IntoIterator<Item = Step>) -> Vec<Step> {
    steps.extend(more);
    steps
}

fn left(world: &World) -> Vec<String> {
    let left = world.named(COLLECTION, "Desk");
    left.iter()
        .map(|object| format!("policy {} is left in Graph", object["id"]))
        .collect()
}

/// Remembers the description that the policy has in Graph now.
pub fn look() -> Step {
    act(|world| {
        let found = world.named(COLLECTION, "Desk");
        *world.kept.lock() = found.first().map(|object| object["description"].clone()).unwrap_or_default();
    })
}

/// What is wrong when the description had changed before it was allowed to.
pub fn kept_unwritten(world: &World) -> Vec<String> {
    let mut found = kept(world);
    if *world.kept.lock() == "Other" {
        found.push("Desk was changed while nothing was to be changed".to_owned());
    }
    found
}

fn kept(world: &World) -> Vec<String> {
    match world.named(COLLECTION, "Desk").len() {
        1 => Vec::new(),
        count => vec![format!("{count} policies are called Desk, not one")],
    }
}

/// Those of which plans with two turns are carried out.
const PAIRED: &[&str] = &["policy-create", "policy-rename", "policy-delete"];

/// A scenario with the hands of this kind.
pub fn scenario(name: &'static str, steps: fn() -> Vec<Step>, check: fn(&World) -> Vec<String>) -> Scenario {
    Scenario {
        name,
        steps: Box::new(steps),
        hands: HANDS,
        hand,
        check,
        paired: PAIRED.contains(&name),
    }
}

/// All of this kind.
pub fn all() -> Vec<Scenario> {
    [changes(), ends(), left_alone()].into_iter().flatten().collect()
}

fn changes() -> Vec<Scenario> {
    vec![
        scenario("policy-create", || created(json!({})), kept),
        scenario(
            "policy-update",
            || then(created(json!({})), [change(json!({"description": "Other"})), ready()]),
            kept,
        ),
        scenario(
            "policy-rename",
            || then(created(json!({})), [change(json!({"displayName": "Bureau"})), ready()]),
            no_check,
        ),
        scenario(
            "policy-rename-onto-taken",
            || {
                let taken = act(|world| {
                    hand(world, "namesake");
                    let id = world.named(COLLECTION, "Desk")[0]["id"].clone();
                    let path = format!("{COLLECTION}/{}", id.as_str().expect("an id"));
                    world.by_hand(&Method::PATCH, &path, Some(json!({"displayName": "Taken"})));
                });
                let mut steps = vec![taken];
                steps.extend(created(json!({})));
                then(
                    steps,
                    [change(json!({"displayName": "Taken"})), Step::Pause(Duration::from_secs(180))],
                )
            },
            |world| match world.named(COLLECTION, "Taken").len() {
                1 => Vec::new(),
                count => vec![format!("{count} policies are called Taken")],
            },
        ),
    ]
}

fn ends() -> Vec<Scenario> {
    vec![
        scenario("policy-delete", || then(created(json!({})), [delete(), gone()]), left),
        scenario(
            "policy-delete-unconfirmed",
            || {
                let known = Step::Until(|world| {
                    world
                        .object(KIND, "desk")
                        .is_some_and(|object| !object["status"]["pendingCreate"].is_null() || !object["status"]["id"].is_null())
                });
                then(basis(), [apply(policy(json!({}))), known, delete(), gone()])
            },
            left,
        ),
        scenario(
            "policy-orphan",
            || then(created(json!({"deletionPolicy": "Orphan"})), [delete(), gone()]),
            kept,
        ),
    ]
}

/// A status comes back from a backup.
fn restored() -> Vec<Step> {
    let keep = act(|world| {
        *world.kept.lock() = world.object(KIND, "desk").as_deref().cloned().unwrap_or_default();
    });
    let restore = act(|world| {
        let kept = world.kept.lock().clone();
        let path = format!("/apis/cloudpc.dev/v1alpha1/namespaces/{TEAM}/provisioningpolicies/desk/status");
        let patch = json!({"status": kept["status"]});
        world.kubernetes(http::Method::PATCH, &path, "application/merge-patch+json", &patch);
    });
    then(
        created(json!({})),
        [
            keep,
            change(json!({"description": "Other"})),
            ready(),
            restore,
            Step::Pause(Duration::from_secs(130)),
            ready(),
        ],
    )
}

fn left_alone() -> Vec<Scenario> {
    vec![
        scenario(
            "policy-observe",
            || {
                then(
                    created(json!({})),
                    [
                        change(json!({"mode": "Observe", "description": "Other"})),
                        ready(),
                        look(),
                        change(json!({"mode": "Enforce"})),
                        ready(),
                    ],
                )
            },
            kept_unwritten,
        ),
        scenario(
            "policy-suspend",
            || {
                let paused = Step::Pause(Duration::from_secs(130));
                then(
                    created(json!({})),
                    [
                        change(json!({"suspend": true, "description": "Other"})),
                        paused,
                        look(),
                        change(json!({"suspend": false})),
                        ready(),
                    ],
                )
            },
            kept_unwritten,
        ),
        scenario("policy-restored-status", restored, kept),
    ]
}

/// A policy with an Assignment of one group, to begin with.
pub fn with_groups(groups: &[&str]) -> Vec<Step> {
    let groups: Vec<Value> = groups.iter().map(|id| json!({"id": id})).collect();
    let assignment = resource(
        "Assignment",
        "desk",
        json!({"targetRef": {"kind": KIND, "name": "desk"}, "groups": groups}),
    );
    then(created(json!({})), [apply(assignment)])
}
