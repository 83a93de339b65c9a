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

/// The fingerprint of the state in Graph for an object: its entity and the ids of others with its name, or the ids of the entities
/// with its name.
pub(crate) fn judged(entity: Option<&Entity>, same_name: &[Entity]) -> u64 {
    match entity {
        Some(entity) => beside(packed::fingerprint(entity), same_name),
        None => fingerprint(&ids(same_name)),
    }
}

/// The fingerprint of an entity, given its own, beside others of its name.
pub(crate) fn beside(own: u64, namesakes: &[Entity]) -> u64 {
    if namesakes.is_empty() {
        return own;
    }
    fingerprint(&(own, ids(namesakes)))
}

fn ids(entities: &[Entity]) -> Vec<&String> {
    entities.iter().map(|entity| &entity.id).collect()
}
