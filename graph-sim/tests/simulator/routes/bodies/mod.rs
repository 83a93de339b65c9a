//! Bodies that are made from the description of the service: each is taken or refused in a documented way, what is refused
//! changes nothing, and what is taken can be read again.

mod schemas;

use std::collections::BTreeMap;

use crate::contract::support::description;
use crate::routes::support::*;
use graph_sim::base::answer::{Answer, ApiVersion};
use graph_sim::world::World;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use schemas::Schemas;
use serde_json::{Map, Value, json};

const POLICY: &str = "88888888-0000-4000-8000-00000000000a";
const SHARED_POLICY: &str = "88888888-0000-4000-8000-00000000000b";
const SETTING: &str = "88888888-0000-4000-8000-0000000000a1";
const CLOUD_PC: &str = "88888888-0000-4000-8000-0000000000c1";

/// A route that takes a body: where it is described, where it is here, and a body that it takes.
struct Writable {
    method: &'static str,
    template: &'static str,
    id: &'static str,
    good: fn() -> Value,
}

static WRITABLE: [Writable; 11] = [
    writable("POST", "provisioningPolicies", "", || policy("new")),
    writable("PATCH", "provisioningPolicies/{cloudPcProvisioningPolicy-id}", POLICY, || json!({})),
    writable(
        "POST",
        "provisioningPolicies/{cloudPcProvisioningPolicy-id}/assign",
        POLICY,
        to_groups,
    ),
    writable("POST", "provisioningPolicies/{cloudPcProvisioningPolicy-id}/apply", POLICY, || {
        json!({})
    }),
    writable(
        "POST",
        "provisioningPolicies/{cloudPcProvisioningPolicy-id}/assign",
        SHARED_POLICY,
        with_a_plan,
    ),
    writable(
        "POST",
        "provisioningPolicies/{cloudPcProvisioningPolicy-id}/apply",
        SHARED_POLICY,
        || json!({}),
    ),
    writable("POST", "provisioningPolicies/applyConfig", "", || json!({"cloudPcIds": [CLOUD_PC]})),
    writable("POST", "userSettings", "", || json!({"displayName": "new"})),
    writable("PATCH", "userSettings/{cloudPcUserSetting-id}", SETTING, || json!({})),
    writable("POST", "userSettings/{cloudPcUserSetting-id}/assign", SETTING, to_groups),
    writable("PATCH", "organizationSettings", "", || json!({})),
];

const fn writable(method: &'static str, template: &'static str, id: &'static str, good: fn() -> Value) -> Writable {
    Writable {
        method,
        template,
        id,
        good,
    }
}

fn to_groups() -> Value {
    json!({"assignments": [{"target": {"groupId": GROUP_A}}, {"target": {"groupId": GROUP_B}}]})
}

fn with_a_plan() -> Value {
    json!({"assignments": [{"target": {"groupId": GROUP_A, "servicePlanId": PLAN}}]})
}

impl Writable {
    fn target(&self) -> String {
        let segments = self.template.split('/').map(|one| if one.starts_with('{') { self.id } else { one });
        format!("/deviceManagement/virtualEndpoint/{}", segments.collect::<Vec<_>>().join("/"))
    }

    /// The schema of its body; nothing when the version does not have the route.
    fn schema<'a>(&self, description: &'a Value) -> Option<&'a Value> {
        let path = description["paths"].get(format!("/deviceManagement/virtualEndpoint/{}", self.template))?;
        let schema = &path[self.method.to_lowercase()]["requestBody"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{} {} has no body", self.method, self.template);
        Some(schema)
    }
}

/// A body of the route's schema, in half of the cases laid over one that is taken.
fn body(route: &Writable, description: &'static Value) -> Option<BoxedStrategy<Value>> {
    let schemas = Schemas(&description["components"]["schemas"]);
    let good = (route.good)();
    let generated = schemas.any("", route.schema(description)?, 0);
    let laid_over = (generated, any::<bool>()).prop_map(
        move |(generated, over)| {
            if over { overlay(good.clone(), generated) } else { generated }
        },
    );
    Some(laid_over.boxed())
}

/// One body over another, property by property and entry by entry.
fn overlay(under: Value, over: Value) -> Value {
    match (under, over) {
        (Value::Object(mut under), Value::Object(over)) => {
            for (name, value) in over {
                let below = under.remove(&name).unwrap_or_default();
                under.insert(name, overlay(below, value));
            }
            Value::Object(under)
        }
        (Value::Array(under), Value::Array(over)) => {
            let mut over = over.into_iter();
            let mut laid: Vec<Value> = under
                .into_iter()
                .map(|one| match over.next() {
                    Some(value) => overlay(one, value),
                    None => one,
                })
                .collect();
            laid.extend(over);
            Value::Array(laid)
        }
        (_, over) => over,
    }
}

