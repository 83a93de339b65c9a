//! Objects of the project's kinds by name, without their types: read, changed, waited for.

use crate::kstatus;
use crate::lab::Lab;
use crate::wait::eventually;
use anyhow::{Context, Result, anyhow, ensure};
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams};
use serde_json::Value;
use std::time::Duration;

const GROUP: &str = "cloudpc.dev";
const VERSION: &str = "v1alpha1";

impl Lab {
    /// The objects of a kind; a namespace `""` is for cluster-scoped kinds.
    #[must_use]
    pub fn api(&self, kind: &str, namespace: &str) -> Api<DynamicObject> {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(GROUP, VERSION, kind));
        if namespace.is_empty() {
            Api::all_with(self.client(), &resource)
        } else {
            Api::namespaced_with(self.client(), namespace, &resource)
        }
    }

    /// The object as JSON, or nothing when there is none.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn get(&self, kind: &str, namespace: &str, name: &str) -> Result<Option<Value>> {
        let object = self
            .api(kind, namespace)
            .get_opt(name)
            .await
            .with_context(|| format!("get {kind} {namespace}/{name}"))?;
        Ok(object.map(serde_json::to_value).transpose()?)
    }

    /// Changes an object by a merge patch.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn patch(&self, kind: &str, namespace: &str, name: &str, patch: &Value) -> Result<Value> {
        let params = PatchParams::default();
        let object = self.api(kind, namespace).patch(name, &params, &Patch::Merge(patch)).await;
        Ok(serde_json::to_value(
            object.with_context(|| format!("patch {kind} {namespace}/{name}"))?,
        )?)
    }

    /// Waits until a condition of the object's current generation has a status, and gives the object.
    ///
    /// # Errors
    /// When that does not happen in time; the error has all the conditions.
    pub async fn wait_condition(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        condition: &str,
        status: &str,
        timeout: Duration,
    ) -> Result<Value> {
        let what = format!("{kind} {namespace}/{name} has {condition}={status}");
        self.wait_object(kind, namespace, name, &what, timeout, |object| {
            has_condition(object, condition, status)
        })
        .await
    }

    /// Waits until the object is as `accept` wants it, and gives it.
    ///
    /// # Errors
    /// When that does not happen in time; the error has the status.
    pub async fn wait_object(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        what: &str,
        timeout: Duration,
        accept: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let seen = eventually(timeout, what, async || {
            let object = self.get(kind, namespace, name).await?.context("there is no such object")?;
            // Every state that any test sees is one that Flux sees, too. Waiting never resolves a contradiction.
            // A status without conditions is one that a test has overwritten.
            if object["status"]["conditions"].is_array()
                && let Err(contradiction) = kstatus::agree(&object)
            {
                return Ok(Err(contradiction));
            }
            ensure!(
                accept(&object),
                "generation {}, status {}",
                object["metadata"]["generation"],
                object["status"]
            );
            Ok(Ok(object))
        });
        seen.await
            .map_err(|error| anyhow!("{error:#}\nthe operator's last lines:\n{}", self.last_words()))?
    }

    /// Waits until there is no such object.
    ///
    /// # Errors
    /// When it is still there after that time; the error carries its status.
    pub async fn wait_gone(&self, kind: &str, namespace: &str, name: &str, timeout: Duration) -> Result<()> {
        eventually(timeout, &format!("{kind} {namespace}/{name} is gone"), async || {
            let object = self.get(kind, namespace, name).await?;
            ensure!(object.is_none(), "status {}", object.unwrap_or_default()["status"]);
            Ok(())
        })
        .await
    }

    /// The events about an object, in any namespace.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn events(&self, kind: &str, name: &str) -> Result<Vec<Event>> {
        let events = Api::<Event>::all(self.client())
            .list(&ListParams::default())
            .await
            .context("list events")?;
        let about = |event: &Event| {
            let object = event.regarding.as_ref();
            object.is_some_and(|object| object.kind.as_deref() == Some(kind) && object.name.as_deref() == Some(name))
        };
        Ok(events.items.into_iter().filter(about).collect())
    }

    /// Waits for an event about an object.
    ///
    /// # Errors
    /// When there is none in time; the error names those that there are.
    pub async fn wait_event(&self, kind: &str, name: &str, reason: &str, timeout: Duration) -> Result<Event> {
        eventually(timeout, &format!("{kind} {name} has the event {reason}"), async || {
            let events = self.events(kind, name).await?;
            let reasons: Vec<String> = events.iter().filter_map(|event| event.reason.clone()).collect();
            let found = events.into_iter().find(|event| event.reason.as_deref() == Some(reason));
            found.with_context(|| format!("events {reasons:?}"))
        })
        .await
    }
}

/// A condition of an object.
#[must_use]
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    let conditions = object["status"]["conditions"].as_array()?;
    conditions.iter().find(|found| found["type"] == kind)
}

/// Whether the condition has the status, at the current generation.
fn has_condition(object: &Value, kind: &str, status: &str) -> bool {
    let generation = object["metadata"]["generation"].as_i64();
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    conditions
        .filter(|condition| condition["type"] == kind && condition["status"] == status)
        .any(|condition| condition["observedGeneration"].as_i64() >= generation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_condition_of_an_older_spec_does_not_count() {
        let object = |generation| {
            let ready = json!({"type": "Ready", "status": "True", "observedGeneration": generation});
            json!({"metadata": {"generation": 2}, "status": {"conditions": [ready]}})
        };
        assert!(has_condition(&object(2), "Ready", "True"));
        assert!(!has_condition(&object(1), "Ready", "True"));
        assert!(!has_condition(&object(2), "Ready", "False"));
    }
}
