//! The objects that cannot be decoded as their kind.

use std::collections::BTreeSet;

use parking_lot::Mutex;

/// The objects that could not be decoded: `(kind, namespace, name)`.
#[derive(Default)]
pub(crate) struct Malformed(Mutex<BTreeSet<(&'static str, String, String)>>);

impl Malformed {
    /// Remembers one.
    pub(crate) fn insert(&self, kind: &'static str, namespace: &str, name: &str) {
        self.0.lock().insert((kind, namespace.to_owned(), name.to_owned()));
    }

    /// Forgets one that is gone.
    pub(crate) fn remove(&self, kind: &str, namespace: &str, name: &str) {
        self.0.lock().retain(|(k, ns, n)| !(*k == kind && ns == namespace && n == name));
    }

    /// Namespace and name of those of a kind.
    pub(crate) fn of_kind(&self, kind: &str) -> Vec<(String, String)> {
        self.0
            .lock()
            .iter()
            .filter(|(k, ..)| *k == kind)
            .map(|(_, namespace, name)| (namespace.clone(), name.clone()))
            .collect()
    }

    /// The names of a kind in a namespace.
    pub(crate) fn names(&self, kind: &'static str, namespace: &str) -> BTreeSet<String> {
        self.0
            .lock()
            .iter()
            .filter(|(k, ns, _)| *k == kind && ns == namespace)
            .map(|(_, _, name)| name.clone())
            .collect()
    }
}
