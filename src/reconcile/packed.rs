//! An object of Graph at rest. As a tree of properties it takes several times the memory of its text, and most objects
//! are looked at only when somebody has changed them.

use std::hash::{DefaultHasher, Hasher};

use crate::graph::Entity;

/// An object as Graph answered it, small.
pub struct Packed {
    /// The display name in lower case, which is how names are looked for.
    name: Option<Box<str>>,
    /// All of it.
    json: Box<[u8]>,
    fingerprint: u64,
}

impl Packed {
    /// Packs an object.
    pub fn of(entity: &Entity) -> Self {
        let json = serde_json::to_vec(entity).expect("every key is a text, and nothing in it refuses to be written");
        Self {
            name: entity.display_name().map(|name| name.to_lowercase().into()),
            json: json.into(),
            fingerprint: fingerprint(entity),
        }
    }

    /// The object, equal to the one that was packed.
    pub fn entity(&self) -> Entity {
        serde_json::from_slice(&self.json).expect("this is what an entity was written to")
    }

    /// Whether it carries this name, given in lower case.
    pub fn is_named(&self, lower_case: &str) -> bool {
        self.name.as_deref() == Some(lower_case)
    }

    /// What [`fingerprint`] says of the object.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

/// A hash of all that an object holds; good for one process only. Without the id, which Graph may spell in another way in a
/// list than alone.
pub fn fingerprint(entity: &Entity) -> u64 {
    let held = (&entity.properties, &entity.assignments, &entity.unreadable);
    let mut hasher = DefaultHasher::new();
    hasher.write(&serde_json::to_vec(&held).expect("as above: keys are texts"));
    hasher.finish()
}
