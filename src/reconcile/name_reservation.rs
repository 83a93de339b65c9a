//! Whether a name is free in Graph, known from a list that many creates share.
//!
//! Graph has no idempotency keys and does not promise unique names, so before a POST the whole collection has to be
//! searched for the name. Many creates can share one list. A list is enough for a create when
//!
//! 1. it was requested after this resource first wanted to create. So it contains every object that existed when the resource
//!    was created: one that a person made before writing the manifest, one that a restored backup does not know;
//! 2. what this process did since is known. Its own creates are put into the snapshot with their answers; one that is
//!    under way reserves its name ([`Snapshot::creating`](crate::tenant::snapshot::Snapshot::creating)); after a create without an
//!    answer, an update (which may rename) or a delete, names are in doubt, and a list from before that does not count.
//!    Another process creates nothing: it would have to be the leader, and a new leader begins without any list;
//! 3. it is not older than [`OLDEST`]. Another writer may still create an object of the same name between
//!    the list and the POST. No list excludes that, however new it is; the bound keeps it unlikely.
//!
//! In that case there are two objects of one name: ours is known by its id, the other one is never changed.

use std::time::Duration;

use kube::ResourceExt;
use tokio::time::Instant;

use crate::cluster::managed::Managed;
use crate::graph::{Collection, Entity};
use crate::reconcile::claims::{holder, refuse_rival};
use crate::reconcile::pass::Pass;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;
use crate::tenant::snapshot::Creating;

/// The age of the oldest list that shows which names are free. Above the longest time that passes wait together for a list, or the
/// last of them would have to wait for a second one.
const OLDEST: Duration = Duration::from_secs(120);

/// Makes sure that no other object has the resource's name and no other resource wants it, and reserves the name until
/// the guard is dropped. `own`: the object that is about to be renamed. Called wherever a name is written, for creates and
/// renames alike.
pub(crate) async fn reserve<'a, K: Managed>(pass: &Pass<'_, K>, own: Option<&str>, tenant: &'a Tenant) -> Result<Creating<'a>, Stop> {
    refuse_rival(pass, &tenant.key)?;
    let snapshot = tenant.snapshot(K::COLLECTION);
    let name = pass.object.common().display_name;
    // A complete list from after the request: an object of this name that exists already is not ours.
    known(pass.uid, name, K::COLLECTION, tenant).await?;
    refuse_vanished(pass, tenant).await?;
    let reserved = snapshot.creating(name)?;
    snapshot.waiting.work(pass.uid, Instant::now());
    let is_own = |entity: &Entity| own.is_some_and(|own| entity.id.eq_ignore_ascii_case(own));
    let taken: Vec<String> = snapshot
        .named(name)
        .into_iter()
        .filter(|entity| !is_own(entity))
        .map(|entity| entity.id)
        .collect();
    let Some(first) = taken.first() else { return Ok(reserved) };
    if let Some(holder) = holder(pass, first, &tenant.key) {
        return Err(held(pass.object, &*holder));
    }
    let message = format!(
        "Graph already has a {} named {name:?} ({}) that this resource did not create and does not change. Rename one of the two, or delete that one in Graph",
        K::COLLECTION.singular(),
        taken.join(", ")
    );
    Err(Stop::stalled(Reason::NameConflict, message))
}

/// A name is not free because one list lacks the object that had it: two lists agree, as for every absence.
async fn refuse_vanished<K: Managed>(pass: &Pass<'_, K>, tenant: &Tenant) -> Result<(), Stop> {
    let (snapshot, name) = (tenant.snapshot(K::COLLECTION), pass.object.common().display_name);
    let Some(since) = snapshot.name_vanished(name) else { return Ok(()) };
    let apart = pass.context.absence();
    let left = apart.saturating_sub(since.elapsed());
    if !left.is_zero() {
        let message = format!(
            "the {} named {name:?} is not in the list any more; checking once more before its name counts as free",
            K::COLLECTION.singular()
        );
        return Err(Stop::waiting_for(Reason::AbsenceUnconfirmed, message, left));
    }
    tenant.shared_list(K::COLLECTION, since + apart).await
}

/// The name is that of another resource's object. When that resource's spec has another name, the object is renamed soon.
fn held<K: Managed>(object: &K, holder: &K) -> Stop {
    let who = match holder.namespace() == object.namespace() {
        true => format!("{} {}", K::KIND, holder.name_any()),
        false => "another resource of this tenant".to_owned(),
    };
    let name = object.common().display_name;
    if holder.common().display_name.to_lowercase() == name.to_lowercase() {
        let message = format!("the object of {who} has the name {name:?}; give one of the two another spec.displayName");
        return Stop::stalled(Reason::NameConflict, message);
    }
    let message = format!("waiting until the object of {who}, which has the name {name:?} now, is renamed to the name in its spec");
    Stop::waiting_for(Reason::NameConflict, message, RENAMED_SOON)
}

/// How soon it is checked again whether another resource has released a name.
const RENAMED_SOON: Duration = Duration::from_secs(10);

/// `Ok` when the snapshot shows whether a name is taken. `uid` is the resource that wants to create.
pub(crate) async fn known(uid: &str, name: &str, collection: Collection, tenant: &Tenant) -> Result<(), Stop> {
    let (snapshot, now) = (tenant.snapshot(collection), Instant::now());
    let wanted = snapshot.waiting.since(uid).unwrap_or(now);
    let oldest = now.checked_sub(OLDEST).unwrap_or(wanted);
    let not_before = [Some(wanted), snapshot.name_doubted(name), Some(oldest)]
        .into_iter()
        .flatten()
        .max();
    let not_before = not_before.unwrap_or(now);
    // The time of its request stays, or a name that is in doubt again and again would delay the list for all that wait.
    snapshot.waiting.wait(uid, wanted, now);
    tenant.shared_list(collection, not_before).await
}
