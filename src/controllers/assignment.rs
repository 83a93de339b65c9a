//! Assignment: makes no Graph call of its own. Its target's pass puts the groups on the target; this reports their state
//! from the target's status.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use k8s_controller::conditions::find;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Api, Client, ResourceExt};

use tokio::time::Instant;

use crate::api::{AssignedGroup, Assignment, AssignmentGroup, AssignmentStatus, DeletionPolicy, ManagedStatus};
use crate::reconcile::context::Context;
use crate::reconcile::key::Key;
use crate::reconcile::memory::Uid;
use crate::reconcile::pass::{Kind, Pass};
use crate::reconcile::uninstall::why_released;
use crate::report::conditions::{Conditions, Verdict};
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::status::now;
use crate::report::stop::Stop;
use crate::report::wording;

impl Kind for Assignment {
    const NAME: &'static str = "Assignment";

    fn api(&self, client: Client) -> Api<Self> {
        Api::namespaced(client, &self.namespace().unwrap_or_default())
    }

    async fn converge(pass: &mut Pass<'_, Self>) -> Result<Verdict, Stop> {
        let (assignment, context) = (pass.object, pass.context);
        if assignment.spec.suspend == Some(true) {
            return Ok(Verdict::Suspended);
        }
        let (groups, result) = assess(assignment, target(assignment, context)?.as_ref());
        pass.draft.groups = groups;
        if pass.requested || pass.draft.observed_generation != assignment.metadata.generation {
            if pass.requested {
                ask_target(assignment, context);
            }
            // A new spec concerns the target whatever its status shows now.
            wake_target(assignment, context);
        } else if result.is_err() {
            wake_target_now_and_then(assignment, context);
        }
        Ok(result?)
    }

    async fn finalize(pass: &mut Pass<'_, Self>) -> Result<(), Stop> {
        let (assignment, context) = (pass.object, pass.context);
        let (name, spec) = (assignment.name_any(), &assignment.spec);
        let Some(target) = target(assignment, context)? else {
            return Ok(());
        };
        let held = target
            .status
            .assignments
            .iter()
            .filter(|entry| entry.declared_by.contains(&name))
            .count();
        // A pass of the target that is under way may be about to put groups there for this Assignment.
        if held == 0 && !target.working_with.contains(&name) && !target.untold {
            return Ok(());
        }
        let id = target.status.id.as_deref().unwrap_or_default();
        if let Some(why) = why_released(pass, id).await {
            let (kind, name) = (spec.target_ref.kind.name(), &spec.target_ref.name);
            let text = format!("{kind} {name} ({id}) keeps {}: {why}", wording::groups(held));
            pass.event(event::RELEASED, "Release", text);
            return Ok(());
        }
        if spec.suspend == Some(true) && spec.deletion_policy != Some(DeletionPolicy::Orphan) {
            return Err(Stop::waiting(
                Reason::Suspended,
                "spec.suspend is set, so the deletion waits; set it to false, or set spec.deletionPolicy to Orphan to leave the groups on the target",
            ));
        }
        let kind = spec.target_ref.kind.name();
        if let Some(reason) = needs_approval(&target.status).filter(|_| held > 0) {
            // The target has a pass when a person approves; the deletion itself has woken it.
            let message = format!(
                "{} still on {kind} {}, where taking Cloud PCs away needs an approval: its status has the plan and the command",
                wording::groups_are(held),
                spec.target_ref.name
            );
            // It looks again all the same: the target may be gone.
            return Err(Failure::waiting(reason, message).permanent().into());
        }
        wake_target(assignment, context);
        if let Some(problem) = target.status.assignment_problems.iter().find(|problem| problem.assignment == name) {
            return Err(reported(problem.reason.as_str(), &problem.message).into());
        }
        if held == 0 {
            let message = format!(
                "waiting for the end of a pass over {kind} {} that may put groups there for this Assignment",
                spec.target_ref.name
            );
            return Err(Stop::waiting(Reason::Deleting, message));
        }
        let message = format!(
            "waiting until {} removed from {kind} {}{}",
            wording::groups_are(held),
            spec.target_ref.name,
            match target.suspended {
                true => ", which is suspended: set its spec.suspend to false, or set spec.deletionPolicy to Orphan here to leave the groups on it"
                    .to_owned(),
                false => why(&target.status),
            }
        );
        Err(Stop::waiting(Reason::Deleting, message))
    }

