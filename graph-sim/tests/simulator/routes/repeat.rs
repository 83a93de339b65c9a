//! Read, modify, write: what a GET gave is sent back with a change in it, as SDKs do.

use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion::{self, Beta, V1};
use graph_sim::catalogue::gallery::default_organization_settings;
use graph_sim::options::ReadOnlyInBody;
use graph_sim::world::World;
use serde_json::{Map, Value, json};

const ORGANIZATION: &str = "/deviceManagement/virtualEndpoint/organizationSettings";

fn read(world: &mut World, version: ApiVersion, path: &str) -> Map<String, Value> {
    let answer = get(world, version, path);
    assert_eq!(answer.status, 200, "{path}");
    answer.body.unwrap().as_object().unwrap().clone()
}

fn write(world: &mut World, version: ApiVersion, method: &'static str, path: &str, body: &Map<String, Value>) -> (u16, Value) {
    let body = Value::Object(body.clone());
    let answer = Ask::new(version, method, path).all_members().body(&body).send(world);
    (answer.status, answer.body.unwrap_or_default())
}

/// A body whose inner objects name their types, as the SDK for Python writes them.
fn typed(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let inner = object.iter().map(|(name, value)| (name.clone(), typed(value)));
            let mut object: Map<String, Value> = inner.collect();
            object.insert("@odata.context".to_owned(), json!("https://graph.test/v1.0/$metadata#x"));
            Value::Object(object)
        }
        Value::Array(items) => Value::Array(items.iter().map(typed).collect()),
        other => other.clone(),
    }
}

