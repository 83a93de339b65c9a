//! Creating exactly once on an API without idempotency keys: see "Creating exactly once" in docs/concepts.md.
//!
//! Before the POST an intent is written to status under a resourceVersion precondition; the POST is sent once; the
//! id is recorded the moment it is known. A pass that finds an intent without an id looks for the product of that
//! intent and nothing else: [`crate::reconcile::recover`].

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use serde_json::{Map, Value};

use tokio::time::Instant;

use crate::api::{IdOwner, ManagedStatus, Origin, PendingCreate};
use crate::cluster::managed::Managed;
use crate::cluster::status_writer::StatusWriter;
use crate::graph::Entity;
use crate::reconcile::claims;
use crate::reconcile::context::Context;
use crate::reconcile::name_reservation;
use crate::reconcile::plan;
use crate::report::failure::{is_conflict, is_gone};
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;

/// How often the id of a new object is written before the recovery has to find it.
const RECORD_ATTEMPTS: u32 = 5;

/// How soon after a lost answer the product is looked for.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// A create that is to be sent.
pub(crate) struct Create<'a, K> {
    /// The resource.
    pub object: &'a K,
    /// What the object is to have.
    pub body: &'a Map<String, Value>,
    /// The description carries the attempt.
    pub marked: bool,
}

impl<K: Managed> Create<'_, K> {
    /// Creates the object. Returns what Graph answered.
    pub(crate) async fn send(
        self,
        status: &mut ManagedStatus,
        writer: &mut StatusWriter<K>,
        tenant: &Tenant,
        context: &Context,
    ) -> Result<Entity, Stop> {
        let Self { object, body, marked } = self;
        let name = object.common().display_name;
        // The wait for a turn comes first: an intent must not wait for its request, nor a proof for its use.
        let permit = tenant.write_permit().await?;
        let (uid, snapshot) = (object.uid().unwrap_or_default(), tenant.snapshot(K::COLLECTION));
        let _name = name_reservation::reserve(object, None, tenant, context).await?;
        // Before the intent: one that is followed by no request would have to be waited for all the same.
        context.may_change_graph()?;
        tenant.gate.check()?;
        let attempt = tenant.client.new_request_id();
        let body = &match marked {
            true => plan::marked(K::COLLECTION, body, &attempt.to_string()),
            false => body.clone(),
        };
        let before = status.clone();
        context.memory.update(&uid, |notes| {
            notes.attempt = Some(attempt.to_string());
            notes.not_created_since = None;
        });
        context.claims.release(&uid);
        status.id = None;
        status.owner = None;
        status.pending_create = Some(PendingCreate {
            attempt: attempt.to_string(),
            since: Time(tenant.clock.now()),
            sent: Value::Object(body.clone()).to_string(),
            display_name: name.to_owned(),
            cloud: tenant.key.cloud,
            tenant_id: tenant.key.tenant_id.clone(),
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
                // The name is taken from now on; but an answer shows nothing, and only what Graph has shown can be absent later.
                snapshot.put(&entity.id, Some(&entity), Instant::now());
                snapshot.outdate(&entity.id);
                let owner = claims::owner(object, Origin::Created, &entity, tenant, context)?;
                let created = Created {
                    entity: &entity,
                    owner,
                    attempt: &attempt.to_string(),
                };
                record(object, created, status, writer, tenant, context).await?;
                Ok(entity)
            }
            Err(error) if error.outcome_unknown() => {
                snapshot.doubt_name(name, None);
                let message = format!(
                    "the create may or may not have happened ({}); looking it up before anything else",
                    tenant.gate.failed(error).told().message
                );
                // With luck, who made it can be told at once.
                Err(Stop::waiting_for(
                    Reason::CreateUnconfirmed,
                    message,
                    context.settle.min(FIRST_LOOK),
                ))
            }
            Err(error) => {
                // Graph said no: nothing was made, so the intent has no product.
                status.pending_create = None;
                Err(tenant.gate.failed(error))
            }
        }
    }
}

/// An object that is now known to be ours.
pub(crate) struct Created<'a> {
    pub entity: &'a Entity,
    pub owner: IdOwner,
    /// The attempt that made it.
    pub attempt: &'a str,
}

/// Writes the id down at once and clears the intent. Repeated until it sticks: an id that is lost here can only be
/// found again by the recovery. Given up only when the intent is not ours any more: another leader has taken over.
pub(crate) async fn record<K: Managed>(
    object: &K,
    created: Created<'_>,
    status: &mut ManagedStatus,
    writer: &mut StatusWriter<K>,
    tenant: &Tenant,
    context: &Context,
) -> Result<(), Stop> {
    let Created { entity, owner, attempt } = created;
    claims::record(object, &entity.id, &owner, tenant, context)?;
    status.id = Some(entity.id.clone());
    status.owner = Some(owner);
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
