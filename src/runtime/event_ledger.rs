//! Which events were published lately: decides between a new event, a higher count on an old one, and silence.
//!
//! Pure bookkeeping with the time passed in. Prohibition: it does no IO.

use std::collections::HashMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use tokio::time::Instant;

use crate::base::text::without_ids;

/// Whether an event is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EventKind {
    /// Something happened as it should.
    Normal,
    /// A person may have to act.
    Warning,
}

impl EventKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// For how long a repetition counts as the same event.
const SAME_EVENT: Duration = Duration::from_secs(600);
/// Writes about one object per minute. Further events are counted and show with the next write.
const WRITES_PER_MINUTE: u32 = 10;
const MINUTE: Duration = Duration::from_secs(60);
/// Remembered events. Beyond it the oldest is forgotten, which costs a repeated event and bounds the memory.
const MAX_REMEMBERED: usize = 4096;

/// Something that happened to an object.
#[derive(Clone, Debug)]
pub(crate) struct Occurrence {
    pub regarding: ObjectReference,
    pub kind: EventKind,
    pub reason: &'static str,
    pub action: &'static str,
    /// Already within the server's limit.
    pub note: String,
}

/// What to do about an occurrence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Nothing,
    Create,
    Count(Entry),
}

/// An event that is on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The name of the Event object.
    pub name: String,
    /// How often it has happened.
    pub count: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    object: String,
    reason: &'static str,
    /// Without the ids of tries: the same refusal under another request id is the same event.
    note: String,
}

#[derive(Debug)]
struct Remembered {
    entry: Entry,
    last_seen: Instant,
}

#[derive(Debug)]
struct Budget {
    minute_began: Instant,
    writes: u32,
}

/// The memory of the publisher.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    events: HashMap<Key, Remembered>,
    budgets: HashMap<String, Budget>,
}

impl Ledger {
    /// Takes note of an occurrence. Report the outcome of the write with [`Ledger::written`] or [`Ledger::failed`].
    pub(crate) fn note(&mut self, occurrence: &Occurrence, now: Instant) -> Write {
        self.forget_old(now);
        let key = key(occurrence);
        let affordable = self.take_write(&key.object, now);
        match self.events.get_mut(&key) {
            Some(remembered) => {
                remembered.last_seen = now;
                remembered.entry.count = remembered.entry.count.saturating_add(1);
                if affordable {
                    Write::Count(remembered.entry.clone())
                } else {
                    Write::Nothing
                }
            }
            None if affordable => {
                let entry = Entry {
                    name: String::new(),
                    count: 1,
                };
                let last_seen = now;
                self.events.insert(key, Remembered { entry, last_seen });
                Write::Create
            }
            None => Write::Nothing,
        }
    }

    /// The event is on the server under this name.
    pub(crate) fn written(&mut self, occurrence: &Occurrence, name: String) {
        if let Some(remembered) = self.events.get_mut(&key(occurrence))
            && remembered.entry.name != name
        {
            // A new object on the server starts to count at one.
            remembered.entry = Entry { name, count: 1 };
        }
    }

    /// The write failed. An event that is not on the server must be created next time; a count catches up by itself.
    pub(crate) fn failed(&mut self, occurrence: &Occurrence) {
        let key = key(occurrence);
        let never_created = |remembered: &Remembered| remembered.entry.name.is_empty();
        if self.events.get(&key).is_some_and(never_created) {
            self.events.remove(&key);
        }
    }

    fn take_write(&mut self, object: &str, now: Instant) -> bool {
        let fresh = Budget {
            minute_began: now,
            writes: 0,
        };
        let budget = self.budgets.entry(object.to_owned()).or_insert(fresh);
        if now.duration_since(budget.minute_began) >= MINUTE {
            budget.minute_began = now;
            budget.writes = 0;
        }
        budget.writes += 1;
        budget.writes <= WRITES_PER_MINUTE
    }

    fn forget_old(&mut self, now: Instant) {
        self.events.retain(|_, event| now.duration_since(event.last_seen) < SAME_EVENT);
        self.budgets.retain(|_, budget| now.duration_since(budget.minute_began) < MINUTE);
        if self.events.len() >= MAX_REMEMBERED {
            let oldest = self.events.iter().min_by_key(|(_, event)| event.last_seen);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.events.remove(&key);
            }
        }
    }
}

fn key(occurrence: &Occurrence) -> Key {
    let r = &occurrence.regarding;
    // An object without a UID is one that we know from its metadata alone; its place identifies it.
    let object = r.uid.clone().unwrap_or_else(|| {
        let part = |value: &Option<String>| value.clone().unwrap_or_default();
        format!("{}/{}/{}", part(&r.kind), part(&r.namespace), part(&r.name))
    });
    Key {
        object,
        reason: occurrence.reason,
        note: without_ids(&occurrence.note),
    }
}
