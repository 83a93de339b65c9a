//! O12: no token and no assertion is in what Kubernetes keeps.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::World;

/// Whether a text in it contains a secret.
fn has(value: &Value, secrets: &BTreeSet<String>) -> bool {
    match value {
        Value::String(text) => secrets.iter().any(|secret| text.contains(secret)),
        Value::Array(items) => items.iter().any(|item| has(item, secrets)),
        Value::Object(fields) => fields.values().any(|item| has(item, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

pub fn judge(world: &World) -> Vec<String> {
    let secrets = world.wires.secrets();
    let mut found = Vec::new();
    for change in world.cluster.changes().iter().filter(|change| change.resource != "secrets") {
        if has(&change.object, &secrets) {
            let (resource, name) = (&change.resource, &change.object["metadata"]["name"]);
            found.push(format!("O12: a token or an assertion is in {resource} {name}"));
        }
    }
    if secrets.is_empty() && world.wires.lines().iter().any(|line| line.is_sign_in() && line.status.is_some()) {
        found.push("O12: a sign-in without a secret: this oracle looks for the wrong thing".to_owned());
    }
    found
}
