//! What a change costs in Cloud PCs, and whether it may be made: the guard of everything that takes groups, licences or a policy away.
//!
//! The Cloud PCs at risk are counted in a list from after the plan was made. Without any, the change is made. Otherwise it is held until a
//! person has approved exactly this plan, or made at once where the tenant's limit for 24 hours allows it. A plan that cannot be counted is
//! held. What may be lost is handed on to the write, which sends nothing that takes more away.

mod approval;
pub(crate) mod case;
pub(crate) mod count;
mod identity;
mod limit;
mod plan;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::api::{AssignmentOwnership, EntraTenant, ReplacedSet};
use crate::base::wall;
use crate::cluster::managed::Managed;
use crate::graph::{AssignmentTarget, CloudPc};
use crate::reconcile::key::Key;
use crate::reconcile::memory::asked::Counting;
use crate::reconcile::pass::Pass;
use crate::reconcile::risk::case::{Case, Judgement};
use crate::reconcile::risk::count::{Allowed, AtRisk, Left, Members, at_risk};
use crate::reconcile::risk::plan::Known;
use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;

/// Judges a change that takes something away. An error means that nothing is known yet.
pub(crate) async fn judge<K: Managed>(
    pass: &mut Pass<'_, K>,
    described: &EntraTenant,
    tenant: &Tenant,
    case: Case<'_>,
) -> Result<Judgement, Stop> {
    let known = Known::of(pass, tenant, &case);
    let key = known.list_key();
    let counting = pass.note(|notes| notes.asked.counting(key).clone());
    let again = counting
        .first
        .as_ref()
        .map(|(at, _)| *at + pass.context.settle)
        .filter(|at| *at <= Instant::now());
    let counted = match count(tenant, &case, again.unwrap_or(counting.since)).await {
        Ok(counted) => counted,
        Err(Stop::Failed(failure)) if !holds_all_back(&failure) => return Ok(plan::uncounted(pass, &case, &known, &failure)),
        Err(stop) => return Err(stop),
    };
    let Counted { mut risky, keeps } = counted;
    if again.is_some() {
        note_second(pass, key, &risky, &counting);
    }
    risky.extend(missing(&risky, &counting));
    risky.sort_by(|a, b| a.id.cmp(&b.id));
    // A second count that was begun is made, whatever becomes of the reason for it.
    let once_more_wanted = counting.first.is_some() || changed_lately(pass, tenant) || known.had_more(risky.len());
    let left = if again.is_some() || counting.is_settled() || !once_more_wanted {
        Duration::ZERO
    } else {
        let first = || (Instant::now(), Arc::from(risky.as_slice()));
        let at = pass.note(|notes| notes.asked.counting(key).first.get_or_insert_with(first).0);
        (at + pass.context.settle).saturating_duration_since(Instant::now())
    };
    let allowed = Allowed {
        loss: case.loss.clone(),
        keeps,
    };
    if !risky.is_empty()
        && let Some(failure) = plan::decide(pass, described, tenant, &case, &risky, known, left).await?
    {
        return Ok(Judgement::Held(failure));
    }
    Ok(if left.is_zero() {
        Judgement::Allowed(allowed)
    } else {
        Judgement::Held(once_more(left))
    })
}

/// What the first list showed and this one does not; what one of them shows is there.
fn missing(risky: &[AtRisk], counting: &Counting) -> Vec<AtRisk> {
    let shown: BTreeSet<&String> = risky.iter().map(|pc| &pc.id).collect();
    let earlier = counting.first.iter().flat_map(|(_, earlier)| earlier.iter());
    earlier.filter(|pc| !shown.contains(&pc.id)).cloned().collect()
}

/// Notes a second count. One that lacks what the first had is a first one itself: two in a row have to agree.
fn note_second<K: Managed>(pass: &Pass<'_, K>, key: u64, risky: &[AtRisk], counting: &Counting) {
    let (agree, now) = (missing(risky, counting).is_empty(), Instant::now());
    pass.note(|notes| {
        let noted = notes.asked.counting(key);
        noted.twice = agree.then_some(now);
        noted.first = (!agree).then(|| (now, Arc::from(risky)));
    });
}

/// Whether a failure concerns more than what is counted: nothing else can be sent either.
fn holds_all_back(failure: &Failure) -> bool {
    matches!(failure.reason, Reason::AuthenticationFailed | Reason::Throttled)
}

