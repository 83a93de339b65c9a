//! A collection of Graph objects: found by id, listed in the order of their creation, and seen by readers as late as the
//! replication lag says. It knows nothing of what the objects mean.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::world::Deleted;

/// One object, with non-deprecated property names and `assignments` inline.
pub type Object = Map<String, Value>;

/// The objects of one collection, and what was deleted from it.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    records: BTreeMap<u64, Record>,
    /// Where an object is, by its id in small letters: the case of letters does not matter in an id.
    places: HashMap<String, u64>,
    next_place: u64,
    /// Objects that are gone.
    pub deleted: Vec<Deleted>,
}

#[derive(Clone, Debug)]
struct Record {
    current: Object,
    /// What readers still see instead, the oldest first.
    earlier: Vec<Earlier>,
}

#[derive(Clone, Debug)]
struct Earlier {
    until: Timestamp,
    /// Nothing when the object was not there yet.
    object: Option<Object>,
}

impl Record {
    fn seen(&self, now: Timestamp) -> Option<&Object> {
        match self.earlier.iter().find(|earlier| now < earlier.until) {
            Some(earlier) => earlier.object.as_ref(),
            None => Some(&self.current),
        }
    }
}

impl Collection {
    /// The objects as they are, whatever readers see.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.records.values().map(|record| &record.current)
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The object with this id as it is.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Object> {
        self.record(id).map(|record| &record.current)
    }

    /// The objects as readers see them at this time.
    pub fn seen(&self, now: Timestamp) -> impl Iterator<Item = &Object> {
        self.records.values().filter_map(move |record| record.seen(now))
    }

    /// The object with this id as readers see it at this time.
    #[must_use]
    pub fn seen_one(&self, id: &str, now: Timestamp) -> Option<&Object> {
        self.record(id)?.seen(now)
    }

    /// Adds an object that readers see from this time on. Gives `false`, and adds nothing, when its id is missing or taken.
    pub fn insert(&mut self, object: Object, now: Timestamp, seen_from: Timestamp) -> bool {
        let Some(id) = object.get("id").and_then(Value::as_str).map(key) else {
            return false;
        };
        if self.places.contains_key(&id) {
            return false;
        }
        let hidden = Earlier {
            until: seen_from,
            object: None,
        };
        let earlier = if now < seen_from { vec![hidden] } else { Vec::new() };
        self.records.insert(self.next_place, Record { current: object, earlier });
        self.places.insert(id, self.next_place);
        self.next_place += 1;
        true
    }

    /// Puts another state in an object's place; until `seen_from`, readers see what they saw. Its id must stay.
    pub fn replace(&mut self, id: &str, object: Object, now: Timestamp, seen_from: Timestamp) {
        let Some(record) = self.record_mut(id) else { return };
        record.earlier.retain(|earlier| now < earlier.until);
        let before = std::mem::replace(&mut record.current, object);
        if now < seen_from {
            record.earlier.push(Earlier {
                until: seen_from,
                object: Some(before),
            });
        }
    }

    /// An object for a change that readers see at once, such as the service's own. Its id must stay.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Object> {
        self.record_mut(id).map(|record| &mut record.current)
    }

    /// Takes an object away. Readers no longer see it.
    pub fn remove(&mut self, id: &str) -> Option<Object> {
        let place = self.places.remove(&key(id))?;
        self.records.remove(&place).map(|record| record.current)
    }

    fn record(&self, id: &str) -> Option<&Record> {
        self.records.get(self.places.get(&key(id))?)
    }

    fn record_mut(&mut self, id: &str) -> Option<&mut Record> {
        self.records.get_mut(self.places.get(&key(id))?)
    }
}

fn key(id: &str) -> String {
    id.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn object(id: &str, name: &str) -> Object {
        json!({"id": id, "displayName": name}).as_object().unwrap().clone()
    }

    fn name_at(collection: &Collection, second: i64) -> Option<&str> {
        collection.seen_one("a", at(second))?["displayName"].as_str()
    }

    #[test]
    fn readers_see_each_state_for_as_long_as_the_next_one_lags() {
        let mut collection = Collection::default();
        assert!(collection.insert(object("A", "one"), at(0), at(10)));
        assert_eq!(name_at(&collection, 0), None);
        collection.replace("a", object("A", "two"), at(5), at(15));
        assert_eq!([9, 10].map(|second| name_at(&collection, second)), [None, Some("one")]);
        collection.replace("a", object("A", "three"), at(12), at(22));
        // What is read later is a later state, never an earlier one.
        let seen = [12, 14, 15, 21, 22].map(|second| name_at(&collection, second).unwrap());
        assert_eq!(seen, ["one", "one", "two", "two", "three"]);
        assert_eq!(collection.get("a").unwrap()["displayName"], "three");
    }

    #[test]
    fn an_id_is_there_once_whatever_its_case() {
        let mut collection = Collection::default();
        assert!(collection.insert(object("A", "one"), at(0), at(0)));
        assert!(!collection.insert(object("a", "two"), at(0), at(0)));
        assert!(collection.remove("a").is_some() && collection.is_empty());
        assert!(collection.insert(object("a", "two"), at(0), at(0)));
    }
}
