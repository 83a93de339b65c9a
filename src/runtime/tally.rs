//! What one piece of work did outside: how many requests it sent, and the id of its last write.
//!
//! Bound to the task that does the work, so that the sender of a request need not know the object. Requests outside of
//! any counted work are not counted.

use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;
use std::sync::Arc;

tokio::task_local! {
    static CURRENT: Arc<Tally>;
}

/// The count of one piece of work.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    requests: AtomicU32,
    last_write: Mutex<Option<String>>,
}

impl Tally {
    /// Runs `work` so that what it sends counts here. What it spawns does not.
    pub(crate) async fn count<T>(self: Arc<Self>, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// How many requests were sent.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// Takes note of a request of the work that runs now. `id` is the id that the service gave it, for a write.
pub(crate) fn sent(write_id: Option<&str>) {
    // Outside of any counted work there is nothing to do.
    let _uncounted = CURRENT.try_with(|tally| {
        tally.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(id) = write_id {
            *tally.last_write.lock() = Some(id.to_owned());
        }
    });
}

/// The id of the last write of the work that runs now.
pub(crate) fn last_write() -> Option<String> {
    let last = CURRENT.try_with(|tally| tally.last_write.lock().clone());
    last.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_piece_of_work_has_its_own_count() {
        let (one, other) = (Arc::<Tally>::default(), Arc::<Tally>::default());
        let work = async |id: &str| {
            sent(None);
            tokio::task::yield_now().await;
            sent(Some(id));
            tokio::task::yield_now().await;
            last_write()
        };
        let ids = tokio::join!(Arc::clone(&one).count(work("a")), Arc::clone(&other).count(work("b")));
        assert_eq!(ids, (Some("a".to_owned()), Some("b".to_owned())));
        sent(Some("nobody's"));
        assert_eq!((one.requests(), other.requests(), last_write()), (2, 2, None));
    }
}
