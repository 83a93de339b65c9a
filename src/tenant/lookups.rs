//! Lists that names are looked up in, kept for a moment, so that many lookups at the same time cost one
//! request. Only reads.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use tokio::time::Instant;

use crate::api::ResolvedGroup;
use crate::graph::{Connection, DeviceImage, GalleryImage, GraphError, Named};
use crate::report::stop::Stop;
use crate::tenant::gate::{About, Gate};

/// How old a list may be that lacks the name: an object may have been created since.
const OLDEST: Duration = Duration::from_secs(10);
/// How old a list may be that has the name: ids rarely change, and the result is pinned anyway.
const OLDEST_HIT: Duration = Duration::from_secs(60);

/// With more groups noted than this, old notes are removed.
const MANY: usize = 1000;

/// The lists of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    groups: Groups,
    pub(crate) gallery: Catalogue<GalleryImage>,
    pub(crate) images: Catalogue<DeviceImage>,
    pub(crate) connections: Catalogue<Connection>,
    pub(crate) plans: Catalogue<Named>,
}

/// One list.
#[derive(Debug)]
pub(crate) struct Catalogue<T>(Mutex<Option<(Instant, Vec<T>)>>);

impl<T> Default for Catalogue<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Catalogue<T> {
    /// The list; one that contains what is `wanted` may be older than one that does not.
    pub(crate) async fn read(
        &self,
        gate: &Gate,
        wanted: impl Fn(&T) -> bool,
        list: impl Future<Output = Result<Vec<T>, GraphError>>,
    ) -> Result<Vec<T>, Stop> {
        let mut known = self.0.try_lock().map_err(|_taken| Stop::soon())?;
        let current = |at: &Instant, items: &[T]| at.elapsed() < OLDEST || at.elapsed() < OLDEST_HIT && items.iter().any(&wanted);
        if let Some((_, items)) = known.as_ref().filter(|(at, items)| current(at, items)) {
            return Ok(items.clone());
        }
        let (_, items) = gate.read(About::Tenant, list).await?;
        *known = Some((Instant::now(), items.clone()));
        Ok(items)
    }
}

/// Groups by how they are named, each looked up by one pass at a time.
#[derive(Debug, Default)]
struct Groups(parking_lot::Mutex<HashMap<String, Slot>>);

type Slot = Arc<Mutex<Option<(Instant, ResolvedGroup)>>>;

impl Groups {
    /// Where a group is noted. Old notes that no pass is using are removed.
    fn slot(&self, reference: &str) -> Slot {
        let mut slots = self.0.lock();
        if slots.len() >= MANY {
            slots.retain(|_, slot| {
                let known = slot.try_lock();
                known.map_or(true, |known| known.as_ref().is_some_and(|(at, _)| at.elapsed() < OLDEST_HIT))
            });
        }
        Arc::clone(slots.entry(reference.to_owned()).or_default())
    }
}

impl Lookups {
    /// A group that many Assignments may name. Only a group that was found is kept.
    pub(crate) async fn group(
        &self,
        reference: &str,
        look_up: impl Future<Output = Result<ResolvedGroup, Stop>>,
    ) -> Result<ResolvedGroup, Stop> {
        let slot = self.groups.slot(reference);
        let mut known = slot.lock().await;
        if let Some((_, group)) = known.as_ref().filter(|(at, _)| at.elapsed() < OLDEST_HIT) {
            return Ok(group.clone());
        }
        let found = look_up.await?;
        *known = Some((Instant::now(), found.clone()));
        Ok(found)
    }
}
