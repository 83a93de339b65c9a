//! A collection of Graph objects: found by id, listed in the order of their creation, and seen by readers as late as the
//! replication lag says. It does not know the meaning of the objects.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::object::{Object, id_of};
use crate::base::caller::Actor;
use crate::base::shared::Shared;

/// A deleted object.
#[derive(Clone, Debug, Serialize)]
pub struct Deleted {
    /// The object as it was.
    pub object: Object,
    /// When it was deleted.
    pub at: Timestamp,
    /// Who deleted it.
    pub by: Actor,
}

/// The objects of one collection, and what was deleted from it.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    records: Shared<BTreeMap<u64, Record>>,
    /// Where an object is, by its id in lower case: case does not matter in an id.
    places: Shared<HashMap<Arc<str>, u64>>,
    next_place: u64,
    /// Where deleted objects were that readers still see, in the order of their deletion.
    leaving: Vec<u64>,
    /// Deleted objects.
    pub deleted: Vec<Deleted>,
}

#[derive(Clone, Debug)]
struct Record {
    /// `None` when the object was deleted.
    current: Option<Shared<Object>>,
    /// What readers still see instead, the oldest first.
    earlier: Vec<Earlier>,
}

#[derive(Clone, Debug)]
struct Earlier {
    until: Timestamp,
    /// `None` when the object did not exist yet.
    object: Option<Shared<Object>>,
}

impl Record {
    fn seen(&self, now: Timestamp) -> Option<&Object> {
        match self.earlier.iter().find(|earlier| now < earlier.until) {
            Some(earlier) => earlier.object.as_deref(),
            None => self.current.as_deref(),
        }
    }

    /// Replaces the present state by another one or by none; readers see the present one until `seen_from`.
    fn put(&mut self, object: Option<Shared<Object>>, now: Timestamp, seen_from: Timestamp) -> Option<Shared<Object>> {
        self.earlier.retain(|earlier| now < earlier.until);
        let before = std::mem::replace(&mut self.current, object);
        if now < seen_from {
            let object = before.clone();
            self.earlier.push(Earlier { until: seen_from, object });
        }
        before
    }

    fn is_seen_no_more(&self, now: Timestamp) -> bool {
        self.current.is_none() && self.earlier.iter().all(|earlier| earlier.until <= now)
    }
}

impl Collection {
    /// The objects as they are, without replication lag.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.records.values().filter_map(|record| record.current.as_deref())
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The object with this id as it is.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Object> {
        self.records.get(self.places.get(&*key(id))?)?.current.as_deref()
    }

    /// The objects as readers see them at this time.
    pub fn seen(&self, now: Timestamp) -> impl Iterator<Item = &Object> {
        self.records.values().filter_map(move |record| record.seen(now))
    }

    /// The object with this id as readers see it at this time.
    pub(crate) fn seen_one(&self, id: &str, now: Timestamp) -> Option<&Object> {
        match self.places.get(&*key(id)) {
            Some(place) => self.records.get(place)?.seen(now),
            None => {
                let mut leaving = self.leaving.iter().filter_map(|place| self.records.get(place)?.seen(now));
                leaving.find(|object| id_of(object).is_some_and(|own| own.eq_ignore_ascii_case(id)))
            }
        }
    }

    /// Adds an object that readers see from `seen_from` on. Returns `false`, and adds nothing, when its id is missing or taken.
    #[must_use]
    pub fn insert(&mut self, object: Object, now: Timestamp, seen_from: Timestamp) -> bool {
        let Some(id) = id_of(&object).map(|id| Arc::<str>::from(key(id))) else {
            return false;
        };
        if self.places.contains_key(&*id) {
            return false;
        }
        // Readers never see two objects with one id.
        self.forget(|record| record.seen(now).and_then(id_of).is_some_and(|own| own.eq_ignore_ascii_case(&id)));
        let hidden = Earlier {
            until: seen_from,
            object: None,
        };
        let earlier = if now < seen_from { vec![hidden] } else { Vec::new() };
        self.records.insert(
            self.next_place,
            Record {
                current: Some(Shared::new(object)),
                earlier,
            },
        );
        self.places.insert(id, self.next_place);
        self.next_place += 1;
        true
    }

    /// Replaces an object; until `seen_from`, readers see what they saw. Its id must stay.
    pub fn replace(&mut self, id: &str, object: Object, now: Timestamp, seen_from: Timestamp) {
        if let Some(record) = self.record_mut(id) {
            record.put(Some(Shared::new(object)), now, seen_from);
        }
    }

    /// Changes an object in place; until `seen_from`, readers see what they saw. Its id
    /// must stay.
    pub fn change<T>(&mut self, id: &str, now: Timestamp, seen_from: Timestamp, change: impl FnOnce(&mut Object) -> T) -> Option<T> {
        let record = self.record_mut(id)?;
        if now < seen_from {
            record.put(record.current.clone(), now, seen_from);
        }
        record.current.as_deref_mut().map(change)
    }

    /// Removes an object. Readers no longer see it.
    pub fn remove(&mut self, id: &str) -> Option<Object> {
        let place = self.places.remove(&*key(id))?;
        self.records.remove(&place)?.current.map(Shared::into_inner)
    }

    /// Removes an object; until `seen_from`, readers see what they saw.
    pub(crate) fn remove_later(&mut self, id: &str, now: Timestamp, seen_from: Timestamp) -> Option<Object> {
        self.forget(|record| record.is_seen_no_more(now));
        if seen_from <= now {
            return self.remove(id);
        }
        let place = self.places.remove(&*key(id))?;
        self.leaving.push(place);
        self.records.get_mut(&place)?.put(None, now, seen_from).map(Shared::into_inner)
    }

    /// Drops those deleted objects for which this holds.
    fn forget(&mut self, is_over: impl Fn(&Record) -> bool) {
        let records = &mut self.records;
        self.leaving.retain(|place| {
            let is_over = records.get(place).is_none_or(&is_over);
            if is_over {
                records.remove(place);
            }
            !is_over
        });
    }

    fn record_mut(&mut self, id: &str) -> Option<&mut Record> {
        self.records.get_mut(self.places.get(&*key(id))?)
    }
}

fn key(id: &str) -> String {
    id.to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
