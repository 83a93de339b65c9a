//! One shared list per tenant and collection, from which every pass observes: "observe once, diff many".
//!
//! The snapshot may conclude that nothing is to do, and that a name is free (see [`crate::reconcile::name_reservation`]). A pass that wants to
//! change an object reads it again first. The snapshot saves requests; each caller decides how old an answer may be.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::graph::{Collection, Entity};
use crate::report::failure::Failure;
use crate::report::stop::Stop;
use crate::runtime::backoff::jitter;
use crate::tenant::fingerprint::{beside, fingerprint, judged};
use crate::tenant::list_demand::Waiting;
use crate::tenant::packed::Packed;
use parking_lot::Mutex;

/// The number of objects on a page of a list; Graph decides, and this is only for estimates of what a list costs.
const PAGE: usize = 100;

/// A snapshot for each collection.
#[derive(Default)]
pub(crate) struct Snapshots([Snapshot; Collection::ALL.len()]);

impl Snapshots {
    pub(crate) fn of(&self, collection: Collection) -> &Snapshot {
        // `Collection::ALL` has them in the order of their declaration.
        &self.0[collection as usize]
    }
}

/// The tenant's objects of one collection as last seen.
#[derive(Default)]
pub(crate) struct Snapshot {
    entries: Mutex<Entries>,
    refresh: tokio::sync::Mutex<()>,
    failed: Mutex<Option<(Instant, Failure)>>,
    /// The passes that work on the collection, and those that wait for a list.
    pub waiting: Waiting,
}

#[derive(Default)]
struct Entries {
    /// When the list that filled this was asked for.
    listed: Option<Instant>,
    objects: BTreeMap<String, Seen>,
    /// An object that a read of its own did not find.
    gone: HashMap<String, Gone>,
    /// The names of creates that are under way.
    creating: HashSet<String>,
    /// Hashes of the names that several objects of the last list carry.
    shared_names: HashSet<u64>,
    /// Names, in lower case, of objects that a later list does not contain any more, and when that was asked for. This process has
    /// not deleted them, so one list proves nothing.
    vanished: HashMap<String, Instant>,
    /// Names, in lower case, for which a list that was requested before this is not valid any more.
    doubtful: HashMap<String, Instant>,
}

struct Seen {
    object: Packed,
    /// When this was asked for; for a write, when it was answered.
    at: Instant,
    /// It was written since, and not seen again.
    outdated: bool,
    /// The last list contains it.
    listed: bool,
}

struct Gone {
    /// When that was asked.
    asked: Instant,
    /// The last list contains it all the same.
    listed: bool,
}

impl Seen {
    fn at(at: Instant, object: Packed) -> Self {
        Self {
            object,
            at,
            outdated: false,
            listed: false,
        }
    }
}

