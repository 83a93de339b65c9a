//! One shared list per tenant and collection, from which every pass observes: "observe once, diff many".
//!
//! The snapshot may only conclude that nothing is to do. A pass that wants to write reads the object afresh first.
//! For speed and for Graph's sake; correctness never rests on its age.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::outcome::Failure;
use crate::graph::Entity;
use crate::runtime::backoff::jitter;

/// The tenant's objects of one collection as last seen.
#[derive(Default)]
pub struct Snapshot {
    entries: Mutex<Option<Entries>>,
    refresh: tokio::sync::Mutex<()>,
    failed: Mutex<Option<(Instant, Failure)>>,
}

#[derive(Default)]
struct Entries {
    /// When the list that filled this was asked for.
    listed: Option<Instant>,
    objects: BTreeMap<String, Entity>,
    /// When one object was read or written on its own; `None` in place of the object: it was seen to be gone.
    newer: HashMap<String, (Instant, Option<Entity>)>,
}

impl Snapshot {
    /// The right to list, if nobody else is at it: one list at a time, and nobody stands in line for it.
    pub fn turn(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, Failure> {
        self.refresh.try_lock().map_err(|_taken| Failure::deferred())
    }

    /// Replaces what is known by a complete list that was asked for at `asked`.
    pub fn take(&self, listed: Vec<Entity>, asked: Instant) {
        let mut guard = self.lock();
        let entries = guard.get_or_insert_default();
        entries.listed = Some(asked);
        entries.objects = listed.into_iter().map(|entity| (entity.id.to_lowercase(), entity)).collect();
        // What was read or written on its own after the list was asked for is newer than the list.
        let mut newer = std::mem::take(&mut entries.newer);
        newer.retain(|_, (seen, _)| *seen > asked);
        for (id, (_, entity)) in &newer {
            match entity {
                Some(entity) => entries.objects.insert(id.clone(), entity.clone()),
                None => entries.objects.remove(id),
            };
        }
        entries.newer = newer;
    }

    /// When the list that fills this was asked for; `None` before the first.
    pub fn listed(&self) -> Option<Instant> {
        self.lock().as_ref().and_then(|entries| entries.listed)
    }

    /// The object as last seen.
    pub fn get(&self, id: &str) -> Option<Entity> {
        self.lock().as_ref()?.objects.get(&id.to_lowercase()).cloned()
    }

    /// The objects that carry this display name; Graph does not promise that names are unique.
    pub fn named(&self, display_name: &str) -> Vec<Entity> {
        let wanted = display_name.to_lowercase();
        let named = |entity: &&Entity| entity.display_name().is_some_and(|name| name.to_lowercase() == wanted);
        self.lock()
            .as_ref()
            .map(|entries| entries.objects.values().filter(named).cloned().collect())
            .unwrap_or_default()
    }

    /// How many objects the last list held.
    pub fn len(&self) -> usize {
        self.lock().as_ref().map_or(0, |entries| entries.objects.len())
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Remembers one object that was read on its own, or that it is gone. `asked` is when the read was asked for.
    pub fn put(&self, id: &str, entity: Option<&Entity>, asked: Instant) {
        let mut guard = self.lock();
        // Before the first list there is nothing to keep current, and a lone object must not look like a complete list.
        let Some(entries) = guard.as_mut() else { return };
        let id = id.to_lowercase();
        match entity {
            Some(entity) => entries.objects.insert(id.clone(), entity.clone()),
            None => entries.objects.remove(&id),
        };
        entries.newer.insert(id, (asked, entity.cloned()));
    }

    /// Forgets an object that is about to be written: what was seen before the write says nothing any more.
    pub fn forget(&self, id: &str) {
        if let Some(entries) = self.lock().as_mut() {
            entries.objects.remove(&id.to_lowercase());
        }
    }

    /// What the last list failed with, for as long as asking again would be a nuisance.
    pub fn recent_failure(&self, shortest: Duration) -> Option<Failure> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, failure) = failed.as_ref()?;
        let left = shortest.checked_sub(at.elapsed())?;
        Some(Failure {
            after: Some(jitter(left, 10)),
            ..failure.clone()
        })
    }

    /// Notes how the last list ended.
    pub fn note_failure(&self, failure: Option<Failure>) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failure.map(|failure| (Instant::now(), failure));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Entries>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
