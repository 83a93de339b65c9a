//! Kubernetes events about our objects: what a person sees at the end of `kubectl describe`.
//!
//! kube's recorder identifies an event without its note and then repeats the note of the first one, so we publish
//! ourselves. Prohibitions: an event never fails or delays a reconcile, and a note carries no secret.

use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Client;
use kube::api::{Api, Patch, PatchParams, PostParams};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::base::text::shortened;
use crate::base::wall;
pub(crate) use crate::runtime::event_ledger::EventKind;
use crate::runtime::event_ledger::{Entry, Ledger, Occurrence, Write};

/// The server rejects longer notes.
const MAX_NOTE_BYTES: usize = 1024;
/// The server rejects a longer reporting controller or instance.
const MAX_REPORTER_BYTES: usize = 128;
/// Room for the suffix within the 253 bytes of a name.
const MAX_NAME_PREFIX_BYTES: usize = 200;
/// Occurrences that wait for the server. More are dropped: events are best effort.
const QUEUE: usize = 256;
const WRITE_LIMIT: Duration = Duration::from_secs(5);
/// Where events about cluster-scoped objects live.
const DEFAULT_NAMESPACE: &str = "default";

/// Publishes events in the background. Clones share the queue; the background task ends with the last clone.
#[derive(Clone, Debug)]
pub(crate) struct Publisher(mpsc::Sender<Occurrence>);

impl Publisher {
    /// `controller` is the reporting controller (a qualified name), `instance` the pod. `client` must not retry. Must
    /// be called inside a tokio runtime.
    pub(crate) fn new(client: Client, controller: &str, instance: &str) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let desk = Desk {
            client,
            controller: shortened(controller, MAX_REPORTER_BYTES).to_owned(),
            instance: shortened(instance, MAX_REPORTER_BYTES).to_owned(),
            last: Mutex::default(),
        };
        tokio::spawn(desk.work(receiver));
        Self(sender)
    }

    /// Publishes an event soon, or counts it if the same one was published recently, or drops it when the object has
    /// too many or the server is too slow.
    pub(crate) fn publish(&self, reference: &ObjectReference, kind: EventKind, reason: &'static str, action: &'static str, note: String) {
        let occurrence = Occurrence {
            regarding: reference.clone(),
            kind,
            reason,
            action,
            note: shortened(&note, MAX_NOTE_BYTES).to_owned(),
        };
        if self.0.try_send(occurrence).is_err() {
            tracing::debug!(reason, "an event was dropped: too many are waiting");
        }
    }
}

/// The background task: one write at a time, so that a count never overtakes the event that it belongs to.
struct Desk {
    client: Client,
    controller: String,
    instance: String,
    /// The number in the last event's name.
    last: Mutex<i128>,
}

impl Desk {
    /// The time in nanoseconds, or a few more: no two events have the same, however coarse the clock is.
    fn unique(&self, now: jiff::Timestamp) -> i128 {
        let mut last = self.last.lock();
        *last = now.as_nanosecond().max(*last + 1);
        *last
    }

    async fn work(self, mut queue: mpsc::Receiver<Occurrence>) {
        let mut ledger = Ledger::default();
        while let Some(occurrence) = queue.recv().await {
            let now = Instant::now();
            let outcome = match ledger.note(&occurrence, now) {
                Write::Nothing => continue,
                Write::Create => self.create(&occurrence).await,
                Write::Count(entry) => self.count(&occurrence, entry).await,
            };
            match outcome {
                Ok(name) => ledger.written(&occurrence, name),
                Err(error) => {
                    ledger.failed(&occurrence);
                    tracing::debug!(reason = occurrence.reason, %error, "an event was not published");
                }
            }
        }
    }

    async fn create(&self, occurrence: &Occurrence) -> Result<String, Failure> {
        let event = self.event(occurrence, wall::now());
        let name = event.metadata.name.clone().unwrap_or_default();
        let api = self.api(&occurrence.regarding);
        bounded_call(api.create(&PostParams::default(), &event)).await?;
        Ok(name)
    }

    async fn count(&self, occurrence: &Occurrence, entry: Entry) -> Result<String, Failure> {
        let last = MicroTime(wall::now());
        let patch = json!({"series": {"count": entry.count, "lastObservedTime": last}});
        let api = self.api(&occurrence.regarding);
        let params = PatchParams::default();
        match bounded_call(api.patch(&entry.name, &params, &Patch::Merge(patch))).await {
            Ok(_) => Ok(entry.name),
            // Events expire on the server's clock, which is not ours.
            Err(Failure::Api(kube::Error::Api(status))) if status.code == 404 => self.create(occurrence).await,
            Err(failure) => Err(failure),
        }
    }

    fn api(&self, regarding: &ObjectReference) -> Api<Event> {
        Api::namespaced(self.client.clone(), namespace(regarding))
    }

    fn event(&self, occurrence: &Occurrence, now: jiff::Timestamp) -> Event {
        let regarding = &occurrence.regarding;
        let prefix = regarding.name.as_deref().unwrap_or("object");
        let prefix = shortened(prefix, MAX_NAME_PREFIX_BYTES);
        Event {
            metadata: ObjectMeta {
                name: Some(format!("{prefix}.{:x}", self.unique(now))),
                namespace: Some(namespace(regarding).to_owned()),
                ..ObjectMeta::default()
            },
            action: Some(occurrence.action.to_owned()),
            event_time: Some(MicroTime(now)),
            note: Some(occurrence.note.clone()),
            reason: Some(occurrence.reason.to_owned()),
            regarding: Some(regarding.clone()),
            reporting_controller: Some(self.controller.clone()),
            reporting_instance: Some(self.instance.clone()),
            type_: Some(occurrence.kind.name().to_owned()),
            ..Event::default()
        }
    }
}

fn namespace(regarding: &ObjectReference) -> &str {
    let own = regarding.namespace.as_deref();
    own.filter(|name| !name.is_empty()).unwrap_or(DEFAULT_NAMESPACE)
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Api(kube::Error),
    #[error("no answer in time")]
    Late,
}

async fn bounded_call<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, Failure> {
    match tokio::time::timeout(WRITE_LIMIT, call).await {
        Ok(answer) => answer.map_err(Failure::Api),
        Err(_elapsed) => Err(Failure::Late),
    }
}

#[cfg(test)]
mod tests;
