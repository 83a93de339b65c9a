//! One pass over a resource that represents an object in Graph:
//! `resolve → observe → plan → guard → apply → report`. Data flows forward only.

use std::time::Duration;

use jiff::SignedDuration;

use tokio::time::Instant;

use crate::api::{CreateMarker, EntraTenant, OwnedAssignment};
use crate::base::wall;
use crate::cluster::managed::Managed;
use crate::graph::{Entity, Priority};
use crate::reconcile::apply::{Plan, apply};
use crate::reconcile::authorship::{Maker, maker};
use crate::reconcile::claims;
use crate::reconcile::context::Context;
use crate::reconcile::desire::{Left, desire};
use crate::reconcile::drift::{differing_fields, drift};
use crate::reconcile::guard::{Decision, HeldBy, guard};
use crate::reconcile::key::Key;
use crate::reconcile::observe::{Age, Look, observe};
use crate::reconcile::pass::Pass;
use crate::reconcile::plan;
use crate::reconcile::plan::{Change, Desired, plan};
use crate::reconcile::put_back::put_back;
use crate::reconcile::recover::recover;
use crate::reconcile::resolve;
use crate::reconcile::risk;
use crate::reconcile::risk::case::{Case, Judgement};
use crate::report::conditions::Verdict;
use crate::report::failure::{Failure, Unseen};
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::stop::Stop;
use crate::report::wording;
use crate::tenant::fingerprint::{fingerprint, judged};
use crate::tenant::shared::{Tenant, interval, only_observes};

/// Makes Graph equal to the spec, or returns why not.
pub(crate) async fn converge<K: Managed>(pass: &mut Pass<'_, K>) -> Result<Verdict, Stop> {
    if pass.object.common().suspend {
        return Ok(Verdict::Suspended);
    }
    let unresolved = |stop: Stop| stop.map(|failure| failure.before(Unseen::References));
    claims::restore(pass);
    let (described, tenant) = resolve::tenant(pass.object, pass.context).map_err(unresolved)?; // caches
    claims::refuse_foreign_owner(pass, &tenant.key).map_err(unresolved)?;
    let result = steps(pass, &described, &tenant).await;
    if !matches!(&result, Err(failure) if failure.is_later()) {
        tenant.snapshot(K::COLLECTION).waiting.leave(pass.uid);
    }
    result
}

async fn steps<K: Managed>(pass: &mut Pass<'_, K>, described: &EntraTenant, tenant: &Tenant) -> Result<Verdict, Stop> {
    let only_observe = only_observes(described, pass.object.common().mode);
    // Graph lookups, for names that are not pinned.
    let desired = desire(pass, only_observe, tenant).await;
    let (mut desired, left) = desired.map_err(|stop| stop.map(|failure| failure.before(Unseen::References)))?;
    desired.marked = described.spec.create_marker == Some(CreateMarker::Description);
    // Graph reads.
    let seen = look(pass, &desired, described, tenant).await;
    let seen = seen.map_err(|stop| stop.map(|failure| failure.before(Unseen::Graph)))?;
    if let Some(entity) = &seen {
        // In this order: an object must not supply the record that it is judged by.
        claims::prove(pass, Some(entity), tenant)?;
        claims::note_seen(pass, entity);
        desired.put_back = put_back(pass, entity, tenant).await?;
    }
    remember(pass, &desired, seen.as_ref(), tenant);
    let changes = plan(K::COLLECTION, &desired, &pass.draft.assignments, seen.as_ref()); // pure
    refuse_old_read(pass, seen.as_ref(), &changes)?;
    // Every pass has its say, also one that wants no removal: the next one begins anew.
    let held = hold_removals(pass, &changes);
    let held_by = held_by(only_observe, tenant, pass.context);
    match guard(&changes, &desired, pass, held_by) {
        Decision::Converged => converged(pass, &desired, left),
        Decision::Hold(verdict) => Ok(verdict),
        Decision::Stop(failure) => {
            // A problem with one part must not keep a group from being assigned or removed.
            let assigns: Vec<Change> = changes
                .into_iter()
                .filter(|change| matches!(change, Change::Assign { .. }))
                .collect();
            held?;
            carry_out(pass, described, tenant, &mut desired, Plan { seen, changes: assigns }).await?;
            Err(failure.into())
        }
        Decision::Proceed => {
            if seen.is_none() && left.arriving && !waited_enough(pass) {
                return Err(Stop::soon());
            }
            held?;
            // A difference that comes only from the spec is a change by a person, no matter what woke this pass.
            let urgency = if pass.draft.drift.is_empty() {
                Priority::Change
            } else {
                Priority::Repair
            };
            let work = carry_out(pass, described, tenant, &mut desired, Plan { seen, changes });
            let entity = urgency.scope(work).await?; // Graph writes
            let missing = plan(K::COLLECTION, &desired, &pass.draft.assignments, entity.as_ref());
            if missing.is_empty() {
                converged(pass, &desired, left)
            } else {
                Err(not_visible(&missing))
            }
        }
    }
}

