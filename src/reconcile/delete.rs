//! Deletion: unassign, wait until that is seen, delete, wait until the object is absent. The finalizer goes last.
//! Every step follows from what Graph shows, so it may be interrupted anywhere.

use std::time::Duration;

use kube::ResourceExt;

use super::context::Context;
use super::create::recover;
use super::driver::Run;
use super::managed::Managed;
use super::observe::prove_absence;
use super::outcome::{Class, Failure};
use super::reasons::{self, event};
use super::resolve;
use super::tenant::{Tenant, observes};
use crate::api::{DeletionPolicy, EntraTenant, Mode};
use crate::graph::Entity;

/// How soon Graph is asked again whether a step has taken effect.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Removes from Graph what the resource stands for. `Ok` when the finalizer may go.
pub async fn delete<K: Managed>(object: &K, run: &mut Run<K>, context: &Context) -> Result<(), Failure> {
    let common = object.common();
    if run.draft.id.is_none() && run.draft.pending_create.is_none() {
        return Ok(());
    }
    if common.deletion_policy == Some(DeletionPolicy::Orphan) {
        return released(run, "deletionPolicy is Orphan");
    }
    if common.suspend {
        return Err(Failure::waiting(reasons::SUSPENDED, "spec.suspend is set, so the deletion waits; lift it, or set spec.deletionPolicy to Orphan to leave the object in Graph"));
    }
    let (described, tenant) = resolve::tenant(object, context)?;
    if only_looks(&described, common.mode) {
        return released(run, "mode is Observe, which writes nothing to Graph");
    }
    let Some(id) = find(object, run, &tenant, context).await? else { return Ok(()) };
    let uid = object.uid().unwrap_or_default();
    let entity = tenant.read(K::COLLECTION, &id).await?;
    let Some(entity) = entity else {
        return gone::<K>(&uid, &id, &tenant, context).await;
    };
    unassign::<K>(&entity, run, &tenant).await?;
    let deleted = tenant.gate.record(tenant.client.delete(K::COLLECTION, &id).await);
    deleted.map_err(refused_for_now)?;
    run.event(event::DELETED, "Delete", format!("deleted {} {:?} ({id})", K::COLLECTION.singular(), common.display_name));
    context.memory.update(&uid, |notes| notes.deleted = Some(id.clone()));
    match tenant.read(K::COLLECTION, &id).await? {
        None => Ok(()),
        Some(_) => Err(Failure::waiting_for(reasons::DELETING, format!("Graph accepted the deletion of {id} and still shows it"), LOOK_AGAIN)),
    }
}

fn only_looks(tenant: &EntraTenant, mode: Option<Mode>) -> bool {
    observes(tenant) || mode == Some(Mode::Observe)
}

fn released<K: Managed>(run: &mut Run<K>, why: &str) -> Result<(), Failure> {
    let id = run.draft.id.clone().unwrap_or_else(|| "whose creation is unconfirmed".to_owned());
    run.event(event::RELEASED, "Release", format!("{} {id} stays in Graph and is no longer managed: {why}", K::COLLECTION.singular()));
    Ok(())
}

/// The id of what has to go; a create whose answer was lost is looked up first.
async fn find<K: Managed>(object: &K, run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<Option<String>, Failure> {
    if let Some(id) = &run.draft.id {
        return Ok(Some(id.clone()));
    }
    let image = run.draft.resolved.as_ref().and_then(|resolved| resolved.image.clone());
    let sent = object.properties(image.as_ref());
    let found = recover(object, &sent, &mut run.draft, &mut run.writer, tenant, context).await?;
    Ok(found.map(|entity| entity.id))
}

/// The object is not found: enough after our own DELETE, otherwise in need of proof.
async fn gone<K: Managed>(uid: &str, id: &str, tenant: &Tenant, context: &Context) -> Result<(), Failure> {
    if context.memory.get(uid).deleted.as_deref() == Some(id) {
        return Ok(());
    }
    prove_absence::<K>(uid, id, tenant, context).await
}

async fn unassign<K: Managed>(entity: &Entity, run: &mut Run<K>, tenant: &Tenant) -> Result<(), Failure> {
    if entity.assignments.is_empty() {
        return Ok(());
    }
    tenant.gate.record(tenant.client.assign(K::COLLECTION, &entity.id, &[]).await).map_err(refused_for_now)?;
    run.event(event::ASSIGNED, "Unassign", format!("removed {} assignments of {} {}", entity.assignments.len(), K::COLLECTION.singular(), entity.id));
    match tenant.read(K::COLLECTION, &entity.id).await? {
        Some(after) if !after.assignments.is_empty() => {
            Err(Failure::waiting_for(reasons::DELETING, format!("Graph accepted that {} is unassigned and still shows {} assignments", entity.id, after.assignments.len()), LOOK_AGAIN))
        }
        Some(_) | None => Ok(()),
    }
}

/// A deletion has to end: what Graph refuses now (still in use, still unassigning) is tried again.
fn refused_for_now(failure: Failure) -> Failure {
    if failure.class == Class::Stalled { Failure { class: Class::Waiting, ..failure } } else { failure }
}
