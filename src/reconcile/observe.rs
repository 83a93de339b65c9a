//! Step two: what Graph holds. Reads only.
//!
//! The shared snapshot answers when nothing is to do; before a write the object is read afresh. Absence is proven
//! by two reads, two settle windows apart, and a complete list that agree (design 3.2).

use std::time::{Duration, Instant};

use kube::ResourceExt;

use super::context::Context;
use super::managed::Managed;
use super::outcome::Failure;
use super::reasons;
use super::tenant::Tenant;
use crate::graph::{Collection, Entity};

/// The object with this id. `oldest` is how old the snapshot may be; without it the object is read. `converged` tells whether an entity needs no write; only then the snapshot is enough.
/// `None`: it is proven to be absent.
pub async fn observe<K: Managed>(
    object: &K,
    id: &str,
    oldest: Option<Duration>,
    converged: impl Fn(&Entity) -> bool,
    tenant: &Tenant,
    context: &Context,
) -> Result<Option<Entity>, Failure> {
    let uid = object.uid().unwrap_or_default();
    if let Some(oldest) = oldest {
        tenant.listed(K::COLLECTION, oldest).await?;
        let enough = |entity: &Entity| entity.unreadable.is_none() && converged(entity);
        if let Some(entity) = tenant.snapshot(K::COLLECTION).get(id).filter(enough) {
            context.memory.update(&uid, |notes| notes.missing_since = None);
            return Ok(Some(entity));
        }
    }
    match tenant.read(K::COLLECTION, id).await? {
        Some(entity) => {
            context.memory.update(&uid, |notes| notes.missing_since = None);
            Ok(Some(entity))
        }
        None => prove_absence::<K>(&uid, id, tenant, context).await.map(|()| None),
    }
}

/// `Ok` when an object that was just not found is gone beyond doubt.
pub async fn prove_absence<K: Managed>(uid: &str, id: &str, tenant: &Tenant, context: &Context) -> Result<(), Failure> {
    let known = context.memory.get(uid).missing_since.filter(|(missing, _)| missing == id);
    let since = known.map_or_else(Instant::now, |(_, since)| since);
    context
        .memory
        .update(uid, |notes| notes.missing_since = Some((id.to_owned(), since)));
    // Twice the window: a create whose effect spreads slowly must not be taken for a deletion.
    let left = (context.settle * 2).saturating_sub(since.elapsed());
    if !left.is_zero() {
        let message = format!(
            "{} {id} was not found; looking once more before it counts as deleted",
            K::COLLECTION.singular()
        );
        return Err(Failure::waiting_for(reasons::ABSENCE_UNCONFIRMED, message, left));
    }
    list_since_wanted(uid, K::COLLECTION, tenant, context).await?;
    if tenant.snapshot(K::COLLECTION).get(id).is_some() {
        let message = format!(
            "{} {id} was not found on its own and is in the list; Graph contradicts itself, so nothing is decided",
            K::COLLECTION.singular()
        );
        return Err(Failure::waiting_for(reasons::ABSENCE_UNCONFIRMED, message, context.settle));
    }
    Ok(())
}

/// A wish for a list that nobody has renewed for so long counts from now.
const STALE_WISH: Duration = Duration::from_secs(10);

/// A list that was asked for after this resource first wanted one. A pass that was deferred keeps its place in time, so
/// that one list serves all that wait.
pub async fn list_since_wanted(uid: &str, collection: Collection, tenant: &Tenant, context: &Context) -> Result<(), Failure> {
    let now = Instant::now();
    let earlier = context
        .memory
        .get(uid)
        .list_wanted
        .filter(|(_, asked)| asked.elapsed() < STALE_WISH);
    let wanted = earlier.map_or(now, |(wanted, _)| wanted);
    context.memory.update(uid, |notes| notes.list_wanted = Some((wanted, now)));
    tenant.list_since(collection, wanted).await?;
    context.memory.update(uid, |notes| notes.list_wanted = None);
    Ok(())
}
