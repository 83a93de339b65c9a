//! The product of a create whose answer was lost: it is recognised by who made it, never by its name alone.
//!
//! Searched for at once where the audit log or the mark proves authorship, and otherwise after the settle window. A new
//! attempt takes two complete lists without any candidate, a settle window apart.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Map, Value};

use tokio::time::Instant;

use crate::api::{IdOwner, Origin, PendingCreate};
use crate::cluster::managed::Managed;
use crate::graph::Entity;
use crate::reconcile::authorship::{Finding, Lost, maker};
use crate::reconcile::claims;
use crate::reconcile::claims::is_held;
use crate::reconcile::create::{Created, record};
use crate::reconcile::observe::list_since_wanted;
use crate::reconcile::pass::Pass;
use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::audit;
use crate::tenant::audit::LONGEST_LAG;
use crate::tenant::shared::Tenant;

/// How often the product is searched for before the settle window is over.
const EARLY: Duration = Duration::from_secs(8);
/// How often the audit log is asked while it may still be behind.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// How far back the audit log is read.
const HISTORY: SignedDuration = SignedDuration::from_hours(24);

/// Searches for the product of an intent whose answer was lost. `Ok(None)`: nothing was created.
pub(crate) async fn recover<K: Managed>(pass: &mut Pass<'_, K>, tenant: &Tenant) -> Result<Option<Entity>, Stop> {
    let Some(pending) = pass.draft.pending_create.clone() else {
        return Ok(None);
    };
    claims::refuse_foreign_intent::<K>(&pending, tenant)?;
    let Ok(sent) = serde_json::from_str::<Map<String, Value>>(&pending.sent) else {
        return Err(Stop::stalled(
            Reason::InternalError,
            "status.pendingCreate.sent is not JSON, so what was created cannot be recognised; check in Graph what the create made, and remove status.pendingCreate if it made nothing",
        ));
    };
    let unsettled = unsettled(pass, &pending, tenant);
    if let Some(left) = unsettled {
        look_early(pass, left)?;
    }
    let asked = Instant::now();
    list_since_wanted(pass, tenant).await?;
    // So far back that earlier writes of this cluster show whether the log carries the ids of requests.
    let from = pending.since.0 - HISTORY;
    let events = tenant.audit(from, asked.checked_sub(EARLY).unwrap_or(asked)).await?;
    let mark = pending.attempt.get(..8).unwrap_or_default();
    let held = |id: &str| is_held(pass, id, &tenant.key);
    let lost = Lost {
        pending: &pending,
        sent: &sent,
        events: events.as_deref().map(Vec::as_slice),
        log_may_lag: tenant.clock.now().duration_since(pending.since.0) < LONGEST_LAG,
        mark,
        held: &held,
    };
    let found = candidates(pass, &lost, tenant);
    match decide(&found, unsettled) {
        Decision::Take(entity) => take(pass, entity, &pending, tenant).await.map(Some),
        Decision::None => not_created(pass),
        Decision::Wait(after, message) => Err(audit::waiting(message, after)),
        Decision::Ask(ids) => Err(ask::<K>(&ids)),
    }
}

/// Every object that may be the product, and the evidence for it.
fn candidates<K: Managed>(pass: &Pass<'_, K>, lost: &Lost<'_>, tenant: &Tenant) -> Vec<(Entity, Finding)> {
    let own = |id: &str| tenant.client.is_own_application(id) == Some(true);
    let candidates = tenant
        .snapshot(K::COLLECTION)
        .search(|entity| lost.is_candidate(entity, &maker(entity, tenant)));
    candidates
        .into_iter()
        .filter(|entity| !is_held(pass, &entity.id, &tenant.key))
        .map(|entity| {
            let finding = lost.judge(K::COLLECTION, &entity, &maker(&entity, tenant), own);
            (entity, finding)
        })
        .filter(|(_, finding)| *finding != Finding::Not)
        .collect()
}

