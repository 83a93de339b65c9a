//! Hashes by which a process detects whether something has changed. Valid for one process only.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::graph::Entity;
use crate::tenant::packed;

/// A hash of anything that prints; valid for one process only.
pub(crate) fn fingerprint(value: &impl std::fmt::Debug) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{value:?}").hash(&mut hasher);
    hasher.finish()
}

/// The fingerprint of the state in Graph for an object: its entity, or the ids of the entities with its name.
pub(crate) fn judged(entity: Option<&Entity>, same_name: &[Entity]) -> u64 {
    match entity {
        Some(entity) => packed::fingerprint(entity),
        None => fingerprint(&same_name.iter().map(|entity| &entity.id).collect::<Vec<_>>()),
    }
}
