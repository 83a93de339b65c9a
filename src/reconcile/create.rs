//! Creating exactly once on an API without idempotency keys (design 3.1, reliability.md section 2).
//!
//! Before the POST an intent is written to status under a resourceVersion precondition; the POST is sent once; the
//! id is recorded the moment it is known. A pass that finds an intent without an id looks for the product of that
//! intent and nothing else, after the settle window.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::claims::{holder, refuse_rival};
use super::context::Context;
use super::managed::Managed;
use super::names;
use super::observe::list_since_wanted;
use super::outcome::{Failure, is_conflict, is_gone};
use super::reasons;
use super::status::{StatusWriter, now};
use super::tenant::Tenant;
use crate::api::{ManagedStatus, PendingCreate};
use crate::graph::{self, Entity};

/// How often the id of a new object is written before the recovery has to find it.
const RECORD_ATTEMPTS: u32 = 5;

/// Creates the object. Returns what Graph answered.
pub async fn create<K: Managed>(
    object: &K,
    body: &Map<String, Value>,
    status: &mut ManagedStatus,
    writer: &mut StatusWriter<K>,
    tenant: &Tenant,
    context: &Context,
) -> Result<Entity, Failure> {
    let name = object.common().display_name;
    refuse_rival(object, context)?;
    // The wait for a turn comes first: an intent must not wait for its request, nor a proof for its use.
    let permit = tenant.write_permit().await?;
    // A complete list from after the wish to create: an object of this name that exists already is not ours to take.
    let (uid, snapshot) = (object.uid().unwrap_or_default(), tenant.snapshot(K::COLLECTION));
    names::known(&uid, K::COLLECTION, tenant).await?;
    let _creating = snapshot.creating(name)?;
    snapshot.waiting.work(&uid, Instant::now());
    let namesakes = snapshot.named(name);
    if !namesakes.is_empty() {
        let ids = namesakes.iter().map(|entity| entity.id.as_str()).collect::<Vec<_>>().join(", ");
        let message = format!(
            "Graph already holds a {} named {name:?} ({ids}) that this resource did not create; it is left alone. Rename one of the two, or delete that one in Graph",
            K::COLLECTION.singular()
        );
        return Err(Failure::stalled(reasons::NAME_CONFLICT, message));
    }
    // Before the intent: one that is followed by no request would have to be waited for all the same.
    context.may_change_graph()?;
    tenant.gate.check()?;
    let attempt = Uuid::new_v4();
    let before = status.clone();
    context.memory.update(&uid, |notes| {
        notes.attempt = Some(attempt.to_string());
        notes.not_created_since = None;
    });
    status.id = None;
    status.pending_create = Some(PendingCreate {
        attempt: attempt.to_string(),
        since: now(),
        sent: Value::Object(body.clone()).to_string(),
        display_name: name.to_owned(),
    });
    if let Err(error) = writer.write(status).await {
        *status = before;
        tenant.gate.release();
        return Err(error.into());
    }
    context.may_change_graph()?;
    let asked = Instant::now();
    let answer = tenant.client.create(K::COLLECTION, body, attempt, permit).await;
    match answer {
        Ok(entity) => {
            tenant.gate.record(asked, Ok(()))?;
            context.memory.update(&uid, |notes| notes.missing_since = None);
            snapshot.put(&entity.id, Some(&entity), Instant::now());
            record(&entity, &attempt.to_string(), status, writer, context).await?;
            Ok(entity)
        }
        Err(error) if error.outcome_unknown() => {
            snapshot.doubt_names();
            let message = format!(
                "the create may or may not have happened ({}); looking it up before anything else",
                tenant.gate.failed(error).message
            );
            Err(Failure::waiting_for(reasons::CREATE_UNCONFIRMED, message, context.settle))
        }
        Err(error) => {
            // Graph said no: nothing was made, so the intent has no product.
            status.pending_create = None;
            Err(tenant.gate.failed(error))
        }
    }
}

/// Writes the id down at once and clears the intent. Repeated until it sticks: an id that is lost here can only be
/// found again by the recovery. Given up only when the intent is not ours any more: another leader has taken over.
async fn record<K: Managed>(
    entity: &Entity,
    attempt: &str,
    status: &mut ManagedStatus,
    writer: &mut StatusWriter<K>,
    context: &Context,
) -> Result<(), Failure> {
    status.id = Some(entity.id.clone());
    status.pending_create = None;
    let ours = |status: &ManagedStatus| status.pending_create.as_ref().is_some_and(|pending| pending.attempt == attempt);
    let mut failures = 0;
    loop {
        context.may_write()?;
        let error = match writer.write(status).await {
            Ok(()) => return Ok(()),
            Err(error) if is_gone(&error) || failures == RECORD_ATTEMPTS => return Err(error.into()),
            Err(error) if is_conflict(&error) => match writer.catch_up(ours).await {
                Ok(true) => continue,
                Ok(false) => {
                    return Err(Failure::retry(
                        reasons::KUBERNETES_API,
                        "another process has taken this object over",
                    ));
                }
                Err(error) => error,
            },
            Err(error) => error,
        };
        failures += 1;
        tracing::warn!(kind = K::KIND, id = entity.id, %error, failures, "the id of a new object was not recorded; trying again");
        tokio::time::sleep(Duration::from_millis(200) * 2_u32.pow(failures)).await;
    }
}

