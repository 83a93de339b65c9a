//! An object of Graph in compact form. As a tree of properties it takes several times the memory of its text, and most objects
//! are read only when they have changed.

use std::hash::{DefaultHasher, Hasher};

use serde_json::{Map, Value};

use crate::graph::{Entity, RemoteAssignment};

/// An object as Graph answered it, small.
pub(crate) struct Packed {
    id: Box<str>,
    /// The display name in lower case, as names are compared.
    name: Option<Box<str>>,
    /// All but the id, as JSON.
    held: Box<[u8]>,
}

impl Packed {
    pub(crate) fn of(entity: &Entity) -> Self {
        Self {
            id: entity.id.as_str().into(),
            name: entity.display_name().map(|name| name.to_lowercase().into()),
            held: held(entity).into(),
        }
    }

    /// The id, as Graph spelt it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The object, equal to the one that was packed.
    pub(crate) fn entity(&self) -> Entity {
        type Held = (Map<String, Value>, Vec<RemoteAssignment>, Option<String>);
        let (properties, assignments, unreadable): Held =
            serde_json::from_slice(&self.held).expect("this is what an entity was written to");
        Entity {
            id: self.id.to_string(),
            properties,
            assignments,
            unreadable,
        }
    }

    /// The display name in lower case.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether it carries this name, given in lower case.
    pub(crate) fn is_named(&self, lower_case: &str) -> bool {
        self.name.as_deref() == Some(lower_case)
    }

    /// The [`fingerprint`] of the object.
    pub(crate) fn fingerprint(&self) -> u64 {
        hashed(&self.held)
    }
}

/// A hash of the whole object; valid for one process only. Without the id, which Graph may spell in another way in a
/// list than alone.
pub(crate) fn fingerprint(entity: &Entity) -> u64 {
    hashed(&held(entity))
}

fn held(entity: &Entity) -> Vec<u8> {
    let held = (&entity.properties, &entity.assignments, &entity.unreadable);
    serde_json::to_vec(&held).expect("every key is a text, and nothing in it refuses to be written")
}

fn hashed(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
