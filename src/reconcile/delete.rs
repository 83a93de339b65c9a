//! Deletion: unassign, delete, wait until the object is absent. The finalizer goes last. Every step follows from what
//! Graph shows or accepts, so it may be interrupted anywhere; what shows it is shared with other deletions.

use std::time::Duration;

use kube::ResourceExt;

use tokio::time::Instant;

use crate::api::{DeletionPolicy, EntraTenant, Mode};
use crate::cluster::managed::Managed;
use crate::graph::{Collection, Entity};
use crate::reconcile::claims;
use crate::reconcile::context::Context;
use crate::reconcile::memory::Sent;
use crate::reconcile::observe::{is_shown_since, prove_absence};
use crate::reconcile::pass::Run;
use crate::reconcile::recover::recover;
use crate::reconcile::resolve;
use crate::reconcile::uninstall::{before_deletion, lets_go};
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::stop::Stop;
use crate::tenant::fingerprint::fingerprint;
use crate::tenant::shared::{Tenant, interval, only_looks};

/// How soon Graph is asked again whether a step has taken effect.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Removes from Graph what the resource stands for. `Ok` when the finalizer may go.
pub(crate) async fn delete<K: Managed>(object: &K, run: &mut Run<K>, context: &Context) -> Result<(), Stop> {
    const ONLY_LOOKS: &str = "mode is Observe, which writes nothing to Graph";
    let common = object.common();
    claims::restore(object, run, context);
    if run.draft.id.is_none() && run.draft.pending_create.is_none() {
        return Ok(());
    }
    if common.deletion_policy == Some(DeletionPolicy::Orphan) {
        return released(run, "deletionPolicy is Orphan");
    }
    if !K::COLLECTION.deletable() {
        return released(run, "Graph does not offer to delete it");
    }
    if let Some(why) = lets_go(object, run.draft.id.as_deref().unwrap_or_default(), context).await {
        return released(run, &why);
    }
    if common.suspend {
        return Err(Stop::waiting(
            Reason::Suspended,
            "spec.suspend is set, so the deletion waits; lift it, or set spec.deletionPolicy to Orphan to leave the object in Graph",
        ));
    }
    if common.mode == Some(Mode::Observe) {
        return released(run, ONLY_LOOKS);
    }
    let (described, tenant) = resolve::tenant(object, context)?;
    if let Some(id) = &run.draft.id {
        claims::refuse_foreign_owner::<K>(id, run.draft.owner.as_ref(), &tenant.key, context)?;
    }
    if only_looks(&described, common.mode) {
        return released(run, ONLY_LOOKS);
    }
    let result = steps(object, run, &described, &tenant, context).await;
    if !matches!(&result, Err(failure) if failure.is_later()) {
        tenant.snapshot(K::COLLECTION).waiting.leave(&object.uid().unwrap_or_default());
    }
    result
}

async fn steps<K: Managed>(object: &K, run: &mut Run<K>, described: &EntraTenant, tenant: &Tenant, context: &Context) -> Result<(), Stop> {
    let uid = object.uid().unwrap_or_default();
    let Some(id) = find(object, run, tenant, context).await? else {
        return Ok(());
    };
    if let Some(at) = deleted_at(&uid, &id, context) {
        return await_absence(object, &id, at, run, tenant, context).await;
    }
    let unseen = run.draft.owner.as_ref().is_some_and(|owner| !owner.seen);
    // What was proved and unassigned a moment ago need not be looked at before it is deleted.
    if unassigned(&uid, context) && context.memory.get(&uid).delete_refused.is_none() {
        return remove(object, &id, Found { assigned: 0, unseen }, run, tenant, context).await;
    }
    match look(&uid, K::COLLECTION, &id, described, tenant, context).await? {
        Some(entity) => {
            claims::note_seen(run, &entity);
            claims::prove(object, run, Some(&entity), tenant, context)?;
            let found = Found {
                assigned: entity.assignments.len(),
                unseen: false,
            };
            remove(object, &id, found, run, tenant, context).await
        }
        // Graph gave the id and does not show the object yet: it is deleted all the same. It has at most the groups that this
        // resource put there.
        None if unseen => {
            claims::prove(object, run, None, tenant, context)?;
            let found = Found {
                assigned: run.draft.assignments.len(),
                unseen,
            };
            remove(object, &id, found, run, tenant, context).await
        }
        None => gone(object, &id, run, tenant, context).await,
    }
}

