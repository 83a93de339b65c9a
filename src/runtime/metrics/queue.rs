//! How many objects of a kind wait for their turn. The controller runtime does not report it, so this follows its
//! triggers: an object is due when something triggers it or when its own time has come, until its pass begins.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// The queue of one kind. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Queue(Arc<Mutex<HashMap<u64, Instant>>>);

impl Queue {
    /// The object is wanted after this time; an earlier time that it has wins, as in the runtime's own queue.
    pub fn due(&self, namespace: Option<&str>, name: &str, after: Duration) {
        let at = Instant::now() + after;
        self.0
            .lock()
            .entry(key(namespace, name))
            .and_modify(|due| *due = at.min(*due))
            .or_insert(at);
    }

    /// Its pass begins, or it is gone.
    pub fn taken(&self, namespace: Option<&str>, name: &str) {
        self.0.lock().remove(&key(namespace, name));
    }

    /// How many are due.
    pub fn length(&self) -> usize {
        let now = Instant::now();
        self.0.lock().values().filter(|due| **due <= now).count()
    }
}

/// Objects are many and their names long; two of one hash would be counted as one.
fn key(namespace: Option<&str>, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (namespace, name).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_counts_once_from_when_it_is_due_until_its_pass_begins() {
        const LATER: Duration = Duration::from_secs(3600);
        let queue = Queue::default();
        for name in ["a", "a", "b"] {
            queue.due(Some("team"), name, Duration::ZERO);
        }
        queue.due(Some("team"), "a", LATER);
        queue.due(Some("other"), "a", LATER);
        assert_eq!(queue.length(), 2);
        queue.taken(Some("team"), "a");
        queue.due(Some("team"), "a", LATER);
        assert_eq!(queue.length(), 1);
    }
}
