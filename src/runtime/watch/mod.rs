//! A watch of one kind that feeds a store and emits the objects that need a pass.
//!
//! Order matters: undecodable objects are taken out first (one of them would otherwise hide all others), the store is
//! updated next (so that it is fresh even where nothing is triggered), the filter comes last. Nothing here decides
//! that an object was deleted; that is what finalizers are for.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use futures::stream::{BoxStream, Stream, StreamExt};
use kube::api::{Api, ObjectMeta};
use kube::core::error_boundary::InvalidObject;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::utils::PredicateConfig;
use kube::runtime::{WatchStreamExt, watcher};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;

use crate::base::text::one_line;
use crate::runtime::decoded::Decoded;

/// The longest decoding error that is passed on; it may quote a value of the object.
const MAX_ERROR_BYTES: usize = 512;

/// A kind that can be watched.
pub(crate) trait Watchable: kube::Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Sync + 'static {}

impl<K> Watchable for K where K: kube::Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Sync + 'static {}

/// One watched kind: its store, and the objects that need a pass. The store is fed only while `trigger` is polled.
pub(crate) struct Watched<K: Watchable> {
    /// The newest decodable version of every object.
    pub store: Store<K>,
    /// Objects whose specification, annotations or deletion changed, or that lost a finalizer.
    pub trigger: BoxStream<'static, Result<K, watcher::Error>>,
    /// Whether the first list is in the store.
    pub complete: Complete,
}

/// Shows when a store has its first complete list. Any number of tasks may wait: `Store::wait_until_ready` of kube 5 wakes
/// only the task that called it last, and the controller runtime calls it, too.
#[derive(Clone, Debug)]
pub(crate) struct Complete(tokio::sync::watch::Receiver<bool>);

impl Complete {
    /// A marker, and what sets it.
    pub(crate) fn new() -> (Self, tokio::sync::watch::Sender<bool>) {
        let (sender, receiver) = tokio::sync::watch::channel(false);
        (Self(receiver), sender)
    }

    /// Whether the list is complete.
    pub(crate) fn now(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the list is complete; false when the watch ended before.
    pub(crate) async fn wait(&self) -> bool {
        self.0.clone().wait_for(|complete| *complete).await.is_ok()
    }
}

/// Sets the marker when the first list has passed. It has to be behind the step that feeds the store.
pub(crate) fn mark_complete<K>(sender: tokio::sync::watch::Sender<bool>) -> impl FnMut(&watcher::Result<watcher::Event<K>>) {
    move |event| {
        if matches!(event, Ok(watcher::Event::InitDone)) {
            sender.send_replace(true);
        }
    }
}

/// A version of an object that does not decode. Only its metadata is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// The kind that it should be.
    pub kind: String,
    /// Its namespace, if the kind has one.
    pub namespace: Option<String>,
    pub name: String,
    pub uid: Option<String>,
    /// The version that does not decode.
    pub resource_version: Option<String>,
    pub generation: Option<i64>,
    /// What is wrong, on one line and short.
    pub error: String,
}

/// Watches a kind.
///
/// The first list is paged and most-recent. Not a streaming list: kube 5 starts that at version "0", which lets a server
/// that lags behind answer with an old state, and what is absent from a cache decides what is removed in Graph.
///
/// `on_malformed` is called once for each undecodable version; such an object is not in the store. Note that writing
/// the status of the object makes a new version of it, so write only what differs.
pub(crate) fn watch<K, F>(api: Api<Decoded<K>>, on_malformed: F) -> Watched<K>
where
    K: Watchable,
    F: FnMut(Malformed) + Send + 'static,
{
    watched(watcher(api, list_config()).default_backoff(), on_malformed)
}

/// The most objects of a page; [`crate::runtime::paging`] asks for as many as are small together.
fn list_config() -> watcher::Config {
    watcher::Config::default().page_size(500)
}

/// The same for any source of watch events. The source must have its own backoff.
pub(crate) fn watched<K, F>(
    events: impl Stream<Item = watcher::Result<watcher::Event<Decoded<K>>>> + Send + 'static,
    on_malformed: F,
) -> Watched<K>
where
    K: Watchable,
    F: FnMut(Malformed) + Send + 'static,
{
    let (store, writer) = reflector::store::<K>();
    let (complete, sender) = Complete::new();
    let recovered = Recovered::default();
    let mut sieve = Sieve::new(store.clone(), recovered.clone(), on_malformed);
    let trigger = events
        .filter_map(move |event| std::future::ready(sieve.pass(event)))
        .reflect(writer)
        .inspect(mark_complete(sender))
        .applied_objects()
        .predicate_filter(move |object: &K| recovered.interest(object.meta()), PredicateConfig::default())
        .boxed();
    Watched { store, trigger, complete }
}

/// What a reconcile depends on. Status and finalizers are absent, so our own writes do not come back to us: the pass
/// that adds the finalizer continues with the object that it wrote. The removal of a finalizer is noticed by [`Recovered`].
fn interest(meta: &ObjectMeta) -> u64 {
    let mut hasher = DefaultHasher::new();
    meta.generation.hash(&mut hasher);
    meta.deletion_timestamp.is_some().hash(&mut hasher);
    meta.annotations.hash(&mut hasher);
    hasher.finish()
}