/// Why nothing is to be written, if so. A process or an application that may only read writes nothing either, but a
/// resource that is being deleted waits instead of being released: no person asked for a release.
fn held_by(only_observe: bool, tenant: &Tenant, context: &Context) -> Option<HeldBy> {
    if only_observe {
        Some(HeldBy::Configuration("mode Observe"))
    } else if context.access.read_only {
        Some(HeldBy::Configuration("the controller's --read-only"))
    } else {
        // Known from the token that the reads needed.
        tenant.client.reads_only().then_some(HeldBy::Grant)
    }
}

/// Applies the changes that may be made, and reports what is held back because of the Cloud PCs that it puts at risk.
async fn carry_out<K: Managed>(
    pass: &mut Pass<'_, K>,
    described: &EntraTenant,
    tenant: &Tenant,
    desired: &mut Desired,
    plan: Plan,
) -> Result<Option<Entity>, Stop> {
    let Some(risky) = judge_assign(pass, described, tenant, desired, &plan).await? else {
        return send(pass, tenant, desired, plan).await;
    };
    let Plan { seen, changes } = plan;
    let harmless = |change: Change| match change {
        Change::Assign { .. } => {
            let there = seen.as_ref().map_or(&[][..], |entity| entity.assignments.as_slice());
            plan::assignments(desired, &pass.draft.assignments, there)
        }
        other @ (Change::Create { .. } | Change::Update { .. } | Change::Immutable { .. }) => Some(other),
    };
    let changes = changes.into_iter().filter_map(harmless).collect();
    send(pass, tenant, desired, Plan { seen, changes }).await?;
    Err(risky.into())
}

/// Judges what the plan takes away. What is held stays out of the desired state, and what may be lost goes into it.
async fn judge_assign<K: Managed>(
    pass: &mut Pass<'_, K>,
    described: &EntraTenant,
    tenant: &Tenant,
    desired: &mut Desired,
    plan: &Plan,
) -> Result<Option<Failure>, Stop> {
    let assign = plan.changes.iter().find_map(|change| match change {
        Change::Assign { targets, fields } => Some((targets, fields)),
        Change::Create { .. } | Change::Update { .. } | Change::Immutable { .. } => None,
    });
    let (Some((targets, fields)), Some(entity)) = (assign, &plan.seen) else {
        return Ok(None);
    };
    let loss = plan::loss(&entity.assignments, targets, fields);
    if loss.is_empty() || !K::COLLECTION.has_cloud_pcs() {
        pass.draft.plan = pass.draft.plan.take().filter(|plan| plan.risk.is_none());
        pass.note(|notes| notes.asked.stop_counting());
        return Ok(None);
    }
    let lost = fields.iter().filter(|field| field.observed.is_some()).cloned().collect();
    let case = Case {
        graph_id: &entity.id,
        before: &entity.assignments,
        loss: loss.clone(),
        after: targets,
        deletes: false,
        fields: lost,
    };
    match risk::judge(pass, described, tenant, case).await? {
        Judgement::Allowed(allowed) => {
            desired.allowed = allowed;
            Ok(None)
        }
        Judgement::Held(failure) => {
            desired.held = loss.keys().cloned().collect();
            Ok(Some(failure))
        }
    }
}

