//! Deletion: unassign, wait until that is seen, delete, wait until the object is absent. The finalizer goes last.
//! Every step follows from what Graph shows, so it may be interrupted anywhere.

use std::time::{Duration, Instant};

use kube::ResourceExt;

use super::claims::refuse_claimed;
use super::context::Context;
use super::create::recover;
use super::driver::Run;
use super::managed::Managed;
use super::memory::{Sent, fingerprint, judged};
use super::observe::prove_absence;
use super::outcome::{Class, Failure};
use super::reasons::{self, event};
use super::resolve;
use super::tenant::{Tenant, only_looks};
use super::uninstall::{before_deletion, lets_go};
use crate::api::{DeletionPolicy, Mode};
use crate::graph::Entity;

/// How soon Graph is asked again whether a step has taken effect.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Removes from Graph what the resource stands for. `Ok` when the finalizer may go.
pub async fn delete<K: Managed>(object: &K, run: &mut Run<K>, context: &Context) -> Result<(), Failure> {
    const ONLY_LOOKS: &str = "mode is Observe, which writes nothing to Graph";
    let common = object.common();
    if run.draft.id.is_none() && run.draft.pending_create.is_none() {
        return Ok(());
    }
    if common.deletion_policy == Some(DeletionPolicy::Orphan) {
        return released(run, "deletionPolicy is Orphan");
    }
    if let Some(why) = lets_go(object, run.draft.id.as_deref().unwrap_or_default(), context).await {
        return released(run, &why);
    }
    if common.suspend {
        return Err(Failure::waiting(
            reasons::SUSPENDED,
            "spec.suspend is set, so the deletion waits; lift it, or set spec.deletionPolicy to Orphan to leave the object in Graph",
        ));
    }
    if common.mode == Some(Mode::Observe) {
        return released(run, ONLY_LOOKS);
    }
    let (described, tenant) = resolve::tenant(object, context)?;
    if only_looks(&described, common.mode) {
        return released(run, ONLY_LOOKS);
    }
    let Some(id) = find(object, run, &tenant, context).await? else {
        return Ok(());
    };
    refuse_claimed(object, Some(&id), context)?;
    match tenant.read(K::COLLECTION, &id).await? {
        None => gone(object, &id, run, &tenant, context).await,
        Some(entity) => remove(object, &entity, run, &tenant, context).await,
    }
}

/// Unassigns and deletes an object that is there; each step is sent once in a settle window, and waited for.
async fn remove<K: Managed>(object: &K, entity: &Entity, run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<(), Failure> {
    let (uid, id) = (object.uid().unwrap_or_default(), entity.id.as_str());
    let notes = context.memory.get(&uid);
    if notes
        .deleted
        .is_some_and(|(deleted, at)| deleted == id && at.elapsed() < context.settle)
    {
        return Err(Failure::waiting(
            reasons::DELETING,
            format!("Graph accepted the deletion of {id} and still shows it"),
        ));
    }
    unassign(&uid, entity, run, tenant, context).await?;
    tenant.snapshot(K::COLLECTION).outdate(id);
    let delete = |permit| tenant.client.delete(K::COLLECTION, id, permit);
    let deleted = tenant.write_after(before_deletion::<K>(id, context), delete, context).await;
    tenant.snapshot(K::COLLECTION).doubt_names();
    deleted.map_err(refused_for_now)?;
    run.event(
        event::DELETED,
        "Delete",
        format!("deleted {} {:?} ({id})", K::COLLECTION.singular(), object.common().display_name),
    );
    context
        .memory
        .update(&uid, |notes| notes.deleted = Some((id.to_owned(), Instant::now())));
    match tenant.read(K::COLLECTION, id).await? {
        None => Ok(()),
        Some(_) => Err(Failure::waiting_for(
            reasons::DELETING,
            format!("Graph accepted the deletion of {id} and still shows it"),
            LOOK_AGAIN,
        )),
    }
}

fn released<K: Managed>(run: &mut Run<K>, why: &str) -> Result<(), Failure> {
    let id = run.draft.id.clone().unwrap_or_else(|| "whose creation is unconfirmed".to_owned());
    run.event(
        event::RELEASED,
        "Release",
        format!("{} {id} stays in Graph and is no longer managed: {why}", K::COLLECTION.singular()),
    );
    Ok(())
}

/// The id of what has to go; a create whose answer was lost is looked up first.
async fn find<K: Managed>(object: &K, run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<Option<String>, Failure> {
    if let Some(id) = &run.draft.id {
        return Ok(Some(id.clone()));
    }
    let found = recover(object, &mut run.draft, &mut run.writer, tenant, context).await?;
    Ok(found.map(|entity| entity.id))
}

/// The object is not found: enough after our own DELETE, otherwise in need of proof.
async fn gone<K: Managed>(object: &K, id: &str, run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<(), Failure> {
    let uid = object.uid().unwrap_or_default();
    if context.memory.get(&uid).deleted.is_some_and(|(deleted, _)| deleted == id) {
        return Ok(());
    }
    prove_absence::<K>(&uid, id, tenant, context).await?;
    // A delete of ours whose answer was lost, or somebody else's.
    let what = format!(
        "{} {:?} ({id}) is not in Graph any more",
        K::COLLECTION.singular(),
        object.common().display_name
    );
    run.event(event::DELETED, "Delete", what);
    Ok(())
}

async fn unassign<K: Managed>(uid: &str, entity: &Entity, run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<(), Failure> {
    if entity.assignments.is_empty() {
        run.draft.assignments.clear();
        return Ok(());
    }
    let still = |count: usize| {
        format!(
            "Graph accepted that {} is unassigned and still shows {count} assignments",
            entity.id
        )
    };
    let current = fingerprint(&"unassign");
    let sent = context.memory.get(uid).sent;
    if sent.is_some_and(|sent| sent.plan == current && sent.accepted && sent.at.elapsed() < context.settle) {
        return Err(Failure::waiting(reasons::DELETING, still(entity.assignments.len())));
    }
    tenant.snapshot(K::COLLECTION).outdate(&entity.id);
    let assign = |permit| tenant.client.assign(K::COLLECTION, &entity.id, &[], permit);
    let assigned = tenant.write_after(before_deletion::<K>(&entity.id, context), assign, context).await;
    assigned.map_err(refused_for_now)?;
    context.memory.update(uid, |notes| {
        notes.sent = Some(Sent {
            desired: current,
            plan: current,
            at: Instant::now(),
            before: judged(Some(entity), &[]),
            seen: false,
            accepted: true,
        })
    });
    run.event(
        event::ASSIGNED,
        "Unassign",
        format!(
            "removed {} assignments of {} {}",
            entity.assignments.len(),
            K::COLLECTION.singular(),
            entity.id
        ),
    );
    match tenant.read(K::COLLECTION, &entity.id).await? {
        Some(after) if !after.assignments.is_empty() => {
            Err(Failure::waiting_for(reasons::DELETING, still(after.assignments.len()), LOOK_AGAIN))
        }
        Some(_) | None => {
            run.draft.assignments.clear();
            Ok(())
        }
    }
}

/// A deletion has to end: what Graph refuses now (still in use, still unassigning) is tried again.
fn refused_for_now(failure: Failure) -> Failure {
    if failure.class == Class::Stalled {
        Failure {
            class: Class::Waiting,
            ..failure
        }
    } else {
        failure
    }
}
