//! Step two: the state in Graph. Reads only.
//!
//! The shared snapshot answers when nothing is to do; before a write the object is read again. Absence is proven
//! by two reads, two settle windows apart, and a complete list that agree: see "Absence is proven" in docs/concepts.md.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use crate::cluster::managed::Managed;
use crate::graph::Entity;
use crate::reconcile::pass::Pass;
use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;

/// How new an answer has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Age {
    /// Read now.
    Fresh,
    /// Asked for after a write of ours was answered.
    After(Instant),
    /// From a list that is not older, if it shows that nothing is to do.
    Listed(Duration),
}

/// A request to observe an object.
pub(crate) struct Look<'a, C, T> {
    /// Its id.
    pub id: &'a str,
    /// How new the answer has to be.
    pub age: Age,
    /// Graph has shown it before: only such an object can be absent.
    pub was_seen: bool,
    /// Whether an entity needs no write; then an older list is enough.
    pub converged: C,
    /// Whether what differs is reported by this pass and written by a later one, if at all, or is read again before it is
    /// written; then a recent list is enough.
    pub only_reported: T,
}

/// The object. `None`: it is proven to be absent.
pub(crate) async fn observe<K: Managed>(
    pass: &Pass<'_, K>,
    look: Look<'_, impl Fn(&Entity) -> bool, impl Fn(&Entity) -> bool>,
    tenant: &Tenant,
) -> Result<Option<Entity>, Stop> {
    let Look {
        id,
        age,
        was_seen,
        converged,
        only_reported,
    } = look;
    let found = match age {
        Age::Fresh => tenant.read(K::COLLECTION, id).await?,
        Age::After(since) => {
            let start = Instant::now();
            match seen_since(pass, id, since, tenant).await? {
                // An old list is no reason to write.
                Some(entity) if !converged(&entity) && tenant.snapshot(K::COLLECTION).seen_since(id, start).is_none() => {
                    tenant.read(K::COLLECTION, id).await?
                }
                found => found,
            }
        }
        Age::Listed(oldest) => {
            tenant.listed(K::COLLECTION, oldest).await?;
            let snapshot = tenant.snapshot(K::COLLECTION);
            let now = Instant::now();
            let known = snapshot.get(id).filter(|entity| entity.unreadable.is_none());
            let recent = now
                .checked_sub(RECENT)
                .is_none_or(|recent| snapshot.seen_since(id, recent).is_some());
            match known.filter(|entity| converged(entity) || recent && only_reported(entity)) {
                Some(entity) => Some(entity),
                None => tenant.read(K::COLLECTION, id).await?,
            }
        }
    };
    match found {
        Some(entity) => {
            pass.note(|notes| notes.seen.found());
            Ok(Some(entity))
        }
        None if !was_seen => not_visible_yet(pass, id, tenant).await,
        None => prove_absence(pass, id, tenant).await.map(|()| None),
    }
}

/// The object as Graph shows it to a request that was made after `since`, when a write of ours was answered. With few
/// passes at work it is read; many wait for one list. `None`: it was not found, which alone proves nothing.
pub(crate) async fn seen_since<K: Managed>(pass: &Pass<'_, K>, id: &str, since: Instant, tenant: &Tenant) -> Result<Option<Entity>, Stop> {
    let seen = look_since::<K>(pass.uid, id, since, tenant).await;
    // With any result it is not waited for any more: if it differs from what was sent, the next pass reads again.
    if !matches!(&seen, Err(failure) if failure.is_later()) {
        pass.note(|notes| notes.sent.confirm = None);
    }
    seen
}

/// Whether Graph shows an object to a request that was made after `since`, when its deletion was accepted. With few passes
/// at work it is read; many wait for one list, and an object that is not in that list is gone.
pub(crate) async fn is_shown_since<K: Managed>(pass: &Pass<'_, K>, id: &str, since: Instant, tenant: &Tenant) -> Result<bool, Stop> {
    let (snapshot, now) = (tenant.snapshot(K::COLLECTION), Instant::now());
    let listed = || snapshot.listed().is_some_and(|listed| listed >= since);
    if !listed() {
        if snapshot.waiting.few(now) {
            return Ok(tenant.read(K::COLLECTION, id).await?.is_some());
        }
        snapshot.waiting.wait(pass.uid, since, now);
        tenant.shared_list(K::COLLECTION, since).await?;
    }
    Ok(snapshot.seen_since(id, since).is_some())
}

