//! The one writer of an object's status: the whole of it, on condition that the object is the one that was read.

use std::time::Duration;

use kube::api::{Patch, PatchParams};
use kube::core::object::HasStatus;
use kube::{Api, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::api::FIELD_MANAGER;
use crate::report::failure::{is_conflict, is_gone};

/// How long a write to the Kubernetes API may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Writes the status of one object during one pass, the whole of it each time.
pub(crate) struct StatusWriter<K: HasStatus> {
    api: Api<K>,
    name: String,
    uid: Option<String>,
    resource_version: Option<String>,
    written: Option<K::Status>,
    stored: Option<K::Status>,
    refused: bool,
}

impl<K> StatusWriter<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug + HasStatus,
    K::Status: Serialize + Clone + PartialEq,
{
    /// With an API that is bound to the object's scope.
    pub(crate) fn new(api: Api<K>, object: &K) -> Self {
        Self {
            api,
            name: object.name_any(),
            uid: object.uid(),
            resource_version: object.resource_version(),
            written: object.status().cloned(),
            stored: object.status().cloned(),
            refused: false,
        }
    }

    /// The status in Kubernetes, as far as this pass knows.
    pub(crate) fn written(&self) -> Option<&K::Status> {
        self.written.as_ref()
    }

    /// The status as the API server has it: with the fields of other managers, which a write of ours cannot remove.
    pub(crate) fn stored(&self) -> Option<&K::Status> {
        self.stored.as_ref()
    }

    /// Whether a write was refused because the object has changed since it was read.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused
    }

    /// The object with the version that the last write produced.
    pub(crate) fn current(&self, object: &K) -> K {
        let mut current = object.clone();
        current.meta_mut().resource_version.clone_from(&self.resource_version);
        current
    }

    /// Takes over the newest version of the object after a conflict. False when that is not `ours` any more.
    pub(crate) async fn catch_up(&mut self, ours: impl Fn(&K::Status) -> bool) -> Result<bool, kube::Error> {
        let newest = tokio::time::timeout(WRITE_TIMEOUT, self.api.get(&self.name))
            .await
            .map_err(|_elapsed| late())??;
        if newest.uid() != self.uid || !newest.status().is_some_and(ours) {
            return Ok(false);
        }
        self.resource_version = newest.resource_version();
        self.refused = false;
        Ok(true)
    }

    /// Writes on condition that the object has not changed since it was read: a pass that ran on a stale copy must
    /// not decide anything.
    pub(crate) async fn write(&mut self, status: &K::Status) -> Result<(), kube::Error> {
        // With the uid a write never reaches another object of the same name.
        let metadata = json!({"name": self.name, "uid": self.uid, "resourceVersion": self.resource_version});
        let body = json!({"apiVersion": K::api_version(&()), "kind": K::kind(&()), "metadata": metadata, "status": status});
        let params = PatchParams::apply(FIELD_MANAGER).force();
        let written = tokio::time::timeout(WRITE_TIMEOUT, self.api.patch_status(&self.name, &params, &Patch::Apply(&body))).await;
        let written = written.map_err(|_elapsed| late())?;
        self.refused = written.as_ref().is_err_and(is_conflict);
        let written = written?;
        self.resource_version = written.resource_version();
        self.written = Some(status.clone());
        self.stored = written.status().cloned();
        Ok(())
    }

    /// Writes unless nothing changed; returns whether it wrote. An object that is gone needs no status.
    pub(crate) async fn report(&mut self, new: &K::Status) -> Result<bool, kube::Error> {
        if self.written.as_ref() == Some(new) {
            return Ok(false);
        }
        match self.write(new).await {
            Err(error) if is_gone(&error) => Ok(false),
            result => result.map(|()| true),
        }
    }
}

fn late() -> kube::Error {
    kube::Error::Service("the Kubernetes API did not answer in time".into())
}
