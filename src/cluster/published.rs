//! The newest status of objects that others read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;
use parking_lot::Mutex;

use tokio::time::Instant;

use crate::api::ManagedStatus;
use crate::cluster::managed::Managed;

/// The status that this process wrote last, for readers whose cache does not show it yet: an Assignment that is woken
/// by its target's pass must not be judged by the status from before that pass.
#[derive(Default)]
pub(crate) struct Published {
    written: Mutex<HashMap<String, (Instant, Arc<ManagedStatus>)>>,
    /// The objects whose finalizer of ours was removed, as long as a cache has them: the watch of a kind whose definition is deleted
    /// may never show that they are gone.
    finalized: Mutex<HashSet<String>>,
}

/// How long a written status is kept; by then the cache shows it.
const PUBLISHED_FOR: Duration = Duration::from_secs(5);

impl Published {
    /// Remembers what was written.
    pub(crate) fn put<K: Managed>(&self, object: &K, status: &ManagedStatus) {
        let mut written = self.written.lock();
        written.retain(|_, (at, _)| at.elapsed() < PUBLISHED_FOR);
        written.insert(object.uid().unwrap_or_default(), (Instant::now(), Arc::new(status.clone())));
    }

    /// Remembers that our finalizer is removed: the resource represents nothing in Graph any more, whatever its last status shows.
    pub(crate) fn finalized(&self, uid: &str) {
        self.written.lock().remove(uid);
        self.finalized.lock().insert(uid.to_owned());
    }

    /// Whether our finalizer was removed.
    pub(crate) fn is_finalized(&self, uid: &str) -> bool {
        self.finalized.lock().contains(uid)
    }

    /// Forgets what is about objects that are not alive any more.
    pub(crate) fn retain(&self, alive: &HashSet<String>) {
        self.finalized.lock().retain(|uid| alive.contains(uid));
    }

    /// The newest status of an object; `cached` is the one in the cache.
    pub(crate) fn latest(&self, uid: &str, cached: Option<&ManagedStatus>) -> Arc<ManagedStatus> {
        let written = self.written.lock();
        let newest = written.get(uid).filter(|(at, _)| at.elapsed() < PUBLISHED_FOR);
        let newest = newest.map(|(_, status)| Arc::clone(status));
        newest.unwrap_or_else(|| Arc::new(cached.cloned().unwrap_or_default()))
    }
}
