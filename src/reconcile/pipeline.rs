//! One pass over an object that stands for something in Graph:
//! `resolve → observe → plan → guard → apply → report`. Data flows forward only.

use std::time::Duration;

use jiff::SignedDuration;
use kube::ResourceExt;

use tokio::time::Instant;

use crate::api::{CreateMarker, EntraTenant, OwnedAssignment};
use crate::cluster::managed::Managed;
use crate::graph::{Entity, Priority};
use crate::reconcile::apply::{Work, apply};
use crate::reconcile::claims;
use crate::reconcile::context::Context;
use crate::reconcile::desire::{Left, desire};
use crate::reconcile::drift::{differing_fields, drift};
use crate::reconcile::guard::{Decision, HeldBy, guard};
use crate::reconcile::memory::Sent;
use crate::reconcile::observe::{Age, Look, observe};
use crate::reconcile::pass::Run;
use crate::reconcile::plan;
use crate::reconcile::plan::{Change, Desired, Key, plan};
use crate::reconcile::put_back::put_back;
use crate::reconcile::recover::recover;
use crate::reconcile::resolve;
use crate::report::conditions::Verdict;
use crate::report::failure::{Failure, Unseen};
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::stop::Stop;
use crate::report::wording;
use crate::tenant::fingerprint::{fingerprint, judged};
use crate::tenant::shared::{Tenant, interval, only_looks};

/// Makes Graph equal to the spec, or says why not.
pub(crate) async fn converge<K: Managed>(object: &K, run: &mut Run<K>, context: &Context) -> Result<Verdict, Stop> {
    if object.common().suspend {
        return Ok(Verdict::Suspended);
    }
    let unresolved = |stop: Stop| stop.map(|failure| failure.before(Unseen::References));
    claims::restore(object, run, context);
    let (described, tenant) = resolve::tenant(object, context).map_err(unresolved)?; // caches
    if let Some(id) = &run.draft.id {
        claims::refuse_foreign_owner::<K>(id, run.draft.owner.as_ref(), &tenant.key, context).map_err(unresolved)?;
    }
    let result = steps(object, run, &described, &tenant, context).await;
    if !matches!(&result, Err(failure) if failure.is_later()) {
        tenant.snapshot(K::COLLECTION).waiting.leave(&object.uid().unwrap_or_default());
    }
    result
}

async fn steps<K: Managed>(
    object: &K,
    run: &mut Run<K>,
    described: &EntraTenant,
    tenant: &Tenant,
    context: &Context,
) -> Result<Verdict, Stop> {
    let only_look = only_looks(described, object.common().mode);
    // Graph lookups, for names that are not pinned.
    let desired = desire(object, run, only_look, tenant, context).await;
    let (mut desired, left) = desired.map_err(|stop| stop.map(|failure| failure.before(Unseen::References)))?;
    desired.marked = described.spec.create_marker == Some(CreateMarker::Description);
    // Graph reads.
    let seen = look(object, run, &desired, described, tenant, context).await;
    let seen = seen.map_err(|stop| stop.map(|failure| failure.before(Unseen::Graph)))?;
    if let Some(entity) = &seen {
        claims::note_seen(run, entity);
        claims::prove(object, run, Some(entity), tenant, context)?;
        desired.put_back = put_back(object, entity, tenant, context).await?;
    }
    remember(object, run, &desired, seen.as_ref(), tenant, context);
    let changes = plan(K::COLLECTION, &desired, &run.draft.assignments, seen.as_ref()); // pure
    refuse_old_read(object, seen.as_ref(), &changes, context)?;
    let work = Work {
        object,
        desired: &desired,
        tenant,
        context,
    };
    let held_by = held_by(only_look, tenant, context);
    match guard(&changes, &desired, run, held_by, object.meta().generation) {
        Decision::Converged => converged(object, run, &desired, left, context),
        Decision::Hold(verdict) => Ok(verdict),
        Decision::Stop(failure) => {
            // What cannot be reached must not keep a group from being assigned or taken off.
            let assigns: Vec<Change> = changes
                .into_iter()
                .filter(|change| matches!(change, Change::Assign { .. }))
                .collect();
            hold_removals(object, &assigns, context)?;
            carry_out(work, seen, &assigns, run).await?;
            Err(failure.into())
        }
        Decision::Proceed => {
            if seen.is_none() && left.arriving && !waited_enough(object, context) {
                return Err(Stop::soon());
            }
            hold_removals(object, &changes, context)?;
            // What nobody but the spec has changed is somebody's wish, whoever woke this pass.
            let urgency = if run.draft.drift.is_empty() {
                Priority::Change
            } else {
                Priority::Repair
            };
            let entity = urgency.scope(carry_out(work, seen, &changes, run)).await?; // Graph writes
            let missing = plan(K::COLLECTION, &desired, &run.draft.assignments, entity.as_ref());
            if missing.is_empty() {
                converged(object, run, &desired, left, context)
            } else {
                Err(not_visible(&missing))
            }
        }
    }
}

