//! The claims that were proved in this process: which resource has claimed which object in Graph.

use std::collections::{HashMap, HashSet};

use crate::api::IdOwner;
use crate::cluster::managed::Managed;
use crate::graph::Collection;
use crate::tenant::shared::TenantKey;
use parking_lot::Mutex;

/// An object in Graph.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Remote {
    pub(crate) tenant: TenantKey,
    collection: Collection,
    /// In lower case.
    id: String,
}

impl Remote {
    pub(crate) fn new<K: Managed>(tenant: &TenantKey, id: &str) -> Self {
        Self {
            tenant: tenant.clone(),
            collection: K::COLLECTION,
            id: id.to_lowercase(),
        }
    }
}

/// The claims that were proved in this process.
#[derive(Default)]
pub(crate) struct Claims(Mutex<Proved>);

#[derive(Default)]
struct Proved {
    /// The UID of the resource that has claimed an object.
    holders: HashMap<Remote, String>,
    /// What a resource has claimed, as its status has to record it.
    held: HashMap<String, (Remote, String, IdOwner)>,
}

impl Claims {
    /// Notes that a resource has claimed an object; false when another resource has.
    pub(crate) fn take(&self, remote: Remote, uid: &str, id: &str, owner: &IdOwner) -> bool {
        let mut proved = self.0.lock();
        if proved.holders.get(&remote).is_some_and(|holder| holder != uid) {
            return false;
        }
        if let Some((before, ..)) = proved.held.remove(uid) {
            proved.holders.remove(&before);
        }
        proved.holders.insert(remote.clone(), uid.to_owned());
        proved.held.insert(uid.to_owned(), (remote, id.to_owned(), owner.clone()));
        true
    }

    /// Whether the claim of this resource to the object was proved.
    pub(crate) fn has(&self, remote: &Remote, uid: &str) -> bool {
        self.0.lock().holders.get(remote).is_some_and(|holder| holder == uid)
    }

    /// Whether the claim of another resource to the object was proved.
    pub(crate) fn is_taken(&self, remote: &Remote, uid: &str) -> bool {
        self.0.lock().holders.get(remote).is_some_and(|holder| holder != uid)
    }

    /// The proved claim of the resource.
    pub(crate) fn held_by(&self, uid: &str) -> Option<(String, IdOwner)> {
        self.0.lock().held.get(uid).map(|(_, id, owner)| (id.clone(), owner.clone()))
    }

    /// Drops the claim of the resource.
    pub(crate) fn release(&self, uid: &str) {
        let mut proved = self.0.lock();
        if let Some((remote, ..)) = proved.held.remove(uid) {
            proved.holders.remove(&remote);
        }
    }

    /// Drops the claims of resources that are gone.
    pub(crate) fn retain(&self, alive: &HashSet<String>) {
        let mut proved = self.0.lock();
        proved.held.retain(|uid, _| alive.contains(uid));
        proved.holders.retain(|_, uid| alive.contains(uid));
    }
}