/// Each object of the world that can be written, for each version that has it.
fn objects() -> (World, Vec<(ApiVersion, &'static str, String)>) {
    let mut world = world();
    seed(&mut world, "organizationSettings", default_organization_settings());
    let full = policy_with(&json!({
        "description": "d", "enableSingleSignOn": true, "windowsSetting": {"locale": "de-DE"},
        "autopilotConfiguration": {"devicePreparationProfileId": "p", "applicationTimeoutInMinutes": 30, "onFailureDeviceAccessDenied": true},
        "cloudPcNamingTemplate": "CPC-%RAND:5%",
    }));
    let policy = format!("{POLICIES}/{}", create(&mut world, POLICIES, &full));
    let setting =
        json!({"displayName": "s", "restorePointSetting": {"frequencyType": "sixHours"}, "crossRegionDisasterRecoverySetting": {}});
    let setting = format!("{SETTINGS}/{}", create(&mut world, SETTINGS, &setting));
    let objects = vec![
        (V1, POLICIES, policy.clone()),
        (Beta, POLICIES, policy),
        (V1, SETTINGS, setting.clone()),
        (Beta, SETTINGS, setting),
        (Beta, "", ORGANIZATION.to_owned()),
    ];
    (world, objects)
}

#[test]
fn what_was_read_can_be_sent_back() {
    let (mut world, objects) = objects();
    for (version, list, path) in objects {
        let place = format!("{version:?} {path}");
        world.clock.advance("PT1M").unwrap();
        let before = read(&mut world, version, &path);
        let sent = typed(&Value::Object(before.clone())).as_object().unwrap().clone();
        let (status, answer) = write(&mut world, version, "PATCH", &path, &sent);
        assert_eq!(status, 200, "{place}: {answer}");
        let mut after = read(&mut world, version, &path);
        for name in ["lastModifiedDateTime", "lastModifiedBy"] {
            if let Some(value) = before.get(name) {
                after.insert(name.to_owned(), value.clone());
            }
        }
        assert_eq!(after, before, "{place}");
        if list.is_empty() {
            continue;
        }
        let (status, copy) = write(&mut world, version, "POST", list, &sent);
        assert_eq!(status, 201, "{place}: {copy}");
        assert_ne!(copy["id"], before["id"], "{place}: the service gives the id");
        assert_ne!(
            copy.get("createdDateTime").unwrap_or(&Value::Null),
            "2020-01-01T00:00:00Z",
            "{place}"
        );
        let kept = before
            .iter()
            .filter(|(name, _)| !["@odata.context", "id"].contains(&name.as_str()) && !name.contains("DateTime"));
        for (name, value) in kept {
            assert_eq!(&copy[name], value, "{place}: {name}");
        }
    }
}

#[test]
fn a_forged_value_of_what_only_the_service_sets_changes_nothing() {
    let (mut world, objects) = objects();
    for (version, list, path) in objects.into_iter().filter(|(_, list, _)| !list.is_empty()) {
        let before = read(&mut world, version, &path);
        let forged = json!({
            "id": UNKNOWN_ID, "createdDateTime": "2020-01-01T00:00:00Z", "displayName": "renamed",
        });
        let mut forged = forged.as_object().unwrap().clone();
        // v1.0 does not have the creation time of a policy, so the property is unknown there.
        if version == V1 && list == POLICIES {
            forged.remove("createdDateTime");
        }
        let (status, answer) = write(&mut world, version, "PATCH", &path, &forged);
        assert_eq!((status, &answer["id"]), (200, &before["id"]), "{path}: {answer}");
        assert_eq!(answer.get("createdDateTime"), before.get("createdDateTime"), "{path}");
        assert_eq!(answer["displayName"], "renamed");

        world.options.read_only_in_body = ReadOnlyInBody::Refuse;
        let refusal = Ask::new(version, "PATCH", &path).body(&json!({"id": UNKNOWN_ID})).send(&mut world);
        assert_eq!(refusal.status, 400, "{path}");
        assert!(reason(&refusal).contains("'id' is read-only"), "{}", reason(&refusal));
        world.options.read_only_in_body = ReadOnlyInBody::Ignore;
    }
}

/// What is no property at all, and what is another object, is refused with either value of the option.
#[test]
fn what_is_not_read_only_is_refused_as_ever() {
    let (mut world, objects) = objects();
    for (version, _, path) in objects.into_iter().filter(|(_, list, _)| !list.is_empty()) {
        for (name, value) in [("nonsense", json!(1)), ("assignments", json!([])), ("Id", json!(UNKNOWN_ID))] {
            let sent = Map::from_iter([(name.to_owned(), value)]);
            let (status, answer) = write(&mut world, version, "PATCH", &path, &sent);
            assert_eq!(status, 400, "{path} {name}");
            assert!(answer.to_string().contains(name), "{answer}");
        }
    }
    let dead = Map::from_iter([("selfServiceEnabled".to_owned(), json!(true))]);
    let setting = format!("{SETTINGS}/{}", create(&mut world, SETTINGS, &json!({"displayName": "s"})));
    assert_eq!(write(&mut world, Beta, "PATCH", &setting, &dead).0, 400);
}

/// Beta answers old and present spellings together; a client that sends both back has changed one of them.
#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn of_two_spellings_the_one_that_was_changed_counts() {
    let cases = [
        (
            POLICIES,
            "/windowsSetting/locale",
            json!("fr-FR"),
            "/windowsSettings/language",
            json!("fr-FR"),
        ),
        (
            POLICIES,
            "/windowsSettings/language",
            json!("fr-FR"),
            "/windowsSetting/locale",
            json!("fr-FR"),
        ),
        (
            POLICIES,
            "/domainJoinConfigurations/0/type",
            json!("hybridAzureADJoin"),
            "/domainJoinConfigurations/0/domainJoinType",
            json!("hybridAzureADJoin"),
        ),
        (
            SETTINGS,
            "/restorePointSetting/frequencyInHours",
            json!(4),
            "/restorePointSetting/frequencyType",
            json!("fourHours"),
        ),
        (
            SETTINGS,
            "/restorePointSetting/frequencyType",
            json!("fourHours"),
            "/restorePointSetting/frequencyInHours",
            json!(4),
        ),
    ];
    for (list, changed, value, follows, expected) in cases {
        let (mut world, objects) = objects();
        let (_, _, path) = objects
            .into_iter()
            .find(|(version, at, _)| *version == Beta && *at == list)
            .unwrap();
        let mut sent = Value::Object(read(&mut world, Beta, &path));
        *sent.pointer_mut(changed).unwrap() = value;
        if changed.ends_with("/type") {
            sent["domainJoinConfigurations"][0]["regionName"] = Value::Null;
            sent["domainJoinConfigurations"][0]["regionGroup"] = Value::Null;
            sent["domainJoinConfigurations"][0]["onPremisesConnectionId"] = json!(CONNECTION);
        }
        let (status, answer) = write(&mut world, Beta, "PATCH", &path, sent.as_object().unwrap());
        assert_eq!(status, 200, "{changed}: {answer}");
        assert_eq!(answer.pointer(follows), Some(&expected), "{changed}");
    }
    // Both changed, to different things, is a contradiction.
    let (mut world, objects) = objects();
    let (_, _, path) = objects
        .into_iter()
        .find(|(version, at, _)| *version == Beta && *at == POLICIES)
        .unwrap();
    let mut sent = Value::Object(read(&mut world, Beta, &path));
    sent["windowsSetting"]["locale"] = json!("fr-FR");
    sent["windowsSettings"]["language"] = json!("it-IT");
    assert_eq!(write(&mut world, Beta, "PATCH", &path, sent.as_object().unwrap()).0, 400);
}

/// (captured) The portal sends assignments back as it read them; so do clients that add one.
#[test]
fn assignments_can_be_sent_back_as_they_were_read() {
    for version in VERSIONS {
        let (mut world, objects) = objects();
        for (_, _, path) in objects.into_iter().filter(|(at, list, _)| *at == version && !list.is_empty()) {
            let first = json!([{"target": {"groupId": GROUP_A}}]);
            assert_eq!(assign(&mut world, version, &path, &first).status, 204);
            let read = get(&mut world, version, &format!("{path}/assignments")).body.unwrap()["value"].clone();
            let mut sent = typed(&read);
            sent.as_array_mut().unwrap().push(json!({"target": {"groupId": GROUP_B}}));
            let answer = assign(&mut world, version, &path, &sent);
            assert_eq!(answer.status, 204, "{path}: {:?}", answer.body);
            let after = get(&mut world, version, &format!("{path}/assignments")).body.unwrap()["value"].clone();
            assert_eq!((after.as_array().unwrap().len(), &after[0]), (2, &read[0]));
        }
    }
}