/// Applies the changes, once: not those that Graph refused, nor those that it accepted and does not show yet.
async fn send<K: Managed>(pass: &mut Pass<'_, K>, tenant: &Tenant, desired: &Desired, plan: Plan) -> Result<Option<Entity>, Stop> {
    let Plan { seen, changes } = plan;
    if changes.is_empty() {
        return Ok(seen);
    }
    let (changes, refused) = without_refused(pass, changes);
    if !changes.is_empty() {
        hold_unseen(pass, &changes)?;
        let entity = apply(pass, tenant, desired, Plan { seen, changes }).await?;
        remember(pass, desired, Some(&entity), tenant);
        return refused.map_or(Ok(Some(entity)), |failure| Err(failure.into()));
    }
    refused.map_or(Ok(seen), |failure| Err(failure.into()))
}

/// Whether a new object has waited for Assignments that are created with it: one pass then creates and assigns it without
/// further requests. This wait only saves requests.
fn waited_enough<K: Managed>(pass: &Pass<'_, K>) -> bool {
    const LONGEST: Duration = Duration::from_secs(5);
    pass.note(|notes| notes.sent.create_wanted()) >= LONGEST
}

/// Finds the object: by its id, or as the product of a create whose answer was lost.
async fn look<K: Managed>(
    pass: &mut Pass<'_, K>,
    desired: &Desired,
    described: &EntraTenant,
    tenant: &Tenant,
) -> Result<Option<Entity>, Stop> {
    let Some(id) = pass.draft.id.clone() else {
        let found = recover(pass, tenant).await?;
        if let Some(entity) = &found {
            let name = pass.object.common().display_name;
            let text = format!(
                "found {} {name:?} ({}), created by a request whose answer was lost",
                K::COLLECTION.singular(),
                entity.id
            );
            pass.event(event::CREATED, "Create", text);
        }
        return Ok(found);
    };
    let settled = |entity: &Entity| plan(K::COLLECTION, desired, &pass.draft.assignments, Some(entity)).is_empty();
    let notes = pass.notes();
    let age = match notes.sent.confirm {
        _ if pass.requested || notes.seen.look_afresh => Age::Fresh,
        Some(since) => Age::After(since),
        None if notes.sent.write.is_some_and(|sent| !sent.seen) => Age::Fresh,
        // The poller lists once an interval; a list that is older than two proves nothing about now.
        None => Age::Listed(interval(&described.spec) * 2),
    };
    let was_seen = pass.draft.owner.as_ref().is_none_or(|owner| owner.seen);
    let generation = pass.object.meta().generation;
    let synced = generation.is_some() && pass.draft.synced_generation == generation;
    let held = held_by(only_observes(described, pass.object.common().mode), tenant, pass.context).is_some();
    let only_reported = |entity: &Entity| {
        let changes = plan(K::COLLECTION, desired, &pass.draft.assignments, Some(entity));
        let drift = drift(&changes, desired, pass.remembered_assignments(), synced, &pass.draft.drift);
        // A set of assignments is read once more when its turn has come.
        let only_assigns = changes.iter().all(|change| matches!(change, Change::Assign { .. }));
        held || only_assigns || !drift.is_empty() && drift != pass.draft.drift
    };
    let look = Look {
        id: &id,
        age,
        was_seen,
        converged: settled,
        only_reported,
    };
    let seen = observe(pass, look, tenant).await;
    let unanswered = matches!(age, Age::Fresh) && seen.is_err();
    pass.note(|notes| notes.seen.look_afresh = unanswered);
    seen
}