    fn report(old: &AssignmentStatus, mut draft: AssignmentStatus, verdict: &Verdict, generation: Option<i64>) -> AssignmentStatus {
        let mut conditions = Conditions::new(&old.conditions, generation, now());
        draft.conditions = conditions.ready(verdict).finish();
        draft.observed_generation = generation;
        draft
    }

    fn conditions(status: &AssignmentStatus) -> &[Condition] {
        &status.conditions
    }

    fn handled(status: &AssignmentStatus) -> Option<&String> {
        status.last_handled_reconcile_at.as_ref()
    }

    fn set_handled(status: &mut AssignmentStatus, at: Option<String>) {
        status.last_handled_reconcile_at = at;
    }

    fn changed(&self, _new: &AssignmentStatus, context: &Context) {
        if self.metadata.deletion_timestamp.is_some() {
            wake_target(self, context);
        }
    }
}

/// The target as an Assignment sees it.
#[derive(Debug, Default)]
pub(crate) struct Target {
    /// Its UID.
    pub uid: Option<Uid>,
    /// Its newest status.
    pub status: Arc<ManagedStatus>,
    /// It is being deleted.
    pub leaving: bool,
    /// Its `spec.suspend` is set.
    pub suspended: bool,
    /// The Assignments that its pass under way works with.
    pub working_with: BTreeSet<String>,
    /// Its last pass could not write what it had done, so its status may lack groups that are on it.
    pub untold: bool,
}

/// The state of each group and the verdict. Pure.
pub(crate) fn assess(assignment: &Assignment, target: Option<&Target>) -> (Vec<AssignedGroup>, Result<Verdict, Failure>) {
    let reference = &assignment.spec.target_ref;
    let (kind, name) = (reference.kind.name(), assignment.name_any());
    let Some(target) = target.filter(|target| !target.leaving) else {
        let pending = |group: &AssignmentGroup| AssignedGroup {
            reference: group.reference(),
            id: None,
            state: "Pending".to_owned(),
        };
        let groups = assignment.spec.groups.iter().map(pending).collect();
        let state = if target.is_some() {
            "is being deleted"
        } else {
            "does not exist in this namespace; create it, or name another one in a new Assignment"
        };
        let message = format!("waiting for {kind} {:?}: it {state}", reference.name);
        return (groups, Err(Failure::waiting(Reason::TargetNotFound, message)));
    };
    let status = &*target.status;
    let groups: Vec<AssignedGroup> = assignment.spec.groups.iter().map(|group| state_of(group, &name, status)).collect();
    let missing = groups.iter().filter(|group| group.state != "Assigned").count();
    let surplus = surplus(&groups, assignment, status);
    // One group may be named in several ways.
    let distinct: BTreeSet<&str> = groups.iter().map(|group| group.id.as_deref().unwrap_or(&group.reference)).collect();
    let number = distinct.len();
    let result = match status.assignment_problems.iter().find(|problem| problem.assignment == name) {
        Some(problem) => Err(reported(problem.reason.as_str(), &problem.message)),
        None if is_observed(status) => Ok(Verdict::Observed {
            message: format!(
                "{} of {} on {kind} {}, which is only observed",
                groups.len() - missing,
                wording::groups(groups.len()),
                reference.name
            ),
        }),
        None if missing > 0 => {
            let what = format!("{} not on {kind} {} yet", wording::groups_are(missing), reference.name);
            Err(not_yet(&what, status))
        }
        None if surplus > 0 => {
            let groups = wording::groups_are(surplus);
            Err(not_yet(
                &format!("{groups} still to be removed from {kind} {}", reference.name),
                status,
            ))
        }
        None => {
            let message = format!("{} assigned to {kind} {}", wording::groups_are(number), reference.name);
            match is_synced(status) {
                true => Ok(Verdict::Ready { message }),
                false => Err(not_yet(&format!("{message}, which differs from its spec"), status)),
            }
        }
    };
    (groups, result)
}

