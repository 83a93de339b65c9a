//! Creating exactly once on an API without idempotency keys: see "Creating exactly once" in docs/concepts.md.
//!
//! Before the POST an intent is written to status under a resourceVersion precondition; the POST is sent once; the
//! id is recorded the moment it is known. A pass that finds an intent without an id searches for the product of that
//! intent and does nothing else: [`crate::reconcile::recover`].

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Map, Value};

use tokio::time::Instant;

use crate::api::{IdOwner, ManagedStatus, Origin, PendingCreate};
use crate::cluster::managed::Managed;
use crate::graph::Entity;
use crate::reconcile::claims;
use crate::reconcile::name_reservation;
use crate::reconcile::pass::Pass;
use crate::reconcile::plan;
use crate::report::failure::{is_conflict, is_gone};
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;

/// How often the id of a new object is written before the recovery has to find it.
const RECORD_ATTEMPTS: u32 = 5;

/// How soon after a lost answer the product is searched for.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// Creates the object with this body. `marked`: the description carries the attempt. Returns what Graph answered.
pub(crate) async fn create<K: Managed>(
    pass: &mut Pass<'_, K>,
    body: &Map<String, Value>,
    marked: bool,
    tenant: &Tenant,
) -> Result<Entity, Stop> {
    let context = pass.context;
    let name = pass.object.common().display_name;
    // The wait for a turn comes first: an intent must not wait for its request, nor a proof for its use.
    let permit = tenant.write_permit().await?;
    let snapshot = tenant.snapshot(K::COLLECTION);
    let _name = name_reservation::reserve(pass, None, tenant).await?;
    // Before the intent: an intent without a request would have to be resolved like one with a request.
    context.access.may_change(&tenant.name)?;
    tenant.gate.check()?;
    let attempt = tenant.client.new_request_id();
    let body = &match marked {
        true => plan::marked(K::COLLECTION, body, &attempt.to_string()),
        false => body.clone(),
    };
    write_intent(pass, body, &attempt.to_string(), tenant).await?;
    context.access.may_change(&tenant.name)?;
    let asked = Instant::now();
    let answer = tenant.client.create(K::COLLECTION, body, attempt, permit).await;
    match answer {
        Ok(entity) => {
            tenant.gate.record(asked, Ok(()))?;
            pass.note(|notes| notes.seen.found());
            // The name is taken from now on. The answer does not count as shown: only an object that a read has shown can be absent later.
            snapshot.put(&entity.id, Some(&entity), Instant::now());
            snapshot.outdate(&entity.id);
            let owner = claims::owner(pass, Origin::Created, &entity, tenant)?;
            let created = Created {
                entity: &entity,
                owner,
                attempt: &attempt.to_string(),
            };
            record(pass, created, tenant).await?;
            Ok(entity)
        }
        Err(error) if error.outcome_unknown() => {
            snapshot.doubt_name(name, None);
            let message = format!(
                "the create may or may not have happened ({}); looking it up before anything else",
                tenant.gate.failed(error).reported().message
            );
            // The creator may be known at once.
            Err(Stop::waiting_for(
                Reason::CreateUnconfirmed,
                message,
                context.settle.min(FIRST_LOOK),
            ))
        }
        Err(error) => {
            // Graph refused: nothing was created, so the intent has no product.
            pass.draft.pending_create = None;
            Err(tenant.gate.failed(error))
        }
    }
}

/// Writes down what is about to be sent, so that its product can be recognised whatever happens.
async fn write_intent<K: Managed>(pass: &mut Pass<'_, K>, body: &Map<String, Value>, attempt: &str, tenant: &Tenant) -> Result<(), Stop> {
    let before = pass.draft.clone();
    pass.note(|notes| notes.sent.attempt(attempt.to_owned()));
    pass.context.claims.release(pass.uid);
    pass.draft.id = None;
    pass.draft.owner = None;
    pass.draft.pending_create = Some(PendingCreate {
        attempt: attempt.to_owned(),
        since: Time(tenant.clock.now()),
        sent: Value::Object(body.clone()).to_string(),
        display_name: pass.object.common().display_name.to_owned(),
        cloud: tenant.key.cloud,
        tenant_id: tenant.key.tenant_id.clone(),
    });
    if let Err(error) = pass.writer.write(&pass.draft).await {
        pass.draft = before;
        tenant.gate.release();
        return Err(error.into());
    }
    Ok(())
}

/// An object that is now known to be ours.
pub(crate) struct Created<'a> {
    pub entity: &'a Entity,
    pub owner: IdOwner,
    /// The attempt that made it.
    pub attempt: &'a str,
}

/// Records the id at once and clears the intent. Repeated until it succeeds: an id that is lost here can only be found again
/// by the recovery. Stops only when the intent is not ours any more: another leader has taken over.
pub(crate) async fn record<K: Managed>(pass: &mut Pass<'_, K>, created: Created<'_>, tenant: &Tenant) -> Result<(), Stop> {
    let Created { entity, owner, attempt } = created;
    claims::record(pass, &entity.id, &owner, tenant)?;
    pass.draft.id = Some(entity.id.clone());
    pass.draft.owner = Some(owner);
    pass.draft.pending_create = None;
    let ours = |status: &ManagedStatus| status.pending_create.as_ref().is_some_and(|pending| pending.attempt == attempt);
    let mut failures = 0;
    loop {
        pass.context.may_write()?;
        let error = match pass.writer.write(&pass.draft).await {
            Ok(()) => return Ok(()),
            Err(error) if is_gone(&error) || failures == RECORD_ATTEMPTS => return Err(error.into()),
            Err(error) if is_conflict(&error) => match pass.writer.catch_up(&ours).await {
                Ok(true) => continue,
                Ok(false) => {
                    return Err(Stop::retry(Reason::KubernetesApi, "another process has taken this object over"));
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
