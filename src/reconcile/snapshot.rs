//! One shared list per tenant and collection, from which every pass observes: "observe once, diff many".
//!
//! The snapshot may only conclude that nothing is to do. A pass that wants to write reads the object afresh first.
//! For speed and for Graph's sake; correctness never rests on its age.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Instant;

use crate::graph::{Client, Collection, Entity, GraphError};

/// The tenant's objects of one collection as last seen.
#[derive(Default)]
pub struct Snapshot {
    entries: Mutex<Option<Entries>>,
    refresh: tokio::sync::Mutex<()>,
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
    /// Lists the collection and remembers the answer. Callers that come while a list is under way share its answer
    /// when that list was asked for after `not_before`.
    pub async fn refresh(&self, client: &Client, collection: Collection, not_before: Instant) -> Result<(), GraphError> {
        let _one_at_a_time = self.refresh.lock().await;
        if self.listed().is_some_and(|listed| listed >= not_before) {
            return Ok(());
        }
        let asked = Instant::now();
        let listed = client.list(collection).await?;
        self.take(listed, asked);
        Ok(())
    }

    /// Replaces what is known by a complete list that was asked for at `asked`.
    pub(super) fn take(&self, listed: Vec<Entity>, asked: Instant) {
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
        self.lock().as_ref().map(|entries| entries.objects.values().filter(named).cloned().collect()).unwrap_or_default()
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

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Entries>> {
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
