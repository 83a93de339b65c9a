//! Deletion: unassign, delete, wait until the object is absent. The finalizer goes last. Every step follows from what
//! Graph shows or accepts, so a deletion may be interrupted anywhere; its reads are shared with other deletions.

use std::time::Duration;

use tokio::time::Instant;

use crate::api::{DeletionPolicy, EntraTenant, Mode};
use crate::cluster::managed::Managed;
use crate::graph::Entity;
use crate::reconcile::claims;
use crate::reconcile::memory::sent::Write;
use crate::reconcile::observe::{is_shown_since, prove_absence};
use crate::reconcile::pass::Pass;
use crate::reconcile::recover::recover;
use crate::reconcile::resolve;
use crate::reconcile::risk;
use crate::reconcile::risk::case::{Case, Judgement};
use crate::reconcile::risk::count::Loss;
use crate::reconcile::uninstall::{before_deletion, why_released};
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::report::reason::event;
use crate::report::stop::Stop;
use crate::tenant::fingerprint::fingerprint;
use crate::tenant::shared::{Tenant, interval, only_observes};

/// How soon Graph is asked again whether a step has taken effect.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Removes from Graph the object that the resource represents. `Ok` when the finalizer may be removed.
pub(crate) async fn delete<K: Managed>(pass: &mut Pass<'_, K>) -> Result<(), Stop> {
    const ONLY_OBSERVES: &str = "mode is Observe, which writes nothing to Graph";
    let common = pass.object.common();
    claims::restore(pass);
    if pass.draft.id.is_none() && pass.draft.pending_create.is_none() {
        return Ok(());
    }
    if common.deletion_policy == Some(DeletionPolicy::Orphan) {
        return released(pass, "deletionPolicy is Orphan");
    }
    if !K::COLLECTION.deletable() {
        return released(pass, "Graph does not offer to delete it");
    }
    if let Some(why) = why_released(pass, pass.draft.id.as_deref().unwrap_or_default()).await {
        return released(pass, &why);
    }
    if common.suspend {
        return Err(Stop::waiting(
            Reason::Suspended,
            "spec.suspend is set, so the deletion waits; set it to false, or set spec.deletionPolicy to Orphan to leave the object in Graph",
        ));
    }
    if common.mode == Some(Mode::Observe) {
        return released(pass, ONLY_OBSERVES);
    }
    let (described, tenant) = resolve::tenant(pass.object, pass.context)?;
    claims::refuse_foreign_owner(pass, &tenant.key)?;
    if only_observes(&described, common.mode) {
        return released(pass, ONLY_OBSERVES);
    }
    let result = steps(pass, &described, &tenant).await;
    if !matches!(&result, Err(failure) if failure.is_later()) {
        tenant.snapshot(K::COLLECTION).waiting.leave(pass.uid);
    }
    result
}

