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

/// The approval of a plan. `asked`: what the resource carries, the plan's id and who approves.
pub(super) fn find<K: Managed>(pass: &mut Pass<'_, K>, described: &EntraTenant, plan: &Risk, asked: Option<&(String, String)>) -> Given {
    let seen = pass.draft.approvals.iter().find(|approval| approval.plan_id == plan.plan_id);
    if let Some(approval) = seen {
        return match &approval.used_at {
            Some(_) => Given::Refused("it was used".to_owned()),
            None if now().0 >= end(described, approval) => {
                Given::Refused("it is older than 24 hours, and the change window that followed it is over".to_owned())
            }
            None => Given::Counts,
        };
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
