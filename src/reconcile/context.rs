//! What every controller shares: the cluster, the tenants, what is remembered between passes, and the sinks for events and
//! metrics.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::api::EntraTenant;
use crate::cluster::Cluster;
use crate::reconcile::claim_registry::Claims;
use crate::reconcile::memory::Memory;
use crate::reconcile::terminating::Uninstall;
use crate::report::stop::Stop;
use crate::runtime::backoff::Backoff;
use crate::runtime::contained::InFlight;
use crate::runtime::events::Publisher;
use crate::runtime::metrics::Metrics;
use crate::tenant::shared::Tenant;
use crate::tenant::tenants::Tenants;
use crate::tenant::write_access::WriteAccess;

/// The shared context of all controllers in this process.
pub(crate) struct Context {
    /// The cluster.
    pub cluster: Cluster,
    /// The tenants in use.
    pub tenants: Tenants,
    /// Whether the operator itself is being removed.
    pub uninstall: Uninstall,
    /// Notes between passes.
    pub memory: Memory,
    /// Which resource each object in Graph was proved to belong to.
    pub claims: Claims,
    /// How often an object failed in a row.
    pub backoff: Backoff,
    /// Events.
    pub events: Publisher,
    /// Metrics.
    pub metrics: Metrics,
    /// Passes that are under way; shutdown waits for them.
    pub in_flight: InFlight,
    /// How long Graph may take to show what was written.
    pub settle: Duration,
    /// Whether this process may write.
    pub access: WriteAccess,
    /// Held by the pass that records what it puts at risk, so that parallel passes share the limit.
    pub risk_turn: tokio::sync::Mutex<()>,
    /// When this process became the leader.
    pub leading_since: Timestamp,
}

impl Context {
    /// How far apart two reads have to be that prove an absence: twice the settle window, because a create whose effect spreads
    /// slowly must not be taken for a deletion.
    pub(crate) fn absence(&self) -> Duration {
        self.settle * 2
    }

    /// Refuses a write to Graph after the process was paused: see [`WriteAccess::may_write`].
    pub(crate) fn may_write(&self) -> Result<(), Stop> {
        Ok(self.access.may_write()?)
    }

    /// Refuses every change of Graph in a process that may not make one: see [`WriteAccess::may_change_graph`].
    pub(crate) fn may_change_graph(&self) -> Result<(), Stop> {
        Ok(self.access.may_change_graph()?)
    }

    /// The tenant that an EntraTenant describes.
    pub(crate) fn tenant(&self, described: &EntraTenant) -> Result<Arc<Tenant>, Stop> {
        self.tenants.mark(&self.cluster.id()?);
        Ok(self.tenants.get(described)?)
    }
}