/// Whether a finalizer was removed. From an object that is being deleted it may be removed: that is how a deletion ends.
fn lost_finalizer(before: &ObjectMeta, now: &ObjectMeta) -> bool {
    let had = before.finalizers.iter().flatten();
    let has = now.finalizers.as_deref().unwrap_or_default();
    now.deletion_timestamp.is_none() && before.uid == now.uid && had.into_iter().any(|finalizer| !has.contains(finalizer))
}

/// Objects that need a pass although what the filter compares may be unchanged: those that decode again (after a repaired
/// status, for example), and those that lost a finalizer.
#[derive(Clone, Default)]
struct Recovered(Arc<Mutex<HashSet<Identity>>>);

impl Recovered {
    /// The value that the filter compares; none lets the object pass.
    fn interest(&self, meta: &ObjectMeta) -> Option<u64> {
        let recovered = self.0.lock().remove(&identity(meta));
        (!recovered).then(|| interest(meta))
    }

    fn add(&self, identity: Identity) {
        self.0.lock().insert(identity);
    }
}

/// Namespace and name.
type Identity = (Option<String>, String);

fn identity(meta: &ObjectMeta) -> Identity {
    (meta.namespace.clone(), meta.name.clone().unwrap_or_default())
}

/// UID and resource version: what makes a version of an object unique.
type Version = (Option<String>, Option<String>);

/// Takes undecodable objects out of a stream of events and reports each version of them once.
struct Sieve<K: Watchable, F> {
    store: Store<K>,
    recovered: Recovered,
    on_malformed: F,
    reported: HashMap<Identity, Version>,
    /// The undecodable objects of the listing that is under way.
    listed: Option<HashMap<Identity, Version>>,
}

impl<K: Watchable, F: FnMut(Malformed)> Sieve<K, F> {
    fn new(store: Store<K>, recovered: Recovered, on_malformed: F) -> Self {
        Self {
            store,
            recovered,
            on_malformed,
            reported: HashMap::new(),
            listed: None,
        }
    }

    /// The event for the store, or none where the store needs none.
    fn pass(&mut self, event: watcher::Result<watcher::Event<Decoded<K>>>) -> Option<watcher::Result<watcher::Event<K>>> {
        use watcher::Event::{Apply, Delete, Init, InitApply, InitDone};
        let event = match event {
            Err(error) => return Some(Err(error)),
            Ok(event) => event,
        };
        Some(Ok(match event {
            Init => {
                self.listed = Some(HashMap::new());
                Init
            }
            InitApply(Decoded(Ok(object))) => InitApply(self.decoded(object)),
            // The store takes only what a listing names, so leaving the object out removes it.
            InitApply(Decoded(Err(invalid))) => {
                self.report(invalid);
                return None;
            }
            InitDone => {
                // An undecodable object that is not listed any more is gone.
                if let Some(listed) = self.listed.take() {
                    self.reported = listed;
                }
                InitDone
            }
            Apply(Decoded(Ok(object))) => Apply(self.decoded(object)),
            Apply(Decoded(Err(invalid))) => {
                let known = self.known(&invalid.metadata);
                self.report(invalid);
                Delete(known?)
            }
            Delete(Decoded(Ok(object))) => {
                self.reported.remove(&identity(object.meta()));
                Delete(object)
            }
            Delete(Decoded(Err(invalid))) => {
                self.reported.remove(&identity(&invalid.metadata));
                Delete(self.known(&invalid.metadata)?)
            }
        }))
    }

    fn decoded(&mut self, object: K) -> K {
        let identity = identity(object.meta());
        if let Some(listed) = &mut self.listed {
            listed.remove(&identity);
        }
        let lost = self
            .store
            .get(&ObjectRef::from_obj(&object))
            .is_some_and(|before| lost_finalizer(before.meta(), object.meta()));
        if self.reported.remove(&identity).is_some() || lost {
            self.recovered.add(identity);
        }
        object
    }

    /// The last decodable version, which the store needs to remove the object.
    fn known(&self, meta: &ObjectMeta) -> Option<K> {
        let (namespace, name) = identity(meta);
        let mut key = ObjectRef::<K>::new(&name);
        key.namespace = namespace;
        self.store.get(&key).map(|object| K::clone(&object))
    }

    fn report(&mut self, invalid: InvalidObject) {
        let InvalidObject { error, metadata } = invalid;
        let identity = identity(&metadata);
        let version = (metadata.uid.clone(), metadata.resource_version.clone());
        if let Some(listed) = &mut self.listed {
            listed.insert(identity.clone(), version.clone());
        }
        let before = self.reported.insert(identity.clone(), version.clone());
        if before.as_ref() == Some(&version) {
            return;
        }
        let (namespace, name) = identity;
        (self.on_malformed)(Malformed {
            kind: K::kind(&()).into_owned(),
            namespace,
            name,
            uid: metadata.uid,
            resource_version: metadata.resource_version,
            generation: metadata.generation,
            error: one_line(&error, MAX_ERROR_BYTES),
        });
    }
}

#[cfg(test)]
mod tests;