async fn steps<K: Managed>(pass: &mut Pass<'_, K>, described: &EntraTenant, tenant: &Tenant) -> Result<(), Stop> {
    let Some(id) = find(pass, tenant).await? else {
        return Ok(());
    };
    let sent = pass.notes().sent;
    if let Some((_, at)) = sent.deleted.as_ref().filter(|(deleted, _)| *deleted == id) {
        return await_absence(pass, &id, *at, tenant).await;
    }
    let unseen = pass.draft.owner.as_ref().is_some_and(|owner| !owner.seen);
    // An object that was proved and unassigned a moment ago need not be read before it is deleted.
    if unassigned(pass) && sent.delete_refused.is_none() {
        return remove(pass, &id, Found { assigned: 0, unseen }, described, tenant).await;
    }
    match look(pass, &id, described, tenant).await? {
        Some(entity) => {
            claims::prove(pass, Some(&entity), tenant)?;
            claims::note_seen(pass, &entity);
            let found = Found {
                assigned: entity.assignments.len(),
                unseen: false,
            };
            remove(pass, &id, found, described, tenant).await
        }
        // Graph gave the id and does not show the object yet: it is deleted all the same. It has at most the groups that this
        // resource put there.
        None if unseen => {
            claims::prove(pass, None, tenant)?;
            let found = Found {
                assigned: pass.draft.assignments.len(),
                unseen,
            };
            remove(pass, &id, found, described, tenant).await
        }
        None => gone(pass, &id, tenant).await,
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

/// The entry for the request that removes all groups, among those that were sent.
fn unassign_plan() -> u64 {
    fingerprint(&"unassign")
}

/// Whether a request that removes all groups was accepted a moment ago.
fn unassigned<K: Managed>(pass: &Pass<'_, K>) -> bool {
    let sent = pass.notes().sent.unsettled(pass.context.settle);
    sent.is_some_and(|sent| sent.plan == unassign_plan())
}

/// The object as a list shows it that need not be new, as long as no step was refused: that it is deleted follows from no
/// property of it. `None`: a read of its own did not find it either.
async fn look<K: Managed>(pass: &Pass<'_, K>, id: &str, described: &EntraTenant, tenant: &Tenant) -> Result<Option<Entity>, Stop> {
    if pass.notes().sent.delete_refused.is_none() {
        tenant.listed(K::COLLECTION, interval(&described.spec) * 2).await?;
        let known = tenant.snapshot(K::COLLECTION).get(id).filter(|entity| entity.unreadable.is_none());
        if known.is_some() {
            return Ok(known);
        }
    }
    tenant.read(K::COLLECTION, id).await
}

/// Unassigns and deletes, each sent once in a settle window. Graph refuses to delete what it still unassigns; then the
/// next pass reads again.
async fn remove<K: Managed>(pass: &mut Pass<'_, K>, id: &str, found: Found, described: &EntraTenant, tenant: &Tenant) -> Result<(), Stop> {
    let (object, context) = (pass.object, pass.context);
    tenant.snapshot(K::COLLECTION).waiting.enter(pass.uid, Instant::now());
    judge_deletion(pass, id, described, tenant).await?;
    unassign(pass, id, found.assigned, tenant).await?;
    let delete = |permit| {
        // Only when it is sent: during the wait for its turn the last read still counts.
        tenant.snapshot(K::COLLECTION).outdate(id);
        tenant.client.delete(K::COLLECTION, id, permit)
    };
    let deleted = tenant.write_after(before_deletion::<K>(id, context), delete, &context.access).await;
    tenant.snapshot(K::COLLECTION).doubt_name(object.common().display_name, Some(id));
    let refused = deleted.as_ref().is_err_and(|stop| stop.because(Reason::Refused));
    let since = pass.note(|notes| {
        notes.sent.delete_refused = refused.then(|| notes.sent.delete_refused.unwrap_or_else(Instant::now));
        notes.sent.delete_refused
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
        prove_absence(pass, id, tenant).await?;
    }
    pass.wrote = true;
    pass.draft.assignments.clear();
    pass.event(
        event::DELETED,
        "Delete",
        format!("deleted {} {:?} ({id})", K::COLLECTION.singular(), object.common().display_name),
    );
    let now = Instant::now();
    pass.note(|notes| notes.sent.deleted = Some((id.to_owned(), now)));
    await_absence(pass, id, now, tenant).await
}

/// `Ok` when the object may be deleted: all of its Cloud PCs go with it, those of the groups that are taken off first as well.
async fn judge_deletion<K: Managed>(pass: &mut Pass<'_, K>, id: &str, described: &EntraTenant, tenant: &Tenant) -> Result<(), Stop> {
    if !K::COLLECTION.has_cloud_pcs() {
        return Ok(());
    }
    let case = Case {
        graph_id: id,
        before: &[],
        loss: Loss::default(),
        after: &[],
        deletes: true,
        fields: Vec::new(),
    };
    match risk::judge(pass, described, tenant, case).await? {
        Judgement::Allowed(_) => Ok(()),
        Judgement::Held(failure) => Err(failure.into()),
    }
}

/// `Ok` when a read from after the accepted deletion does not show the object.
async fn await_absence<K: Managed>(pass: &mut Pass<'_, K>, id: &str, deleted: Instant, tenant: &Tenant) -> Result<(), Stop> {
    if !is_shown_since(pass, id, deleted, tenant).await? {
        return Ok(());
    }
    if deleted.elapsed() >= pass.context.settle {
        // Accepted without effect: once more.
        pass.note(|notes| notes.sent.deleted = None);
    }
    pass.draft.assignments.clear();
    let message = format!("Graph accepted the deletion of {id} and still shows it");
    Err(Stop::waiting_for(Reason::Deleting, message, LOOK_AGAIN))
}

fn released<K: Managed>(pass: &mut Pass<'_, K>, why: &str) -> Result<(), Stop> {
    let id = pass.draft.id.clone().unwrap_or_else(|| "whose creation is unconfirmed".to_owned());
    pass.event(
        event::RELEASED,
        "Release",
        format!("{} {id} stays in Graph and is no longer managed: {why}", K::COLLECTION.singular()),
    );
    Ok(())
}

/// The id of the object to delete; a create whose answer was lost is looked up first.
async fn find<K: Managed>(pass: &mut Pass<'_, K>, tenant: &Tenant) -> Result<Option<String>, Stop> {
    if let Some(id) = &pass.draft.id {
        return Ok(Some(id.clone()));
    }
    let found = recover(pass, tenant).await?;
    Ok(found.map(|entity| entity.id))
}

/// The object is not found, and no deletion of this process was accepted: that needs proof.
async fn gone<K: Managed>(pass: &mut Pass<'_, K>, id: &str, tenant: &Tenant) -> Result<(), Stop> {
    prove_absence(pass, id, tenant).await?;
    // A delete of ours whose answer was lost, or another writer's.
    let what = format!(
        "{} {:?} ({id}) is not in Graph any more",
        K::COLLECTION.singular(),
        pass.object.common().display_name
    );
    pass.event(event::DELETED, "Delete", what);
    Ok(())
}

/// Removes every group, unless a request that did is so young that it may still take effect.
async fn unassign<K: Managed>(pass: &mut Pass<'_, K>, id: &str, count: usize, tenant: &Tenant) -> Result<(), Stop> {
    let context = pass.context;
    if count == 0 {
        return Ok(());
    }
    if unassigned(pass) {
        let message = format!("the groups of {id} were removed, and Graph shows {count} of them still or again");
        return Err(Stop::waiting_for(Reason::Deleting, message, LOOK_AGAIN));
    }
    let assign = |permit| {
        tenant.snapshot(K::COLLECTION).outdate(id);
        tenant.client.assign(K::COLLECTION, id, &[], permit)
    };
    let assigned = tenant.write_after(before_deletion::<K>(id, context), assign, &context.access).await;
    assigned.map_err(|stop| stop.map(|failure| refused_for_now(failure, None, context.settle)))?;
    pass.wrote = true;
    pass.note(|notes| {
        notes.sent.write = Some(Write {
            desired: unassign_plan(),
            plan: unassign_plan(),
            at: Instant::now(),
            before: 0,
            seen: false,
            accepted: true,
        });
    });
    pass.event(
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
