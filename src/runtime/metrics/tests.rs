//! The exposition, read by a strict parser, and the number of its series.

use crate::runtime::metrics::*;
use jiff::{SignedDuration, Timestamp};
use lab::exposition::{Family, Sample, parse};

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(n).expect("in range")
}

fn exposed(metrics: &Metrics) -> Vec<Family> {
    let text = metrics.encode();
    parse(&text).unwrap_or_else(|error| panic!("{error:#}\n{text}"))
}

fn samples(families: &[Family]) -> impl Iterator<Item = &Sample> {
    families.iter().flat_map(|family| &family.samples)
}

/// A sample with its labels, such as `a_total{k="v"}`.
fn series(sample: &Sample) -> String {
    let labels: Vec<String> = sample.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{}{{{}}}", sample.name, labels.join(","))
}

#[track_caller]
fn value(families: &[Family], wanted: &str) -> f64 {
    let found: Vec<_> = samples(families).filter(|sample| series(sample) == wanted).collect();
    assert_eq!(found.len(), 1, "{wanted} in {families:#?}");
    found[0].value
}

/// Uses everything once, as a process with one tenant does.
fn used(metrics: &Metrics) -> TenantMetrics {
    metrics.reconcile("P", "synced", Duration::from_millis(30));
    metrics.clone().reconcile("P", "synced", Duration::from_millis(300));
    metrics.drift("P");
    metrics.drifted("P", 3);
    metrics.malformed("P");
    metrics.panicked("P");
    metrics.leader(true);
    metrics.queue("P").due(None, "a", Duration::ZERO);
    let tenant = metrics.tenant("contoso");
    for (status, id) in [(Some(200), "r-1"), (None, "r-2"), (Some(9999), "r-3"), (Some(299), "r-4")] {
        tenant.request("policies.list", status, Duration::from_millis(20), id);
    }
    tenant.throttled("list", Duration::from_millis(1500));
    tenant.held_back("list", Duration::from_millis(250));
    tenant.budget_left("list", 7);
    tenant.token_refreshed();
    tenant.token_failed();
    tenant.polled("P", 7, Timestamp::from_millisecond(1_500_250).expect("in range"));
    tenant.signed_in(second(1000), second(4599));
    tenant.clock_skew(SignedDuration::from_secs(-400));
    tenant
}