/// Groups that are moved from one Assignment to another may vanish from the first before they are in the second: there are two
/// edits, in any order. So a removal has to be wanted for a moment, by every pass.
fn hold_removals<K: Managed>(pass: &Pass<'_, K>, changes: &[Change]) -> Result<(), Stop> {
    let removed: Vec<&String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Assign { fields, .. } => Some(fields),
            Change::Create { .. } | Change::Update { .. } | Change::Immutable { .. } => None,
        })
        .flatten()
        .filter(|field| field.desired.is_none())
        .map(|field| &field.path)
        .collect();
    let wanted = (!removed.is_empty()).then(|| fingerprint(&removed));
    let left = pass.note(|notes| notes.sent.hold_removals(wanted));
    if left.is_zero() { Ok(()) } else { Err(Stop::later(left)) }
}

/// Records what was seen in the status and the notes.
fn remember<K: Managed>(pass: &mut Pass<'_, K>, desired: &Desired, seen: Option<&Entity>, tenant: &Tenant) {
    let context = pass.context;
    // What was sent and is not shown may still appear for as long as an absence proves nothing.
    let appears = context.absence();
    // The same while a removal waits because of what it costs: what is not shown must not be forgotten meanwhile.
    let notes = pass.notes();
    let waits = notes.asked.is_counting();
    let longest = appears + if waits { context.settle * 2 } else { Duration::ZERO };
    let assigned = notes.sent.assigned.filter(|(at, _)| at.elapsed() < longest);
    // An earlier process may have sent an entry that is not verified just before this process became the leader.
    let led = wall::now().duration_since(context.leading_since);
    let new_leader = led < SignedDuration::try_from(appears).unwrap_or(SignedDuration::from_mins(2));
    let sent = |entry: &OwnedAssignment| assigned.as_ref().is_some_and(|(_, set)| set.contains(&Key::from(entry)));
    let may_appear = |entry: &OwnedAssignment| sent(entry) || new_leader && !entry.verified;
    let assignments = seen.map_or(&[][..], |entity| entity.assignments.as_slice());
    pass.draft.assignments = plan::owned_after(desired, &pass.draft.assignments, assignments, may_appear);
    pass.draft.foreign_assignments = plan::foreign(&pass.draft.assignments, assignments);
    let undeclared = |entry: &&OwnedAssignment| !entry.verified && !desired.declared.contains_key(&Key::from(*entry));
    if pass.draft.assignments.iter().filter(undeclared).any(&may_appear) {
        let over = Instant::now() + appears;
        pass.note(|notes| notes.asked.look_by(Some(over)));
    }
    let (snapshot, name) = (tenant.snapshot(K::COLLECTION), pass.object.common().display_name);
    let same_name = match seen {
        Some(entity) => snapshot.namesakes(&entity.id, name),
        None => snapshot.named(name),
    };
    if seen.is_some() {
        note_surplus(pass, &same_name, tenant);
    }
    pass.note(|notes| notes.seen.judged = Some(judged(seen, &same_name)));
}

/// Notes objects of the same name that no resource holds and no other writer is known to have made: a request that the network
/// delivered twice makes such a one. They are reported, and nothing is done about them.
fn note_surplus<K: Managed>(pass: &Pass<'_, K>, namesakes: &[Entity], tenant: &Tenant) {
    let perhaps_ours =
        |entity: &&Entity| !matches!(maker(entity, tenant), Maker::Other(_)) && !claims::is_held(pass, &entity.id, &tenant.key);
    let ids: Vec<&str> = namesakes.iter().filter(perhaps_ours).map(|entity| entity.id.as_str()).collect();
    let surplus = (!ids.is_empty()).then(|| {
        format!(
            "Graph has another {} of this name that no resource holds: {}. A request that was delivered twice makes such a one; delete it in Graph if nothing else uses it",
            K::COLLECTION.singular(),
            ids.join(", ")
        )
    });
    pass.note(|notes| notes.seen.surplus = surplus);
}

