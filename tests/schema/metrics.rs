//! The table of metrics in the reference: made from the exposition, after every metric has been used.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use cloudpc_operator::runtime::metrics::Metrics;
use jiff::{SignedDuration, Timestamp};
use lab::exposition::{Family, parse};

use crate::generate::Generated;
use crate::support::package;

/// What is exposed after each metric has been used.
fn families() -> Vec<Family> {
    let metrics = Metrics::with_tenant_names();
    metrics.reconcile("K", "o", Duration::ZERO);
    metrics.drift("K");
    metrics.drifted("K", 1);
    metrics.malformed("K");
    metrics.panicked("K");
    metrics.queue("K").due(None, "a", Duration::ZERO);
    let tenant = metrics.tenant("t");
    tenant.request("o", None, Duration::ZERO, "r");
    tenant.throttled("c", Duration::ZERO);
    tenant.held_back("c", Duration::ZERO);
    tenant.budget_left("c", 1);
    tenant.token_refreshed();
    tenant.token_failed();
    tenant.polled("K", 1, Timestamp::UNIX_EPOCH);
    tenant.signed_in(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
    tenant.clock_skew(SignedDuration::ZERO);
    parse(&metrics.encode()).expect("a valid exposition")
}

fn row(family: &Family) -> String {
    let suffix = match family.kind.as_str() {
        "counter" => "_total",
        "info" => "_info",
        _ => "",
    };
    let labels: BTreeSet<&str> = family
        .samples
        .iter()
        .flat_map(|sample| &sample.labels)
        .map(|(name, _)| name.as_str())
        .filter(|name| *name != "le")
        .collect();
    let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
    let Family { name, kind, help, .. } = family;
    format!(
        "| `{name}{suffix}` | {kind} | {} | {} |\n",
        labels.join(", "),
        help.trim_end_matches('.')
    )
}

/// The table of metrics in the reference.
pub fn generated() -> Generated {
    let rows: String = families().iter().map(row).collect();
    let text = format!("\n| Metric | Type | Labels | Means |\n|---|---|---|---|\n{rows}\n");
    Generated::part("docs/reference.md", "src/runtime/metrics", text)
}

/// One that is registered and not used above would not be exposed, and so not be missed.
#[test]
fn the_table_of_metrics_in_the_reference_has_every_metric() {
    let families = families();
    let series = fs::read_to_string(package("src/runtime/metrics/series.rs")).expect("is there");
    let registered = series.matches(" r.register(").count();
    assert_eq!(families.len(), registered, "use the new metric in this test: {families:?}");
}
