//! Every series by its name, with the sentence that the documentation's table repeats.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::{CounterWithExemplar, HistogramWithExemplars};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::runtime::metrics::labels::{ClassOfTenant, Kind, KindOfTenant, Operation, Pass, Request, Tenant, Trace};

/// A reconcile is a few Graph calls; under throttling it may take minutes.
const DURATION_BUCKETS: [f64; 11] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

pub type Seconds = Gauge<f64, AtomicU64>;
type Traced = HistogramWithExemplars<Trace>;

/// All families. Clones share the values.
#[derive(Clone, Debug)]
pub struct Series {
    pub reconciles: Family<Pass, Counter>,
    pub reconcile_duration: Family<Kind, Histogram, fn() -> Histogram>,
    pub queue: Family<Kind, Gauge>,
    pub graph_requests: Family<Request, CounterWithExemplar<Trace>>,
    pub graph_duration: Family<Operation, Traced, fn() -> Traced>,
    pub throttled: Family<ClassOfTenant, Counter<f64, AtomicU64>>,
    pub held_back: Family<ClassOfTenant, Counter<f64, AtomicU64>>,
    pub budget: Family<ClassOfTenant, Gauge>,
    pub token_refreshes: Family<Tenant, Counter>,
    pub token_failures: Family<Tenant, Counter>,
    pub drift: Family<Kind, Counter>,
    pub drifted: Family<Kind, Gauge>,
    pub polled_at: Family<KindOfTenant, Seconds>,
    pub polled_objects: Family<KindOfTenant, Gauge>,
    pub malformed: Family<Kind, Counter>,
    pub panics: Family<Kind, Counter>,
    pub leader: Gauge,
    pub signed_in_at: Family<Tenant, Seconds>,
    pub token_lifetime: Family<Tenant, Gauge>,
    pub clock_skew: Family<Tenant, Gauge>,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            reconciles: Family::default(),
            reconcile_duration: Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS)),
            queue: Family::default(),
            graph_requests: Family::default(),
            graph_duration: Family::new_with_constructor(|| Traced::new(DURATION_BUCKETS.into_iter())),
            throttled: Family::default(),
            held_back: Family::default(),
            budget: Family::default(),
            token_refreshes: Family::default(),
            token_failures: Family::default(),
            drift: Family::default(),
            drifted: Family::default(),
            polled_at: Family::default(),
            polled_objects: Family::default(),
            malformed: Family::default(),
            panics: Family::default(),
            leader: Gauge::default(),
            signed_in_at: Family::default(),
            token_lifetime: Family::default(),
            clock_skew: Family::default(),
        }
    }
}

impl Series {
    /// A registry that exposes them.
    pub fn registered(&self) -> Registry {
        let mut registry = Registry::with_prefix("cloudpc");
        let r = &mut registry;
        r.register("build", "The running version", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        r.register("leader", "1 while holding the lease", self.leader.clone());
        self.register_work(r);
        self.register_graph(r);
        self.register_tenants(r);
        registry
    }

    #[rustfmt::skip] // One line each: it is a table.
    fn register_work(&self, r: &mut Registry) {
        r.register("reconciles", "Passes over objects", self.reconciles.clone());
        r.register("reconcile_duration_seconds", "Time that a pass took", self.reconcile_duration.clone());
        r.register("reconcile_queue_length", "Objects that are due for a pass and wait for their turn", self.queue.clone());
        r.register("drift_detected", "Objects found changed in Graph", self.drift.clone());
        r.register("drifted_objects", "Objects that differ from their declaration now", self.drifted.clone());
        r.register("malformed_objects", "Object versions that do not decode", self.malformed.clone());
        r.register("panics", "Passes that ended in a panic or took more than two minutes", self.panics.clone());
    }

    #[rustfmt::skip]
    fn register_graph(&self, r: &mut Registry) {
        r.register("graph_requests", "Requests to Microsoft Graph, repeats included and token requests not", self.graph_requests.clone());
        r.register("graph_request_duration_seconds", "Time that a request took", self.graph_duration.clone());
        r.register("graph_throttled_seconds", "Pauses that Graph asked for with 429, added up", self.throttled.clone());
        r.register("graph_held_back_seconds", "Time that requests waited for their turn within our own budget", self.held_back.clone());
        r.register("graph_budget_left", "Requests that could be sent at once before the next one has to wait", self.budget.clone());
        r.register("token_refreshes", "New access tokens obtained", self.token_refreshes.clone());
        r.register("token_failures", "Attempts at an access token that failed", self.token_failures.clone());
    }

    #[rustfmt::skip]
    fn register_tenants(&self, r: &mut Registry) {
        r.register("last_successful_poll_timestamp_seconds", "When the kind was last listed completely", self.polled_at.clone());
        r.register("polled_objects", "Objects in that listing", self.polled_objects.clone());
        r.register("last_successful_sign_in_timestamp_seconds", "When a sign-in to the tenant last succeeded", self.signed_in_at.clone());
        r.register("token_lifetime_seconds", "Time that the token was still valid then", self.token_lifetime.clone());
        r.register("clock_skew_seconds", "How far the clock is ahead of Microsoft's, negative when it is behind", self.clock_skew.clone());
    }
}