/// By a parser that others wrote; ours knows more of what the specification forbids.
#[test]
fn a_prometheus_parser_reads_the_exposition() {
    for metrics in [Metrics::new(), Metrics::with_tenant_names()] {
        let _tenant = used(&metrics);
        let text = metrics.encode();
        let read = openmetrics_parser::openmetrics::parse_openmetrics(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let ours: BTreeMap<_, _> = exposed(&metrics).into_iter().map(|family| (family.name, family.kind)).collect();
        let theirs: BTreeMap<_, _> = read
            .families
            .iter()
            .map(|(name, family)| (name.clone(), family.family_type.to_string()))
            .collect();
        assert_eq!(theirs, ours);
    }
}

#[test]
fn exposes_what_was_counted_under_the_promised_names() {
    let metrics = Metrics::new();
    let _tenant = used(&metrics);
    let families = exposed(&metrics);
    for (series, expected) in [
        (r#"cloudpc_reconciles_total{kind="P",outcome="synced"}"#, 2.0),
        (r#"cloudpc_reconcile_duration_seconds_count{kind="P"}"#, 2.0),
        (r#"cloudpc_reconcile_duration_seconds_bucket{le="0.05",kind="P"}"#, 1.0),
        (r#"cloudpc_reconcile_queue_length{kind="P"}"#, 1.0),
        (r#"cloudpc_graph_requests_total{operation="policies.list",status="200"}"#, 1.0),
        (r#"cloudpc_graph_requests_total{operation="policies.list",status="none"}"#, 1.0),
        (r#"cloudpc_graph_requests_total{operation="policies.list",status="other"}"#, 1.0),
        (r#"cloudpc_graph_requests_total{operation="policies.list",status="2xx"}"#, 1.0),
        (r#"cloudpc_graph_request_duration_seconds_count{operation="policies.list"}"#, 4.0),
        (r#"cloudpc_graph_throttled_seconds_total{class="list"}"#, 1.5),
        (r#"cloudpc_graph_held_back_seconds_total{class="list"}"#, 0.25),
        (r#"cloudpc_graph_budget_left{class="list"}"#, 7.0),
        ("cloudpc_token_refreshes_total{}", 1.0),
        ("cloudpc_token_failures_total{}", 1.0),
        (r#"cloudpc_drift_detected_total{kind="P"}"#, 1.0),
        (r#"cloudpc_drifted_objects{kind="P"}"#, 3.0),
        (r#"cloudpc_last_successful_poll_timestamp_seconds{kind="P"}"#, 1500.25),
        (r#"cloudpc_polled_objects{kind="P"}"#, 7.0),
        (r#"cloudpc_malformed_objects_total{kind="P"}"#, 1.0),
        (r#"cloudpc_panics_total{kind="P"}"#, 1.0),
        ("cloudpc_leader{}", 1.0),
        ("cloudpc_last_successful_sign_in_timestamp_seconds{}", 1000.0),
        ("cloudpc_token_lifetime_seconds{}", 3599.0),
        ("cloudpc_clock_skew_seconds{}", -400.0),
        (concat!(r#"cloudpc_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""}"#), 1.0),
    ] {
        let found = value(&families, series);
        assert!((found - expected).abs() < 1e-9, "{series}: {found}");
    }
}

#[test]
fn a_request_can_be_found_by_the_exemplar_of_its_series() {
    let metrics = Metrics::new();
    let tenant = used(&metrics);
    tenant.request("policies.list", Some(429), Duration::from_secs(40), "slow-and-refused");
    let families = exposed(&metrics);
    let id = |wanted: &str| {
        let sample = samples(&families).find(|sample| series(sample) == wanted).expect("it is there");
        sample.exemplar.as_ref().map(|labels| labels[0].clone())
    };
    let slow = Some(("client_request_id".to_owned(), "slow-and-refused".to_owned()));
    assert_eq!(id(r#"cloudpc_graph_requests_total{operation="policies.list",status="429"}"#), slow);
    assert_eq!(
        id(r#"cloudpc_graph_request_duration_seconds_bucket{le="60.0",operation="policies.list"}"#),
        slow
    );
    assert_ne!(id(r#"cloudpc_graph_requests_total{operation="policies.list",status="200"}"#), slow);
}

#[test]
fn tenants_without_a_name_show_the_worst_of_them_and_take_their_values_with_them() {
    const POLL: &str = r#"cloudpc_last_successful_poll_timestamp_seconds{kind="P"}"#;
    let metrics = Metrics::new();
    let (one, other) = (metrics.tenant("one"), metrics.tenant("other"));
    for (tenant, at, budget, skew) in [(&one, 2000, 3, 1), (&other, 1000, 9, -5)] {
        tenant.polled("P", 4, second(at));
        tenant.signed_in(second(at), second(at + 10));
        tenant.budget_left("list", budget);
        tenant.clock_skew(SignedDuration::from_secs(skew));
    }
    for _again in 0..2 {
        let families = exposed(&metrics);
        for (series, expected) in [
            (POLL, 1000.0),
            (r#"cloudpc_polled_objects{kind="P"}"#, 8.0),
            ("cloudpc_last_successful_sign_in_timestamp_seconds{}", 1000.0),
            (r#"cloudpc_graph_budget_left{class="list"}"#, 3.0),
            ("cloudpc_clock_skew_seconds{}", -5.0),
        ] {
            assert!((value(&families, series) - expected).abs() < 1e-9, "{series}");
        }
    }
    drop(other);
    assert!((value(&exposed(&metrics), POLL) - 2000.0).abs() < 1e-9);
    one.not_polled("P");
    assert!(samples(&exposed(&metrics)).all(|sample| !sample.name.contains("poll_timestamp")));
}

/// The operations, statuses and classes that a process meets in its life, and more.
fn lived(metrics: &Metrics, tenants: usize) -> Vec<TenantMetrics> {
    const OPERATIONS: [&str; 20] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
    ];
    const KINDS: [&str; 4] = ["EntraTenant", "ProvisioningPolicy", "UserSetting", "Assignment"];
    const OUTCOMES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    for object in 0..10_000 {
        let kind = KINDS[object % 4];
        metrics.reconcile(kind, OUTCOMES[object % 10], Duration::ZERO);
        metrics.queue(kind).due(Some("team"), &format!("object-{object}"), Duration::ZERO);
        metrics.drift(kind);
        metrics.drifted(kind, 1);
        metrics.malformed(kind);
        metrics.panicked(kind);
    }
    let tenants: Vec<_> = (0..tenants).map(|number| metrics.tenant(&format!("tenant-{number}"))).collect();
    for (number, tenant) in tenants.iter().enumerate() {
        for operation in OPERATIONS {
            for status in [200, 204, 400, 403, 404, 429, 503] {
                tenant.request(operation, Some(status), Duration::ZERO, &number.to_string());
            }
        }
        KINDS.iter().for_each(|kind| tenant.polled(kind, 1, second(1)));
        for class in &OPERATIONS[..4] {
            tenant.budget_left(class, 1);
            tenant.held_back(class, Duration::ZERO);
            tenant.throttled(class, Duration::ZERO);
        }
        tenant.signed_in(second(1), second(2));
        tenant.clock_skew(SignedDuration::ZERO);
        tenant.token_refreshed();
        tenant.token_failed();
    }
    tenants
}

#[test]
fn s23_ten_thousand_objects_and_a_thousand_tenants_stay_below_two_thousand_series() {
    let metrics = Metrics::new();
    let tenants = lived(&metrics, 1000);
    // A hostile server cannot multiply them either.
    for status in 0..=u16::MAX {
        tenants[0].request("policies.get", Some(status), Duration::ZERO, "");
    }
    let families = exposed(&metrics);
    let count = samples(&families).count();
    assert!((500..=2000).contains(&count), "{count} series");
    let text = metrics.encode();
    assert!(!text.contains("object-") && !text.contains("tenant-"), "{text}");
}

#[test]
fn s23_names_of_tenants_are_labels_when_asked_for_and_not_without_end() {
    let metrics = Metrics::with_tenant_names();
    let _tenants = lived(&metrics, 1000);
    let again = metrics.tenant("tenant-3");
    again.token_failed();
    let families = exposed(&metrics);
    let mut names: Vec<&str> = samples(&families)
        .flat_map(|sample| &sample.labels)
        .filter(|(name, _)| name == "tenant")
        .map(|(_, value)| value.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), labels::MOST_TENANTS + 1, "{names:?}");
    assert!(names.contains(&labels::OTHER) && names.contains(&"tenant-3"));
    let failures = value(&families, r#"cloudpc_token_failures_total{tenant="tenant-3"}"#);
    assert!((failures - 2.0).abs() < 1e-9, "{failures}");
}