/// Graph equals the spec: unless it is only that an earlier write for another spec has not reached the reads yet.
fn converged<K: Managed>(pass: &mut Pass<'_, K>, desired: &Desired, left: Left) -> Result<Verdict, Stop> {
    pass.note(|notes| notes.asked.stop_counting());
    let settle = pass.context.settle;
    let sent = pass.notes().sent.write;
    if let Some(sent) = sent.filter(|sent| !sent.seen && sent.desired != fingerprint(desired)) {
        let left = settle.saturating_sub(sent.at.elapsed());
        if !left.is_zero() {
            let message = "an earlier write, for an older spec, may still take effect; checking again before this counts as equal";
            return Err(Stop::waiting_for(Reason::NotVisibleYet, message, left));
        }
    }
    pass.note(|notes| {
        notes.sent.reached(settle);
        if notes.sent.trial.accepted() {
            notes.asked.next_look = Some(Instant::now());
        }
    });
    if !pass.draft.drift.is_empty() && (pass.wrote || sent.is_some_and(|sent| !sent.seen)) {
        pass.event(
            event::DRIFT_CORRECTED,
            "Correct",
            format!(
                "corrected what another writer had changed: {}",
                wording::corrections(&pass.draft.drift, pass.draft.known_groups())
            ),
        );
    }
    let assigned = match pass.draft.assignments.iter().filter(|entry| entry.verified).count() {
        0 => String::new(),
        number => format!(", assigned to {}", wording::groups(number)),
    };
    if let Some(gone) = left.gone {
        return Err(gone.into());
    }
    let surplus = pass.notes().seen.surplus.map_or_else(String::new, |surplus| format!(". {surplus}"));
    let message = format!(
        "{} {} equals the spec{assigned}{surplus}",
        K::COLLECTION.singular(),
        pass.draft.id.as_deref().unwrap_or_default()
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

/// A read that shows the state before our own write is stale as long as that write is young: neither drift nor a reason to
/// write again.
fn refuse_old_read<K: Managed>(pass: &Pass<'_, K>, seen: Option<&Entity>, changes: &[Change]) -> Result<(), Stop> {
    match (pass.notes().sent.unsettled(pass.context.settle), seen) {
        (Some(sent), Some(entity)) if !changes.is_empty() && judged(Some(entity), &[]) == sent.before => {
            if sent.plan == fingerprint(&changes) {
                return Err(not_visible(changes));
            }
            let message = format!(
                "Graph shows the state from before the last write, which may still take effect or was undone; what differs is written when that is certain: {}",
                wording::differences(&differing_fields(changes), &[])
            );
            Err(Stop::waiting(Reason::NotVisibleYet, message))
        }
        _ => Ok(()),
    }
}

/// The changes that Graph has not refused yet, and its message for the first that it has.
fn without_refused<K: Managed>(pass: &Pass<'_, K>, changes: Vec<Change>) -> (Vec<Change>, Option<Failure>) {
    let sent = pass.note(|notes| {
        notes.sent.keep_refusals(&changes);
        notes.sent.clone()
    });
    let refusal = changes.iter().find_map(|change| sent.refusal(change));
    let failure = refusal.map(|message| Failure::stalled(Reason::Refused, message));
    let is_new = |change: &Change| sent.refusal(change).is_none();
    (changes.into_iter().filter(is_new).collect(), failure)
}

/// A plan that Graph accepted and does not show yet is not sent again at once.
fn hold_unseen<K: Managed>(pass: &Pass<'_, K>, changes: &[Change]) -> Result<(), Stop> {
    match pass.notes().sent.unsettled(pass.context.settle) {
        Some(sent) if sent.plan == fingerprint(&changes) => Err(not_visible(changes)),
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
