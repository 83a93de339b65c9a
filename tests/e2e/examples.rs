//! The examples as a user applies them: they become Ready, Graph holds what they say, and deleting them leaves
//! exactly what they say should be left.

use crate::support::lab;
use anyhow::{Result, ensure};
use lab::{Lab, eventually, seconds};
use serde_json::Value;

const APPLY: [&[&str]; 3] = [
    &["apply", "-f", "examples/entra-tenant.yaml"],
    &["apply", "-k", "examples/team"],
    &["apply", "-f", "examples"],
];
const KINDS: &str = "entratenants,provisioningpolicies,usersettings,assignments";
const COLLECTIONS: [(&str, &str); 2] = [("ProvisioningPolicy", "provisioningPolicies"), ("UserSetting", "userSettings")];

#[tokio::test]
async fn the_examples_become_ready_and_deleting_them_leaves_only_what_is_to_be_orphaned() -> Result<()> {
    let lab = lab().await;
    for arguments in APPLY {
        lab.kubectl(arguments).await?;
    }
    let objects = declared(&lab).await?;
    for object in &objects {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (kind, namespace, name) = (text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
        lab.wait_condition(kind, namespace, name, "Ready", "True", seconds(120)).await?;
    }
    for (kind, collection) in COLLECTIONS {
        assert_eq!(names(&lab.sim.objects(collection).await?), wanted(&objects, kind, |_| true), "{collection}");
    }
    let assigned = assigned_groups(&lab).await?;
    let groups: usize = of_kind(&objects, "Assignment").map(|object| object["spec"]["groups"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(assigned, groups);

    lab.kubectl(&["delete", KINDS, "--all", "--all-namespaces", "--timeout=120s"]).await?;
    let orphaned = |object: &Value| object["spec"]["deletionPolicy"] == "Orphan";
    for (kind, collection) in COLLECTIONS {
        assert_eq!(names(&lab.sim.objects(collection).await?), wanted(&objects, kind, orphaned), "{collection}");
    }
    // Nothing of the namespace is held back by a finalizer.
    lab.kubectl(&["delete", "namespace", "team-finance", "--timeout=120s"]).await?;
    quiet(&lab).await
}

/// The objects of our kinds, as the API server has them.
async fn declared(lab: &Lab) -> Result<Vec<Value>> {
    let text = lab.kubectl(&["get", KINDS, "--all-namespaces", "-o", "json"]).await?;
    let list: Value = serde_json::from_str(&text)?;
    let objects = list["items"].as_array().cloned().unwrap_or_default();
    ensure!(!objects.is_empty(), "nothing was applied");
    Ok(objects)
}

/// Once nothing is declared, nothing more is written.
async fn quiet(lab: &Lab) -> Result<()> {
    let mark = lab.sim.mark().await?;
    let (status, _) = lab.operator().terminate().await?;
    ensure!(status.success(), "it ended with {status}");
    eventually(seconds(10), "no write", async || {
        let writes = lab.sim.writes(mark).await?;
        ensure!(writes.is_empty(), "{writes:?}");
        Ok(())
    })
    .await
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> impl Iterator<Item = &'a Value> {
    objects.iter().filter(move |object| object["kind"] == kind)
}

fn wanted(objects: &[Value], kind: &str, accept: impl Fn(&Value) -> bool) -> Vec<String> {
    let specs: Vec<Value> = of_kind(objects, kind).filter(|object| accept(object)).map(|object| object["spec"].clone()).collect();
    names(&specs)
}

/// Display names in order, duplicates included.
fn names(objects: &[Value]) -> Vec<String> {
    let mut names: Vec<String> = objects.iter().map(|object| object["displayName"].as_str().unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

async fn assigned_groups(lab: &Lab) -> Result<usize> {
    let mut count = 0;
    for (_, collection) in COLLECTIONS {
        count += lab.sim.objects(collection).await?.iter().map(|object| object["assignments"].as_array().map_or(0, Vec::len)).sum::<usize>();
    }
    Ok(count)
}
