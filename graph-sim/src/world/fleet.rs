//! The Cloud PCs of a tenant by what decides on them. It finds them; it changes none.

use std::collections::{BTreeMap, HashMap};

use super::collection::Collection;
use super::known_directory::DirectoryView;
use super::lot::Lot;
use super::object::text;
use super::queue::Place;

/// What is remembered of a Cloud PC beside the object.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// What decides on it.
    pub lot: Option<Lot>,
    /// The id of its user, whatever the name on it is; unknown for a seeded one whose user nobody knows.
    pub owner: Option<String>,
    /// The group of the assignment that it was last kept by; unknown for a seeded one at first.
    pub group: Option<String>,
    /// Whether it had a reason to be there when that was last decided; unknown for a seeded one at first.
    pub wanted: Option<bool>,
    /// What is due for it.
    pub due: Option<Place>,
    /// Its place in its lot.
    place: u64,
}

impl Held {
    /// A Cloud PC that has its reason by an assignment to this group.
    pub fn wanted(lot: Lot, owner: Option<String>, group: String) -> Self {
        Self {
            lot: Some(lot),
            owner,
            group: Some(group),
            wanted: Some(true),
            ..Self::default()
        }
    }
}

/// The Cloud PCs of a tenant by id (in small letters) and by lot.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    held: HashMap<String, Held>,
    /// In the order in which they came.
    lots: HashMap<Lot, BTreeMap<u64, String>>,
    next_place: u64,
    look_again: bool,
}

impl Fleet {
    /// Asks for a look at the whole collection at the next refresh.
    pub fn look_again(&mut self) {
        self.look_again = true;
    }

    /// Takes in Cloud PCs that came or went by other ways than [`Fleet::add`] and [`Fleet::remove`]. Gives the new ones.
    pub fn refresh(&mut self, collection: Option<&Collection>, directory: &DirectoryView) -> Vec<String> {
        let count = collection.map_or(0, Collection::len);
        if !std::mem::take(&mut self.look_again) && count == self.held.len() {
            return Vec::new();
        }
        let mut before = std::mem::take(&mut self.held);
        self.lots.clear();
        let mut new = Vec::new();
        for pc in collection.into_iter().flat_map(Collection::iter) {
            let Some(id) = text(pc, "id").map(str::to_lowercase) else {
                continue;
            };
            let mut held = before.remove(&id).unwrap_or_else(|| {
                new.push(id.clone());
                Held::default()
            });
            // Once known, the owner stays: the name on the Cloud PC may be one that the user no longer has.
            let named = || directory.owner_of(text(pc, "userPrincipalName")?).map(str::to_owned);
            held.owner = held.owner.or_else(named);
            held.lot = Lot::of(pc, held.owner.as_deref());
            self.add(id, held);
        }
        new
    }

    /// Takes in one Cloud PC.
    pub fn add(&mut self, id: String, mut held: Held) {
        held.place = self.next_place;
        self.next_place += 1;
        if let Some(lot) = &held.lot {
            self.lots.entry(lot.clone()).or_default().insert(held.place, id.clone());
        }
        self.held.insert(id, held);
    }

    /// Forgets a Cloud PC.
    pub fn remove(&mut self, id: &str) -> Option<Held> {
        let held = self.held.remove(id)?;
        if let Some(lot) = &held.lot
            && let Some(ids) = self.lots.get_mut(lot)
        {
            ids.remove(&held.place);
            if ids.is_empty() {
                self.lots.remove(lot);
            }
        }
        Some(held)
    }

    /// What is remembered of a Cloud PC.
    pub fn get(&self, id: &str) -> Option<&Held> {
        self.held.get(id)
    }

    /// What is remembered of a Cloud PC, for a change of all but its lot.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Held> {
        self.held.get_mut(id)
    }

    /// The ids of a lot's Cloud PCs in the order in which they came.
    pub fn of_lot(&self, lot: &Lot) -> impl Iterator<Item = &str> {
        self.lots.get(lot).into_iter().flat_map(BTreeMap::values).map(String::as_str)
    }

    /// The ids of the Cloud PCs of those users for whom there is something in a map, with that.
    pub fn owned<'a, T>(&self, by_user: &'a BTreeMap<String, T>) -> Vec<(String, &'a T)> {
        if by_user.is_empty() {
            return Vec::new();
        }
        let owned = self.held.iter();
        let owned = owned.filter_map(|(id, held)| Some((id.clone(), by_user.get(held.owner.as_ref()?)?)));
        owned.collect()
    }
}

#[cfg(test)]
mod tests;