/// The decision from the findings.
enum Decision<'a> {
    Take(&'a Entity),
    None,
    Wait(Duration, String),
    Ask(Vec<&'a str>),
}

fn decide(found: &[(Entity, Finding)], unsettled: Option<Duration>) -> Decision<'_> {
    let with = |wanted: Finding| {
        found
            .iter()
            .filter(move |(_, finding)| *finding == wanted)
            .map(|(entity, _)| entity)
    };
    if let Some(entity) = with(Finding::Certain).next() {
        return Decision::Take(entity);
    }
    if let Some(left) = unsettled {
        let message = "a create was sent and its answer was lost; waiting until Graph is certain to show its outcome".to_owned();
        return Decision::Wait(left.min(EARLY), message);
    }
    let pending: Vec<&str> = with(Finding::Pending).map(|entity| entity.id.as_str()).collect();
    if !pending.is_empty() {
        let message = format!(
            "a create was sent and its answer was lost; what it made may be {}; waiting for the audit log, which can be minutes behind",
            pending.join(" or ")
        );
        return Decision::Wait(ASK_AGAIN, message);
    }
    let sufficient: Vec<&Entity> = with(Finding::Sufficient).collect();
    match (sufficient.as_slice(), found) {
        ([entity], [_]) => Decision::Take(entity),
        ([], []) => Decision::None,
        _ => Decision::Ask(found.iter().map(|(entity, _)| entity.id.as_str()).collect()),
    }
}

fn ask<K: Managed>(ids: &[&str]) -> Stop {
    let message = format!(
        "the answer to a create was lost, and Graph does not show whether it made {} {}. Nothing is written to it. Delete it in Graph if it is not in use: another one is then created. If it is another program's, give it or this resource another displayName",
        K::COLLECTION.singular(),
        ids.join(", ")
    );
    // The log may still show it, and a person may act in Graph.
    Stop::Failed(Failure {
        after: Some(ASK_AGAIN),
        ..Failure::stalled(Reason::ClaimUnproven, message)
    })
}

async fn take<K: Managed>(pass: &mut Pass<'_, K>, entity: &Entity, pending: &PendingCreate, tenant: &Tenant) -> Result<Entity, Stop> {
    tracing::info!(
        kind = K::KIND,
        id = entity.id,
        attempt = pending.attempt,
        "found the object of a create whose answer was lost"
    );
    let owner = IdOwner {
        seen: true,
        ..claims::owner(pass, Origin::Created, entity, tenant)?
    };
    let created = Created {
        entity,
        owner,
        attempt: &pending.attempt,
    };
    record(pass, created, tenant).await?;
    // A list whose assignments cannot be read must not be the base of a replacement; the next pass reads the object by its id.
    if entity.unreadable.is_some() {
        return Err(Stop::soon());
    }
    Ok(entity.clone())
}

/// How long the outcome of the request may still take to show; nothing when it has settled. For an attempt of an earlier
/// leader, whose request may still be on its way, that counts from this leader's start.
pub(crate) fn unsettled<K: Managed>(pass: &Pass<'_, K>, pending: &PendingCreate, tenant: &Tenant) -> Option<Duration> {
    let context = pass.context;
    let start = if pass.notes().sent.attempt.as_ref() == Some(&pending.attempt) {
        pending.since.0
    } else {
        let leading = context.leading_since - tenant.clock.ahead().unwrap_or_default();
        pending.since.0.max(leading)
    };
    let window = SignedDuration::try_from(context.settle).unwrap_or(SignedDuration::from_mins(1));
    let left = (start + window).duration_since(tenant.clock.now());
    left.is_positive().then(|| Duration::try_from(left).unwrap_or(context.settle))
}

/// Before the window is over only a proof counts, so there is no hurry to check again.
fn look_early<K: Managed>(pass: &Pass<'_, K>, left: Duration) -> Result<(), Stop> {
    let looked = pass.notes().sent.looked_early;
    if let Some(since) = looked.map(|looked| looked.elapsed()).filter(|since| *since < EARLY) {
        let message = "a create was sent and its answer was lost; waiting until Graph is certain to show its outcome";
        return Err(audit::waiting(message, left.min(EARLY - since)));
    }
    pass.note(|notes| notes.sent.looked_early = Some(Instant::now()));
    Ok(())
}

/// Absence takes two complete lists, a settle window apart.
fn not_created<K: Managed>(pass: &mut Pass<'_, K>) -> Result<Option<Entity>, Stop> {
    let settle = pass.context.settle;
    match pass.notes().sent.not_created_since {
        Some(since) if since.elapsed() >= settle => {
            // The note stays: if this pass is interrupted, the proof need not be made again. A new intent clears it.
            pass.draft.pending_create = None;
            Ok(None)
        }
        since => {
            let since = since.unwrap_or_else(Instant::now);
            pass.note(|notes| notes.sent.not_created_since = Some(since));
            let left = settle.saturating_sub(since.elapsed());
            let message = "a create was sent and Graph does not show its product; checking once more before a new attempt";
            Err(audit::waiting(message, left))
        }
    }
}
