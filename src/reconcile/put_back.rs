//! Assigns again what was lost when a set was replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::SignedDuration;

use tokio::time::Instant;

use crate::cluster::managed::Managed;
use crate::graph::{AssignmentTarget, AuditEvent, Entity};
use crate::reconcile::key::Key;
use crate::reconcile::pass::Pass;
use crate::reconcile::replaced::{Replaced, lost};
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;

/// Foreign entries that another writer added while this process replaced the set, by the audit log: they have to be assigned
/// again.
pub(crate) async fn put_back<K: Managed>(
    pass: &Pass<'_, K>,
    entity: &Entity,
    tenant: &Tenant,
) -> Result<BTreeMap<Key, AssignmentTarget>, Stop> {
    let mut sent = pass.notes().sent;
    let now = Instant::now();
    if !std::mem::replace(&mut sent.restored, true) {
        let sets = pass.draft.replaced_sets.iter();
        let restored = sets.filter_map(|set| Replaced::restored(set, pass.context.absence(), tenant.clock.now()));
        sent.replaced.extend(restored);
    }
    if let Some(from) = sent.replaced.iter().filter(|one| one.is_due(now)).map(|one| one.since).min() {
        let recent = now.checked_sub(SHARED_LOG).unwrap_or(now);
        let events = tenant.audit(from - SignedDuration::from_secs(10), recent).await?;
        let mark = tenant.client.mark();
        let ours = |event: &AuditEvent| event.correlation_id.as_deref().is_some_and(|id| id.starts_with(&mark));
        let mut found = BTreeMap::new();
        for replaced in sent.replaced.iter_mut().filter(|one| one.is_due(now)) {
            found.extend(lost(replaced, &entity.id, events.as_deref().map_or(&[], Vec::as_slice), ours));
            replaced.looked();
        }
        sent.replaced.retain(|one| one.next_look().is_some());
        for (key, target) in found {
            // Graph would refuse every set with a group that was deleted since.
            if tenant.read_request(tenant.client.group(&key.group)).await?.1.is_some() {
                sent.put_back.insert(key, target);
            }
        }
    }
    let there: BTreeSet<Key> = entity.assignments.iter().map(Key::from).collect();
    sent.put_back.retain(|key, _| !there.contains(key));
    let next = sent.replaced.iter().filter_map(Replaced::next_look).min();
    pass.note(|known| {
        known.sent.restored = true;
        known.sent.replaced.clone_from(&sent.replaced);
        known.sent.put_back.clone_from(&sent.put_back);
        known.asked.look_by(next);
    });
    Ok(sent.put_back)
}

/// How old an answer of the audit log may be that many objects share.
const SHARED_LOG: Duration = Duration::from_secs(10);
