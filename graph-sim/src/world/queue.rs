//! What falls due, in order. It does nothing itself.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::known_directory::News;

/// A place in the order of what is due: the time, and what came first for the same time.
pub type Place = (Timestamp, u64);

/// What is due, in order.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    entries: BTreeMap<Place, (String, What)>,
    next: u64,
}

impl Queue {
    /// Puts something on the list.
    pub fn add(&mut self, at: Timestamp, tenant: &str, what: What) -> Place {
        let place = (at, self.next);
        self.next += 1;
        self.entries.insert(place, (tenant.to_owned(), what));
        place
    }

    /// Takes something off the list.
    pub fn cancel(&mut self, place: Place) {
        self.entries.remove(&place);
    }

    /// Takes the first that is due by this time.
    pub fn pop(&mut self, at: Timestamp) -> Option<(String, What)> {
        self.first().filter(|due| *due <= at)?;
        self.entries.pop_first().map(|(_, entry)| entry)
    }

    /// When the first is due.
    pub fn first(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }
}

/// Something that happens at its time. Cloud PCs are named by id, in small letters.
#[derive(Clone, Debug)]
pub enum What {
    /// A change of the directory gets through to the service.
    Known(News),
    /// A Cloud PC is ready.
    Provisioned(String),
    /// A Cloud PC without a reason goes: its grace period is over, or the time after which one that failed is cleaned up.
    Ends(String),
}
