//! The last look before a group is taken off: whether the cache, from which its Assignment seems to be gone or changed,
//! is right. Taking a group off costs desktops; one request for each Assignment in question does not.

use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};

use super::context::Context;
use super::managed::Managed;
use super::outcome::{Failure, is_gone};
use super::plan::Key;
use super::reasons;
use crate::api::{Assignment, DriftedField, OwnedAssignment};

/// `Ok` when every Assignment that put one of the removed groups there is in the API server as it is in the cache.
pub async fn confirm_removals<K: Managed>(
    object: &K,
    fields: &[DriftedField],
    owned: &[OwnedAssignment],
    context: &Context,
) -> Result<(), Failure> {
    let namespace = object.namespace().unwrap_or_default();
    let api: Api<Assignment> = Api::namespaced(context.kubernetes.clone(), &namespace);
    let removed = |entry: &&OwnedAssignment| {
        fields
            .iter()
            .any(|field| field.desired.is_none() && field.path == Key::from(*entry).path())
    };
    let mut names: Vec<&String> = owned.iter().filter(removed).flat_map(|entry| &entry.declared_by).collect();
    names.sort();
    names.dedup();
    for name in names {
        let live = match api.get(name).await {
            Ok(live) => Some(live),
            Err(error) if is_gone(&error) => None,
            Err(error) => return Err(error.into()),
        };
        let cached = context.stores.assignments.get(&ObjectRef::new(name).within(&namespace));
        if live.as_ref().map(version) != cached.as_deref().map(version) {
            return Err(Failure::retry(
                reasons::KUBERNETES_API,
                format!("the cache is behind on Assignment {name}, so no group is taken off now"),
            ));
        }
    }
    Ok(())
}

/// What a removal follows from: which object, which spec, whether it is being deleted.
fn version(assignment: &Assignment) -> (Option<String>, Option<i64>, bool) {
    (
        assignment.uid(),
        assignment.metadata.generation,
        assignment.metadata.deletion_timestamp.is_some(),
    )
}
