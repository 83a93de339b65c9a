//! What a process remembers about an object between passes: only what saves requests or keeps calm. Everything
//! that correctness rests on is in the object's status; a restart loses this and nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use tokio::time::Instant;

use crate::api::Resolved;
use crate::graph::{AssignmentTarget, Place};
use crate::reconcile::plan::Key;
use crate::reconcile::proofs::Proofs;
use crate::reconcile::replaced::Replaced;
use crate::reconcile::trial::Trial;
use crate::report::reason::Reason;
use parking_lot::Mutex;

/// One object's notes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// The state of Graph that the last pass judged; the poller wakes the object when it is another one.
    pub judged: Option<u64>,
    /// Changes that Graph refused, with its words: they are not sent again until they are other ones.
    pub refused: Vec<(u64, String)>,
    /// The last write whose effect was not seen yet.
    pub sent: Option<Sent>,
    /// Which of the Assignments it is that Graph refuses.
    pub trial: Trial,
    /// Which pins have to be proved anew.
    pub proofs: Option<Proofs>,
    /// What has to be looked at whatever this pass finds, and when.
    pub next_look: Option<Instant>,
    /// Graph refuses entries of groups that are gone: ours are left out.
    pub drop_dead: bool,
    /// Which groups the passes want to take off, and since when.
    pub removal_wanted: Option<(u64, Instant)>,
    /// The set of assignments that was sent last, and accepted or left without an answer.
    pub assigned: Option<(Instant, BTreeSet<Key>)>,
    /// The set of assignments that Graph refused, before it is found out why.
    pub assign_refused: Option<u64>,
    /// Since when an Assignment waits for something that may come by itself.
    pub unresolved: BTreeMap<String, Instant>,
    /// Since when the object waits, and for what.
    pub waiting: Option<(Reason, Instant)>,
    /// Sets of assignments that were replaced: whether another writer's change was lost with one.
    pub replaced: Vec<Replaced>,
    /// Foreign entries that have to be assigned again.
    pub put_back: BTreeMap<Key, AssignmentTarget>,
    /// Graph refused something that may follow from a pin, so all of them are proved.
    pub prove_pins: bool,
    /// Assignments whose authors asked for a reconcile: what is gone of theirs is resolved anew.
    pub asked: BTreeSet<String>,
    /// The Assignments that the pass under way works with: none of them may go before it has ended.
    pub collected: BTreeSet<String>,
    /// Our finalizer is on it, whether or not the cache shows it.
    pub held: bool,
    /// When the object was first not found, though it was there before.
    pub missing_since: Option<(String, Instant)>,
    /// A DELETE for this id was accepted in this process.
    pub deleted: Option<(String, Instant)>,
    /// Graph refused the last DELETE: what it holds is read afresh.
    pub delete_refused: Option<Instant>,
    /// Since when the object was to be created, and waited for its Assignments to arrive.
    pub create_wanted: Option<Instant>,
    /// The create attempt that this process made itself.
    pub attempt: Option<String>,
    /// The status that was written last, and when: a cache that does not show it yet is behind.
    pub written: Option<(u64, Instant)>,
    /// Since when a list is wanted, and when it was last asked for.
    pub list_wanted: Option<(Instant, Instant)>,
    /// The object was to be read afresh, and that failed: an older list is no answer.
    pub look_afresh: bool,
    /// Since when the effect of a write is waited for: it is judged by what is asked for after that.
    pub confirm: Option<Instant>,
    /// References that were looked up by a pass that could not write them down.
    pub resolved: Option<Box<Resolved>>,
    /// The requests to reconcile that were handled, by the annotations' values.
    pub handled: Vec<String>,
    /// When it was last woken by an object that waits for it.
    pub woken: Option<Instant>,
    /// When the product of a pending create was last looked for before the settle window was over.
    pub looked_early: Option<Instant>,
    /// When a complete list first held no object for a pending create.
    pub not_created_since: Option<Instant>,
    /// The place in the budget's line that a pass was sent away from.
    pub place: Option<Box<Kept>>,
}

/// A place that a pass was sent away from.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) place: Place,
    /// What that pass was about. Another generation may want something that needs no turn.
    pub(crate) generation: Option<i64>,
}

/// A write that was sent: accepted, or with an answer that was lost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// What was to be reached.
    pub desired: u64,
    /// What was sent.
    pub plan: u64,
    /// When.
    pub at: Instant,
    /// What Graph held before, as [`judged`] tells it. A read that shows it again within the settle window is an old one.
    pub before: u64,
    /// Its effect was seen.
    pub seen: bool,
    /// Graph said yes. Otherwise the answer was lost, and sending the same again does no harm.
    pub accepted: bool,
}

/// The notes of all objects, by UID.
#[derive(Default)]
pub(crate) struct Memory {
    /// Boxed, because a map keeps room for twice as many.
    notes: Mutex<HashMap<String, Box<Notes>>>,
    drifted: Mutex<HashMap<&'static str, HashSet<String>>>,
}

impl Memory {
    /// The object's notes.
    pub(crate) fn get(&self, uid: &str) -> Notes {
        self.notes.lock().get(uid).map(|notes| Notes::clone(notes)).unwrap_or_default()
    }

    /// Changes the object's notes.
    pub(crate) fn update(&self, uid: &str, change: impl FnOnce(&mut Notes)) {
        change(self.notes.lock().entry(uid.to_owned()).or_default());
    }

    /// Forgets an object that is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.notes.lock().remove(uid);
    }

    /// Forgets whatever is not in `alive`: objects that went without a last pass.
    pub(crate) fn retain(&self, alive: &HashSet<String>) {
        self.notes.lock().retain(|uid, _| alive.contains(uid));
    }

    /// Notes whether an object's status shows drift; returns how many of its kind do.
    pub(crate) fn set_drifted(&self, kind: &'static str, uid: &str, drifted: bool) -> i64 {
        let mut kinds = self.drifted.lock();
        let uids = kinds.entry(kind).or_default();
        if drifted {
            uids.insert(uid.to_owned());
        } else {
            uids.remove(uid);
        }
        i64::try_from(uids.len()).unwrap_or(i64::MAX)
    }

    /// Forgets the drift of whatever is not in `alive`; returns how many of each kind show drift.
    pub(crate) fn retain_drifted(&self, alive: &HashSet<String>) -> Vec<(&'static str, i64)> {
        let mut kinds = self.drifted.lock();
        for uids in kinds.values_mut() {
            uids.retain(|uid| alive.contains(uid));
        }
        let number = |(kind, uids): (&&'static str, &HashSet<String>)| (*kind, i64::try_from(uids.len()).unwrap_or(i64::MAX));
        kinds.iter().map(number).collect()
    }
}
