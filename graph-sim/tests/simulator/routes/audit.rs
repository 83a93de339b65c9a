//! The audit events that writes leave behind.

use crate::routes::support::*;
use graph_sim::base::answer::{ApiVersion, GraphRequest};
use graph_sim::graph;
use graph_sim::world::{App, World};
use serde_json::{Value, json};

fn events(world: &World) -> Vec<Value> {
    let collection = world.tenants[TENANT].collections.get("auditEvents").into_iter();
    collection.flat_map(|events| events.iter()).cloned().map(Value::Object).collect()
}

fn last(world: &World) -> Value {
    events(world).pop().unwrap()
}

/// The entry of a property, as `[old, new]`.
fn entry(event: &Value, name: &str) -> Option<Value> {
    let list = event["resources"][0]["modifiedProperties"].as_array().unwrap();
    let found = list.iter().find(|entry| entry["displayName"] == name)?;
    Some(json!([found["oldValue"], found["newValue"]]))
}

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

#[test]
#[expect(clippy::too_many_lines, reason = "one course of events")]
fn each_write_leaves_one_event_that_says_what_changed() {
    let mut world = named_world();
    let id = create(&mut world, POLICIES, &policy("one"));
    let owner = format!("{POLICIES}/{id}");
    let created = last(&world);
    let expected = json!({
        "activityType": "Create CloudPcProvisioningPolicy", "activityOperationType": "create", "activityResult": "success",
        "category": "cloudPC", "componentName": "ProvisioningPolicy", "activityDateTime": "2026-01-05T08:00:00Z",
        "correlationId": "77777777-0000-4000-8000-000000000001",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&created[name], value, "{name}");
    }
    let resource = &created["resources"][0];
    assert_eq!((&resource["resourceId"], &resource["displayName"]), (&json!(id), &json!("one")));
    assert_eq!(resource["resourceType"], "CloudPcProvisioningPolicy");
    assert_eq!(entry(&created, "displayName"), Some(json!([null, "one"])));
    assert_eq!(entry(&created, "enableSingleSignOn"), Some(json!([null, "false"])));
    assert_eq!(entry(&created, "autopatch"), None);

    world.clock.advance("PT1H").unwrap();
    let change = json!({"displayName": "two", "windowsSetting": {"locale": "de-DE"}});
    Ask::new(ApiVersion::V1, "PATCH", &owner).body(&change).send(&mut world);
    let patched = last(&world);
    assert_eq!(
        (&patched["activityType"], &patched["activityOperationType"]),
        (&json!("Patch CloudPcProvisioningPolicy"), &json!("patch"))
    );
    let list = patched["resources"][0]["modifiedProperties"].as_array().unwrap();
    let names: Vec<&str> = list.iter().filter_map(|entry| entry["displayName"].as_str()).collect();
    assert_eq!(names, ["displayName", "windowsSetting", "lastModifiedDateTime"]);
    assert_eq!(
        entry(&patched, "windowsSetting"),
        Some(json!([r#"{"locale":"en-US"}"#, r#"{"locale":"de-DE"}"#]))
    );

    assign(&mut world, ApiVersion::V1, &owner, &json!([{"target": {"groupId": GROUP_A}}]));
    let assigned = last(&world);
    assert_eq!(
        (&assigned["activityType"], &assigned["activityOperationType"]),
        (&json!("Assign CloudPcProvisioningPolicy"), &json!("patch"))
    );
    let [old, new] = [0, 1].map(|at| entry(&assigned, "assignments").unwrap()[at].as_str().unwrap().to_owned());
    let new: Value = serde_json::from_str(&new).unwrap();
    assert_eq!((old.as_str(), &new[0]["target"]["groupId"]), ("[]", &json!(GROUP_A)));

    assign(&mut world, ApiVersion::V1, &owner, &json!([]));
    Ask::new(ApiVersion::V1, "DELETE", &owner).send(&mut world);
    let deleted = last(&world);
    assert_eq!(
        (&deleted["activityType"], &deleted["activityOperationType"]),
        (&json!("Delete CloudPcProvisioningPolicy"), &json!("delete"))
    );
    assert_eq!(entry(&deleted, "displayName"), Some(json!(["two", ""])));

    let setting = create(&mut world, SETTINGS, &json!({"displayName": "s"}));
    assert_eq!(last(&world)["activityType"], "Create CloudPcUserSetting");
    assert_eq!(last(&world)["resources"][0]["resourceId"], json!(setting));
    assert_eq!(events(&world).len(), 6);
    // They can be read, all of them, and are as described.
    world.clock.advance("PT5M").unwrap();
    for version in VERSIONS {
        let listed = get(&mut world, version, "/deviceManagement/virtualEndpoint/auditEvents")
            .body
            .unwrap();
        assert_eq!(listed["value"].as_array().unwrap().len(), 6);
    }
    let types = "/deviceManagement/virtualEndpoint/auditEvents/getAuditActivityTypes";
    let types = get(&mut world, ApiVersion::Beta, types).body.unwrap();
    for event in events(&world) {
        let kind = &event["activityType"];
        assert!(types["value"].as_array().unwrap().contains(kind), "{kind}");
    }
}

/// (documented) `applyConfig` names no policy: the event is about the Cloud PCs.
#[test]
fn apply_config_leaves_an_event_about_each_cloud_pc() {
    let mut world = named_world();
    let owner = create(&mut world, POLICIES, &policy_with(&json!({"enableSingleSignOn": true})));
    let ids = ["55555555-0000-4000-8000-00000000000a", "55555555-0000-4000-8000-00000000000b"];
    for id in ids {
        let pc = json!({"id": id, "displayName": id, "provisioningPolicyId": owner, "status": "provisioned"});
        seed(&mut world, "cloudPCs", pc);
    }
    let body = json!({"policySettings": "singleSignOn", "cloudPcIds": [ids[1], ids[0], ids[1].to_uppercase()]});
    let ask = Ask::new(ApiVersion::Beta, "POST", format!("{POLICIES}/applyConfig")).body(&body);
    assert_eq!(ask.send(&mut world).status, 204);
    let event = last(&world);
    assert_eq!(event["activityType"], "Apply CloudPcProvisioningPolicy");
    let resources = event["resources"].as_array().unwrap();
    let touched: Vec<_> = resources.iter().map(|one| (&one["resourceId"], &one["resourceType"])).collect();
    let kind = json!("CloudPC");
    assert_eq!(
        touched,
        [(&json!(ids[1]), &kind), (&json!(ids[0]), &kind)],
        "each once, in the order of the request"
    );
    let sign_on = entry(&event, "connectionSetting").unwrap();
    assert_eq!(sign_on[1], r#"{"enableSingleSignOn":true}"#);
    // The list has all events; it is checked against the description.
    world.clock.advance("PT5M").unwrap();
    for version in VERSIONS {
        let events = get(&mut world, version, "/deviceManagement/virtualEndpoint/auditEvents")
            .body
            .unwrap();
        assert_eq!(events["value"].as_array().unwrap().len(), 2);
        assert_eq!(events["value"][1]["resources"][0]["resourceId"], ids[1]);
    }
}

/// A write is answered as done only when it is: also when a seed has an id that the simulator would give next.
#[test]
fn a_new_id_is_never_one_that_a_seed_has() {
    let sequence = {
        let mut world = named_world();
        create(&mut world, POLICIES, &policy("one"));
        let event = last(&world);
        [event["resources"][0]["resourceId"].clone(), event["id"].clone()]
    };
    let mut world = named_world();
    // The next id is that of an object of another tenant, the one after it, in capitals, that of a setting.
    let other = "11111111-1111-4111-8111-222222222222";
    let tenant = graph_sim::world::Tenant {
        id: other.to_owned(),
        ..Default::default()
    };
    world.tenants.insert(other.to_owned(), tenant);
    let elsewhere = json!({"id": sequence[0], "displayName": "elsewhere"});
    graph::seed_object(&mut world, other, "userSettings", elsewhere).unwrap();
    let capitals = sequence[1].as_str().unwrap().to_uppercase();
    seed(&mut world, "userSettings", json!({"id": capitals, "displayName": "seeded"}));
    let mut ids = vec![sequence[0].clone(), sequence[1].clone()];
    for name in ["one", "two"] {
        ids.push(json!(create(&mut world, SETTINGS, &json!({"displayName": name}))));
        ids.push(last(&world)["id"].clone());
    }
    let list = get(&mut world, ApiVersion::V1, SETTINGS).body.unwrap();
    assert_eq!(names(&list), ["seeded", "one", "two"]);
    ids.sort_by_key(Value::to_string);
    ids.dedup();
    assert_eq!((ids.len(), events(&world).len()), (6, 2));
}

#[test]
fn reads_and_refusals_leave_none() {
    let mut world = named_world();
    get(&mut world, ApiVersion::V1, POLICIES);
    let refused = [
        Ask::new(ApiVersion::V1, "POST", POLICIES).body(&policy("x")).by(app(&[])),
        Ask::new(ApiVersion::V1, "POST", POLICIES).body(&json!({})),
        Ask::new(ApiVersion::V1, "DELETE", format!("{POLICIES}/{UNKNOWN_ID}")),
    ];
    for ask in refused {
        assert!(ask.send(&mut world).status >= 400);
    }
    assert_eq!(events(&world).len(), 0);
}

#[test]
fn the_actor_is_the_caller() {
    let mut world = named_world();
    create(&mut world, POLICIES, &policy("one"));
    let by_app = json!({
        "type": "application", "applicationId": APP, "applicationDisplayName": "operator", "servicePrincipalName": APP,
        "userId": null, "userPrincipalName": null, "userPermissions": ALL_ROLES, "userRoleScopeTags": [], "ipAddress": null,
        "remoteTenantId": null, "remoteUserId": null,
    });
    assert_eq!(last(&world)["actor"], by_app);
    let admin = user(&["CloudPC.ReadWrite.All"], &["Windows 365 Administrator"]);
    let answer = Ask::new(ApiVersion::V1, "POST", POLICIES)
        .body(&policy("two"))
        .by(admin)
        .send(&mut world);
    assert_eq!(answer.status, 201);
    let by_user = json!({
        "type": "itPro", "applicationId": null, "applicationDisplayName": null, "servicePrincipalName": null,
        "userId": "66666666-0000-4000-8000-000000000001", "userPrincipalName": "ada@contoso.com",
        "userPermissions": ["CloudPC.ReadWrite.All"], "userRoleScopeTags": [], "ipAddress": null, "remoteTenantId": null,
        "remoteUserId": null,
    });
    assert_eq!(last(&world)["actor"], by_user);
}

#[test]
fn an_event_can_be_read_after_the_lag() {
    let mut world = named_world();
    create(&mut world, POLICIES, &policy("one"));
    let seen = |world: &World| world.tenants[TENANT].collections["auditEvents"].seen(world.now()).count();
    world.clock.advance("PT4M59S").unwrap();
    assert_eq!(seen(&world), 0);
    world.clock.advance("PT1S").unwrap();
    assert_eq!(seen(&world), 1);
}

#[test]
fn every_second_time_has_an_offset_and_seven_digits() {
    let mut world = named_world();
    world.clock = graph_sim::base::clock::Clock::frozen("2026-01-05T20:00:00.123456789Z".parse().unwrap());
    for name in ["one", "two", "three"] {
        create(&mut world, POLICIES, &policy(name));
    }
    let times: Vec<Value> = events(&world).iter().map(|event| event["activityDateTime"].clone()).collect();
    assert_eq!(
        times,
        [
            "2026-01-05T20:00:00.123456Z",
            "2026-01-06T04:00:00.1234560+08:00",
            "2026-01-05T20:00:00.123456Z"
        ]
    );
    let read = |at: usize| times[at].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(read(0), read(1));
}

#[test]
fn the_correlation_id_is_the_clients_when_it_is_a_guid() {
    let given = "88888888-0000-4000-8000-000000000001";
    let own = "77777777-0000-4000-8000-000000000001";
    for (sent, expected) in [(Some(given), given), (Some("my request"), own), (None, own)] {
        let mut world = named_world();
        let (caller, body) = (app(&ALL_ROLES), policy("one").to_string());
        let request = GraphRequest {
            version: ApiVersion::V1,
            method: http::Method::POST,
            path: POLICIES,
            query: Vec::new(),
            prefer: Vec::new(),
            body: body.as_bytes(),
            caller: &caller,
            request_id: own.to_owned(),
            client_request_id: sent.map(str::to_owned),
            root: String::new(),
        };
        assert_eq!(graph::handle(&mut world, &request).status, 201);
        assert_eq!(last(&world)["correlationId"], expected);
    }
}
