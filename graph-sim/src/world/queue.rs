//! The events that fall due, in order.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::grace::Cause;
use super::known_directory::DirectoryChanges;

/// A place in the queue: the time, then the order of arrival.
pub(super) type Place = (Timestamp, u64);

/// The events that fall due, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    entries: BTreeMap<Place, (String, Event)>,
    next: u64,
}

impl Queue {
    pub(crate) fn add(&mut self, at: Timestamp, tenant: &str, event: Event) -> Place {
        let place = (at, self.next);
        self.next += 1;
        self.entries.insert(place, (tenant.to_owned(), event));
        place
    }

    pub(crate) fn cancel(&mut self, place: Place) {
        self.entries.remove(&place);
    }

    /// Takes the first event that is due by this time.
    pub(crate) fn pop(&mut self, at: Timestamp) -> Option<(String, Event)> {
        self.first().filter(|due| *due <= at)?;
        self.entries.pop_first().map(|(_, entry)| entry)
    }

    /// When the first event is due.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }
}

/// An event of the service. Cloud PCs are named by id, in lower case.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// Changes of the directory reach the Cloud PC service.
    DirectoryChanged {
        changes: DirectoryChanges,
        cause: Cause,
    },
    Provisioned(String),
    /// A Cloud PC is deleted: its grace period is over, or the time after which a failed one is cleaned up.
    Deletion(String),
}
