//! Step four: whether a plan may be carried out. Takes a plan and what the status remembers; writes nothing to Graph.
//!
//! Drift is reported before it is corrected: the pass that finds it only writes it down, the next one corrects it.
//! So every watcher of the object sees every change by another writer, however quickly it is corrected.

use crate::api::PendingPlan;
use crate::cluster::managed::Managed;
use crate::reconcile::drift::{describe_changes, differing_fields, drift};
use crate::reconcile::pass::Pass;
use crate::reconcile::plan::{Change, Desired};
use crate::report::conditions::Verdict;
use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::wording;

/// The decision about a plan.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Nothing is to do.
    Converged,
    /// Carry it out.
    Proceed,
    /// Report it only.
    Hold(Verdict),
    /// It cannot be carried out.
    Stop(Failure),
}

/// Why nothing is to be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HeldBy {
    /// It is configured: by the object, its tenant or the process. Only a report is wanted.
    Configuration(&'static str),
    /// The application may not write, although the configuration asks for it.
    Grant,
}

/// Decides, and takes drift and a held plan into the draft of the status.
pub(crate) fn guard<K: Managed>(changes: &[Change], desired: &Desired, pass: &mut Pass<'_, K>, held_by: Option<HeldBy>) -> Decision {
    // A plan that puts Cloud PCs at risk is judged where it is carried out, and stays until then: its approval is of exactly this one.
    let judged = |plan: &PendingPlan| plan.risk.is_some() && !changes.is_empty();
    let was_held = pass.draft.plan.take_if(|plan| !judged(plan)).is_some();
    if was_held && held_by.is_none() {
        // What was only observed until now is no drift: the difference may be the spec's.
        pass.draft.drift.clear();
    }
    if changes.is_empty() {
        return Decision::Converged;
    }
    match held_by {
        Some(HeldBy::Configuration(reason)) => return Decision::Hold(observed_only(changes, pass, reason)),
        Some(HeldBy::Grant) => {
            let summary = note_held(changes, pass, "a read-only grant");
            let message = format!(
                "{summary}. The application may read Cloud PC objects and not write them: grant it CloudPC.ReadWrite.All, or set mode: Observe"
            );
            return Decision::Hold(Verdict::Failed(Failure::stalled(Reason::PermissionMissing, message)));
        }
        None => {}
    }
    if let Some(Change::Immutable { fields }) = changes.iter().find(|change| matches!(change, Change::Immutable { .. })) {
        let paths = fields.iter().map(|field| field.path.as_str()).collect::<Vec<_>>().join(", ");
        let message = format!(
            "Graph does not allow a change of {paths} after creation, and it differs: {}. Delete the resource and create it again, or set the spec to what Graph has",
            wording::differences(&differing_fields(changes), &[])
        );
        return Decision::Stop(Failure::stalled(Reason::ImmutableField, message));
    }
    let generation = pass.object.meta().generation;
    let synced = generation.is_some() && pass.draft.synced_generation == generation;
    let drift = drift(changes, desired, pass.remembered_assignments(), synced, &pass.draft.drift);
    if drift.is_empty() || pass.draft.drift == drift {
        return Decision::Proceed;
    }
    let message = format!(
        "changed in Graph by another writer: {}",
        wording::differences(&drift, pass.draft.known_groups())
    );
    pass.warn(event::DRIFT_DETECTED, "Compare", message.clone());
    pass.drifted = true;
    pass.draft.drift = drift;
    Decision::Hold(Verdict::Working {
        reason: Reason::Drifted,
        message: format!("{message}; correcting it"),
    })
}

/// Everything that differs is reported, nothing is written. A missing object does not equal the spec, even if it is
/// reported completely.
fn observed_only<K: Managed>(changes: &[Change], pass: &mut Pass<'_, K>, held_by: &str) -> Verdict {
    let missing = changes.iter().any(|change| matches!(change, Change::Create { .. }));
    let message = note_held(changes, pass, held_by);
    if missing {
        return Verdict::Held {
            reason: Reason::ObservedDifference,
            message,
        };
    }
    Verdict::Observed { message }
}

/// Takes a plan that is held back into the draft of the status, and returns its summary.
fn note_held<K: Managed>(changes: &[Change], pass: &mut Pass<'_, K>, held_by: &str) -> String {
    let fields = differing_fields(changes);
    let changes = describe_changes(changes);
    let count = if changes.len() == 1 {
        "1 change".to_owned()
    } else {
        format!("{} changes", changes.len())
    };
    let differences = wording::differences(&fields, pass.draft.known_groups());
    let summary = format!("{count} held back by {held_by}: {differences}");
    if pass.draft.drift != fields {
        pass.warn(event::DRIFT_DETECTED, "Compare", differences);
        pass.drifted = true;
        pass.draft.drift = fields;
    }
    pass.draft.plan = Some(PendingPlan {
        summary: summary.clone(),
        changes,
        risk: None,
    });
    summary
}
