//! The newest status of objects that others read.

use std::collections::HashMap;
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
pub(crate) struct Published(Mutex<HashMap<String, Written>>);

/// When, and the status; none when our finalizer was removed.
type Written = (Instant, Option<Arc<ManagedStatus>>);

/// How long a written status is kept; by then the cache shows it.
const PUBLISHED_FOR: Duration = Duration::from_secs(5);
/// How long it is remembered that our finalizer was removed; by then the cache shows it, or another finalizer keeps the object.
const FINALIZED_FOR: Duration = Duration::from_secs(60);

impl Published {
    /// Remembers what was written.
    pub(crate) fn put<K: Managed>(&self, object: &K, status: &ManagedStatus) {
        let mut published = self.0.lock();
        published.retain(|_, (at, status)| at.elapsed() < if status.is_some() { PUBLISHED_FOR } else { FINALIZED_FOR });
        let status = Some(Arc::new(status.clone()));
        published.insert(object.uid().unwrap_or_default(), (Instant::now(), status));
    }

    /// Remembers that our finalizer is removed: the resource represents nothing in Graph any more, whatever its last status shows.
    pub(crate) fn finalized(&self, uid: &str) {
        self.0.lock().insert(uid.to_owned(), (Instant::now(), None));
    }

    /// Whether our finalizer was removed a moment ago.
    pub(crate) fn is_finalized(&self, uid: &str) -> bool {
        self.0
            .lock()
            .get(uid)
            .is_some_and(|(at, status)| status.is_none() && at.elapsed() < FINALIZED_FOR)
    }

    /// The newest status of an object; `cached` is the one in the cache.
    pub(crate) fn latest(&self, uid: &str, cached: Option<&ManagedStatus>) -> Arc<ManagedStatus> {
        let written = self
            .0
            .lock()
            .get(uid)
            .filter(|(at, _)| at.elapsed() < PUBLISHED_FOR)
            .and_then(|(_, status)| status.clone());
        written.unwrap_or_else(|| Arc::new(cached.cloned().unwrap_or_default()))
    }
}