/// Looks for the product of an intent whose answer was lost. `Ok(None)`: nothing was made.
pub async fn recover<K: Managed>(
    object: &K,
    status: &mut ManagedStatus,
    writer: &mut StatusWriter<K>,
    tenant: &Tenant,
    context: &Context,
) -> Result<Option<Entity>, Failure> {
    let Some(pending) = status.pending_create.clone() else {
        return Ok(None);
    };
    let uid = object.uid().unwrap_or_default();
    let notes = context.memory.get(&uid);
    wait_until_settled(&pending, notes.attempt.as_deref(), context)?;
    list_since_wanted(&uid, K::COLLECTION, tenant, context).await?;
    let Ok(sent) = serde_json::from_str::<Map<String, Value>>(&pending.sent) else {
        return Err(Failure::stalled(
            reasons::INTERNAL_ERROR,
            "status.pendingCreate.sent is not JSON, so what was created cannot be recognised; look in Graph for what the create made, and remove status.pendingCreate when nothing did",
        ));
    };
    // Everything that was sent, not the name alone: somebody may have made a namesake meanwhile.
    let fits = |entity: &Entity| graph::differences(K::COLLECTION, &sent, &entity.properties).is_empty();
    let mut candidates = tenant.snapshot(K::COLLECTION).named(&pending.display_name);
    candidates.retain(|entity| holder(object, &entity.id, context).is_none() && fits(entity));
    match candidates.as_slice() {
        [] => not_created(&uid, status, &notes, context),
        [entity] => {
            tracing::info!(
                kind = K::KIND,
                id = entity.id,
                attempt = pending.attempt,
                "found the object of a create whose answer was lost"
            );
            record(entity, &pending.attempt, status, writer, context).await?;
            // What this list cannot tell of its assignments would be replaced; the next pass reads it by its id.
            if entity.unreadable.is_some() {
                return Err(Failure::deferred());
            }
            Ok(Some(entity.clone()))
        }
        several => {
            let ids = several.iter().map(|entity| entity.id.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!(
                "a create lost its answer and {} objects fit it: {ids}. Delete those that are not wanted in Graph, then ask for a reconcile",
                several.len()
            );
            Err(Failure::stalled(reasons::NAME_CONFLICT, message))
        }
    }
}

/// Waits for the settle window; for an attempt of an earlier leader, whose request may still be on its way, from this
/// leader's start.
fn wait_until_settled(pending: &PendingCreate, own_attempt: Option<&str>, context: &Context) -> Result<(), Failure> {
    let start = if own_attempt == Some(pending.attempt.as_str()) {
        pending.since.0
    } else {
        pending.since.0.max(context.leading_since)
    };
    let settled = start + jiff::SignedDuration::try_from(context.settle).unwrap_or(jiff::SignedDuration::from_mins(1));
    let left = settled.duration_since(Timestamp::now());
    if left.is_positive() {
        let left = Duration::try_from(left).unwrap_or(context.settle);
        return Err(Failure::waiting_for(
            reasons::CREATE_UNCONFIRMED,
            "a create was sent and its answer was lost; waiting until Graph surely shows its outcome",
            left,
        ));
    }
    Ok(())
}

/// Absence takes two complete lists, a settle window apart.
fn not_created(uid: &str, status: &mut ManagedStatus, notes: &super::memory::Notes, context: &Context) -> Result<Option<Entity>, Failure> {
    match notes.not_created_since {
        Some(since) if since.elapsed() >= context.settle => {
            // The note stays: should this pass be cut short, the proof need not be made again. A new intent clears it.
            status.pending_create = None;
            Ok(None)
        }
        since => {
            let since = since.unwrap_or_else(Instant::now);
            context.memory.update(uid, |notes| notes.not_created_since = Some(since));
            let left = context.settle.saturating_sub(since.elapsed());
            Err(Failure::waiting_for(
                reasons::CREATE_UNCONFIRMED,
                "a create was sent and Graph does not show its product; looking once more before a new attempt",
                left,
            ))
        }
    }
}