fn full_world() -> World {
    let mut world = world();
    seed(
        &mut world,
        "organizationSettings",
        graph_sim::catalogue::gallery::default_organization_settings(),
    );
    let mut owner = policy("owner");
    owner["id"] = json!(POLICY);
    owner["assignments"] = json!([{"target": {"groupId": GROUP_A}}]);
    seed(&mut world, "provisioningPolicies", owner);
    let mut shared = policy_with(&json!({"provisioningType": "sharedByUser"}));
    shared["id"] = json!(SHARED_POLICY);
    seed(&mut world, "provisioningPolicies", shared);
    seed(&mut world, "userSettings", json!({"id": SETTING, "displayName": "owner"}));
    let cloud_pc = json!({"id": CLOUD_PC, "provisioningPolicyId": POLICY, "lastModifiedDateTime": "2026-01-05T08:00:00Z"});
    seed(&mut world, "cloudPCs", cloud_pc);
    world
}

/// The same bodies in every run, so that a failing run can be repeated; `PROPTEST_CASES` makes them more.
fn runner() -> TestRunner {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn expect_unchanged(before: &World, after: &World) -> Result<(), TestCaseError> {
    for (name, collection) in &after.tenants[TENANT].collections {
        let was = before.tenants[TENANT].collections.get(name).into_iter().flat_map(|one| one.iter());
        prop_assert!(collection.iter().eq(was), "{} changed", name);
    }
    Ok(())
}

/// Refused as the service documents it, and without a change.
fn expect_refused(before: &World, after: &World, answer: &Answer) -> Result<(), TestCaseError> {
    prop_assert!(matches!(answer.status, 400 | 403 | 409), "{} {:?}", answer.status, answer.body);
    prop_assert!(!answer.committed);
    let error = &answer.body.as_ref().unwrap()["error"];
    prop_assert!(error["code"].is_string() && error["message"].is_string() && error["innerError"].is_object());
    expect_unchanged(before, after)
}

/// All objects can be read, by list and one by one, in both versions. Each answer is checked where it is sent.
fn expect_readable(world: &mut World, answered: Option<&Value>) -> Result<(), TestCaseError> {
    for version in VERSIONS {
        for list in [POLICIES, SETTINGS] {
            let whole = get(world, version, &format!("{list}?$expand=assignments"));
            prop_assert_eq!(whole.status, 200);
            for one in whole.body.unwrap()["value"].as_array().unwrap() {
                let target = format!("{list}/{}", one["id"].as_str().unwrap());
                prop_assert_eq!(get(world, version, &format!("{target}?$expand=assignments")).status, 200);
                let assignments = get(world, version, &format!("{target}/assignments")).body.unwrap();
                prop_assert_eq!(&assignments["value"], &one["assignments"]);
            }
        }
    }
    let Some(answered) = answered else { return Ok(()) };
    let list = match answered["@odata.context"].as_str().unwrap() {
        context if context.contains("provisioningPolicies") => POLICIES,
        context if context.contains("userSettings") => SETTINGS,
        _ => return Ok(()),
    };
    let version = if answered["@odata.context"].as_str().unwrap().contains("/v1.0/") {
        ApiVersion::V1
    } else {
        ApiVersion::Beta
    };
    let target = format!("{list}/{}", answered["id"].as_str().unwrap());
    let read = Ask::new(version, "GET", target).send(world).body.unwrap();
    prop_assert_eq!(&read, answered, "a read is what the write answered");
    Ok(())
}

#[test]
fn any_described_body_is_taken_or_refused_and_what_is_taken_can_be_read() {
    for version in VERSIONS {
        let Some(description) = description(version) else { return };
        let description: &'static Value = Box::leak(Box::new(description));
        for route in &WRITABLE {
            let Some(body) = body(route, description) else {
                assert_eq!(version, ApiVersion::V1, "{}", route.template);
                continue;
            };
            let taken = std::cell::Cell::new(0);
            let refused = std::cell::Cell::new(0);
            let start = full_world();
            let outcome = runner().run(&body, |body| {
                let mut world = start.clone();
                let answer = Ask::new(version, route.method, route.target()).body(&body).send(&mut world);
                if answer.status >= 300 {
                    refused.set(refused.get() + 1);
                    return expect_refused(&start, &world, &answer);
                }
                // An empty set of assignments would test little.
                let is_empty = body["assignments"].as_array().is_some_and(Vec::is_empty);
                taken.set(taken.get() + u32::from(!is_empty));
                prop_assert!(matches!(answer.status, 200 | 201 | 204) && answer.committed);
                expect_readable(&mut world, answer.body.as_ref())
            });
            let place = format!("{} {} {}", version.as_str(), route.method, route.template);
            assert!(outcome.is_ok(), "{place}: {}", outcome.unwrap_err());
            assert!(
                taken.get() > 0 && refused.get() > 0,
                "{place}: {taken:?} taken, {refused:?} refused"
            );
        }
    }
}

/// Values of every kind that JSON has, some of them absurd.
fn oddments() -> Vec<Value> {
    let mut deep = json!("end");
    for level in 0..60 {
        deep = if level % 2 == 0 {
            json!([deep])
        } else {
            json!({ "displayName": deep })
        };
    }
    vec![
        json!(true),
        json!(7),
        json!(-0.5),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!("\u{0}\u{202e}\n"),
        json!("x".repeat(100_000)),
        json!([]),
        json!([[null]]),
        json!({}),
        json!({"@odata.type": 5}),
        deep,
    ]
}

/// Whether a value is of the kind that a property's schema has; other restrictions are for the rules.
fn is_of_kind(schemas: &Schemas<'_>, schema: &Value, value: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return is_of_kind(schemas, schemas.named(reference), value);
    }
    if schema["enum"].is_array() {
        return schema["enum"].as_array().unwrap().contains(value);
    }
    if let Some([one]) = schema["allOf"].as_array().map(Vec::as_slice) {
        return is_of_kind(schemas, one, value);
    }
    match schema["type"].as_str() {
        Some("array") => value.is_array(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64(),
        Some("string") => value.is_string(),
        _ => value.is_object(),
    }
}

#[test]
fn every_described_property_refuses_values_of_another_kind() {
    for version in VERSIONS {
        let Some(description) = description(version) else { return };
        let schemas = Schemas(&description["components"]["schemas"]);
        let start = full_world();
        for route in &WRITABLE {
            let Some(schema) = route.schema(&description) else { continue };
            let mut properties = BTreeMap::new();
            schemas.properties(schema, &mut properties);
            assert!(!properties.is_empty(), "{}", route.template);
            for (name, property) in properties {
                for value in oddments().into_iter().filter(|value| !is_of_kind(&schemas, property, value)) {
                    let mut body = (route.good)();
                    body[name] = value;
                    let mut world = start.clone();
                    let answer = Ask::new(version, route.method, route.target()).body(&body).send(&mut world);
                    let place = format!("{} {} {} {name}", version.as_str(), route.method, route.template);
                    assert_eq!(answer.status, 400, "{place}: {:.200}", body.to_string());
                    expect_unchanged(&start, &world).expect(&place);
                    let told = answer.body.unwrap().to_string();
                    assert!(told.len() < 2_000, "{place}: the refusal repeats {} bytes", told.len());
                }
            }
        }
    }
}

#[test]
fn garbage_is_refused() {
    let raw = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        any::<String>().prop_map(String::into_bytes),
        // A valid beginning with an invalid end.
        (0..60_usize).prop_map(|length| policy("p").to_string().into_bytes()[..length].to_vec()),
        (1..5_000_usize).prop_map(|depth| "{\"assignments\":[".repeat(depth).into_bytes()),
        (1..5_000_usize).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes()),
        "[1-9][0-9]{0,400}(e[0-9]{1,4})?".prop_map(|number| format!("{{\"displayName\": {number}}}").into_bytes()),
        select(oddments()).prop_map(|value| json!([value]).to_string().into_bytes()),
        select(oddments()).prop_map(|value| json!({ "\u{202e}nonsense": value }).to_string().into_bytes()),
    ];
    let raw = raw.prop_filter("an empty change is none", |raw| {
        serde_json::from_slice::<Map<String, Value>>(raw).is_ok_and(|map| !map.is_empty())
            || serde_json::from_slice::<Map<String, Value>>(raw).is_err()
    });
    let start = full_world();
    let strategy = (raw, 0..WRITABLE.len(), any::<bool>());
    let outcome = runner().run(&strategy, |(raw, route, beta)| {
        let route = &WRITABLE[route];
        let version = if beta { ApiVersion::Beta } else { ApiVersion::V1 };
        let mut world = start.clone();
        let mut ask = Ask::new(version, route.method, route.target());
        ask.body = raw;
        let answer = ask.send(&mut world);
        prop_assert!((400..500).contains(&answer.status), "{} {:?}", answer.status, answer.body);
        expect_unchanged(&start, &world)
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}
