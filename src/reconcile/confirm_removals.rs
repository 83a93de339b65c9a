//! The last check before a group is removed: whether the cache, in which its Assignment is gone or changed, is right, and
//! whether another Assignment that may name the group was created meanwhile. A wrong removal deletes Cloud PCs; the check
//! costs one list.

use std::collections::BTreeSet;
use std::time::Duration;

use kube::api::{ApiResource, DynamicObject, ListParams};
use kube::{Api, ResourceExt};

use crate::api::{Assignment, DriftedField, FINALIZER, ResolvedGroup};
use crate::cluster::managed::Managed;
use crate::reconcile::assignments::unreadable;
use crate::reconcile::pass::{Pass, Version};
use crate::report::reason::Reason;
use crate::report::stop::Stop;

/// How many Assignments a page of the list has.
const PAGE: u32 = 500;

/// `Ok` when the API server has those Assignments of the target that this pass has judged, and no newer ones.
pub(crate) async fn confirm_removals<K: Managed>(pass: &Pass<'_, K>, fields: &[DriftedField]) -> Result<(), Stop> {
    let removed: Vec<&str> = fields
        .iter()
        .filter(|field| field.desired.is_none())
        .filter_map(|field| field.group())
        .map(|(group, _)| group)
        .collect();
    if removed.is_empty() {
        return Ok(());
    }
    let (object, context) = (pass.object, pass.context);
    let namespace = object.namespace().unwrap_or_default();
    // Not as Assignments: one that cannot be decoded would fail the list.
    let api: Api<DynamicObject> = Api::namespaced_with(context.cluster.client.clone(), &namespace, &ApiResource::erase::<Assignment>(&()));
    let unreadable = unreadable(&namespace, context);
    let mut live = BTreeSet::new();
    let mut page = ListParams::default().limit(PAGE);
    loop {
        let list = api.list(&page).await?;
        for assignment in list.items.iter().filter(|assignment| names(assignment, object)) {
            if unreadable.contains(&assignment.name_any()) {
                // Its groups on the target are frozen; another Assignment's group may have moved to it.
                if may_name(assignment, &removed, pass.draft.known_groups()) {
                    return Err(undecodable(&assignment.name_any()));
                }
                continue;
            }
            // Without our finalizer the Assignment is not taken into account yet, and it may name a group that would be removed.
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
    match live.symmetric_difference(&pass.judged_assignments).next() {
        Some(other) => Err(behind(&other.name)),
        None => Ok(()),
    }
}

fn names<K: Managed>(assignment: &DynamicObject, object: &K) -> bool {
    let target = &assignment.data["spec"]["targetRef"];
    let (name, kind) = (target["name"].as_str(), target["kind"].as_str());
    name.is_none_or(|name| name == object.name_any()) && kind.is_none_or(|kind| kind == K::KIND)
}

/// Whether an Assignment that cannot be decoded may name one of these groups, by its readable parts.
fn may_name(assignment: &DynamicObject, removed: &[&str], known: &[ResolvedGroup]) -> bool {
    let is_removed = |id: &str| removed.iter().any(|removed| removed.eq_ignore_ascii_case(id));
    let Some(groups) = assignment.data["spec"]["groups"].as_array() else {
        return true;
    };
    groups.iter().any(|group| match group["id"].as_str() {
        Some(id) => is_removed(id),
        None => ["displayName", "mailNickname"].iter().any(|field| {
            let Some(name) = group[field].as_str() else { return false };
            let reference = format!("{field}={name}");
            // A name that was never looked up may be that of any group.
            known
                .iter()
                .find(|group| group.reference.eq_ignore_ascii_case(&reference))
                .is_none_or(|group| is_removed(&group.id))
        }),
    })
}

fn undecodable(assignment: &str) -> Stop {
    Stop::waiting(
        Reason::RemovalHeld,
        format!(
            "Assignment {assignment} cannot be read (see its events) and may name a group that would be removed; no group is removed until it is corrected with kubectl edit, or deleted"
        ),
    )
}

fn behind(assignment: &str) -> Stop {
    Stop::waiting_for(
        Reason::KubernetesApi,
        format!("Assignment {assignment} has changed since this pass began, so no group is removed now"),
        Duration::from_secs(1),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_an_unreadable_assignment_may_name_is_not_taken_off() {
        let known = [ResolvedGroup {
            reference: "displayName=Movers".to_owned(),
            id: "G1".to_owned(),
            display_name: None,
            gone: None,
        }];
        let may = |groups: Value| {
            let mut assignment = DynamicObject::new("x", &ApiResource::erase::<Assignment>(&()));
            assignment.data = json!({"spec": {"groups": groups}});
            may_name(&assignment, &["g1"], &known)
        };
        assert!(may(json!([{"id": "g2"}, {"displayName": "movers"}])), "by a name that is known");
        assert!(may(json!([{"id": "G1"}])), "by its id");
        assert!(may(json!([{"mailNickname": "unknown"}])), "perhaps, by another name");
        assert!(may(json!("illegible")));
        assert!(!may(json!([{"id": "g2"}, {"displayName": 5}])));
    }
}
