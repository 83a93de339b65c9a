//! The Assignments that point at one target, and whether each of them counts.

use std::collections::BTreeSet;
use std::sync::Arc;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use crate::api::{Assignment, AssignmentOwnership, DeletionPolicy, FINALIZER};
use crate::cluster::managed::Managed;
use crate::reconcile::context::Context;
use crate::reconcile::declarations::Declarations;
use crate::reconcile::memory::{Notes, Uid};
use crate::reconcile::pass::{Pass, Version};
use crate::reconcile::pins::Pins;
use crate::reconcile::uninstall::keeps_groups;
use crate::report::reason::Reason;
use crate::tenant::fingerprint::fingerprint;

/// The Assignments that point at a target, oldest first, so that a conflict has the same winner every time.
pub(crate) fn pointing_at<K: Managed>(object: &K, context: &Context) -> Vec<Arc<Assignment>> {
    if K::TARGET.is_none() {
        return Vec::new();
    }
    let (namespace, name) = (&object.meta().namespace, object.name_any());
    let mut found = context.cluster.caches.assignments.state();
    // Every pass goes through all of them, so nothing is copied for a comparison.
    found.retain(|assignment| {
        let target = &assignment.spec.target_ref;
        target.name == name && Some(target.kind) == K::TARGET && assignment.metadata.namespace == *namespace
    });
    found.sort_by_key(|assignment| (assignment.creation_timestamp().map(|time| time.0), assignment.name_any()));
    found
}

/// The names of Assignments that cannot be read now. One that can be read again is in the cache.
pub(crate) fn unreadable(namespace: &str, context: &Context) -> BTreeSet<String> {
    let mut names = context.cluster.malformed.names("Assignment", namespace);
    names.retain(|name| {
        context
            .cluster
            .caches
            .assignments
            .get(&ObjectRef::new(name).within(namespace))
            .is_none()
    });
    names
}

/// Collects what the Assignments declare; looks up groups that are not pinned yet, and those whose pins have to be proved.
///
/// `only_observe`: nothing is written to Graph, so an Assignment that is being deleted is released instead of waited for.
pub(crate) async fn collect<K: Managed>(pass: &Pass<'_, K>, pins: &mut Pins<'_>, only_observe: bool) -> Declarations {
    let (object, context) = (pass.object, pass.context);
    let assignments = pointing_at(object, context);
    let names = assignments.iter().map(|assignment| assignment.name_any()).collect();
    let notes = pass.note(|notes| {
        notes.seen.collected = names;
        notes.clone()
    });
    let mut declarations = Declarations {
        judged: assignments.iter().map(|assignment| Version::of(&**assignment)).collect(),
        frozen: unreadable(&object.namespace().unwrap_or_default(), context),
        ..Declarations::default()
    };
    if !declarations.frozen.is_empty() {
        // Which groups an unreadable Assignment names is not known.
        declarations.groups.extend_from_slice(&pins.resolved.groups);
        declarations.service_plans.extend_from_slice(&pins.resolved.service_plans);
    }
    let kept = only_observe || keeps_groups(&assignments, context).await;
    for assignment in assignments {
        match standing(&assignment, context) {
            Standing::Leaving if kept || assignment.spec.deletion_policy == Some(DeletionPolicy::Orphan) => {
                let exclusive = !only_observe && object.common().ownership == Some(AssignmentOwnership::Exclusive);
                declarations.release(assignment.name_any(), exclusive);
            }
            Standing::Leaving => {}
            Standing::Suspended => declarations.freeze(&assignment, pins).await,
            Standing::New => {
                declarations.pending.insert(assignment.name_any());
                declarations.freeze(&assignment, pins).await;
            }
            Standing::Counts => match kept_out(object, &assignment, &notes) {
                None => {
                    let asked = pins.requested || notes.asked.assignments.contains(&assignment.name_any());
                    declarations.add_all(&assignment, asked, pins).await;
                }
                Some(KeptOut::Problem(reason, message)) => {
                    declarations.freeze(&assignment, pins).await;
                    declarations.problem(&assignment.name_any(), reason, message);
                }
                Some(KeptOut::Trial) => {
                    declarations.pending.insert(assignment.name_any());
                    declarations.freeze(&assignment, pins).await;
                }
            },
        }
    }
    declarations.tidy();
    declarations
}

/// What Graph would certainly refuse of an Assignment is reported from its spec.
fn broken_rule<K: Managed>(object: &K, assignment: &Assignment) -> Option<String> {
    let broken = |group| object.refuses(group).map(|rule| format!("group {}: {rule}", group.reference()));
    assignment.spec.groups.iter().find_map(broken)
}

/// What an Assignment declares now.
enum Standing {
    Counts,
    Leaving,
    Suspended,
    /// Our finalizer is not on it yet.
    New,
}

fn standing(assignment: &Assignment, context: &Context) -> Standing {
    let suspended = assignment.spec.suspend == Some(true);
    let orphan = assignment.spec.deletion_policy == Some(DeletionPolicy::Orphan);
    if assignment.metadata.deletion_timestamp.is_some() {
        // Suspended means that nothing happens, also not on deletion, unless nothing is to happen in Graph anyway.
        return if suspended && !orphan {
            Standing::Suspended
        } else {
            Standing::Leaving
        };
    }
    // Without our finalizer it could vanish at any moment, and its groups on the target would belong to no Assignment.
    let noted = || Uid::of(assignment).is_some_and(|uid| context.memory.get(&uid).seen.held);
    let held = assignment.finalizers().iter().any(|name| name == FINALIZER) || noted();
    match (suspended, held) {
        (true, _) => Standing::Suspended,
        (false, false) => Standing::New,
        (false, true) => Standing::Counts,
    }
}

/// Why an Assignment adds nothing now, although it is valid: the groups that it put on the target stay.
enum KeptOut {
    /// Graph refuses it, or would.
    Problem(Reason, String),
    /// Others are tried without it, to find out which one Graph refuses.
    Trial,
}

fn kept_out<K: Managed>(object: &K, assignment: &Assignment, notes: &Notes) -> Option<KeptOut> {
    let (name, trial) = (assignment.name_any(), &notes.sent.trial);
    if let Some(rule) = broken_rule(object, assignment) {
        return Some(KeptOut::Problem(Reason::InvalidSpec, rule));
    }
    if let Some(refusal) = trial.refusal(&name, fingerprint(&assignment.spec.groups)) {
        return Some(KeptOut::Problem(Reason::Refused, refusal.to_owned()));
    }
    trial.is_waiting(&name).then_some(KeptOut::Trial)
}