impl Snapshot {
    /// The right to list, if no other pass lists: one list at a time, and no pass waits in line for it.
    pub(crate) fn turn(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, Stop> {
        self.refresh.try_lock().map_err(|_taken| Stop::soon())
    }

    /// Replaces what is known by a complete list that was asked for at `asked`.
    pub(crate) fn take(&self, listed: Vec<Packed>, asked: Instant) {
        let fresh = |object: Packed| {
            let seen = Seen {
                listed: true,
                ..Seen::at(asked, object)
            };
            (seen.object.id().to_lowercase(), seen)
        };
        let mut objects: BTreeMap<String, Seen> = listed.into_iter().map(fresh).collect();
        let mut entries = self.entries.lock();
        // What was read or written on its own after the list was asked for is newer than the list.
        let known = std::mem::take(&mut entries.objects);
        entries.note_vanished(&known, &objects, asked);
        for (id, seen) in known.into_iter().filter(|(_, seen)| seen.at > asked) {
            let listed = objects.contains_key(&id);
            objects.insert(id, Seen { listed, ..seen });
        }
        entries.gone.retain(|_, gone| gone.asked > asked);
        for (id, gone) in &mut entries.gone {
            gone.listed = objects.remove(id).is_some_and(|seen| seen.listed);
        }
        entries.shared_names = shared_names(objects.values());
        entries.objects = objects;
        entries.listed = Some(asked);
        entries.doubtful.retain(|_, since| *since > asked);
    }

    /// When the list that fills this was asked for; `None` before the first.
    pub(crate) fn listed(&self) -> Option<Instant> {
        self.entries.lock().listed
    }

    /// The object as last seen.
    pub(crate) fn get(&self, id: &str) -> Option<Entity> {
        self.known(id, |_| true, Packed::entity)
    }

    /// The object as seen by a request that was made after `since`. One whose assignments cannot be read has to be
    /// requested again: it shows no assignments, and a write may follow.
    pub(crate) fn seen_since(&self, id: &str, since: Instant) -> Option<Entity> {
        self.known(id, |at| at >= since, Packed::entity)
            .filter(|entity| entity.unreadable.is_none())
    }

    fn known<T>(&self, id: &str, new_enough: impl Fn(Instant) -> bool, of: impl Fn(&Packed) -> T) -> Option<T> {
        let entries = self.entries.lock();
        let seen = entries.objects.get(&id.to_lowercase())?;
        (!seen.outdated && new_enough(seen.at)).then(|| of(&seen.object))
    }

    /// The objects that carry this display name; Graph does not promise that names are unique.
    pub(crate) fn named(&self, display_name: &str) -> Vec<Entity> {
        let wanted = display_name.to_lowercase();
        let entries = self.entries.lock();
        let objects = entries.objects.values().map(|seen| &seen.object);
        objects.filter(|object| object.is_named(&wanted)).map(Packed::entity).collect()
    }

    /// The objects that carry this display name, apart from the one with this id, once a list has shown them.
    pub(crate) fn namesakes(&self, id: &str, display_name: &str) -> Vec<Entity> {
        let name = fingerprint(&display_name.to_lowercase().as_str());
        if !self.entries.lock().shared_names.contains(&name) {
            return Vec::new();
        }
        let mut named = self.named(display_name);
        named.retain(|entity| !entity.id.eq_ignore_ascii_case(id));
        named
    }

    /// The objects that `wanted` is true for. Unpacks all of them, so only for rare cases.
    pub(crate) fn search(&self, wanted: impl Fn(&Entity) -> bool) -> Vec<Entity> {
        let entries = self.entries.lock();
        entries.objects.values().map(|seen| seen.object.entity()).filter(wanted).collect()
    }

    /// The result of [`judged`] for the object with this id, or else for those with this name.
    pub(crate) fn judged(&self, id: Option<&str>, display_name: &str) -> u64 {
        let known = id.and_then(|id| Some((id, self.known(id, |_| true, Packed::fingerprint)?)));
        match known {
            Some((id, print)) => beside(print, &self.namesakes(id, display_name)),
            None => judged(None, &self.named(display_name)),
        }
    }

    /// How many objects the last list contained.
    pub(crate) fn len(&self) -> usize {
        self.entries.lock().objects.len()
    }

    /// About how many requests a list takes.
    pub(crate) fn pages(&self) -> u32 {
        u32::try_from(self.len().div_ceil(PAGE).max(1)).unwrap_or(u32::MAX)
    }

    /// Remembers one object that was read on its own, or that it is gone. `asked` is when the read was requested; the answer to a
    /// write counts from the answer on, because a list that was requested before may not show it.
    pub(crate) fn put(&self, id: &str, entity: Option<&Entity>, asked: Instant) {
        let mut entries = self.entries.lock();
        // Before the first list there is nothing to keep current, and a lone object must not look like a complete list.
        if entries.listed.is_none() {
            return;
        }
        let id = id.to_lowercase();
        let (seen, gone) = (entries.objects.remove(&id), entries.gone.remove(&id));
        let listed = seen.is_some_and(|seen| seen.listed) || gone.is_some_and(|gone| gone.listed);
        match entity {
            Some(entity) => {
                let seen = Seen {
                    listed,
                    ..Seen::at(asked, Packed::of(entity))
                };
                entries.objects.insert(id, seen);
            }
            None => {
                entries.gone.insert(id, Gone { asked, listed });
            }
        }
    }

    /// Whether the last list contains the object, whatever a read of its own has shown since.
    pub(crate) fn is_listed(&self, id: &str) -> bool {
        let (entries, id) = (self.entries.lock(), id.to_lowercase());
        entries.objects.get(&id).is_some_and(|seen| seen.listed) || entries.gone.get(&id).is_some_and(|gone| gone.listed)
    }

    /// Notes that an object is about to be written: what was seen before is not valid any more, except its name.
    pub(crate) fn outdate(&self, id: &str) {
        if let Some(seen) = self.entries.lock().objects.get_mut(&id.to_lowercase()) {
            seen.outdated = true;
            seen.at = Instant::now();
        }
    }

    /// Notes that this name, and the one that the object with this id has, may be taken or free until they are listed again. Other
    /// names are not in doubt: a backlog of deletions must not keep others from creating.
    pub(crate) fn doubt_name(&self, display_name: &str, id: Option<&str>) {
        let mut entries = self.entries.lock();
        let known = id.and_then(|id| entries.objects.get(&id.to_lowercase()));
        let known = known.and_then(|seen| seen.object.entity().display_name().map(str::to_lowercase));
        for name in known.into_iter().chain([display_name.to_lowercase()]) {
            entries.doubtful.insert(name, Instant::now());
        }
    }

    /// When this name came into doubt last.
    pub(crate) fn name_doubted(&self, display_name: &str) -> Option<Instant> {
        self.entries.lock().doubtful.get(&display_name.to_lowercase()).copied()
    }

    /// When an object of this name was missing in a list for the first time, though an earlier list had it.
    pub(crate) fn name_vanished(&self, display_name: &str) -> Option<Instant> {
        self.entries.lock().vanished.get(&display_name.to_lowercase()).copied()
    }

    /// Marks a name as being created until the guard is dropped; a second create of it has to wait.
    pub(crate) fn creating(&self, display_name: &str) -> Result<Creating<'_>, Stop> {
        let name = display_name.to_lowercase();
        if !self.entries.lock().creating.insert(name.clone()) {
            return Err(Stop::soon());
        }
        Ok(Creating { snapshot: self, name })
    }

