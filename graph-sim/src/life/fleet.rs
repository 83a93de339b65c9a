//! The Cloud PCs of a tenant by what decides on them. It finds them; it changes none.

use std::collections::HashMap;

use super::agenda::Place;
use super::cloud_pc::{Kind, is_windows_365, text};
use crate::world::{Collection, Object};

/// Cloud PCs that are decided on together. Names and ids are in small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lot {
    /// A user's Enterprise Cloud PCs: all of the user's licences follow one policy (documented).
    User(String),
    /// The Cloud PCs that users have from one Frontline plan: assignments compete for users, members for licences.
    Plan(String),
    /// The Cloud PCs that groups share by one policy and plan.
    Pool {
        /// The policy's id.
        policy: String,
        /// The plan's id.
        plan: String,
    },
}

impl Lot {
    /// The lot of a Cloud PC; none for one that no policy decides on, such as one of another product.
    pub fn of(pc: &Object) -> Option<Self> {
        if !is_windows_365(pc) {
            return None;
        }
        let lower = |name| text(pc, name).map(str::to_lowercase);
        match Kind::of(pc)? {
            Kind::Enterprise => lower("userPrincipalName").map(Self::User),
            Kind::PerUser => {
                lower("userPrincipalName")?;
                lower("servicePlanId").map(Self::Plan)
            }
            Kind::PerGroup => Some(Self::Pool {
                policy: lower("provisioningPolicyId")?,
                plan: lower("servicePlanId")?,
            }),
        }
    }
}

/// What is remembered of a Cloud PC beside the object.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// What decides on it.
    pub lot: Option<Lot>,
    /// Whether it had a reason to be there when that was last decided; unknown for a seeded one at first.
    pub wanted: Option<bool>,
    /// What is due for it.
    pub due: Option<Place>,
}

/// The Cloud PCs of a tenant by id (in small letters) and by lot.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    held: HashMap<String, Held>,
    lots: HashMap<Lot, Vec<String>>,
    look_again: bool,
}

impl Fleet {
    /// Asks for a look at the whole collection at the next refresh.
    pub fn look_again(&mut self) {
        self.look_again = true;
    }

    /// Takes in Cloud PCs that came or went by other ways than [`Fleet::add`] and [`Fleet::remove`]. Gives the new ones.
    pub fn refresh(&mut self, collection: Option<&Collection>) -> Vec<String> {
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
            let held = before.remove(&id).unwrap_or_else(|| {
                new.push(id.clone());
                Held::default()
            });
            self.add(id, Held { lot: Lot::of(pc), ..held });
        }
        new
    }

    /// Takes in one Cloud PC.
    pub fn add(&mut self, id: String, held: Held) {
        if let Some(lot) = &held.lot {
            self.lots.entry(lot.clone()).or_default().push(id.clone());
        }
        self.held.insert(id, held);
    }

    /// Forgets a Cloud PC.
    pub fn remove(&mut self, id: &str) -> Option<Held> {
        // Its id stays in the list of its lot, where the next look at that leaves it out: a long list is not searched for it.
        self.held.remove(id)
    }

    /// What is remembered of a Cloud PC.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Held> {
        self.held.get_mut(id)
    }

    /// The ids of a lot's Cloud PCs in the order in which they came.
    pub fn of_lot(&self, lot: &Lot) -> impl Iterator<Item = &str> {
        let ids = self.lots.get(lot).into_iter().flatten();
        ids.filter(|id| self.held.contains_key(*id)).map(String::as_str)
    }
}
