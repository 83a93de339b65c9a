//! O4, O7: what is Ready equals its spec in Graph.

use serde_json::Value;

use crate::scenario::ready;
use crate::world::{World, plural};

/// Fields of a spec that say how to manage, not what.
const OWN: [&str; 11] = [
    "tenantRef",
    "deletionPolicy",
    "mode",
    "suspend",
    "imageDisplayName",
    "domainJoinConfigurations",
    "assignmentOwnership",
    "interval",
    "adopt",
    "replace",
    "onPremisesConnectionName",
];

pub fn judge(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for (kind, collection) in super::REPRESENTED {
        let objects = world.graph_objects(collection);
        for resource in world.cluster.objects(&plural(kind)) {
            if ready(&resource) && resource["spec"]["suspend"] != true && resource["metadata"]["deletionTimestamp"].is_null() {
                let name = &resource["metadata"]["name"];
                let held = objects.iter().find(|object| object["id"] == resource["status"]["id"]);
                match held {
                    None => found.push(format!(
                        "O7: {kind} {name} is Ready, and {} is not in Graph",
                        resource["status"]["id"]
                    )),
                    Some(held) if resource["spec"]["mode"] != "Observe" => found.extend(differences(kind, &resource, held)),
                    Some(_) => {}
                }
            }
        }
    }
    found.extend(assignments(world));
    found
}

pub fn differences(kind: &str, resource: &Value, held: &Value) -> Vec<String> {
    let spec = resource["spec"].as_object().into_iter().flatten();
    let differs = spec.filter(|(name, value)| !OWN.contains(&name.as_str()) && !covers(value, &held[name.as_str()]));
    differs
        .map(|(name, value)| {
            let whose = &resource["metadata"]["name"];
            format!(
                "O4: {kind} {whose} is Ready, and {name} is {} in Graph, not {value}",
                held[name.as_str()]
            )
        })
        .collect()
}

/// Whether Graph's value has all that the spec says.
fn covers(wanted: &Value, held: &Value) -> bool {
    match wanted {
        Value::Object(fields) => fields.iter().all(|(name, value)| covers(value, &held[name.as_str()])),
        other => other == held,
    }
}

/// Without a definition no cache is complete, so no process changes what resources say.
pub fn is_defined(world: &World) -> bool {
    let policies = world.object("CustomResourceDefinition", "provisioningpolicies.cloudpc.dev");
    policies.is_some()
}

/// The groups of a Ready Assignment are on its target.
fn assignments(world: &World) -> Vec<String> {
    if !is_defined(world) {
        return Vec::new();
    }
    let policies = world.graph_objects("provisioningPolicies");
    let mut found = Vec::new();
    for resource in world.cluster.objects("assignments") {
        if !ready(&resource) || resource["spec"]["suspend"] == true || !resource["metadata"]["deletionTimestamp"].is_null() {
            continue;
        }
        let target = world.object(
            "ProvisioningPolicy",
            resource["spec"]["targetRef"]["name"].as_str().unwrap_or_default(),
        );
        let id = target.map(|target| target["status"]["id"].clone()).unwrap_or_default();
        let has = policies
            .iter()
            .find(|policy| policy["id"] == id)
            .map(lab::groups)
            .unwrap_or_default();
        for group in resource["spec"]["groups"].as_array().into_iter().flatten() {
            let group = group["id"].as_str().unwrap_or_default();
            if !has.iter().any(|one| one == group) {
                let name = &resource["metadata"]["name"];
                found.push(format!("O4: Assignment {name} is Ready, and its group {group} is not on {id}"));
            }
        }
    }
    found
}
