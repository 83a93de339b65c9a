//! The objects of the measurements: policies, each with one Assignment. They are either applied, so that the operator
//! creates them in Graph, or copied into Kubernetes and Graph as the operator would have left them, which takes a fraction of the time.

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use kube::api::{DynamicObject, ListParams, Patch, PatchParams, PostParams};
use lab::{FLEET_NAMESPACE, Lab, TENANT, policy, seconds};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How many groups the fleet is assigned to.
const GROUPS: usize = 10;
/// Requests to Kubernetes at a time.
const AT_A_TIME: usize = 32;
const PAGE: u32 = 500;
/// A seed is read with limits to its size.
const SEEDED: usize = 500;

pub const POLICIES: &str = "provisioningPolicies";

/// The groups, as a seed.
pub fn groups(tenant: &str) -> String {
    let mut yaml = format!("tenants:\n- id: {tenant}\n  displayName: Contoso\n  groups:\n");
    for index in 0..GROUPS {
        let _ = writeln!(yaml, "  - {{id: {}, displayName: Fleet group {index}}}", group(index));
    }
    yaml
}

fn group(index: usize) -> String {
    format!("77777777-0000-4000-8000-{index:012}")
}

pub async fn namespace(lab: &Lab) -> Result<()> {
    lab.apply_yaml(&format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {FLEET_NAMESPACE}, labels: {{cloudpc.dev/tenant: contoso}}}}\n"
    ))
    .await?;
    Ok(())
}

/// Sets the interval of the tenant's polls.
pub async fn interval(lab: &Lab, interval: &str) -> Result<()> {
    lab.patch("EntraTenant", "", "contoso", &json!({"spec": {"interval": interval}}))
        .await?;
    Ok(())
}

/// One policy of the fleet.
pub fn policy_object(index: usize) -> Result<DynamicObject> {
    Ok(serde_saphyr::from_str(&policy("contoso", index))?)
}

fn assignment_object(index: usize, groups: usize) -> Result<DynamicObject> {
    Ok(serde_json::from_value(json!({
        "apiVersion": "cloudpc.dev/v1alpha1", "kind": "Assignment",
        "metadata": {"name": format!("fleet-{index}"), "namespace": FLEET_NAMESPACE},
        "spec": {"targetRef": {"kind": "ProvisioningPolicy", "name": format!("fleet-{index}")},
            "groups": [{"displayName": format!("Fleet group {}", index % groups)}]},
    }))?)
}

/// Creates policies and their Assignments, as fast as Kubernetes accepts them; the Assignments first, as a user may do.
pub async fn apply(lab: &Lab, count: usize) -> Result<()> {
    apply_to(lab, count, GROUPS).await
}

/// The same with this many groups, each of which is looked up once.
pub async fn apply_to(lab: &Lab, count: usize, groups: usize) -> Result<()> {
    let assignments = (0..count)
        .map(|index| assignment_object(index, groups))
        .collect::<Result<Vec<_>>>()?;
    create(lab, "Assignment", assignments).await?;
    create(
        lab,
        "ProvisioningPolicy",
        (0..count).map(policy_object).collect::<Result<Vec<_>>>()?,
    )
    .await
}

async fn create(lab: &Lab, kind: &str, objects: Vec<DynamicObject>) -> Result<()> {
    let api = lab.api(kind, FLEET_NAMESPACE);
    let requests = objects.into_iter().map(|object| {
        let api = api.clone();
        async move { api.create(&PostParams::default(), &object).await.map(drop) }
    });
    stream::iter(requests).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
    Ok(())
}

/// How many objects of a kind are Ready.
pub async fn ready(lab: &Lab, kind: &str) -> Result<usize> {
    let (api, mut found, mut page) = (lab.api(kind, FLEET_NAMESPACE), 0, ListParams::default().limit(PAGE));
    loop {
        let list = api.list(&page).await?;
        found += list.items.iter().filter(|object| is_ready(&object.data)).count();
        match list.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => page = page.continue_token(&token),
            None => return Ok(found),
        }
    }
}

pub fn is_ready(object: &Value) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// The first policy and its Assignment as the operator has left them, as templates for copies.
pub struct Template {
    graph: Value,
    policy: Value,
    assignment: Value,
}

impl Template {
    /// Has the operator create the first policy and its Assignment, reads them, and stops the operator.
    pub async fn begin(lab: &Lab) -> Result<Self> {
        apply(lab, 1).await?;
        let template = Self::of(lab).await?;
        lab.operator().terminate().await?;
        Ok(template)
    }

    async fn of(lab: &Lab) -> Result<Self> {
        let ready = async |kind: &str| {
            lab.wait_condition(kind, FLEET_NAMESPACE, "fleet-0", "Ready", "True", seconds(60))
                .await
        };
        let (policy, assignment) = (ready("ProvisioningPolicy").await?, ready("Assignment").await?);
        let graph = lab.sim.objects(POLICIES).await?.pop().context("no policy in Graph")?;
        Ok(Self { graph, policy, assignment })
    }

    /// Puts copies number `from` up to `to` into Graph and Kubernetes.
    pub async fn copies(&self, lab: &Lab, from: usize, to: usize) -> Result<()> {
        let known = self.graph["id"].as_str().context("no id")?;
        let id = |index: usize| format!("88888888-0000-4000-8000-{index:012}");
        let graph: Vec<Value> = (from..to).map(|index| self.in_graph(index, &id(index))).collect();
        for part in graph.chunks(SEEDED) {
            lab.sim
                .seed(&json!({"tenants": [{"id": TENANT, POLICIES: part}]}).to_string())
                .await?;
        }
        for (kind, template) in [("Assignment", &self.assignment), ("ProvisioningPolicy", &self.policy)] {
            let api = lab.api(kind, FLEET_NAMESPACE);
            let requests = (from..to).map(|index| {
                let text = template.to_string().replace(known, &id(index));
                let text = text.replace("fleet-0", &format!("fleet-{index}"));
                let text = text.replace("\"Fleet 0\"", &format!("\"Fleet {index}\""));
                let api = api.clone();
                async move { put(&api, serde_json::from_str(&text)?).await }
            });
            stream::iter(requests).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
        }
        Ok(())
    }

    fn in_graph(&self, index: usize, id: &str) -> Value {
        let mut object = self.graph.clone();
        object["id"] = json!(id);
        object["displayName"] = json!(format!("Fleet {index}"));
        object
    }
}

/// Creates an object with its finalizer and its status.
async fn put(api: &kube::Api<DynamicObject>, whole: Value) -> Result<()> {
    let mut object: DynamicObject = serde_json::from_value(whole)?;
    let mut status = object.data["status"].take();
    let name = object.metadata.name.clone().context("no name")?;
    object.metadata = kube::core::ObjectMeta {
        name: object.metadata.name,
        namespace: object.metadata.namespace,
        finalizers: object.metadata.finalizers,
        ..Default::default()
    };
    object.data.as_object_mut().context("no object")?.remove("status");
    ensure!(status.is_object(), "{name} has no status to copy");
    let created = api.create(&PostParams::default(), &object).await?;
    // The record of the claim names its resource; another UID would be recorded anew in each first pass.
    if let Some(resource) = status.pointer_mut("/owner/resource") {
        *resource = json!(created.metadata.uid);
    }
    let patch = Patch::Merge(json!({"status": status}));
    api.patch_status(&name, &PatchParams::default(), &patch).await?;
    Ok(())
}