/// Why nothing is to be written, if so. A process or an application that may only read writes nothing either, but what is
/// being deleted waits instead of being let go of: nobody asked for that.
fn held_by(only_look: bool, tenant: &Tenant, context: &Context) -> Option<HeldBy> {
    if only_look {
        Some(HeldBy::Configuration("mode Observe"))
    } else if context.access.read_only {
        Some(HeldBy::Configuration("the controller's --read-only"))
    } else {
        // Known from the token that the look needed.
        tenant.client.reads_only().then_some(HeldBy::Grant)
    }
}

/// Applies the changes, once: not those that Graph refused, nor those that it accepted and does not show yet.
async fn carry_out<K: Managed>(
    work: Work<'_, K>,
    seen: Option<Entity>,
    changes: &[Change],
    run: &mut Run<K>,
) -> Result<Option<Entity>, Stop> {
    let Work {
        object,
        desired,
        tenant,
        context,
    } = work;
    if changes.is_empty() {
        return Ok(seen);
    }
    let (fresh, refused) = without_refused(object, changes, context);
    if !fresh.is_empty() {
        hold_unseen(object, &fresh, context)?;
        let entity = apply(work, seen, &fresh, run).await?;
        remember(object, run, desired, Some(&entity), tenant, context);
        return refused.map_or(Ok(Some(entity)), |failure| Err(failure.into()));
    }
    refused.map_or(Ok(seen), |failure| Err(failure.into()))
}

/// Whether a new object has waited for Assignments that arrive with it: created and assigned in one go, it costs no request
/// more. A wait for speed only.
fn waited_enough<K: Managed>(object: &K, context: &Context) -> bool {
    const LONGEST: Duration = Duration::from_secs(5);
    let mut waited = Duration::ZERO;
    context.memory.update(&object.uid().unwrap_or_default(), |notes| {
        waited = notes.create_wanted.get_or_insert_with(Instant::now).elapsed();
    });
    waited >= LONGEST
}

/// Finds the object: by its id, or as the product of a create whose answer was lost.
async fn look<K: Managed>(
    object: &K,
    run: &mut Run<K>,
    desired: &Desired,
    described: &EntraTenant,
    tenant: &Tenant,
    context: &Context,
) -> Result<Option<Entity>, Stop> {
    let Some(id) = run.draft.id.clone() else {
        let found = recover(object, run, tenant, context).await?;
        if let Some(entity) = &found {
            let name = object.common().display_name;
            let text = format!(
                "found {} {name:?} ({}), created by a request whose answer was lost",
                K::COLLECTION.singular(),
                entity.id
            );
            run.event(event::CREATED, "Create", text);
        }
        return Ok(found);
    };
    let settled = |entity: &Entity| plan(K::COLLECTION, desired, &run.draft.assignments, Some(entity)).is_empty();
    let uid = object.uid().unwrap_or_default();
    let notes = context.memory.get(&uid);
    let age = match notes.confirm {
        _ if run.requested || notes.look_afresh => Age::Fresh,
        Some(since) => Age::After(since),
        None if notes.sent.is_some_and(|sent| !sent.seen) => Age::Fresh,
        // The poller lists once an interval; a list that is older than two says nothing about now.
        None => Age::Listed(interval(&described.spec) * 2),
    };
    let was_seen = run.draft.owner.as_ref().is_none_or(|owner| owner.seen);
    let generation = object.meta().generation;
    let synced = generation.is_some() && run.draft.synced_generation == generation;
    let held = held_by(only_looks(described, object.common().mode), tenant, context).is_some();
    let only_told = |entity: &Entity| {
        let changes = plan(K::COLLECTION, desired, &run.draft.assignments, Some(entity));
        let drift = drift(&changes, desired, run.remembered_assignments(), synced, &run.draft.drift);
        // A set of assignments is read once more when its turn has come.
        let only_assigns = changes.iter().all(|change| matches!(change, Change::Assign { .. }));
        held || only_assigns || !drift.is_empty() && drift != run.draft.drift
    };
    let look = Look {
        id: &id,
        age,
        was_seen,
        converged: settled,
        only_told,
    };
    let seen = observe(object, look, tenant, context).await;
    let unanswered = matches!(age, Age::Fresh) && seen.is_err();
    context.memory.update(&uid, |notes| notes.look_afresh = unanswered);
    seen
}