    /// The failure of the last list, as long as another request would come too soon.
    pub(crate) fn recent_failure(&self, shortest: Duration) -> Option<Failure> {
        let failed = self.failed.lock();
        let (at, failure) = failed.as_ref()?;
        let left = shortest.checked_sub(at.elapsed())?;
        Some(Failure {
            after: Some(jitter(left, 10)),
            ..failure.clone()
        })
    }

    /// Notes how the last list ended.
    pub(crate) fn note_failure(&self, failure: Option<Failure>) {
        *self.failed.lock() = failure.map(|failure| (Instant::now(), failure));
    }
}

impl Entries {
    fn note_vanished(&mut self, before: &BTreeMap<String, Seen>, now: &BTreeMap<String, Seen>, asked: Instant) {
        /// So long after that it is not remembered any more.
        const FORGOTTEN: Duration = Duration::from_secs(3600);
        let listed: HashSet<&str> = now.values().filter_map(|seen| seen.object.name()).collect();
        self.vanished
            .retain(|name, since| !listed.contains(name.as_str()) && asked.saturating_duration_since(*since) < FORGOTTEN);
        let missing = before
            .iter()
            .filter(|(id, seen)| seen.listed && !seen.outdated && !now.contains_key(*id) && !self.gone.contains_key(*id));
        for name in missing
            .filter_map(|(_, seen)| seen.object.name())
            .filter(|name| !listed.contains(name))
        {
            self.vanished.entry(name.to_owned()).or_insert(asked);
        }
    }
}

/// The hashes of names that several objects carry.
fn shared_names<'a>(objects: impl Iterator<Item = &'a Seen>) -> HashSet<u64> {
    let mut once = HashSet::new();
    let names = objects.filter_map(|seen| seen.object.name()).map(|name| fingerprint(&name));
    names.filter(|name| !once.insert(*name)).collect()
}

/// A create that is under way.
pub(crate) struct Creating<'a> {
    snapshot: &'a Snapshot,
    name: String,
}

impl Drop for Creating<'_> {
    fn drop(&mut self) {
        self.snapshot.entries.lock().creating.remove(&self.name);
    }
}
