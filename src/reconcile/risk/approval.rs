//! Whether a person has approved a plan. An approval is an annotation that only an approver may set; once it was seen and counted, it is in the
//! status, whatever becomes of the annotation.

use jiff::{SignedDuration, Timestamp};

use crate::api::{Approval, EntraTenant, Risk};
use crate::cluster::managed::Managed;
use crate::reconcile::pass::Pass;
use crate::report::reason::event;
use crate::report::status::now;
use crate::tenant::change_windows::next_end;

/// How long an approval counts, and a plan that was begun may be continued.
pub(super) const VALID: SignedDuration = SignedDuration::from_hours(24);
/// How many approvals a status keeps.
const KEPT: usize = 10;

/// An approval of a plan.
#[derive(Debug)]
pub(super) enum Given {
    /// It counts.
    Counts,
    /// None was given.
    None,
    /// One was given that does not count.
    Refused(String),
    /// Who may set an approval is not enforced.
    Unprotected(String),
}

/// The approval of a plan that is not spent. `asked`: what the resource carries, the plan's id and who approves.
pub(super) fn find<K: Managed>(pass: &mut Pass<'_, K>, plan: &Risk, asked: Option<&(String, String)>) -> Given {
    if pass.draft.approvals.iter().any(|approval| approval.plan_id == plan.plan_id) {
        return Given::Counts;
    }
    let Some((asked, by)) = asked else { return Given::None };
    if *asked != plan.plan_id {
        return Given::Refused(format!("it is of another plan, {asked}"));
    }
    if by.is_empty() {
        return Given::Refused("it does not say who approves".to_owned());
    }
    pass.draft.approvals.push(Approval {
        plan_id: plan.plan_id.clone(),
        by: by.clone(),
        at: now(),
        used_at: None,
    });
    let surplus = pass.draft.approvals.len().saturating_sub(KEPT);
    pass.draft.approvals.drain(..surplus);
    pass.event(event::APPROVED, "Approve", format!("{by} approved plan {}", plan.plan_id));
    Given::Counts
}

/// Whether the approval of a plan was used, or has ended. Then the plan needs another one, and so another id.
pub(super) fn is_spent(described: &EntraTenant, approvals: &[Approval], plan_id: &str) -> bool {
    let mut known = approvals.iter().filter(|approval| approval.plan_id == plan_id);
    known.any(|approval| approval.used_at.is_some() || now().0 >= end(described, approval))
}

/// When an approval ends: after a day, or with the change window in which it could have been used.
fn end(described: &EntraTenant, approval: &Approval) -> Timestamp {
    let day = approval.at.0 + VALID;
    next_end(&described.spec, approval.at.0).map_or(day, |window| window.max(day))
}

/// Notes that an approval is used.
pub(super) fn used<K: Managed>(pass: &mut Pass<'_, K>, plan_id: &str) {
    for approval in pass.draft.approvals.iter_mut().filter(|approval| approval.plan_id == plan_id) {
        approval.used_at = Some(now());
    }
}