/// Whether the groups of the object were changed so lately that a list of Cloud PCs may not show what came of it.
fn changed_lately<K: Managed>(pass: &Pass<'_, K>, tenant: &Tenant) -> bool {
    let context = pass.context;
    let recent = |at: Timestamp, now: Timestamp| Duration::try_from(now.duration_since(at)).is_ok_and(|age| age < context.absence());
    let replaced = |set: &ReplacedSet| {
        let at = set.answered_at.as_ref().unwrap_or(&set.read_at).0;
        recent(at, tenant.clock.now())
    };
    // What an earlier process did for an Exclusive object is not recorded.
    let unknown = pass.object.common().ownership == Some(AssignmentOwnership::Exclusive) && recent(context.leading_since, wall::now());
    let sent = pass.notes().sent.assigned.is_some_and(|(at, _)| at.elapsed() < context.absence());
    sent || unknown || pass.draft.replaced_sets.iter().any(replaced)
}

/// The wait for another list.
fn once_more(left: Duration) -> Failure {
    let message = "the groups were changed lately, or fewer Cloud PCs are at risk than before, so they are counted once more before anything is taken away";
    Failure::waiting_for(Reason::NotVisibleYet, message, left)
}

/// What was counted.
#[derive(Default)]
struct Counted {
    /// The Cloud PCs at risk.
    risky: Vec<AtRisk>,
    /// The entries by which others are not.
    keeps: Vec<AssignmentTarget>,
}

/// The Cloud PCs at risk, in lists that began after `not_before`.
async fn count(tenant: &Tenant, case: &Case<'_>, not_before: Instant) -> Result<Counted, Stop> {
    let cloud_pcs = tenant.cloud_pcs(case.graph_id, not_before).await?;
    if cloud_pcs.is_empty() {
        return Ok(Counted::default());
    }
    let left = left(tenant, case, &cloud_pcs, not_before).await?;
    let risky = at_risk(&cloud_pcs, case.before, &left);
    let all_at_risk = risky.len() == cloud_pcs.len();
    let keeps = if all_at_risk { Vec::new() } else { left.stays };
    Ok(Counted { risky, keeps })
}

/// The entries that stay: those that are there and remain. One that is added by the same change is no proof, because Microsoft does not
/// document that a Cloud PC survives a change of its group.
async fn left(tenant: &Tenant, case: &Case<'_>, cloud_pcs: &[CloudPc], not_before: Instant) -> Result<Left, Stop> {
    let there: BTreeSet<Key> = case.before.iter().map(Key::from).collect();
    let stays: Vec<AssignmentTarget> = case
        .after
        .iter()
        .filter(|entry| there.contains(&Key::from(*entry)))
        .cloned()
        .collect();
    let mut members: BTreeMap<String, Members> = BTreeMap::new();
    let has_users = cloud_pcs.iter().any(|pc| pc.user.is_some());
    for entry in stays.iter().filter(|_| has_users) {
        if let Entry::Vacant(unread) = members.entry(entry.group_id.to_lowercase()) {
            unread.insert(read_members(tenant, &entry.group_id, not_before).await?);
        }
    }
    Ok(Left { stays, members })
}

/// Who is in a group; a group that cannot be read proves nothing, and does not keep the others from being read.
async fn read_members(tenant: &Tenant, group: &str, not_before: Instant) -> Result<Members, Stop> {
    let found = match tenant.members(group, not_before).await {
        Ok(found) => found,
        // Not Graph's whole text: a status that differs with each try would be written with each.
        Err(Stop::Failed(failure)) if !holds_all_back(&failure) => {
            return Ok(Err(format!("the members of group {group} cannot be read ({})", failure.reason)));
        }
        Err(stop) => return Err(stop),
    };
    let names: BTreeSet<String> = found
        .iter()
        .filter_map(|member| member.name.as_deref())
        .map(str::to_lowercase)
        .collect();
    if names.is_empty() && !found.is_empty() {
        return Ok(Err(format!(
            "Graph shows the members of group {group} without their names: grant the application User.ReadBasic.All"
        )));
    }
    Ok(Ok(names))
}

/// The set would take more away than was judged, because another writer has changed it since; the next pass judges anew.
pub(crate) fn more_than_judged() -> Stop {
    Stop::later(Duration::from_millis(500))
}