pub(crate) async fn look_since<K: Managed>(uid: &str, id: &str, since: Instant, tenant: &Tenant) -> Result<Option<Entity>, Stop> {
    let (snapshot, now) = (tenant.snapshot(K::COLLECTION), Instant::now());
    if let Some(entity) = snapshot.seen_since(id, since) {
        return Ok(Some(entity));
    }
    let missed = snapshot.listed().is_some_and(|listed| listed >= since);
    if missed || snapshot.waiting.few(now) {
        return tenant.read(K::COLLECTION, id).await;
    }
    snapshot.waiting.wait(uid, since, now);
    let waiting = snapshot.waiting.unserved(snapshot.listed());
    let due = snapshot.waiting.due(snapshot.listed(), snapshot.pages(), now).is_zero();
    if due && waiting < snapshot.pages() as usize {
        // The list would take more requests than all single reads together.
        return tenant.read(K::COLLECTION, id).await;
    }
    tenant.shared_list(K::COLLECTION, since).await?;
    match snapshot.seen_since(id, since) {
        Some(entity) => Ok(Some(entity)),
        None => tenant.read(K::COLLECTION, id).await,
    }
}

/// How old a list may be that is searched for an object that a read does not show yet.
const RECENT: Duration = Duration::from_secs(30);

/// How long an object may stay invisible before a person is asked.
const LONGEST_INVISIBLE: Duration = Duration::from_secs(15 * 60);

/// An object that Graph gave an id and has never shown: it exists, however long it stays invisible, and is never created again.
/// `None`: by the audit log it was deleted.
async fn not_visible_yet<K: Managed>(pass: &Pass<'_, K>, id: &str, tenant: &Tenant) -> Result<Option<Entity>, Stop> {
    tenant.listed(K::COLLECTION, RECENT).await?;
    if let Some(entity) = tenant.snapshot(K::COLLECTION).get(id) {
        return Ok(Some(entity));
    }
    let invisible = pass.note(|notes| notes.seen.missing(id)).elapsed();
    if invisible >= pass.context.absence() && was_deleted(id, tenant).await? {
        return Ok(None);
    }
    let message = format!(
        "Graph answered the create with {} {id} and does not show it yet; it is not created again. If it was deleted there, delete this resource and apply it again",
        K::COLLECTION.singular()
    );
    if invisible < LONGEST_INVISIBLE {
        let after = pass.context.settle.min(RECENT);
        return Err(Stop::waiting_for(Reason::NotVisibleYet, message, after));
    }
    Err(Failure::waiting_for(Reason::NotVisibleYet, message, LONGEST_INVISIBLE)
        .permanent()
        .into())
}

/// Whether the audit log shows the deletion of an object.
async fn was_deleted(id: &str, tenant: &Tenant) -> Result<bool, Stop> {
    /// An object that was created longer ago has been shown.
    const HISTORY: SignedDuration = SignedDuration::from_hours(24);
    let recent = Instant::now().checked_sub(RECENT).unwrap_or_else(Instant::now);
    let events = tenant.audit(tenant.clock.now() - HISTORY, recent).await?;
    Ok(events.is_some_and(|events| events.iter().any(|event| event.deletes(id))))
}

/// `Ok` when an object that was just not found is proven to be gone.
pub(crate) async fn prove_absence<K: Managed>(pass: &Pass<'_, K>, id: &str, tenant: &Tenant) -> Result<(), Stop> {
    let since = pass.note(|notes| notes.seen.missing(id));
    let left = pass.context.absence().saturating_sub(since.elapsed());
    if !left.is_zero() {
        let message = format!(
            "{} {id} was not found; checking once more before it counts as deleted",
            K::COLLECTION.singular()
        );
        return Err(Stop::waiting_for(Reason::AbsenceUnconfirmed, message, left));
    }
    list_since_wanted(pass, tenant).await?;
    // Also when a read of its own has not found it since the list.
    if tenant.snapshot(K::COLLECTION).is_listed(id) {
        let message = format!(
            "{} {id} was not found by its id and is in the list; Graph contradicts itself, so nothing is decided",
            K::COLLECTION.singular()
        );
        return Err(Stop::waiting_for(Reason::AbsenceUnconfirmed, message, pass.context.settle));
    }
    Ok(())
}

/// A request for a list that was not renewed for so long counts from now.
const STALE_WISH: Duration = Duration::from_secs(10);

/// A list that was asked for after this resource first wanted one. A pass that was deferred keeps the time of its request,
/// so that one list serves all that wait.
pub(crate) async fn list_since_wanted<K: Managed>(pass: &Pass<'_, K>, tenant: &Tenant) -> Result<(), Stop> {
    let now = Instant::now();
    let wanted = pass.note(|notes| {
        let earlier = notes.seen.list_wanted.filter(|(_, asked)| asked.elapsed() < STALE_WISH);
        let wanted = earlier.map_or(now, |(wanted, _)| wanted);
        notes.seen.list_wanted = Some((wanted, now));
        wanted
    });
    tenant.list_since(K::COLLECTION, wanted).await?;
    pass.note(|notes| notes.seen.list_wanted = None);
    Ok(())
}
