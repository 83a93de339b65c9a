//! What is counted for one tenant, and how the tenants that share a label add up.
//!
//! A gauge that several tenants share shows the worst of them, so that an alert on it sees each. What a tenant has
//! set is gone with it: a value that is not updated any more would look like a standstill.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::runtime::metrics::labels;
use crate::runtime::metrics::labels::{ClassOfTenant, KindOfTenant, Operation, Request, Tenant, Trace};
use crate::runtime::metrics::series::{Seconds, Series};

/// The series of one tenant. Clones share them.
#[derive(Clone, Debug)]
pub struct TenantMetrics {
    series: Series,
    label: Tenant,
    gauges: Arc<Mutex<Gauges>>,
}

/// What is true of a tenant now.
#[derive(Debug, Default)]
pub struct Gauges {
    pub label: Tenant,
    /// When it was last seen to be signed in to, and for how long the token was good then.
    signed_in: Option<(f64, i64)>,
    clock_skew: Option<i64>,
    /// When a kind was listed, and how many objects that found.
    polled: BTreeMap<&'static str, (f64, i64)>,
    budget: BTreeMap<&'static str, i64>,
}

impl TenantMetrics {
    pub(crate) fn new(series: Series, label: Tenant) -> Self {
        let gauges = Gauges {
            label: label.clone(),
            ..Gauges::default()
        };
        Self {
            series,
            label,
            gauges: Arc::new(Mutex::new(gauges)),
        }
    }

    pub(crate) fn gauges(&self) -> &Arc<Mutex<Gauges>> {
        &self.gauges
    }

    /// Counts one request; `status` is `None` when no answer arrived, `id` finds the request in the log.
    pub fn request(&self, operation: &'static str, status: Option<u16>, elapsed: Duration, id: &str) {
        let trace = Trace {
            client_request_id: id.to_owned(),
        };
        let request = Request {
            operation,
            status: labels::status(status),
            tenant: self.label.clone(),
        };
        self.series
            .graph_requests
            .get_or_create(&request)
            .inc_by(1, Some(trace.clone()), None);
        self.series
            .graph_duration
            .get_or_create(&Operation { operation })
            .observe(elapsed.as_secs_f64(), Some(trace), None);
    }

    /// Adds a pause that the service asked for.
    pub fn throttled(&self, class: &'static str, pause: Duration) {
        self.series.throttled.get_or_create(&self.class(class)).inc_by(pause.as_secs_f64());
    }

    /// Adds the time that a request waited for its turn.
    pub fn held_back(&self, class: &'static str, waited: Duration) {
        self.series.held_back.get_or_create(&self.class(class)).inc_by(waited.as_secs_f64());
    }

    /// Sets how many requests of a class may be sent at once.
    pub fn budget_left(&self, class: &'static str, left: usize) {
        self.gauges.lock().budget.insert(class, i64::try_from(left).unwrap_or(i64::MAX));
    }

    fn class(&self, class: &'static str) -> ClassOfTenant {
        ClassOfTenant {
            class,
            tenant: self.label.clone(),
        }
    }

    /// Counts a new token.
    pub fn token_refreshed(&self) {
        self.series.token_refreshes.get_or_create(&self.label).inc();
    }

    /// Counts an attempt at a token that failed.
    pub fn token_failed(&self) {
        self.series.token_failures.get_or_create(&self.label).inc();
    }

    /// Notes that the tenant could be signed in to, with a token that ends at `end`.
    pub fn signed_in(&self, at: jiff::Timestamp, end: jiff::Timestamp) {
        self.gauges.lock().signed_in = Some((at.as_duration().as_secs_f64(), end.duration_since(at).as_secs()));
    }

    /// Notes how far the clock is ahead of Microsoft's.
    pub fn clock_skew(&self, ahead: jiff::SignedDuration) {
        self.gauges.lock().clock_skew = Some(ahead.as_secs());
    }

    /// Notes a complete listing of a kind.
    pub fn polled(&self, kind: &'static str, objects: usize, at: jiff::Timestamp) {
        let objects = i64::try_from(objects).unwrap_or(i64::MAX);
        self.gauges.lock().polled.insert(kind, (at.as_duration().as_secs_f64(), objects));
    }

    /// Notes that a kind is not listed any more, because no resource needs it.
    pub fn not_polled(&self, kind: &'static str) {
        self.gauges.lock().polled.remove(kind);
    }
}

impl Series {
    /// Forgets what tenants have set, to set it again.
    pub fn clear_tenants(&self) {
        self.signed_in_at.clear();
        self.token_lifetime.clear();
        self.clock_skew.clear();
        self.polled_at.clear();
        self.polled_objects.clear();
        self.budget.clear();
    }

    /// Takes in one more tenant.
    pub fn add_tenant(&self, gauges: &Gauges) {
        let Gauges {
            label,
            signed_in,
            clock_skew,
            polled,
            budget,
        } = gauges;
        if let Some((at, lifetime)) = signed_in {
            longest_ago(&self.signed_in_at, label, *at);
            least(&self.token_lifetime, label, *lifetime);
        }
        if let Some(skew) = clock_skew {
            let gauge = self.clock_skew.get_or_create(label);
            if skew.abs() >= gauge.get().abs() {
                gauge.set(*skew);
            }
        }
        for (kind, (at, objects)) in polled {
            let label = KindOfTenant {
                kind,
                tenant: label.clone(),
            };
            longest_ago(&self.polled_at, &label, *at);
            self.polled_objects.get_or_create(&label).inc_by(*objects);
        }
        for (class, left) in budget {
            let label = ClassOfTenant {
                class,
                tenant: label.clone(),
            };
            least(&self.budget, &label, *left);
        }
    }
}

/// Sets a gauge to the smallest value of those that share it.
fn least<L: Clone + Hash + Eq>(family: &Family<L, Gauge>, label: &L, value: i64) {
    let shared = family.get(label).is_some();
    let gauge = family.get_or_create(label);
    gauge.set(if shared { gauge.get().min(value) } else { value });
}

/// Sets a gauge to the earliest time of those that share it.
fn longest_ago<L: Clone + Hash + Eq>(family: &Family<L, Seconds>, label: &L, at: f64) {
    let shared = family.get(label).is_some();
    let gauge = family.get_or_create(label);
    gauge.set(if shared { gauge.get().min(at) } else { at });
}
