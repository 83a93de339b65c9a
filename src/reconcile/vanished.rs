//! Assignments that were deleted without releasing their groups.

use std::collections::BTreeMap;

use crate::api::{AssignmentOwnership, AssignmentProblem, OwnedAssignment};
use crate::cluster::managed::Managed;
use crate::reconcile::declarations::Declarations;
use crate::reconcile::key::Key;
use crate::reconcile::pass::Pass;
use crate::report::reason::Reason;
use crate::report::reason::event;

/// Assignments that put groups on the target and were deleted without releasing them: by force, or with their
/// definition. A group is removed because of an Assignment that exists, never because of a missing one; so these groups
/// stay. On a target with assignmentOwnership Exclusive, nothing is removed until a person has decided.
pub(crate) fn keep_groups_of_the_vanished<K: Managed>(pass: &mut Pass<'_, K>, declarations: &mut Declarations) {
    if declarations.stopped.is_some() {
        return;
    }
    let there = pass.notes().seen.collected;
    let gone = |name: &&String| !there.contains(*name) && !declarations.frozen.contains(*name);
    let undeclared = |entry: &&OwnedAssignment| !declarations.entries.contains_key(&Key::from(*entry));
    let mut vanished: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in pass.remembered_assignments().iter().filter(undeclared) {
        for name in entry.declared_by.iter().filter(gone) {
            vanished.entry(name.clone()).or_default().push(entry.group_id.clone());
        }
    }
    let exclusive = pass.object.common().ownership == Some(AssignmentOwnership::Exclusive);
    for (assignment, groups) in vanished {
        let groups = groups.join(", ");
        if exclusive {
            let message = format!(
                "it was deleted without releasing its groups ({groups}), which assignmentOwnership Exclusive would remove; no group is removed until it is \
                 created again, or assignmentOwnership is Shared"
            );
            declarations.frozen.insert(assignment.clone());
            declarations.problems.push(AssignmentProblem {
                assignment,
                reason: Reason::RemovalHeld.as_str().to_owned(),
                message,
            });
        } else {
            let id = pass.draft.id.clone().unwrap_or_default();
            let text = format!(
                "Assignment {assignment} was deleted without releasing its groups; they stay on {} {id} as foreign groups: {groups}",
                K::COLLECTION.singular()
            );
            pass.event(event::RELEASED, "Release", text);
            declarations.releasing.insert(assignment);
        }
    }
}
