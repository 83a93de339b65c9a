//! Two resources never stand for the same object in Graph, and never ask for the same name: the older one has it.

use std::sync::Arc;

use kube::ResourceExt;

use super::context::Context;
use super::managed::Managed;
use super::outcome::Failure;
use super::reasons;

/// Refuses to touch an object that an older resource holds: a status that was copied or restored is no claim.
pub fn refuse_claimed<K: Managed>(object: &K, id: Option<&str>, context: &Context) -> Result<(), Failure> {
    let Some(id) = id else { return Ok(()) };
    let Some(other) = holder(object, id, context).filter(|other| rank(&**other) < rank(object)) else {
        return Ok(());
    };
    let message = format!(
        "{} {id} is held by {} as well, which is older; it is left alone. Delete one of the two, this one with spec.deletionPolicy Orphan",
        K::COLLECTION.singular(),
        named(&*other)
    );
    Err(Failure::stalled(reasons::NAME_CONFLICT, message))
}

/// Another resource of the tenant whose status holds this object.
pub fn holder<K: Managed>(object: &K, id: &str, context: &Context) -> Option<Arc<K>> {
    let holds = |other: &Arc<K>| {
        other
            .status()
            .and_then(|status| status.id.as_deref())
            .is_some_and(|held| held.eq_ignore_ascii_case(id))
    };
    others(object, context).find(holds)
}

/// Refuses a create while an older resource wants the same name.
pub fn refuse_rival<K: Managed>(object: &K, context: &Context) -> Result<(), Failure> {
    let leaving = |other: &Arc<K>| other.meta().deletion_timestamp.is_some();
    let Some(rival) = namesakes(object, context).find(|other| !leaving(other) && rank(&**other) < rank(object)) else {
        return Ok(());
    };
    let message = format!(
        "{} wants the displayName {:?} in this tenant as well and is older; give one of them another spec.displayName",
        named(&*rival),
        object.common().display_name
    );
    Err(Failure::stalled(reasons::NAME_CONFLICT, message))
}

/// The other resources of the tenant that want the same name.
pub fn namesakes<K: Managed>(object: &K, context: &Context) -> impl Iterator<Item = Arc<K>> {
    let name = object.common().display_name.to_lowercase();
    others(object, context).filter(move |other| other.common().display_name.to_lowercase() == name)
}

fn others<K: Managed>(object: &K, context: &Context) -> impl Iterator<Item = Arc<K>> {
    let (uid, tenant) = (object.uid(), object.common().tenant.to_owned());
    K::all(context)
        .into_iter()
        .filter(move |other| other.meta().uid != uid && other.common().tenant == tenant)
}

/// Older first; the UID decides between two of one second.
fn rank<K: Managed>(object: &K) -> (Option<jiff::Timestamp>, Option<String>) {
    (object.creation_timestamp().map(|time| time.0), object.uid())
}

fn named<K: Managed>(object: &K) -> String {
    format!("{} {}/{}", K::KIND, object.namespace().unwrap_or_default(), object.name_any())
}
