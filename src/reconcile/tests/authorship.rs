//! Who made a candidate for a lost create: the table of design 3.1, one line a case.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Value, json};

use crate::api::{Cloud, IdOwner, Origin, PendingCreate};
use crate::cluster::managed::Common;
use crate::graph::Collection::ProvisioningPolicies;
use crate::graph::{Actor, AuditEvent, AuditResource, Entity};
use crate::reconcile::authorship::{Finding, Lost, Maker, contradiction};
use crate::reconcile::plan::{Change, Desired, marked, plan};
use crate::reconcile::tests::{entity, object};

const ATTEMPT: &str = "c1057e12-0000-4000-8000-000000000001";
const OTHERS: &str = "99999999-0000-4000-8000-000000000001";
const APP: &str = "22222222-2222-2222-2222-222222222222";

fn at(second: i64) -> jiff::Timestamp {
    "2026-01-05T08:00:00Z".parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_secs(second)
}

/// A candidate that was created so many seconds after the intent.
fn candidate(second: i64) -> Entity {
    entity(json!({"displayName": "x", "createdDateTime": at(second).to_string()}), Vec::new())
}

fn creation(id: &str, application: Option<&str>, correlation: &str, second: i64) -> AuditEvent {
    AuditEvent {
        at: at(second),
        operation: "create".to_owned(),
        correlation_id: Some(correlation.to_owned()),
        actor: Actor {
            application_id: application.map(str::to_owned),
            user_principal_name: application.is_none().then(|| "alex@contoso.com".to_owned()),
        },
        resources: vec![AuditResource {
            id: id.to_owned(),
            modified: Vec::new(),
        }],
    }
}

