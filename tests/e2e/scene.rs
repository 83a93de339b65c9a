//! What tests put into a cluster and into Graph, and how they read the outcome.
//!
//! Prohibition: nothing here asserts what one topic alone cares about.

use anyhow::{Context, Result, bail, ensure};
use lab::{Entry, Lab, TENANT, eventually, seconds};
pub use lab::{condition as find, groups};
use serde_json::{Value, json};
use std::time::Duration;

/// Generous, because a busy machine is no reason to fail.
pub const PATIENCE: Duration = seconds(150);
/// The application of the tenant in the examples' seed.
pub const APP: &str = "22222222-2222-2222-2222-222222222222";
/// A gallery image that every simulated tenant has.
pub const IMAGE: &str = "Windows 11 Enterprise + Microsoft 365 Apps 25H2";
/// Groups of the examples' seed.
pub const FINANCE: &str = "33333333-0000-4000-8000-000000000001";
pub const RECEPTION: &str = "33333333-0000-4000-8000-000000000002";
pub const ANALYSTS: &str = "33333333-0000-4000-8000-000000000003";
pub const CONTRACTORS: &str = "33333333-0000-4000-8000-000000000004";

/// A tenant that allows the namespaces that carry its name as a label, and polls as often as is allowed.
pub fn tenant(name: &str, id: &str, app: &str) -> Value {
    json!({
        "apiVersion": "cloudpc.dev/v1alpha1", "kind": "EntraTenant", "metadata": {"name": name},
        "spec": {
            "tenantId": id, "clientId": app, "credentials": {"workloadIdentity": {}}, "interval": "5s",
            "allowedNamespaces": {"selector": {"matchLabels": {"cloudpc.dev/tenant": name}}},
            // What a change costs in Cloud PCs is the subject of other tests.
            "safety": {"maxCloudPCsAtRisk": 1000},
        },
    })
}

/// The tenant of the examples' seed.
pub fn contoso() -> Value {
    tenant("contoso", TENANT, APP)
}

/// A namespace that a tenant allows.
pub fn namespace(name: &str, tenant: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"cloudpc.dev/tenant": tenant}}})
}

/// The smallest policy that Graph accepts.
pub fn policy(namespace: &str, name: &str, display_name: &str) -> Value {
    let spec = json!({
        "tenantRef": {"name": "contoso"}, "displayName": display_name, "imageDisplayName": IMAGE,
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
    });
    object("ProvisioningPolicy", namespace, name, spec)
}

/// A setting that manages one property.
pub fn setting(namespace: &str, name: &str, display_name: &str) -> Value {
    let spec = json!({"tenantRef": {"name": "contoso"}, "displayName": display_name, "localAdminEnabled": false});
    object("UserSetting", namespace, name, spec)
}

/// Groups bound to a target.
pub fn assignment(namespace: &str, name: &str, kind: &str, target: &str, groups: Value) -> Value {
    let spec = json!({"targetRef": {"kind": kind, "name": target}, "groups": groups});
    object("Assignment", namespace, name, spec)
}

fn object(kind: &str, namespace: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "cloudpc.dev/v1alpha1", "kind": kind, "metadata": {"namespace": namespace, "name": name}, "spec": spec})
}

/// The object with some fields of its spec replaced.
pub fn with(mut object: Value, fields: Value) -> Value {
    if let Value::Object(fields) = fields {
        for (name, value) in fields {
            object["spec"][name] = value;
        }
    }
    object
}

/// Applies objects in the given order.
pub async fn apply(lab: &Lab, objects: &[Value]) -> Result<()> {
    // JSON is YAML too, and each document is applied on its own.
    let documents: Vec<String> = objects.iter().map(Value::to_string).collect();
    lab.apply_yaml(&documents.join("\n---\n")).await.map(drop)
}

/// Changes the spec of an object.
pub async fn change(lab: &Lab, kind: &str, namespace: &str, name: &str, fields: Value) -> Result<()> {
    lab.patch(kind, namespace, name, &json!({"spec": fields})).await.map(drop)
}

