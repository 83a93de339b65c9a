//! User settings.

use http::Method;
use serde_json::{Value, json};

use crate::scenario::{Scenario, Step, act, apply, basis, is_ready, resource};
use crate::world::{TEAM, World};

const KIND: &str = "UserSetting";
const COLLECTION: &str = "userSettings";

fn setting() -> Value {
    // Sparse: of all properties, one.
    resource(
        KIND,
        "users",
        json!({"tenantRef": {"name": "contoso"}, "displayName": "Users", "localAdminEnabled": false}),
    )
}

fn hand(world: &World, name: &str) {
    for object in world.named(COLLECTION, "Users") {
        let path = format!("{COLLECTION}/{}", object["id"].as_str().expect("an id"));
        match name {
            "edit" => world.by_hand(&Method::PATCH, &path, Some(json!({"localAdminEnabled": true}))).1,
            "edit-unmanaged" => world.by_hand(&Method::PATCH, &path, Some(json!({"resetEnabled": true}))).1,
            "delete" => world.by_hand(&Method::DELETE, &path, None).1,
            _ => Value::Null,
        };
    }
    if name == "namesake" {
        world.by_hand(
            &Method::POST,
            COLLECTION,
            Some(json!({"displayName": "Users", "localAdminEnabled": true})),
        );
    }
}

fn ready() -> Step {
    Step::Until(|world| is_ready(world, KIND, "users"))
}

fn created() -> Vec<Step> {
    let mut steps = basis();
    steps.extend([apply(setting()), ready()]);
    steps
}

/// Those of which plans with two turns are carried out.
const PAIRED: &[&str] = &[];

/// All of this kind.
pub fn all() -> Vec<Scenario> {
    let scenario = |name, steps: fn() -> Vec<Step>, check| Scenario {
        name,
        steps: Box::new(steps),
        hands: &["edit", "edit-unmanaged", "delete", "namesake"],
        hand,
        check,
        paired: PAIRED.contains(&name),
    };
    vec![
        scenario("setting-create-sparse", created, |world| {
            match world.named(COLLECTION, "Users").len() {
                1 => Vec::new(),
                count => vec![format!("{count} settings are called Users")],
            }
        }),
        scenario(
            "setting-delete",
            || {
                let mut steps = created();
                steps.push(act(|world| world.delete(KIND, Some(TEAM), "users")));
                steps.push(Step::Until(|world| world.object(KIND, "users").is_none()));
                steps
            },
            |world| {
                let left = world.named(COLLECTION, "Users");
                left.iter()
                    .map(|object| format!("setting {} is left in Graph", object["id"]))
                    .collect()
            },
        ),
    ]
}
