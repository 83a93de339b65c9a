//! Who made an object, as far as the service shows it: `createdBy`, the times beside it, and the audit event of the create.

use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion::{Beta, V1};
use graph_sim::base::answer::{Answer, GraphRequest};
use graph_sim::base::caller::Caller;
use graph_sim::graph;
use graph_sim::options::{AuditCorrelation, CreatedBy};
use graph_sim::world::{App, World};
use serde_json::{Value, json};

const EVENTS: &str = "/deviceManagement/virtualEndpoint/auditEvents";
const CLIENT_REQUEST: &str = "88888888-0000-4000-8000-000000000001";
const REQUEST: &str = "77777777-0000-4000-8000-000000000001";

fn named_world() -> World {
    let mut world = world();
    let app = App {
        app_id: APP.to_owned(),
        display_name: "operator".to_owned(),
        ..App::default()
    };
    world.tenants.get_mut(TENANT).unwrap().apps.push(app);
    world
}

fn administrator() -> Caller {
    user(&["CloudPC.ReadWrite.All"], &["Windows 365 Administrator"])
}

/// A create that the client gave an id of its own.
fn create_as_attempt(world: &mut World) -> Answer {
    let (caller, body) = (app(&ALL_ROLES), policy("one").to_string());
    let request = GraphRequest {
        version: Beta,
        method: http::Method::POST,
        path: POLICIES,
        query: Vec::new(),
        prefer: Vec::new(),
        body: body.as_bytes(),
        caller: &caller,
        request_id: REQUEST.to_owned(),
        client_request_id: Some(CLIENT_REQUEST.to_owned()),
        root: "https://graph.test".to_owned(),
    };
    graph::handle(world, &request)
}

#[test]
fn the_option_says_how_an_author_is_shown() {
    for (form, app_shown, person_shown) in [
        (CreatedBy::ApplicationId, json!(APP), json!("ada@contoso.com")),
        (CreatedBy::Name, json!("operator"), json!("Ada")),
        (CreatedBy::Absent, Value::Null, Value::Null),
    ] {
        let mut world = named_world();
        world.options.created_by = form;
        let owner = format!("{POLICIES}/{}", create(&mut world, POLICIES, &policy("one")));
        let changed = Ask::new(Beta, "PATCH", &owner)
            .body(&json!({"description": "by hand"}))
            .by(administrator())
            .send(&mut world);
        assert_eq!(changed.status, 200);
        for answer in [changed, get(&mut world, Beta, &owner)] {
            let body = answer.body.unwrap();
            assert_eq!(
                (&body["createdBy"], &body["lastModifiedBy"]),
                (&app_shown, &person_shown),
                "{form:?}"
            );
            let is_shown = form != CreatedBy::Absent;
            assert_eq!(body.get("createdBy").is_some(), is_shown, "{form:?}: absent is not null");
            assert_eq!(body.get("lastModifiedBy").is_some(), is_shown, "{form:?}");
        }
    }
}

/// An application that the tenant no longer has, and a person without a name, are shown by their ids.
#[test]
fn an_author_without_a_name_is_shown_by_its_id() {
    let mut world = world();
    world.options.created_by = CreatedBy::Name;
    let id = create(&mut world, POLICIES, &policy("one"));
    let body = get(&mut world, Beta, &format!("{POLICIES}/{id}")).body.unwrap();
    assert_eq!(body["createdBy"], APP);
}

/// (documented) v1.0 shows neither author nor times of a policy; of a user setting, both versions show the times and none the author.
#[test]
fn each_version_shows_what_its_description_has() {
    let mut world = named_world();
    let policy = format!("{POLICIES}/{}", create(&mut world, POLICIES, &policy("one")));
    let setting = format!("{SETTINGS}/{}", create(&mut world, SETTINGS, &json!({"displayName": "s"})));
    world.clock.advance("PT1H").unwrap();
    for (owner, version, by, times) in [
        (&policy, Beta, true, true),
        (&policy, V1, false, false),
        (&setting, Beta, false, true),
        (&setting, V1, false, true),
    ] {
        let body = get(&mut world, version, owner).body.unwrap();
        let created = times.then(|| json!("2026-01-05T08:00:00Z"));
        let place = format!("{version:?} {owner}");
        assert_eq!(body.get("createdBy").is_some(), by, "{place}");
        assert_eq!(body.get("createdDateTime"), created.as_ref(), "{place}");
        assert_eq!(body.get("lastModifiedDateTime"), created.as_ref(), "{place}");
    }
}

#[test]
fn with_an_own_correlation_id_no_client_finds_its_attempt() {
    for (option, is_found) in [(AuditCorrelation::ClientRequestId, true), (AuditCorrelation::Own, false)] {
        let mut world = named_world();
        world.options.audit_correlation = option;
        let made = create_as_attempt(&mut world);
        assert_eq!(made.status, 201);
        world.clock.advance("PT5M").unwrap();
        let events = get(&mut world, V1, EVENTS).body.unwrap();
        let correlation = events["value"][0]["correlationId"].as_str().unwrap();
        assert_eq!(correlation == CLIENT_REQUEST, is_found, "{option:?}");
        assert_ne!(correlation, REQUEST, "{option:?}: an answer carries it");
        assert_ne!(events["value"][0]["id"], correlation, "{option:?}");
        assert_eq!(events["value"][0]["resources"][0]["resourceId"], made.body.unwrap()["id"]);
    }
}

/// (documented: `$filter`; assumed: by `activityDateTime`) Times with an offset are compared as times.
#[test]
fn events_are_listed_from_a_time_on_once_the_lag_is_over() {
    let mut world = named_world();
    for name in ["one", "two", "three", "four"] {
        create(&mut world, POLICIES, &policy(name));
        world.clock.advance("PT2M").unwrap();
    }
    // Made at 8:00, 8:02, 8:04 and 8:06; now it is 8:08, and what is older than five minutes can be read.
    let listed = |world: &mut World, version, since: &str| {
        let target = format!("{EVENTS}?$filter=activityDateTime%20ge%20{since}");
        let body = get(world, version, &target).body.unwrap();
        let events = body["value"].as_array().unwrap().clone();
        let name = |event: &Value| event["resources"][0]["displayName"].as_str().unwrap().to_owned();
        events.iter().map(name).collect::<Vec<_>>()
    };
    for version in VERSIONS {
        assert_eq!(listed(&mut world, version, "2026-01-05T08:00:00Z"), ["one", "two"]);
        assert_eq!(listed(&mut world, version, "2026-01-05T08:02:00Z"), ["two"]);
        assert_eq!(listed(&mut world, version, "2026-01-05T16:02:00%2B08:00"), ["two"]);
    }
    world.clock.advance("PT3M").unwrap();
    assert_eq!(listed(&mut world, V1, "2026-01-05T08:02:00Z"), ["two", "three", "four"]);
}