/// Asks for the deletion of an object without waiting for its end.
pub async fn delete(lab: &Lab, kind: &str, namespace: &str, name: &str) -> Result<()> {
    let deleted = lab.api(kind, namespace).delete(name, &kube::api::DeleteParams::default()).await;
    deleted.map(drop).with_context(|| format!("delete {kind} {namespace}/{name}"))
}

/// Asks for a reconcile now.
pub async fn request(lab: &Lab, kind: &str, namespace: &str, name: &str, at: &str) -> Result<()> {
    let patch = json!({"metadata": {"annotations": {"cloudpc.dev/reconcile-requested-at": at}}});
    lab.patch(kind, namespace, name, &patch).await.map(drop)
}

/// Asks for a reconcile and waits until it is over.
pub async fn reconcile(lab: &Lab, kind: &str, namespace: &str, name: &str, at: &str) -> Result<Value> {
    request(lab, kind, namespace, name, at).await?;
    let what = format!("{kind} {namespace}/{name} has handled the request {at}");
    lab.wait_object(kind, namespace, name, &what, PATIENCE, |object| {
        object["status"]["lastHandledReconcileAt"] == at
    })
    .await
}

/// Waits until an object is Ready.
pub async fn ready(lab: &Lab, kind: &str, namespace: &str, name: &str) -> Result<Value> {
    lab.wait_condition(kind, namespace, name, "Ready", "True", PATIENCE).await
}

/// Waits until a condition has a status for a reason, at the object's current generation; gives its message.
pub async fn told(lab: &Lab, kind: &str, namespace: &str, name: &str, wanted: (&str, &str, &str)) -> Result<String> {
    let (condition, status, reason) = wanted;
    let what = format!("{kind} {namespace}/{name} says {condition}={status}, {reason}");
    let fits = |object: &Value| {
        let generation = object["metadata"]["generation"].as_i64();
        let found = find(object, condition)?;
        let fits = found["status"] == status && found["reason"] == reason && found["observedGeneration"].as_i64() >= generation;
        fits.then(|| found["message"].as_str().unwrap_or_default().to_owned())
    };
    let object = lab
        .wait_object(kind, namespace, name, &what, PATIENCE, |object| fits(object).is_some())
        .await?;
    fits(&object).context("it said so a moment ago")
}

/// The only object of a collection that has this name.
pub async fn graph(lab: &Lab, collection: &str, display_name: &str) -> Result<Value> {
    let mut found = lab.sim.objects(collection).await?;
    found.retain(|object| object["displayName"] == display_name);
    match found.pop() {
        Some(object) if found.is_empty() => Ok(object),
        Some(_) => bail!("{} {collection} are called {display_name:?}", found.len() + 1),
        None => bail!("no {collection} is called {display_name:?}"),
    }
}

/// The id in Graph that an object's status names.
pub fn id(object: &Value) -> Result<String> {
    let id = object["status"]["id"].as_str();
    id.map(str::to_owned).with_context(|| format!("no id in {}", object["status"]))
}

/// The path of an object in Graph, or of the collection.
pub fn path(collection: &str, id: &str) -> String {
    format!("/beta/deviceManagement/virtualEndpoint/{collection}/{id}")
}

/// What applications wrote, or tried to write, to an object.
pub async fn writes_to(lab: &Lab, since: u64, id: &str) -> Result<Vec<Entry>> {
    let mut writes = lab.sim.writes(since).await?;
    writes.retain(|entry| entry.path.contains(id));
    Ok(writes)
}

/// Waits for two more polls of a collection: all effects of one poll have happened by then.
pub async fn two_polls(lab: &Lab, collection: &str) -> Result<()> {
    two_polls_of(lab, TENANT, collection).await
}

/// The same in any tenant.
pub async fn two_polls_of(lab: &Lab, tenant: &str, collection: &str) -> Result<()> {
    let mark = lab.sim.mark().await?;
    eventually(PATIENCE, &format!("two polls of {collection}"), async || {
        let mut lists = lab.sim.graph_requests(mark).await?;
        lists.retain(|entry| entry.method == "GET" && entry.path.ends_with(collection) && entry.tenant.as_deref() == Some(tenant));
        ensure!(lists.len() >= 2, "{} lists", lists.len());
        Ok(())
    })
    .await
}
