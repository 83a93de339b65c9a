//! Step five: the writes, each sent once. What a write did is seen by a read afterwards, never assumed.

use kube::ResourceExt;

use super::context::Context;
use super::create::create;
use super::driver::Run;
use super::managed::Managed;
use super::memory::fingerprint;
use super::outcome::{Class, Failure};
use super::plan::{Change, Desired, plan};
use super::reasons::event;
use super::status::drift_message;
use super::tenant::Tenant;
use crate::graph::{Entity, GraphError};

/// Applies the changes and returns the object as Graph shows it afterwards.
pub async fn apply<K: Managed>(object: &K, seen: Option<Entity>, desired: &Desired, changes: &[Change], run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<Entity, Failure> {
    let uid = object.uid().unwrap_or_default();
    let result = send(object, seen, desired, changes, run, tenant, context).await;
    let plan = fingerprint(&changes);
    context.memory.update(&uid, |notes| {
        notes.refused = match &result {
            Err(failure) if failure.class == Class::Stalled => Some((plan, failure.message.clone())),
            Err(_) => None,
            Ok(_) => None,
        };
        notes.sent = result.is_ok().then(|| (plan, std::time::Instant::now()));
    });
    result
}

async fn send<K: Managed>(object: &K, seen: Option<Entity>, desired: &Desired, changes: &[Change], run: &mut Run<K>, tenant: &Tenant, context: &Context) -> Result<Entity, Failure> {
    let mut seen = seen;
    let mut changes = changes.to_vec();
    let mut answered = None;
    if let [Change::Create { body }] = changes.as_slice() {
        let entity = create(object, body, &mut run.draft, &mut run.writer, tenant, context).await?;
        run.event(event::CREATED, "Create", format!("created {} {:?} ({})", K::COLLECTION.singular(), object.common().display_name, entity.id));
        // The answer is the truth for what was just made; what it shows otherwise than sent is looked at in the next pass.
        changes = plan(K::COLLECTION, desired, &run.draft.assignments, Some(&entity)).into_iter().filter(|change| matches!(change, Change::Assign { .. })).collect();
        answered = Some(entity.clone());
        seen = Some(entity);
    }
    let Some(entity) = seen else {
        return Err(Failure::retry(super::reasons::INTERNAL_ERROR, "a change was planned for an object that was not seen"));
    };
    for change in &changes {
        write(&entity.id, change, run, tenant).await?;
    }
    match answered {
        Some(entity) if changes.is_empty() => Ok(entity),
        _ => read_back::<K>(entity, tenant).await,
    }
}

async fn write<K: Managed>(id: &str, change: &Change, run: &mut Run<K>, tenant: &Tenant) -> Result<(), Failure> {
    tenant.gate.check()?;
    match change {
        Change::Update { body, .. } => {
            let names = body.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            sent(tenant, tenant.client.update(K::COLLECTION, id, body).await)?;
            run.event(event::UPDATED, "Update", format!("updated {names} of {} {id}", K::COLLECTION.singular()));
        }
        Change::Assign { targets, fields } => {
            // What is about to become ours is written down first: after a crash it must not look like somebody else's.
            run.write_ahead_assignments().await?;
            sent(tenant, tenant.client.assign(K::COLLECTION, id, targets).await)?;
            run.event(event::ASSIGNED, "Assign", format!("changed the assignments of {} {id}: {}", K::COLLECTION.singular(), drift_message(fields)));
        }
        Change::Create { .. } | Change::Immutable { .. } => return Err(Failure::retry(super::reasons::INTERNAL_ERROR, "a change came to the wrong place")),
    }
    Ok(())
}

fn sent<T>(tenant: &Tenant, result: Result<T, GraphError>) -> Result<T, Failure> {
    tenant.gate.record(result)
}

/// The object after a write; the state before it when the object cannot be found for a moment.
async fn read_back<K: Managed>(before: Entity, tenant: &Tenant) -> Result<Entity, Failure> {
    Ok(tenant.read(K::COLLECTION, &before.id).await?.unwrap_or(before))
}