/// What is found of a candidate with these events; `None`: the log cannot be read.
fn find(candidate: &Entity, maker: &Maker, events: Option<&[AuditEvent]>, lags: bool) -> Finding {
    let pending = PendingCreate {
        attempt: ATTEMPT.to_owned(),
        since: Time(at(0)),
        sent: String::new(),
        display_name: "x".to_owned(),
        cloud: Cloud::default(),
        tenant_id: String::new(),
    };
    let sent = object(json!({"displayName": "x"}));
    let lost = Lost {
        pending: &pending,
        sent: &sent,
        events,
        log_may_lag: lags,
        mark: "c1057e12",
        held: &|id| id == "held",
    };
    assert!(lost.is_candidate(candidate, maker), "it has the name");
    lost.judge(ProvisioningPolicies, candidate, maker, |id| id == APP)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn s45_only_evidence_makes_an_object_ours() {
    let ours = candidate(3);
    let id = ours.id.clone();
    let event = |application: Option<&'static str>, correlation: &str| vec![creation(&id, application, correlation, 3)];
    let with_ids = |mut events: Vec<AuditEvent>| {
        events.push(creation("held", Some(APP), "c1057e12-1111-4000-8000-000000000001", -60));
        events
    };
    let without_ids = |mut events: Vec<AuditEvent>| {
        events.push(creation("held", Some(APP), OTHERS, -60));
        events
    };
    let other = Maker::Other("alex@contoso.com".to_owned());
    for (what, maker, events, lags, finding) in [
        (
            "our attempt",
            Maker::Unknown,
            Some(event(Some(APP), ATTEMPT)),
            true,
            Finding::Certain,
        ),
        ("a person", Maker::Unknown, Some(event(None, OTHERS)), true, Finding::Not),
        ("a person, by createdBy", other, Some(Vec::new()), true, Finding::Not),
        (
            "another application",
            Maker::Unknown,
            Some(event(Some("a2"), OTHERS)),
            true,
            Finding::Not,
        ),
        (
            "another attempt of ours",
            Maker::Us,
            Some(event(Some(APP), "c1057e12-2222-4000-8000-000000000001")),
            true,
            Finding::Not,
        ),
        (
            "another program, log with ids",
            Maker::Us,
            Some(with_ids(event(Some(APP), OTHERS))),
            true,
            Finding::Not,
        ),
        (
            "log without ids",
            Maker::Us,
            Some(without_ids(event(Some(APP), OTHERS))),
            true,
            Finding::Sufficient,
        ),
        (
            "log of which nothing is known",
            Maker::Us,
            Some(event(Some(APP), OTHERS)),
            true,
            Finding::Open,
        ),
        ("the log is behind", Maker::Us, Some(Vec::new()), true, Finding::Pending),
        (
            "the log shows nothing at last",
            Maker::Us,
            Some(Vec::new()),
            false,
            Finding::Sufficient,
        ),
        ("no log", Maker::Us, None, true, Finding::Sufficient),
        ("no log and no author", Maker::Unknown, None, true, Finding::Open),
    ] {
        assert_eq!(find(&ours, &maker, events.as_deref(), lags), finding, "{what}");
    }
    let mut beside = without_ids(event(Some(APP), OTHERS));
    beside.push(creation("another", Some(APP), OTHERS, 5));
    assert_eq!(
        find(&ours, &Maker::Us, Some(&beside), true),
        Finding::Open,
        "another create of the application beside it"
    );
    assert_eq!(find(&candidate(300), &Maker::Us, None, true), Finding::Open, "too late");
    assert_eq!(
        find(&candidate(-300), &Maker::Us, Some(&[]), true),
        Finding::Not,
        "older than the intent"
    );
}

#[test]
fn f53_what_was_sent_may_have_been_edited_by_whom_the_log_names() {
    let mut edited = candidate(3);
    edited.properties.insert("displayName".to_owned(), json!("x"));
    edited.properties.insert("description".to_owned(), json!(format!("[{ATTEMPT}]")));
    assert_eq!(
        find(&edited, &Maker::Unknown, Some(&[]), true),
        Finding::Certain,
        "the mark of the create"
    );
    let renamed = entity(json!({"displayName": "of alex", "createdDateTime": at(3).to_string()}), Vec::new());
    let (pending, sent) = (
        PendingCreate {
            attempt: ATTEMPT.to_owned(),
            since: Time(at(0)),
            sent: String::new(),
            display_name: "x".to_owned(),
            cloud: Cloud::default(),
            tenant_id: String::new(),
        },
        object(json!({"displayName": "x"})),
    );
    let lost = |events: &[AuditEvent], maker: &Maker| {
        let lost = Lost {
            pending: &pending,
            sent: &sent,
            events: Some(events),
            log_may_lag: true,
            mark: "c1057e12",
            held: &|_| false,
        };
        lost.is_candidate(&renamed, maker)
            .then(|| lost.judge(ProvisioningPolicies, &renamed, maker, |id| id == APP))
    };
    let ours = [creation(&renamed.id, Some(APP), ATTEMPT, 3)];
    assert_eq!(lost(&ours, &Maker::Unknown), Some(Finding::Certain), "renamed since");
    assert_eq!(
        lost(&[], &Maker::Unknown),
        Some(Finding::Pending),
        "it blocks a second create until the log shows it"
    );
    assert_eq!(lost(&[], &Maker::Other("alex".to_owned())), None);
}

#[test]
fn s43_what_contradicts_a_claim() {
    let common = Common {
        tenant: "t",
        display_name: "x",
        mode: None,
        suspend: false,
        deletion_policy: None,
        max_at_risk: None,
        ownership: None,
    };
    let owner = |origin, created: Option<&str>| IdOwner {
        cluster: "c".to_owned(),
        cloud: Cloud::Public,
        tenant_id: "t".to_owned(),
        origin,
        resource: "uid".to_owned(),
        created_date_time: created.map(str::to_owned),
        seen: true,
    };
    let there = |name: &str| {
        entity(
            json!({"displayName": name, "createdDateTime": "2026-01-05T08:00:03.5Z"}),
            Vec::new(),
        )
    };
    let person = Maker::Other("alex".to_owned());
    let same = Some("2026-01-05T08:00:03Z");
    for (owner, entity, maker, holds) in [
        (Some(owner(Origin::Created, same)), there("renamed"), Maker::Unknown, true),
        (
            Some(owner(Origin::Created, Some("2026-01-01T00:00:00Z"))),
            there("x"),
            Maker::Us,
            false,
        ),
        (Some(owner(Origin::Created, same)), there("x"), person.clone(), false),
        (Some(owner(Origin::Adopted, same)), there("x"), person, true),
        (Some(owner(Origin::Created, None)), there("x"), Maker::Unknown, true),
        (Some(owner(Origin::Created, None)), there("renamed"), Maker::Unknown, false),
        (Some(owner(Origin::Created, None)), there("renamed"), Maker::Us, true),
    ] {
        let found = contradiction(ProvisioningPolicies, &common, owner.as_ref(), &entity, &maker);
        assert_eq!(found.is_none(), holds, "{owner:?} {maker:?}: {found:?}");
    }
}

#[test]
fn the_mark_of_a_create_is_removed_and_leaves_what_is_managed() {
    let description = |desired: Option<&str>| -> Value {
        let body = desired.map_or(json!({"displayName": "x"}), |text| json!({"displayName": "x", "description": text}));
        let body = object(body);
        let sent = marked(ProvisioningPolicies, &body, ATTEMPT);
        let created = entity(Value::Object(sent.clone()), Vec::new());
        assert!(sent["description"].as_str().unwrap().contains(ATTEMPT));
        let desired = Desired {
            properties: body,
            ..Desired::default()
        };
        let changes = plan(ProvisioningPolicies, &desired, &[], Some(&created));
        let [Change::Update { body, .. }] = changes.as_slice() else {
            panic!("{changes:?}")
        };
        body["description"].clone()
    };
    assert_eq!(description(Some("finance")), json!("finance"));
    assert_eq!(description(None), json!(""));
    assert_eq!(description(Some(&"x".repeat(1500))), json!("x".repeat(1500)));
    let setting = marked(
        crate::graph::Collection::UserSettings,
        &object(json!({"displayName": "x"})),
        ATTEMPT,
    );
    assert!(!setting.contains_key("description"));
}
