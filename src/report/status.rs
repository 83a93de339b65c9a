//! Step six: a pass's outcome and the old status give the new status; then at most one write.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::api::{DriftRecord, ManagedStatus};
use crate::base::text::same_but_ids;
use crate::base::wall;
use crate::report::conditions::{Conditions, Truth, Verdict};
use crate::report::failure::{Class, Unseen};
use crate::report::reason::Reason;
use crate::report::wording;

/// The status after a pass over a resource that represents an object in Graph. `draft` contains the data that the steps
/// found; this adds what follows from it. Pure, except for the clock, which changes no time of an unchanged condition.
pub(crate) fn managed(old: &ManagedStatus, mut draft: ManagedStatus, verdict: &Verdict, generation: Option<i64>) -> ManagedStatus {
    draft.observed_generation = generation;
    for problem in &mut draft.assignment_problems {
        let earlier = old
            .assignment_problems
            .iter()
            .find(|old| old.assignment == problem.assignment && same_but_ids(&old.message, &problem.message));
        if let Some(earlier) = earlier {
            problem.message.clone_from(&earlier.message);
        }
    }
    if matches!(verdict, Verdict::Ready { .. } | Verdict::Pending { .. }) {
        draft.synced_generation = generation;
        draft.drift.clear();
        draft.plan = None;
    }
    draft.assigned_groups = draft.groups_seen();
    draft.last_drift = last_drift(old, &draft);
    let mut conditions = Conditions::new(&old.conditions, generation, now());
    conditions.ready(verdict);
    synced(&mut conditions, verdict);
    drifted(&mut conditions, verdict, &draft);
    references(&mut conditions, verdict, &draft);
    approval(&mut conditions, verdict, &draft);
    draft.conditions = conditions.finish();
    draft
}

/// What the pass reports nothing about.
fn unseen(verdict: &Verdict) -> Unseen {
    match verdict {
        Verdict::Suspended => Unseen::References,
        // Names stay resolved while Graph does not answer, but it is not known whether they would be.
        Verdict::Failed(failure) if failure.class == Class::Unreachable => Unseen::References,
        Verdict::Failed(failure) => failure.unseen,
        Verdict::Ready { .. } | Verdict::Pending { .. } | Verdict::Observed { .. } | Verdict::Working { .. } | Verdict::Held { .. } => {
            Unseen::Nothing
        }
    }
}

fn synced(conditions: &mut Conditions<'_>, verdict: &Verdict) {
    match verdict {
        Verdict::Ready { .. } | Verdict::Pending { .. } => conditions.set("Synced", Truth::True, Reason::Synced, "Graph equals the spec"),
        Verdict::Observed { .. } => conditions.set("Synced", Truth::False, Reason::ObservedDifference, "Graph differs from the spec"),
        Verdict::Working { reason, .. } | Verdict::Held { reason, .. } => {
            conditions.set("Synced", Truth::False, *reason, "Graph differs from the spec")
        }
        Verdict::Suspended => conditions.set("Synced", Truth::Unknown, Reason::Suspended, "not checked"),
        Verdict::Failed(failure) => {
            let truth = if unseen(verdict) == Unseen::Nothing {
                Truth::False
            } else {
                Truth::Unknown
            };
            conditions.set("Synced", truth, failure.reason, "Graph was not seen equal to the spec")
        }
    };
}

fn drifted(conditions: &mut Conditions<'_>, verdict: &Verdict, draft: &ManagedStatus) {
    const KIND: &str = "Drifted";
    if !draft.drift.is_empty() {
        let message = wording::differences(&draft.drift, draft.known_groups());
        conditions.set(KIND, Truth::True, Reason::Drifted, message);
    } else if unseen(verdict) == Unseen::Nothing {
        conditions.set(KIND, Truth::False, Reason::NoDrift, "no other writer has changed anything in Graph");
    } else {
        conditions.set(KIND, Truth::Unknown, Reason::NotChecked, "not checked");
    }
}

/// Only where a plan is held because of the Cloud PCs that it puts at risk.
fn approval(conditions: &mut Conditions<'_>, verdict: &Verdict, draft: &ManagedStatus) {
    let Some(plan) = &draft.plan else { return };
    if plan.risk.as_ref().is_none_or(|risk| risk.started_at.is_some()) {
        return;
    }
    // One that is approved, and waits for something else, needs no further approval.
    if let Verdict::Failed(failure) = verdict
        && matches!(failure.reason, Reason::ApprovalRequired | Reason::ApprovalUnprotected)
    {
        conditions.set("ApprovalRequired", Truth::True, failure.reason, &plan.summary);
    }
}

/// Failures that mean that something which the spec names was not found, or cannot be used yet.
const UNRESOLVED: [Reason; 6] = [
    Reason::ReferenceGone,
    Reason::TenantNotFound,
    Reason::ImageNotFound,
    Reason::ConnectionNotFound,
    Reason::ConnectionNotReady,
    Reason::AmbiguousReference,
];

fn references(conditions: &mut Conditions<'_>, verdict: &Verdict, draft: &ManagedStatus) {
    const KIND: &str = "ReferencesResolved";
    if let Verdict::Failed(failure) = verdict
        && UNRESOLVED.contains(&failure.reason)
    {
        conditions.set(KIND, Truth::False, failure.reason, &failure.message);
        return;
    }
    // The problems of Assignments are old ones when no reference was looked up.
    let looked_up = match verdict {
        Verdict::Suspended => false,
        Verdict::Failed(failure) => failure.unseen != Unseen::References,
        Verdict::Ready { .. } | Verdict::Pending { .. } | Verdict::Observed { .. } | Verdict::Working { .. } | Verdict::Held { .. } => true,
    };
    match draft.assignment_problems.first().filter(|_| looked_up) {
        Some(problem) => {
            let message = format!("Assignment {}: {}", problem.assignment, problem.message);
            conditions.set(KIND, Truth::False, Reason::of(&problem.reason).unwrap_or(Reason::Refused), message)
        }
        None if unseen(verdict) == Unseen::References => conditions.set(KIND, Truth::Unknown, Reason::NotChecked, "not checked"),
        None => conditions.set(KIND, Truth::True, Reason::Resolved, "every reference is resolved"),
    };
}

/// The time as Kubernetes keeps it: in whole seconds.
pub(crate) fn now() -> Time {
    let now = wall::now();
    Time(Timestamp::from_second(now.as_second()).unwrap_or(now))
}

fn last_drift(old: &ManagedStatus, draft: &ManagedStatus) -> Option<DriftRecord> {
    match (&old.last_drift, draft.drift.is_empty()) {
        (Some(record), false) if record.corrected_at.is_none() && record.fields == draft.drift => Some(record.clone()),
        (_, false) => Some(DriftRecord {
            detected_at: now(),
            corrected_at: None,
            fields: draft.drift.clone(),
        }),
        (Some(record), true) if record.corrected_at.is_none() => Some(DriftRecord {
            corrected_at: Some(now()),
            ..record.clone()
        }),
        (record, true) => record.clone(),
    }
}