/// How many groups are on the target for this Assignment that its spec does not name any more.
fn surplus(groups: &[AssignedGroup], assignment: &Assignment, target: &ManagedStatus) -> usize {
    let named = |(state, group): (&AssignedGroup, &AssignmentGroup)| {
        let plan = plan_of(group, target)?;
        state.id.as_deref().map(|id| Key::new(id, plan))
    };
    let wanted: BTreeSet<Key> = groups.iter().zip(&assignment.spec.groups).filter_map(named).collect();
    let name = assignment.name_any();
    target
        .assignments
        .iter()
        .filter(|entry| entry.declared_by.contains(&name) && !wanted.contains(&Key::from(*entry)))
        .count()
}

/// The id of the group's service plan, `Some(None)` when it has none; `None`: its name is not resolved yet.
fn plan_of<'a>(group: &'a AssignmentGroup, target: &'a ManagedStatus) -> Option<Option<&'a str>> {
    match &group.service_plan_name {
        Some(name) => target.resolved.as_ref()?.service_plan(name).map(Some),
        None => Some(group.service_plan_id.as_deref()),
    }
}

fn state_of(group: &AssignmentGroup, assignment: &str, target: &ManagedStatus) -> AssignedGroup {
    let reference = group.reference();
    let id = target
        .resolved
        .iter()
        .flat_map(|resolved| &resolved.groups)
        .find(|resolved| resolved.reference == reference)
        .map(|resolved| resolved.id.clone());
    let plan = plan_of(group, target);
    let on_target = id.as_deref().zip(plan).is_some_and(|(id, plan)| {
        let key = Key::new(id, plan);
        target.assignments.iter().any(|entry| {
            entry.verified
                && Key::from(entry) == key
                && entry.declared_by.iter().any(|by| by == assignment)
                && group.allotment_licenses_count.map(i64::from) == entry.allotment_licenses_count
                && group.allotment_display_name == entry.allotment_display_name
        })
    });
    let state = if on_target {
        "Assigned"
    } else if id.is_some() && plan.is_some() {
        "Pending"
    } else {
        "Unresolved"
    };
    AssignedGroup {
        reference,
        id,
        state: state.to_owned(),
    }
}

/// The problems of an Assignment that may end by themselves, and those that a person has to end.
const WAITING: [Reason; 3] = [Reason::GroupNotFound, Reason::RemovalHeld, Reason::ResolvingReferences];
const STALLED: [Reason; 4] = [
    Reason::AmbiguousReference,
    Reason::Conflict,
    Reason::InvalidSpec,
    Reason::ReferenceGone,
];

/// A problem that the target's pass had with this Assignment, under its own class.
fn reported(reason: &str, message: &str) -> Failure {
    let Some(reason) = Reason::of(reason) else {
        return Failure::stalled(Reason::Refused, message);
    };
    if WAITING.contains(&reason) {
        Failure::waiting(reason, message)
    } else if reason == Reason::ServicePlanNotFound {
        Failure::waiting(reason, message).permanent()
    } else if reason == Reason::PermissionDenied {
        Failure::retry(reason, message)
    } else if STALLED.contains(&reason) {
        Failure::stalled(reason, message)
    } else {
        Failure::stalled(Reason::Refused, message)
    }
}

/// The target has not applied the groups; its own status is the best explanation.
fn not_yet(what: &str, target: &ManagedStatus) -> Failure {
    let message = format!("{what}{}", why(target));
    if find(&target.conditions, "Stalled").is_some_and(|stalled| stalled.status == "True") {
        return Failure::stalled(Reason::TargetNotReady, message);
    }
    let failure = Failure::waiting(Reason::TargetNotReady, message);
    match find(&target.conditions, "Ready") {
        // The state of the Assignments of an unknown target is unknown, too.
        Some(ready) if ready.status == "Unknown" => Failure {
            class: Class::Unreachable,
            ..failure
        },
        _ => failure,
    }
}

