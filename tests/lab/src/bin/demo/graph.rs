//! What Kubernetes declares and what Graph holds, in the same words, so that they can be compared and shown.

use anyhow::{Context, Result, ensure};
use lab::Lab;
use serde_json::Value;
use std::collections::BTreeSet;

/// The category of all kinds that people write.
pub(crate) const KINDS: &str = "windows365";
/// The kinds that represent an object in Graph, with the collection that it is in.
pub(crate) const COLLECTIONS: [(&str, &str); 2] = [("ProvisioningPolicy", "provisioningPolicies"), ("UserSetting", "userSettings")];

/// An object with its groups, in one line. A duplicate shows: it is in the list twice.
pub(crate) type Lines = Vec<String>;

/// The objects of our kinds, as the API server has them.
pub(crate) async fn declared(lab: &Lab) -> Result<Vec<Value>> {
    let text = lab.kubectl(&["get", KINDS, "--all-namespaces", "-o", "json"]).await?;
    let list: Value = serde_json::from_str(&text).context("kubectl printed no JSON")?;
    Ok(list["items"].as_array().cloned().unwrap_or_default())
}

/// What is in Graph.
pub(crate) async fn held(lab: &Lab) -> Result<Lines> {
    let groups = lab.sim.objects("groups").await?;
    let mut lines = Lines::new();
    for (kind, collection) in COLLECTIONS {
        for object in lab.sim.objects(collection).await? {
            let ids = object["assignments"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|assignment| &assignment["target"]["groupId"]);
            let names = ids.map(|id| named(&groups, |group| group["id"] == *id));
            lines.push(line(kind, &object, names.collect::<Result<_>>()?));
        }
    }
    lines.sort();
    Ok(lines)
}

/// What should be in Graph for those resources that `counts` accepts and their Assignments.
pub(crate) async fn wanted(lab: &Lab, objects: &[Value], counts: impl Fn(&Value) -> bool) -> Result<Lines> {
    let groups = lab.sim.objects("groups").await?;
    let mut lines = Lines::new();
    for (kind, _) in COLLECTIONS {
        for object in objects.iter().filter(|object| object["kind"] == kind && counts(object)) {
            let points_here = |assignment: &&Value| {
                let target = &assignment["spec"]["targetRef"];
                target["kind"] == kind
                    && target["name"] == object["metadata"]["name"]
                    && assignment["metadata"]["namespace"] == object["metadata"]["namespace"]
            };
            let assignments = objects.iter().filter(|other| other["kind"] == "Assignment").filter(points_here);
            let references = assignments.flat_map(|assignment| assignment["spec"]["groups"].as_array().into_iter().flatten());
            let names = references.map(|reference| named(&groups, |group| is_meant(reference, group)));
            lines.push(line(kind, &object["spec"], names.collect::<Result<_>>()?));
        }
    }
    lines.sort();
    Ok(lines)
}

/// Fails with the difference.
pub(crate) fn compare(what: &str, held: &[String], wanted: &[String]) -> Result<()> {
    ensure!(
        held == wanted,
        "{what}: Graph holds\n  {}\nand should hold\n  {}",
        held.join("\n  "),
        wanted.join("\n  ")
    );
    Ok(())
}

fn is_meant(reference: &Value, group: &Value) -> bool {
    ["id", "displayName", "mailNickname"]
        .iter()
        .any(|key| reference[key].is_string() && reference[key] == group[key])
}

fn named(groups: &[Value], is_it: impl Fn(&Value) -> bool) -> Result<String> {
    let group = groups.iter().find(|group| is_it(group)).context("a group is not in the tenant")?;
    Ok(group["displayName"].as_str().unwrap_or_default().to_owned())
}

fn line(kind: &str, object: &Value, groups: BTreeSet<String>) -> String {
    let name = object["displayName"].as_str().unwrap_or_default();
    let groups = if groups.is_empty() {
        "nobody".to_owned()
    } else {
        groups.into_iter().collect::<Vec<_>>().join(", ")
    };
    format!("{kind} \"{name}\", assigned to {groups}")
}
