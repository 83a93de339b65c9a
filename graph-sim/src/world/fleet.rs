//! The Cloud PCs of a tenant by lot, with what the service stores about each. It changes no object.

use std::collections::{BTreeMap, HashMap};

use super::collection::Collection;
use super::known_directory::DirectoryView;
use super::lot::Lot;
use super::object::text;
use super::queue::Place;
use crate::base::shared::Shared;

/// What the service stores about a Cloud PC beside the object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracked {
    /// `None` when no policy decides on it.
    pub lot: Option<Lot>,
    /// The id of its user, independent of the name on the object; unknown for a seeded one whose user is not in the directory.
    pub owner: Option<String>,
    /// The group of the assignment that last entitled it; unknown for a seeded one at first.
    pub group: Option<String>,
    /// Whether a licence and an assignment entitled it at the last decision; unknown for a seeded one at first.
    pub entitled: Option<bool>,
    /// Its event in the queue.
    pub due: Option<Place>,
    /// Its place in its lot.
    place: u64,
}

impl Tracked {
    /// A new Cloud PC that an assignment to this group entitles.
    pub(crate) fn entitled(lot: Lot, owner: Option<String>, group: String) -> Self {
        Self {
            lot: Some(lot),
            owner,
            group: Some(group),
            entitled: Some(true),
            ..Self::default()
        }
    }
}

/// The Cloud PCs of a tenant by id (in lower case) and by lot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fleet {
    tracked: Shared<HashMap<String, Tracked>>,
    /// In the order in which they came.
    lots: Shared<HashMap<Lot, BTreeMap<u64, String>>>,
    next_place: u64,
    rescan: bool,
}

impl Fleet {
    /// Makes the next refresh read the whole collection.
    pub(crate) fn rescan(&mut self) {
        self.rescan = true;
    }

    /// Finds Cloud PCs that were added or removed by other ways than [`Fleet::add`] and [`Fleet::remove`]. Returns the new ones.
    pub(crate) fn refresh(&mut self, collection: Option<&Collection>, directory: &DirectoryView) -> Vec<String> {
        let count = collection.map_or(0, Collection::len);
        if !std::mem::take(&mut self.rescan) && count == self.tracked.len() {
            return Vec::new();
        }
        let mut before = std::mem::take(&mut self.tracked);
        self.lots.clear();
        let mut new = Vec::new();
        for pc in collection.into_iter().flat_map(Collection::iter) {
            let Some(id) = text(pc, "id").map(str::to_lowercase) else {
                continue;
            };
            let mut tracked = before.remove(&id).unwrap_or_else(|| {
                new.push(id.clone());
                Tracked::default()
            });
            // Once known, the owner stays: the name on the Cloud PC may be one that the user no longer has.
            let named = || directory.owner_of(text(pc, "userPrincipalName")?).map(str::to_owned);
            tracked.owner = tracked.owner.or_else(named);
            tracked.lot = Lot::of(pc, tracked.owner.as_deref());
            self.add(id, tracked);
        }
        new
    }

    pub(crate) fn add(&mut self, id: String, mut tracked: Tracked) {
        tracked.place = self.next_place;
        self.next_place += 1;
        if let Some(lot) = &tracked.lot {
            self.lots.entry(lot.clone()).or_default().insert(tracked.place, id.clone());
        }
        self.tracked.insert(id, tracked);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Tracked> {
        let tracked = self.tracked.remove(id)?;
        if let Some(lot) = &tracked.lot
            && let Some(ids) = self.lots.get_mut(lot)
        {
            ids.remove(&tracked.place);
            if ids.is_empty() {
                self.lots.remove(lot);
            }
        }
        Some(tracked)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Tracked> {
        self.tracked.get(id)
    }

    /// For a change of anything but the lot.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Tracked> {
        self.tracked.get_mut(id)
    }

    /// The ids of a lot's Cloud PCs in the order in which they came.
    pub(crate) fn of_lot(&self, lot: &Lot) -> impl Iterator<Item = &str> {
        self.lots.get(lot).into_iter().flat_map(BTreeMap::values).map(String::as_str)
    }

    /// The Cloud PCs of the users in a map, each by its id with the user's entry.
    pub(crate) fn owned<'a, T>(&self, by_user: &'a BTreeMap<String, T>) -> Vec<(String, &'a T)> {
        if by_user.is_empty() {
            return Vec::new();
        }
        let owned = self.tracked.iter();
        let owned = owned.filter_map(|(id, tracked)| Some((id.clone(), by_user.get(tracked.owner.as_ref()?)?)));
        owned.collect()
    }
}

#[cfg(test)]
mod tests;
