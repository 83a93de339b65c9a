//! Assigns again what was lost when a set was replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::SignedDuration;
use kube::ResourceExt;

use tokio::time::Instant;

use crate::cluster::managed::Managed;
use crate::graph::{AssignmentTarget, AuditEvent, Entity};
use crate::reconcile::context::Context;
use crate::reconcile::plan::Key;
use crate::reconcile::replaced::{Replaced, lost};
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;

/// Foreign entries that another writer added while this process replaced the set, as the audit log tells: they have to be
/// there again.
pub(crate) async fn put_back<K: Managed>(
    object: &K,
    entity: &Entity,
    tenant: &Tenant,
    context: &Context,
) -> Result<BTreeMap<Key, AssignmentTarget>, Stop> {
    let uid = object.uid().unwrap_or_default();
    let mut notes = context.memory.get(&uid);
    let now = Instant::now();
    if let Some(from) = notes.replaced.iter().filter(|one| one.is_due(now)).map(|one| one.since).min() {
        let recent = now.checked_sub(SHARED_LOG).unwrap_or(now);
        let events = tenant.audit(from - SignedDuration::from_secs(10), recent).await?;
        let mark = tenant.client.mark();
        let ours = |event: &AuditEvent| event.correlation_id.as_deref().is_some_and(|id| id.starts_with(&mark));
        let mut found = BTreeMap::new();
        for replaced in notes.replaced.iter_mut().filter(|one| one.is_due(now)) {
            found.extend(lost(replaced, &entity.id, events.as_deref().map_or(&[], Vec::as_slice), ours));
            replaced.looked();
        }
        notes.replaced.retain(|one| one.next_look().is_some());
        for (key, target) in found {
            // One that was deleted since would spoil every set.
            if tenant.read_request(tenant.client.group(&key.group)).await?.1.is_some() {
                notes.put_back.insert(key, target);
            }
        }
    }
    let there: BTreeSet<Key> = entity.assignments.iter().map(Key::from).collect();
    notes.put_back.retain(|key, _| !there.contains(key));
    let next = notes.replaced.iter().filter_map(Replaced::next_look).min();
    context.memory.update(&uid, |known| {
        known.replaced.clone_from(&notes.replaced);
        known.put_back.clone_from(&notes.put_back);
        known.next_look = known.next_look.into_iter().chain(next).min();
    });
    Ok(notes.put_back)
}

/// How old an answer of the audit log may be that many objects share.
const SHARED_LOG: Duration = Duration::from_secs(10);