/// What is known of an object that is to be deleted.
#[derive(Clone, Copy)]
struct Found {
    /// How many groups are on it.
    assigned: usize,
    /// Graph has never shown it.
    unseen: bool,
}

/// What stands for the request that takes all groups off, among those that were sent.
fn unassign_plan() -> u64 {
    fingerprint(&"unassign")
}

/// Whether a request that takes all groups off was accepted a moment ago.
fn unassigned(uid: &str, context: &Context) -> bool {
    let sent = context.memory.get(uid).sent;
    sent.is_some_and(|sent| sent.plan == unassign_plan() && sent.accepted && sent.at.elapsed() < context.settle)
}

/// When a DELETE for this id was accepted in this process.
fn deleted_at(uid: &str, id: &str, context: &Context) -> Option<Instant> {
    let deleted = context.memory.get(uid).deleted.filter(|(deleted, _)| deleted == id);
    deleted.map(|(_, at)| at)
}

/// The object as a list shows it that need not be new, as long as no step was refused: that it is deleted follows from no
/// property of it. `None`: a read of its own did not find it either.
async fn look(
    uid: &str,
    collection: Collection,
    id: &str,
    described: &EntraTenant,
    tenant: &Tenant,
    context: &Context,
) -> Result<Option<Entity>, Stop> {
    if context.memory.get(uid).delete_refused.is_none() {
        tenant.listed(collection, interval(&described.spec) * 2).await?;
        let known = tenant.snapshot(collection).get(id).filter(|entity| entity.unreadable.is_none());
        if known.is_some() {
            return Ok(known);
        }
    }
    tenant.read(collection, id).await
}

