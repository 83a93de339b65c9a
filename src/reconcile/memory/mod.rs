//! What a process remembers about an object between passes: only what saves requests or repeated reports.
//! Everything that correctness depends on is in the object's status; a restart loses this and nothing else.

pub(crate) mod asked;
pub(crate) mod seen;
pub(crate) mod sent;

use std::collections::{HashMap, HashSet};
use std::ops::Deref;

use kube::ResourceExt;
use kube::core::ObjectMeta;
use parking_lot::Mutex;

use crate::reconcile::memory::asked::Asked;
use crate::reconcile::memory::seen::Seen;
use crate::reconcile::memory::sent::Sent;

/// The UID of an object, which is never empty: without it two objects would share their notes.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Uid(String);

impl Uid {
    /// The UID of an object; none for one that no API server has made.
    pub(crate) fn of(object: &impl ResourceExt) -> Option<Self> {
        Self::of_meta(object.meta())
    }

    /// The same, from the metadata alone.
    pub(crate) fn of_meta(meta: &ObjectMeta) -> Option<Self> {
        meta.uid.clone().filter(|uid| !uid.is_empty()).map(Self)
    }
}

impl Deref for Uid {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&Uid> for String {
    fn from(uid: &Uid) -> Self {
        uid.0.clone()
    }
}

/// One object's notes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// What was sent for it.
    pub sent: Sent,
    /// What was seen of it.
    pub seen: Seen,
    /// The requests to reconcile it, and what it waits for.
    pub asked: Asked,
}

/// The notes of all objects.
#[derive(Default)]
pub(crate) struct Memory {
    /// Boxed, because a map keeps room for twice as many.
    notes: Mutex<HashMap<Uid, Box<Notes>>>,
    drifted: Mutex<HashMap<&'static str, HashSet<Uid>>>,
}

impl Memory {
    /// The object's notes.
    pub(crate) fn get(&self, uid: &Uid) -> Notes {
        self.notes.lock().get(uid).map(|notes| Notes::clone(notes)).unwrap_or_default()
    }

    /// Changes the object's notes; returns what the change returns.
    pub(crate) fn update<T>(&self, uid: &Uid, change: impl FnOnce(&mut Notes) -> T) -> T {
        change(self.notes.lock().entry(uid.clone()).or_default())
    }

    /// Forgets an object that is gone.
    pub(crate) fn forget(&self, uid: &Uid) {
        self.notes.lock().remove(uid);
    }

    /// Forgets all objects that are not in `alive`: those that were removed without a last pass.
    pub(crate) fn retain(&self, alive: &HashSet<String>) {
        self.notes.lock().retain(|uid, _| alive.contains(&**uid));
    }

    /// Notes whether an object's status shows drift; returns how many of its kind do.
    pub(crate) fn set_drifted(&self, kind: &'static str, uid: &Uid, drifted: bool) -> i64 {
        let mut kinds = self.drifted.lock();
        let uids = kinds.entry(kind).or_default();
        if drifted {
            uids.insert(uid.clone());
        } else {
            uids.remove(uid);
        }
        i64::try_from(uids.len()).unwrap_or(i64::MAX)
    }

    /// Forgets the drift of all objects that are not in `alive`; returns how many of each kind show drift.
    pub(crate) fn retain_drifted(&self, alive: &HashSet<String>) -> Vec<(&'static str, i64)> {
        let mut kinds = self.drifted.lock();
        for uids in kinds.values_mut() {
            uids.retain(|uid| alive.contains(&**uid));
        }
        let number = |(kind, uids): (&&'static str, &HashSet<Uid>)| (*kind, i64::try_from(uids.len()).unwrap_or(i64::MAX));
        kinds.iter().map(number).collect()
    }
}
