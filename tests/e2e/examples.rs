//! The examples as a user applies them: they become Ready, Graph has what they declare, and deleting them leaves
//! exactly the objects with `deletionPolicy: Orphan`.

use crate::support::lab;
use anyhow::{Context, Result, ensure};
use lab::{Lab, seconds};
use serde_json::Value;

const APPLY: [&[&str]; 3] = [
    &["apply", "-f", "examples/entra-tenant.yaml"],
    &["apply", "-k", "examples/team"],
    &["apply", "-f", "examples"],
];
/// The category of all our kinds.
const KINDS: &str = "windows365";
const COLLECTIONS: [(&str, &str); 2] = [("ProvisioningPolicy", "provisioningPolicies"), ("UserSetting", "userSettings")];

#[tokio::test]
async fn the_examples_become_ready_and_deleting_them_leaves_only_what_is_to_be_orphaned() -> Result<()> {
    let lab = lab().await;
    for arguments in APPLY {
        lab.kubectl(arguments).await?;
    }
    let objects = declared(&lab).await?;
    for object in &objects {
        let (kind, namespace, name) = (
            text(object, "/kind"),
            text(object, "/metadata/namespace"),
            text(object, "/metadata/name"),
        );
        lab.wait_condition(&kind, &namespace, &name, "Ready", "True", seconds(120)).await?;
    }
    for (kind, collection) in COLLECTIONS {
        assert_eq!(
            names(&lab.sim.objects(collection).await?),
            wanted(&objects, kind, |_| true),
            "{collection}"
        );
    }
    assert_eq!(assigned(&lab).await?, wanted_assignments(&lab, &objects).await?);

    // What a deletion costs in Cloud PCs is the subject of other tests.
    let plenty = serde_json::json!({"spec": {"safety": {"maxCloudPCsAtRisk": 1000}}});
    lab.patch("EntraTenant", "", "contoso", &plenty).await?;
    lab.kubectl(&["delete", KINDS, "--all", "--all-namespaces", "--timeout=120s"])
        .await?;
    let orphaned = |object: &Value| object["spec"]["deletionPolicy"] == "Orphan";
    for (kind, collection) in COLLECTIONS {
        assert_eq!(
            names(&lab.sim.objects(collection).await?),
            wanted(&objects, kind, orphaned),
            "{collection}"
        );
    }
    // No finalizer keeps anything of the namespace.
    lab.kubectl(&["delete", "namespace", "team-finance", "--timeout=120s"]).await?;
    let (status, _) = lab.operator().terminate().await?;
    ensure!(status.success(), "the operator ended with {status}");
    Ok(())
}

/// The objects of our kinds, as the API server has them.
async fn declared(lab: &Lab) -> Result<Vec<Value>> {
    let text = lab.kubectl(&["get", KINDS, "--all-namespaces", "-o", "json"]).await?;
    let list: Value = serde_json::from_str(&text)?;
    let objects = list["items"].as_array().cloned().unwrap_or_default();
    ensure!(!objects.is_empty(), "nothing was applied");
    Ok(objects)
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> impl Iterator<Item = &'a Value> {
    objects.iter().filter(move |object| object["kind"] == kind)
}

fn wanted(objects: &[Value], kind: &str, accept: impl Fn(&Value) -> bool) -> Vec<String> {
    let specs: Vec<Value> = of_kind(objects, kind)
        .filter(|object| accept(object))
        .map(|object| object["spec"].clone())
        .collect();
    names(&specs)
}

/// Display names in order, duplicates included.
fn names(objects: &[Value]) -> Vec<String> {
    let mut names: Vec<String> = objects
        .iter()
        .map(|object| object["displayName"].as_str().unwrap_or_default().to_owned())
        .collect();
    names.sort();
    names
}

/// What is assigned in Graph: the name of the object and the id of the group, in order.
async fn assigned(lab: &Lab) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for (_, collection) in COLLECTIONS {
        for object in lab.sim.objects(collection).await? {
            for assignment in object["assignments"].as_array().into_iter().flatten() {
                pairs.push((text(&object, "/displayName"), text(assignment, "/target/groupId")));
            }
        }
    }
    pairs.sort();
    Ok(pairs)
}

/// The same, from what the Assignments say.
async fn wanted_assignments(lab: &Lab, objects: &[Value]) -> Result<Vec<(String, String)>> {
    let groups = lab.sim.objects("groups").await?;
    let mut pairs = Vec::new();
    for assignment in of_kind(objects, "Assignment") {
        let (kind, name) = (text(assignment, "/spec/targetRef/kind"), text(assignment, "/spec/targetRef/name"));
        let target = of_kind(objects, &kind).find(|object| object["metadata"]["name"] == name.as_str());
        for wanted in assignment["spec"]["groups"].as_array().into_iter().flatten() {
            let is_it = |group: &&Value| {
                ["displayName", "mailNickname", "id"]
                    .iter()
                    .any(|key| wanted[key].is_string() && wanted[key] == group[key])
            };
            let group = groups.iter().find(is_it).with_context(|| format!("no group {wanted}"))?;
            pairs.push((text(target.context("no target")?, "/spec/displayName"), text(group, "/id")));
        }
    }
    pairs.sort();
    Ok(pairs)
}

fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