/// Groups that are moved from one Assignment to another vanish from the first before they are in the second: the edits come
/// one after the other, in whatever order. So a removal has to be wanted for a moment, by every pass.
fn hold_removals<K: Managed>(object: &K, changes: &[Change], context: &Context) -> Result<(), Stop> {
    const FOR: Duration = Duration::from_secs(3);
    let removed: Vec<&String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Assign { fields, .. } => Some(fields),
            _ => None,
        })
        .flatten()
        .filter(|field| field.desired.is_none())
        .map(|field| &field.path)
        .collect();
    let wanted = (!removed.is_empty()).then(|| fingerprint(&removed));
    let mut left = None;
    context.memory.update(&object.uid().unwrap_or_default(), |notes| {
        notes.removal_wanted = wanted.map(|wanted| match notes.removal_wanted {
            Some((known, since)) if known == wanted => (known, since),
            _ => (wanted, Instant::now()),
        });
        left = notes.removal_wanted.map(|(_, since)| FOR.saturating_sub(since.elapsed()));
    });
    match left {
        Some(left) if !left.is_zero() => Err(Stop::later(left)),
        _ => Ok(()),
    }
}

/// Takes what was seen into the status and the notes.
fn remember<K: Managed>(object: &K, run: &mut Run<K>, desired: &Desired, seen: Option<&Entity>, tenant: &Tenant, context: &Context) {
    let uid = object.uid().unwrap_or_default();
    let notes = context.memory.get(&uid);
    let assigned = notes.assigned.filter(|(at, _)| at.elapsed() < context.settle);
    // What an earlier process sent and never saw may have been sent just before this one began.
    let led = crate::base::wall::now().duration_since(context.leading_since);
    let new_leader = led < SignedDuration::try_from(context.settle).unwrap_or(SignedDuration::from_mins(1));
    let sent = |entry: &OwnedAssignment| assigned.as_ref().is_some_and(|(_, set)| set.contains(&Key::from(entry)));
    let may_appear = |entry: &OwnedAssignment| sent(entry) || new_leader && !entry.verified;
    let assignments = seen.map_or(&[][..], |entity| entity.assignments.as_slice());
    run.draft.assignments = plan::owned_after(desired, &run.draft.assignments, assignments, may_appear);
    run.draft.foreign_assignments = plan::foreign(&run.draft.assignments, assignments);
    let undeclared = |entry: &&OwnedAssignment| !entry.verified && !desired.declared.contains_key(&Key::from(*entry));
    if run.draft.assignments.iter().filter(undeclared).any(&may_appear) {
        let over = Instant::now() + context.settle;
        context
            .memory
            .update(&uid, |notes| notes.next_look = notes.next_look.into_iter().chain([over]).min());
    }
    let namesakes = if seen.is_some() {
        Vec::new()
    } else {
        tenant.snapshot(K::COLLECTION).named(object.common().display_name)
    };
    context.memory.update(&uid, |notes| notes.judged = Some(judged(seen, &namesakes)));
}

