//! The metrics for Prometheus. One registry, passed by value; no global state.
//!
//! Prohibition: a label value is a literal of this program or comes from a small closed range. Names, namespaces and
//! identifiers of objects are never labels, because their number is not bounded; the name of a tenant is one only when
//! the operator was asked for it, and then for a limited number of them.

mod labels;
mod queue;
mod series;
mod tenant;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use labels::{Kind, Pass, TenantNames};
pub use queue::Queue;
use series::Series;
pub use tenant::TenantMetrics;

/// The media type of what [`Metrics::encode`] returns.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All series of the process. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    series: Series,
    sources: Mutex<Sources>,
}

/// The gauges that are computed when they are scraped.
#[derive(Debug)]
struct Sources {
    queues: BTreeMap<&'static str, Queue>,
    tenants: Vec<Weak<Mutex<tenant::Gauges>>>,
    names: TenantNames,
}

impl Metrics {
    /// An empty set of series; only the build information and the leader gauge are present from the start.
    pub fn new() -> Self {
        Self::with(TenantNames::Off)
    }

    /// The same, with a label for the first tenants.
    pub fn with_tenant_names() -> Self {
        Self::with(TenantNames::On(Vec::new()))
    }

    fn with(names: TenantNames) -> Self {
        let series = Series::default();
        Self(Arc::new(Inner {
            registry: series.registered(),
            series,
            sources: Mutex::new(Sources {
                queues: BTreeMap::new(),
                tenants: Vec::new(),
                names,
            }),
        }))
    }

    /// The exposition in the OpenMetrics text format.
    pub fn encode(&self) -> String {
        // Held to the end: a second reader must not see the gauges while they are set again.
        let mut sources = self.sources();
        self.refresh(&mut sources);
        let mut out = String::new();
        match text::encode(&mut out, &self.0.registry) {
            Ok(()) => out,
            // Writing to a String cannot fail; if a metric ever reports an error, half an exposition would mislead.
            Err(std::fmt::Error) => "# EOF\n".to_owned(),
        }
    }

    fn refresh(&self, sources: &mut Sources) {
        let series = &self.0.series;
        for (kind, queue) in &sources.queues {
            let length = i64::try_from(queue.length()).unwrap_or(i64::MAX);
            series.queue.get_or_create(&Kind { kind }).set(length);
        }
        series.clear_tenants();
        sources.tenants.retain(|gauges| {
            let Some(gauges) = gauges.upgrade() else { return false };
            series.add_tenant(&gauges.lock());
            true
        });
    }

    /// The series of a tenant, as long as they are held.
    pub fn tenant(&self, name: &str) -> TenantMetrics {
        let mut sources = self.sources();
        let metrics = TenantMetrics::new(self.0.series.clone(), sources.names.label(name));
        sources.tenants.push(Arc::downgrade(metrics.gauges()));
        metrics
    }

    /// The queue of a kind.
    pub fn queue(&self, kind: &'static str) -> Queue {
        self.sources().queues.entry(kind).or_default().clone()
    }

    /// Counts one pass over an object.
    pub fn reconcile(&self, kind: &'static str, outcome: &'static str, elapsed: Duration) {
        let series = &self.0.series;
        series.reconciles.get_or_create(&Pass { kind, outcome }).inc();
        series
            .reconcile_duration
            .get_or_create(&Kind { kind })
            .observe(elapsed.as_secs_f64());
    }

    /// Counts one object that another writer has changed in Graph.
    pub fn drift(&self, kind: &'static str) {
        self.0.series.drift.get_or_create(&Kind { kind }).inc();
    }

    /// Sets how many objects differ from what is declared and are left that way.
    pub fn drifted(&self, kind: &'static str, n: i64) {
        self.0.series.drifted.get_or_create(&Kind { kind }).set(n);
    }

    /// Counts one version of an object that does not decode.
    pub fn malformed(&self, kind: &'static str) {
        self.0.series.malformed.get_or_create(&Kind { kind }).inc();
    }

    /// Sets whether this process has the lease.
    pub fn leader(&self, leading: bool) {
        self.0.series.leader.set(i64::from(leading));
    }

    /// Counts one pass that ended in a panic.
    pub fn panicked(&self, kind: &'static str) {
        self.0.series.panics.get_or_create(&Kind { kind }).inc();
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        // A reader that panicked has left gauges behind that the next one sets again.
        self.0.sources.lock()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