/// Whether Graph was seen equal to the target's spec; a target that is suspended since keeps its last report.
fn is_synced(target: &ManagedStatus) -> bool {
    let holds = |kind| find(&target.conditions, kind).is_some_and(|condition| condition.status == "True");
    let suspended = find(&target.conditions, "Synced").is_some_and(|synced| synced.reason == Reason::Suspended.as_str());
    holds("Synced") || suspended && holds("Ready")
}

/// Whether nothing is written to the target by configuration, and its report is current.
fn is_observed(target: &ManagedStatus) -> bool {
    find(&target.conditions, "Ready").is_some_and(|ready| ready.status == "True" && ready.reason == Reason::Observed.as_str())
}

/// The reason of a target that holds a change back until a person has approved it.
fn needs_approval(target: &ManagedStatus) -> Option<Reason> {
    let reason = find(&target.conditions, "ApprovalRequired").filter(|condition| condition.status == "True");
    reason.and_then(|condition| Reason::of(&condition.reason))
}

fn why(target: &ManagedStatus) -> String {
    let ready = find(&target.conditions, "Ready").filter(|ready| ready.status != "True");
    ready
        .map(|ready| format!(": {} ({})", ready.message, ready.reason))
        .unwrap_or_default()
}

fn target(assignment: &Assignment, context: &Context) -> Result<Option<Target>, Stop> {
    let (cluster, namespace) = (&context.cluster, assignment.namespace().unwrap_or_default());
    let reference = &assignment.spec.target_ref;
    let found = cluster.visit_target(reference, &namespace, |object| {
        let uid = Uid::of_meta(object.meta);
        let known = uid.as_deref().unwrap_or_default();
        let seen = uid.as_ref().map(|uid| context.memory.get(uid).seen).unwrap_or_default();
        (!cluster.published.is_finalized(known)).then(|| Target {
            status: cluster.published.latest(known, object.status),
            leaving: object.meta.deletion_timestamp.is_some(),
            suspended: object.is_suspended,
            working_with: seen.collected,
            untold: seen.untold,
            uid: uid.clone(),
        })
    });
    let (kind, name) = (reference.kind.name(), &reference.name);
    if found.is_none() && cluster.malformed.names(kind, &namespace).contains(name) {
        return Err(Stop::waiting(
            Reason::Malformed,
            format!("{kind} {name} cannot be read (see its events); correct it with kubectl edit. Its groups stay as they are"),
        ));
    }
    Ok(found.flatten())
}

/// The target has to try missing groups again; but not as often as there are Assignments with missing groups.
fn wake_target_now_and_then(assignment: &Assignment, context: &Context) {
    const PAUSE: Duration = Duration::from_secs(20);
    let Ok(Some(target)) = target(assignment, context) else { return };
    let Some(uid) = &target.uid else { return };
    let due = context.memory.update(uid, |notes| {
        let due = notes.asked.woken.is_none_or(|woken| woken.elapsed() >= PAUSE);
        if due {
            notes.asked.woken = Some(Instant::now());
        }
        due
    });
    if due {
        wake_target(assignment, context);
    }
}

/// A person requested a reconcile of this Assignment: its references whose ids are gone may be resolved again.
fn ask_target(assignment: &Assignment, context: &Context) {
    let Ok(Some(target)) = target(assignment, context) else { return };
    if let Some(uid) = &target.uid {
        context.memory.update(uid, |notes| {
            notes.asked.assignments.insert(assignment.name_any());
            notes.sent.forget_trial();
        });
    }
}

fn wake_target(assignment: &Assignment, context: &Context) {
    let namespace = assignment.namespace().unwrap_or_default();
    context
        .cluster
        .visit_target(&assignment.spec.target_ref, &namespace, |object| (object.wake)());
}