/// Graph equals the spec: unless it is only that an earlier write for another spec has not reached the reads yet.
fn converged<K: Managed>(object: &K, run: &mut Run<K>, desired: &Desired, left: Left, context: &Context) -> Result<Verdict, Stop> {
    let uid = object.uid().unwrap_or_default();
    let sent = context.memory.get(&uid).sent;
    if let Some(sent) = sent.filter(|sent| !sent.seen && sent.desired != fingerprint(desired)) {
        let left = context.settle.saturating_sub(sent.at.elapsed());
        if !left.is_zero() {
            let message = "an earlier write, for an older spec, may still take effect; looking again before this counts as equal";
            return Err(Stop::waiting_for(Reason::NotVisibleYet, message, left));
        }
    }
    context.memory.update(&uid, |notes| {
        notes.sent = notes
            .sent
            .filter(|sent| sent.at.elapsed() < context.settle)
            .map(|sent| Sent { seen: true, ..sent });
        notes.refused.clear();
        if notes.trial.accepted() {
            notes.next_look = Some(Instant::now());
        }
    });
    if !run.draft.drift.is_empty() && (run.wrote || sent.is_some_and(|sent| !sent.seen)) {
        run.event(
            event::DRIFT_CORRECTED,
            "Correct",
            format!(
                "corrected what somebody else had changed: {}",
                wording::corrections(&run.draft.drift, run.draft.known_groups())
            ),
        );
    }
    let assigned = match run.draft.assignments.iter().filter(|entry| entry.verified).count() {
        0 => String::new(),
        number => format!(", assigned to {}", wording::groups(number)),
    };
    if let Some(gone) = left.gone {
        return Err(gone.into());
    }
    let message = format!(
        "{} {} equals the spec{assigned}",
        K::COLLECTION.singular(),
        run.draft.id.as_deref().unwrap_or_default()
    );
    if left.pending.is_empty() {
        return Ok(Verdict::Ready { message });
    }
    let names: Vec<&str> = left.pending.iter().take(5).map(String::as_str).collect();
    let more = left.pending.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Ok(Verdict::Pending {
        message: format!("{message}; not applied yet: Assignment {}{more}", names.join(", ")),
    })
}

/// A read that shows what was there before our own write is an old one, as long as that write is young: neither drift
/// nor a reason to write again.
fn refuse_old_read<K: Managed>(object: &K, seen: Option<&Entity>, changes: &[Change], context: &Context) -> Result<(), Stop> {
    let sent = context.memory.get(&object.uid().unwrap_or_default()).sent;
    let young = sent.filter(|sent| sent.accepted && sent.at.elapsed() < context.settle);
    match (young, seen) {
        (Some(sent), Some(entity)) if !changes.is_empty() && judged(Some(entity), &[]) == sent.before => Err(not_visible(changes)),
        _ => Ok(()),
    }
}

/// The changes that Graph has not refused yet, and what it said of the first that it has.
fn without_refused<K: Managed>(object: &K, changes: &[Change], context: &Context) -> (Vec<Change>, Option<Failure>) {
    let uid = object.uid().unwrap_or_default();
    let current: Vec<u64> = changes.iter().map(fingerprint).collect();
    context
        .memory
        .update(&uid, |notes| notes.refused.retain(|(refused, _)| current.contains(refused)));
    let refusals = context.memory.get(&uid).refused;
    let is_refused = |change: &Change| refusals.iter().any(|(refused, _)| *refused == fingerprint(change));
    let failure = refusals.first().map(|(_, message)| Failure::stalled(Reason::Refused, message));
    (changes.iter().filter(|change| !is_refused(change)).cloned().collect(), failure)
}

/// A plan that Graph accepted and does not show yet is not sent again at once.
fn hold_unseen<K: Managed>(object: &K, changes: &[Change], context: &Context) -> Result<(), Stop> {
    let current = fingerprint(&changes);
    let young = |at: Instant| at.elapsed() < context.settle;
    match context.memory.get(&object.uid().unwrap_or_default()).sent {
        Some(sent) if sent.accepted && sent.plan == current && young(sent.at) => Err(not_visible(changes)),
        _ => Ok(()),
    }
}

fn not_visible(changes: &[Change]) -> Stop {
    let fields = differing_fields(changes);
    Stop::waiting(
        Reason::NotVisibleYet,
        format!(
            "Graph accepted the change and does not show it yet: {}",
            wording::differences(&fields, &[])
        ),
    )
}