/// Unassigns and deletes, each sent once in a settle window. Graph refuses to delete what it still unassigns; then the
/// next pass looks afresh.
async fn remove<K: Managed>(object: &K, id: &str, found: Found, run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<(), Stop> {
    let uid = object.uid().unwrap_or_default();
    tenant.snapshot(K::COLLECTION).waiting.enter(&uid, Instant::now());
    unassign(&uid, id, found.assigned, run, tenant, context).await?;
    let delete = |permit| {
        // Not before it is sent: what was seen counts as long as the turn is waited for.
        tenant.snapshot(K::COLLECTION).outdate(id);
        tenant.client.delete(K::COLLECTION, id, permit)
    };
    let deleted = tenant.write_after(before_deletion::<K>(id, context), delete, &context.access).await;
    tenant.snapshot(K::COLLECTION).doubt_name(object.common().display_name, Some(id));
    let refused = deleted.as_ref().is_err_and(|stop| stop.because(Reason::Refused));
    let mut since = None;
    context.memory.update(&uid, |notes| {
        notes.delete_refused = refused.then(|| notes.delete_refused.unwrap_or_else(Instant::now));
        since = notes.delete_refused;
    });
    let refused_for_now = |stop: Stop| stop.map(|failure| refused_for_now(failure, since, context.settle));
    let existed = match deleted {
        // Some services answer 400 for an id that they do not know.
        Err(Stop::Failed(failure)) if refused && found.unseen => {
            tracing::debug!(
                kind = K::KIND,
                id,
                detail = failure.message,
                "the deletion of an object that was never seen was refused"
            );
            false
        }
        result => result.map_err(refused_for_now)?,
    };
    if !existed {
        // The DELETE did not find it. Perhaps it was deleted before; perhaps Graph does not know the id for a while.
        prove_absence::<K>(&uid, id, tenant, context).await?;
    }
    run.wrote = true;
    run.draft.assignments.clear();
    run.event(
        event::DELETED,
        "Delete",
        format!("deleted {} {:?} ({id})", K::COLLECTION.singular(), object.common().display_name),
    );
    let now = Instant::now();
    context.memory.update(&uid, |notes| notes.deleted = Some((id.to_owned(), now)));
    await_absence(object, id, now, run, tenant, context).await
}

/// `Ok` when a look from after the accepted deletion does not show the object.
async fn await_absence<K: Managed>(
    object: &K,
    id: &str,
    deleted: Instant,
    run: &mut Run<K>,
    tenant: &Tenant,
    context: &Context,
) -> Result<(), Stop> {
    let uid = object.uid().unwrap_or_default();
    if !is_shown_since(&uid, K::COLLECTION, id, deleted, tenant).await? {
        return Ok(());
    }
    if deleted.elapsed() >= context.settle {
        // Accepted without effect: once more.
        context.memory.update(&uid, |notes| notes.deleted = None);
    }
    run.draft.assignments.clear();
    let message = format!("Graph accepted the deletion of {id} and still shows it");
    Err(Stop::waiting_for(Reason::Deleting, message, LOOK_AGAIN))
}

fn released<K: Managed>(run: &mut Run<K>, why: &str) -> Result<(), Stop> {
    let id = run.draft.id.clone().unwrap_or_else(|| "whose creation is unconfirmed".to_owned());
    run.event(
        event::RELEASED,
        "Release",
        format!("{} {id} stays in Graph and is no longer managed: {why}", K::COLLECTION.singular()),
    );
    Ok(())
}

/// The id of what has to go; a create whose answer was lost is looked up first.
async fn find<K: Managed>(object: &K, run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<Option<String>, Stop> {
    if let Some(id) = &run.draft.id {
        return Ok(Some(id.clone()));
    }
    let found = recover(object, run, tenant, context).await?;
    Ok(found.map(|entity| entity.id))
}

/// The object is not found, and no deletion of this process was accepted: that needs proof.
async fn gone<K: Managed>(object: &K, id: &str, run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<(), Stop> {
    prove_absence::<K>(&object.uid().unwrap_or_default(), id, tenant, context).await?;
    // A delete of ours whose answer was lost, or another writer's.
    let what = format!(
        "{} {:?} ({id}) is not in Graph any more",
        K::COLLECTION.singular(),
        object.common().display_name
    );
    run.event(event::DELETED, "Delete", what);
    Ok(())
}

/// Takes off every group, unless a request that did is so young that it may still take effect.
async fn unassign<K: Managed>(uid: &str, id: &str, count: usize, run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<(), Stop> {
    if count == 0 {
        return Ok(());
    }
    if unassigned(uid, context) {
        let message = format!("Graph accepted that {id} is unassigned and still shows {count} assignments");
        return Err(Stop::waiting_for(Reason::Deleting, message, LOOK_AGAIN));
    }
    let assign = |permit| {
        tenant.snapshot(K::COLLECTION).outdate(id);
        tenant.client.assign(K::COLLECTION, id, &[], permit)
    };
    let assigned = tenant.write_after(before_deletion::<K>(id, context), assign, &context.access).await;
    assigned.map_err(|stop| stop.map(|failure| refused_for_now(failure, None, context.settle)))?;
    run.wrote = true;
    context.memory.update(uid, |notes| {
        notes.sent = Some(Sent {
            desired: unassign_plan(),
            plan: unassign_plan(),
            at: Instant::now(),
            before: 0,
            seen: false,
            accepted: true,
        });
    });
    run.event(
        event::ASSIGNED,
        "Unassign",
        format!("removed {count} assignments of {} {id}", K::COLLECTION.singular()),
    );
    Ok(())
}

/// A deletion has to end: what Graph refuses now (still in use, still unassigning) is tried again, soon at first, and then with
/// the object's backoff.
fn refused_for_now(failure: Failure, since: Option<Instant>, settle: Duration) -> Failure {
    if failure.class != Class::Stalled {
        return failure;
    }
    let young = since.is_none_or(|since| since.elapsed() < settle);
    Failure {
        class: Class::Waiting,
        after: failure.after.or(young.then_some(LOOK_AGAIN)),
        ..failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_deletion_is_tried_soon_at_first_and_then_with_the_backoff() {
        let settle = Duration::from_secs(60);
        let refused = || Failure::stalled(Reason::Refused, "in use");
        let begun = Instant::now();
        let first = refused_for_now(refused(), Some(begun), settle);
        assert_eq!((first.class, first.after), (Class::Waiting, Some(LOOK_AGAIN)));
        let later = refused_for_now(refused(), begun.checked_sub(settle), settle);
        assert_eq!((later.class, later.after), (Class::Waiting, None));
    }
}
