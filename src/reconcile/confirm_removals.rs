//! The last look before a group is taken off: whether the cache, from which its Assignment seems to be gone or changed,
//! is right, and whether another Assignment that may name the group has come meanwhile. Taking a group off costs desktops;
//! one list does not.

use std::collections::BTreeSet;
use std::time::Duration;

use kube::api::{ApiResource, DynamicObject, ListParams};
use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};

use crate::api::{Assignment, DriftedField, FINALIZER};
use crate::cluster::managed::Managed;
use crate::reconcile::context::Context;
use crate::reconcile::pass::Version;
use crate::report::reason::Reason;
use crate::report::stop::Stop;

/// How many Assignments a page of the list has.
const PAGE: u32 = 500;

/// `Ok` when the API server has those Assignments of the target that this pass has judged, and no newer ones.
pub(crate) async fn confirm_removals<K: Managed>(
    object: &K,
    fields: &[DriftedField],
    judged: &BTreeSet<Version>,
    context: &Context,
) -> Result<(), Stop> {
    if fields.iter().all(|field| field.desired.is_some()) {
        return Ok(());
    }
    let namespace = object.namespace().unwrap_or_default();
    // Not as Assignments: one that cannot be read would spoil the list. What it may have put there stays anyway.
    let api: Api<DynamicObject> = Api::namespaced_with(context.cluster.client.clone(), &namespace, &ApiResource::erase::<Assignment>(&()));
    let unreadable = |assignment: &DynamicObject| {
        let name = assignment.name_any();
        context.cluster.malformed.names("Assignment", &namespace).contains(&name)
            && context
                .cluster
                .caches
                .assignments
                .get(&ObjectRef::new(&name).within(&namespace))
                .is_none()
    };
    let mut live = BTreeSet::new();
    let mut page = ListParams::default().limit(PAGE);
    loop {
        let list = api.list(&page).await?;
        for assignment in list
            .items
            .iter()
            .filter(|assignment| names(assignment, object) && !unreadable(assignment))
        {
            // Without our finalizer nothing of it is taken into account yet, and it may name what would be removed.
            if assignment.metadata.deletion_timestamp.is_none() && !assignment.finalizers().iter().any(|name| name == FINALIZER) {
                return Err(behind(&assignment.name_any()));
            }
            live.insert(Version::of(assignment));
        }
        match list.metadata.continue_.filter(|next| !next.is_empty()) {
            Some(next) => page = page.continue_token(&next),
            None => break,
        }
    }
    match live.symmetric_difference(judged).next() {
        Some(other) => Err(behind(&other.name)),
        None => Ok(()),
    }
}

fn names<K: Managed>(assignment: &DynamicObject, object: &K) -> bool {
    let target = &assignment.data["spec"]["targetRef"];
    target["name"] == object.name_any() && target["kind"] == K::KIND
}

fn behind(assignment: &str) -> Stop {
    Stop::waiting_for(
        Reason::KubernetesApi,
        format!("Assignment {assignment} has changed since this pass began, so no group is taken off now"),
        Duration::from_secs(1),
    )
}
