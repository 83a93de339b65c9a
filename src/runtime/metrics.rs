//! What Prometheus is told. One registry, passed by value; no global state.
//!
//! Prohibition: a label value is a literal of this program or comes from a small closed range. Names, namespaces and
//! identifiers of objects or tenants are never labels, because their number is not bounded.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// The media type of what [`Metrics::encode`] returns.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A reconcile is a few Graph calls; under throttling it may take minutes.
const DURATION_BUCKETS: [f64; 11] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Pass {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    operation: &'static str,
    status: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
}

/// All series of the process. Clones share the same counters.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    reconciles: Family<Pass, Counter>,
    reconcile_duration: Durations<Kind>,
    graph_requests: Family<Request, Counter>,
    graph_duration: Durations<Operation>,
    drift: Family<Kind, Counter>,
    drifted: Family<Kind, Gauge>,
    polled_at: Family<Kind, Gauge<f64, AtomicU64>>,
    polled_objects: Family<Kind, Gauge>,
    malformed: Family<Kind, Counter>,
    panics: Family<Kind, Counter>,
    leader: Gauge,
    signed_in_at: Gauge<f64, AtomicU64>,
    token_lifetime: Gauge,
    clock_skew: Gauge,
}

fn durations() -> Histogram {
    Histogram::new(DURATION_BUCKETS)
}

impl Metrics {
    /// An empty set of series; only the build information and the leader gauge are present from the start.
    pub fn new() -> Self {
        let mut inner = Inner {
            registry: Registry::with_prefix("cloudpc"),
            reconciles: Family::default(),
            reconcile_duration: Family::new_with_constructor(durations),
            graph_requests: Family::default(),
            graph_duration: Family::new_with_constructor(durations),
            drift: Family::default(),
            drifted: Family::default(),
            polled_at: Family::default(),
            polled_objects: Family::default(),
            malformed: Family::default(),
            panics: Family::default(),
            leader: Gauge::default(),
            signed_in_at: Gauge::default(),
            token_lifetime: Gauge::default(),
            clock_skew: Gauge::default(),
        };
        inner.register();
        Self(Arc::new(inner))
    }

    /// The exposition in the OpenMetrics text format.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        match text::encode(&mut out, &self.0.registry) {
            Ok(()) => out,
            // Writing to a String cannot fail; if a metric ever reports an error, half an exposition would mislead.
            Err(std::fmt::Error) => "# EOF\n".to_owned(),
        }
    }

    /// Counts one pass over an object.
    pub fn reconcile(&self, kind: &'static str, outcome: &'static str, elapsed: Duration) {
        self.0.reconciles.get_or_create(&Pass { kind, outcome }).inc();
        self.0
            .reconcile_duration
            .get_or_create(&Kind { kind })
            .observe(elapsed.as_secs_f64());
    }

    /// Counts one request to Graph; `status` is `None` when no answer arrived.
    pub fn graph_request(&self, operation: &'static str, status: Option<u16>, elapsed: Duration) {
        let status = match status {
            None => "none".to_owned(),
            Some(code @ 100..=599) => code.to_string(),
            Some(_) => "other".to_owned(),
        };
        self.0.graph_requests.get_or_create(&Request { operation, status }).inc();
        self.0
            .graph_duration
            .get_or_create(&Operation { operation })
            .observe(elapsed.as_secs_f64());
    }

    /// Counts one object that was found changed behind our back.
    pub fn drift(&self, kind: &'static str) {
        self.0.drift.get_or_create(&Kind { kind }).inc();
    }

    /// Sets how many objects differ from what is declared and are left that way.
    pub fn drifted(&self, kind: &'static str, n: i64) {
        self.0.drifted.get_or_create(&Kind { kind }).set(n);
    }

    /// Notes a complete listing of a kind.
    pub fn polled(&self, kind: &'static str, objects: usize, at: jiff::Timestamp) {
        let seconds = at.as_duration().as_secs_f64();
        self.0.polled_at.get_or_create(&Kind { kind }).set(seconds);
        let objects = i64::try_from(objects).unwrap_or(i64::MAX);
        self.0.polled_objects.get_or_create(&Kind { kind }).set(objects);
    }

    /// Counts one version of an object that does not decode.
    pub fn malformed(&self, kind: &'static str) {
        self.0.malformed.get_or_create(&Kind { kind }).inc();
    }

    /// Says whether this process holds the lease.
    pub fn leader(&self, leading: bool) {
        self.0.leader.set(i64::from(leading));
    }

    /// Notes that a tenant could be signed in to, with a token that ends at `end`.
    pub fn signed_in(&self, at: jiff::Timestamp, end: jiff::Timestamp) {
        self.0.signed_in_at.set(at.as_duration().as_secs_f64());
        self.0.token_lifetime.set(end.duration_since(at).as_secs());
    }

    /// Notes how far the clock is ahead of Microsoft's.
    pub fn clock_skew(&self, ahead: jiff::SignedDuration) {
        self.0.clock_skew.set(ahead.as_secs());
    }

    /// Counts one pass that ended in a panic.
    pub fn panicked(&self, kind: &'static str) {
        self.0.panics.get_or_create(&Kind { kind }).inc();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Inner {
    fn register(&mut self) {
        let r = &mut self.registry;
        r.register(
            "build",
            "The running version",
            Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
        );
        r.register("reconciles", "Passes over objects", self.reconciles.clone());
        r.register(
            "reconcile_duration_seconds",
            "Time that a pass took",
            self.reconcile_duration.clone(),
        );
        r.register("graph_requests", "Requests to Microsoft Graph", self.graph_requests.clone());
        r.register(
            "graph_request_duration_seconds",
            "Time that a request took",
            self.graph_duration.clone(),
        );
        r.register("drift_detected", "Objects found changed in Graph", self.drift.clone());
        r.register(
            "drifted_objects",
            "Objects that differ from their declaration",
            self.drifted.clone(),
        );
        r.register(
            "last_successful_poll_timestamp_seconds",
            "When the kind was last listed completely",
            self.polled_at.clone(),
        );
        r.register(
            "polled_objects",
            "Objects in the last complete listing",
            self.polled_objects.clone(),
        );
        r.register("malformed_objects", "Object versions that do not decode", self.malformed.clone());
        r.register("panics", "Passes that ended in a panic", self.panics.clone());
        r.register("leader", "1 while holding the lease", self.leader.clone());
        r.register(
            "last_successful_sign_in_timestamp_seconds",
            "When a tenant was last found to be signed in to",
            self.signed_in_at.clone(),
        );
        r.register(
            "token_lifetime_seconds",
            "Time that the token seen then was still good for",
            self.token_lifetime.clone(),
        );
        r.register(
            "clock_skew_seconds",
            "How far the clock is ahead of Microsoft's",
            self.clock_skew.clone(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Splits an exposition into sample lines, checking the shape of every line.
    fn samples(exposition: &str) -> Vec<(String, f64)> {
        assert!(exposition.ends_with("# EOF\n"), "{exposition}");
        let mut described = BTreeSet::new();
        let mut samples = Vec::new();
        for line in exposition.lines() {
            if let Some(comment) = line.strip_prefix("# ") {
                let mut words = comment.split(' ');
                match words.next() {
                    Some("EOF") => assert_eq!(words.next(), None),
                    Some("HELP" | "TYPE") => {
                        described.insert(words.next().expect("a name").to_owned());
                    }
                    other => panic!("unknown comment {other:?}"),
                }
                continue;
            }
            let (series, value) = line.rsplit_once(' ').expect("series and value");
            let name = series.split('{').next().expect("a name");
            assert!(described.iter().any(|family| name.starts_with(family)), "{name} has no TYPE");
            samples.push((series.to_owned(), value.parse().expect("a number")));
        }
        samples
    }

    fn value(samples: &[(String, f64)], series: &str) -> f64 {
        let found: Vec<_> = samples.iter().filter(|(name, _)| name == series).collect();
        assert_eq!(found.len(), 1, "{series} in {samples:?}");
        found[0].1
    }

    #[test]
    fn exposes_what_was_counted_under_the_promised_names() {
        let metrics = Metrics::new();
        metrics.reconcile("P", "synced", Duration::from_millis(30));
        metrics.clone().reconcile("P", "synced", Duration::from_millis(300));
        metrics.graph_request("policies.list", Some(200), Duration::from_millis(20));
        metrics.graph_request("policies.list", None, Duration::from_secs(10));
        metrics.graph_request("policies.list", Some(9999), Duration::ZERO);
        metrics.drift("P");
        metrics.drifted("P", 3);
        metrics.polled("P", 7, jiff::Timestamp::from_millisecond(1_500_250).expect("in range"));
        metrics.malformed("P");
        metrics.panicked("P");
        metrics.leader(true);
        let second = |n| jiff::Timestamp::from_second(n).expect("in range");
        metrics.signed_in(second(1000), second(4599));
        metrics.clock_skew(jiff::SignedDuration::from_secs(-400));

        let samples = samples(&metrics.encode());
        for (series, expected) in [
            (r#"cloudpc_reconciles_total{kind="P",outcome="synced"}"#, 2.0),
            (r#"cloudpc_reconcile_duration_seconds_count{kind="P"}"#, 2.0),
            (r#"cloudpc_reconcile_duration_seconds_bucket{le="0.05",kind="P"}"#, 1.0),
            (r#"cloudpc_graph_requests_total{operation="policies.list",status="200"}"#, 1.0),
            (r#"cloudpc_graph_requests_total{operation="policies.list",status="none"}"#, 1.0),
            (r#"cloudpc_graph_requests_total{operation="policies.list",status="other"}"#, 1.0),
            (r#"cloudpc_drift_detected_total{kind="P"}"#, 1.0),
            (r#"cloudpc_drifted_objects{kind="P"}"#, 3.0),
            (r#"cloudpc_last_successful_poll_timestamp_seconds{kind="P"}"#, 1500.25),
            (r#"cloudpc_polled_objects{kind="P"}"#, 7.0),
            (r#"cloudpc_malformed_objects_total{kind="P"}"#, 1.0),
            (r#"cloudpc_panics_total{kind="P"}"#, 1.0),
            ("cloudpc_leader", 1.0),
            ("cloudpc_last_successful_sign_in_timestamp_seconds", 1000.0),
            ("cloudpc_token_lifetime_seconds", 3599.0),
            ("cloudpc_clock_skew_seconds", -400.0),
            (concat!(r#"cloudpc_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""}"#), 1.0),
        ] {
            let found = value(&samples, series);
            assert!((found - expected).abs() < 1e-9, "{series}: {found}");
        }
    }

    #[test]
    fn a_hostile_server_cannot_multiply_series() {
        let metrics = Metrics::new();
        for status in 0..=u16::MAX {
            metrics.graph_request("policies.get", Some(status), Duration::ZERO);
        }
        let lines = metrics.encode();
        let series = lines.lines().filter(|l| l.starts_with("cloudpc_graph_requests_total"));
        assert_eq!(series.count(), 501);
    }
}
