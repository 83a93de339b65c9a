//! What readers of the service must be ready for. Each test names its source: (documented), (captured), (author).

use graph_sim::base::answer::ApiVersion::{self, Beta, V1};
use graph_sim::world::World;
use serde_json::{Value, json};

use super::full;
use crate::routes::support::*;

const CONNECTIONS: &str = "/deviceManagement/virtualEndpoint/onPremisesConnections";
const CLOUD_PCS: &str = "/deviceManagement/virtualEndpoint/cloudPCs";

fn body(world: &mut World, version: ApiVersion, target: &str) -> Value {
    let answer = get(world, version, target);
    assert_eq!(answer.status, 200, "{target}: {:?}", answer.body);
    answer.body.unwrap()
}

fn without_header(world: &mut World, version: ApiVersion, target: &str) -> Value {
    Ask::new(version, "GET", target).send(world).body.unwrap()
}

/// (documented) Members after `unknownFutureValue` need the header. The versions put `norway` on different sides of it, and
/// v1.0 does not have `kenya` at all.
#[test]
fn a_region_group_hides_behind_the_header_in_one_version_only() {
    let mut world = world();
    let id = "88888888-0000-4000-8000-00000000000a";
    let joins = ["norway", "kenya", "germany"]
        .map(|group| json!({"domainJoinType": "azureADJoin", "regionName": "automatic", "regionGroup": group}));
    let mut policy = policy("p");
    (policy["id"], policy["domainJoinConfigurations"]) = (json!(id), json!(joins));
    seed(&mut world, "provisioningPolicies", policy);
    let one = format!("{POLICIES}/{id}");
    let groups = |body: &Value| {
        let joins = body["domainJoinConfigurations"].as_array().unwrap().iter();
        joins
            .map(|join| join["regionGroup"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let hidden = "unknownFutureValue";
    assert_eq!(groups(&without_header(&mut world, V1, &one)), ["norway", hidden, "germany"]);
    assert_eq!(groups(&without_header(&mut world, Beta, &one)), [hidden, hidden, "germany"]);
    assert_eq!(groups(&body(&mut world, V1, &one)), ["norway", hidden, "germany"]);
    assert_eq!(groups(&body(&mut world, Beta, &one)), ["norway", "kenya", "germany"]);
    // A list hides as one object does.
    let listed = without_header(&mut world, Beta, POLICIES);
    assert_eq!(groups(&listed["value"][0]), [hidden, hidden, "germany"]);
    // The header can hold other preferences too, in any case.
    let mut ask = Ask::new(Beta, "GET", one.as_str());
    ask.prefer = vec!["odata.maxpagesize=5; Include-Unknown-Enum-Members".to_owned()];
    assert_eq!(groups(&ask.send(&mut world).body.unwrap()), ["norway", "kenya", "germany"]);
}

/// (documented) Some properties are answered only when the request selects them by name; `*` is no name.
#[test]
fn some_properties_come_with_select_alone() {
    let mut world = full::world();
    let connection = ["inUse", "healthCheckStatusDetail", "alternateResourceUrl"];
    let cloud_pc = [
        "connectivityResult",
        "lastLoginResult",
        "lastLogoffDateTime",
        "lastRemoteActionResult",
        "powerState",
        "osVersion",
        "userAccountType",
        "disasterRecoveryCapability",
    ];
    let user = ["accountEnabled", "assignedLicenses", "userType"];
    for (version, target, names) in [
        (V1, format!("{CONNECTIONS}/{CONNECTION}"), &connection[..]),
        (Beta, format!("{CONNECTIONS}/{CONNECTION}"), &connection[..]),
        (
            Beta,
            format!("{CONNECTIONS}/{CONNECTION}"),
            &["healthCheckStatusDetails", "subnetPrivateIpDetail"],
        ),
        (Beta, format!("{CLOUD_PCS}/{}", full::CLOUD_PC), &cloud_pc[..]),
        (V1, format!("/groups/{GROUP_A}"), &["assignedLicenses", "licenseProcessingState"]),
        (V1, format!("/users/{}", full::USER), &user[..]),
        (
            V1,
            format!("/deviceManagement/managedDevices/{}", full::DEVICE),
            &["physicalMemoryInBytes", "notes"],
        ),
    ] {
        for plain in [target.clone(), format!("{target}?$select=*")] {
            let body = body(&mut world, version, &plain);
            assert!(names.iter().all(|name| body.get(name).is_none()), "{plain}: {body}");
        }
        let selected = body(&mut world, version, &format!("{target}?$select={}", names.join(",")));
        assert!(names.iter().all(|name| selected.get(name).is_some()), "{target}: {selected}");
    }
    let used = body(&mut world, V1, &format!("{CONNECTIONS}/{CONNECTION}?$select=inUse"));
    let free = body(&mut world, V1, &format!("{CONNECTIONS}/{PENDING_CONNECTION}?$select=inUse"));
    assert_eq!((&used["inUse"], &free["inUse"]), (&json!(true), &json!(false)));
}

/// (captured) A read returns old spellings beside the new ones, in beta alone.
#[test]
fn deprecated_twins_are_answered_beside_their_successors() {
    let mut world = full::world();
    let policy = format!("{POLICIES}/{}", full::POLICY);
    let setting = format!("{SETTINGS}/{}", full::SETTING);
    let cloud_pc = format!("{CLOUD_PCS}/{}", full::CLOUD_PC);
    let connection = format!("{CONNECTIONS}/{CONNECTION}");
    let image = "/deviceManagement/virtualEndpoint/deviceImages".to_owned();
    for (target, old, new) in [
        (
            &policy,
            "/domainJoinConfigurations/0/type",
            "/domainJoinConfigurations/0/domainJoinType",
        ),
        (
            &policy,
            "/domainJoinConfigurations/1/type",
            "/domainJoinConfigurations/1/domainJoinType",
        ),
        (&policy, "/windowsSettings/language", "/windowsSetting/locale"),
        (&policy, "/microsoftManagedDesktop/type", "/microsoftManagedDesktop/managedType"),
        (&connection, "/type", "/connectionType"),
        (&cloud_pc, "/statusDetails", "/statusDetail"),
        (&cloud_pc, "/connectionSettings", "/connectionSetting"),
        (&image, "/value/2/statusDetails", "/value/2/errorCode"),
    ] {
        let beta = body(&mut world, Beta, target);
        let value = beta.pointer(new).unwrap_or(&Value::Null);
        assert!(!value.is_null(), "{target} {new}");
        assert_eq!(beta.pointer(old), Some(value), "{target} {old}");
        assert_eq!(body(&mut world, V1, target).pointer(old), None, "{target} {old}");
    }
    let beta = body(&mut world, Beta, &setting);
    assert_eq!(beta["restorePointSetting"]["frequencyInHours"], 6);
    assert_eq!(
        beta["crossRegionDisasterRecoverySetting"]["crossRegionDisasterRecoveryEnabled"],
        true
    );
    assert_eq!(body(&mut world, V1, &setting)["restorePointSetting"].get("frequencyInHours"), None);
}

/// (documented) An example shows null where the metadata has no null: a check that has not begun.
#[test]
fn a_health_check_that_has_not_begun_has_null_for_its_times() {
    let mut world = full::world();
    for version in VERSIONS {
        let connections = body(&mut world, version, &format!("{CONNECTIONS}?$select=id,healthCheckStatusDetail"));
        let checks = &connections["value"][2]["healthCheckStatusDetail"]["healthChecks"];
        assert_eq!(checks[0]["startDateTime"], "2026-01-05T07:00:00Z");
        assert_eq!(
            (&checks[1]["startDateTime"], &checks[1]["endDateTime"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(checks[1]["status"], "pending");
    }
}

/// (author) Entries without a group come in answers; a client that drops them silently unassigns.
#[test]
fn a_seeded_assignment_without_a_group_is_answered() {
    let mut world = world();
    let id = "88888888-0000-4000-8000-00000000000a";
    let mut policy = policy("p");
    policy["id"] = json!(id);
    policy["assignments"] = json!([
        {"id": GROUP_A, "target": {"groupId": ""}},
        {"id": "1_2", "target": {}},
        {"target": {"groupId": GROUP_B}},
    ]);
    seed(&mut world, "provisioningPolicies", policy);
    for version in VERSIONS {
        let owner = format!("{POLICIES}/{id}");
        let expanded = body(&mut world, version, &format!("{owner}?$expand=assignments"));
        let listed = body(&mut world, version, &format!("{owner}/assignments"));
        assert_eq!(expanded["assignments"], listed["value"]);
        let found = listed["value"].as_array().unwrap().iter();
        let found: Vec<_> = found.map(|one| (one["id"].clone(), one["target"]["groupId"].clone())).collect();
        assert_eq!(
            found,
            [
                (json!(GROUP_A), json!("")),
                (json!("1_2"), Value::Null),
                (json!(GROUP_B), json!(GROUP_B))
            ]
        );
    }
}

/// (documented) Policies of other products are in the same collection, and v1.0 cannot tell them apart.
#[test]
fn policies_of_other_products_are_in_the_collection() {
    let mut world = full::world();
    let of = |list: &Value| {
        let list = list["value"].as_array().unwrap();
        list.iter().map(|one| one.get("managedBy").cloned()).collect::<Vec<_>>()
    };
    let own = Some(json!("windows365"));
    assert_eq!(of(&body(&mut world, Beta, POLICIES)), [own.clone(), own, Some(json!("devBox"))]);
    assert_eq!(of(&body(&mut world, V1, POLICIES)), [None, None, None]);
    let filtered = body(&mut world, Beta, &format!("{POLICIES}?$filter=managedBy eq 'devBox'"));
    assert_eq!(names(&filtered), ["of another product"]);
}

/// (author) The service never answers null for a policy's description.
#[test]
fn a_description_that_is_null_comes_back_as_an_empty_text() {
    for version in VERSIONS {
        let mut world = world();
        let id = create(&mut world, POLICIES, &policy("without"));
        let one = format!("{POLICIES}/{id}");
        assert_eq!(body(&mut world, version, &one)["description"], "");
        for (sent, answered) in [(json!("x"), "x"), (Value::Null, "")] {
            let ask = Ask::new(version, "PATCH", one.as_str()).body(&json!({"description": sent}));
            assert_eq!(ask.send(&mut world).body.unwrap()["description"], answered);
            assert_eq!(body(&mut world, version, &one)["description"], answered);
        }
        let mut explicit = policy("null");
        explicit["description"] = Value::Null;
        let answer = Ask::new(version, "POST", POLICIES).body(&explicit).send(&mut world);
        assert_eq!((answer.status, &answer.body.unwrap()["description"]), (201, &json!("")));
    }
}

/// (author) Asked for `default`, the service answers `twelveHours`.
#[test]
fn a_default_frequency_comes_back_as_twelve_hours() {
    for version in VERSIONS {
        let mut world = world();
        let setting = json!({"displayName": "s", "restorePointSetting": {"frequencyType": "default"}});
        let answer = Ask::new(version, "POST", SETTINGS).body(&setting).send(&mut world).body.unwrap();
        assert_eq!(answer["restorePointSetting"]["frequencyType"], "twelveHours");
        let one = format!("{SETTINGS}/{}", answer["id"].as_str().unwrap());
        for frequency in ["fourHours", "default"] {
            let change = json!({"restorePointSetting": {"frequencyType": frequency}});
            Ask::new(version, "PATCH", one.as_str()).body(&change).send(&mut world);
        }
        let read = body(&mut world, Beta, &one);
        assert_eq!(read["restorePointSetting"]["frequencyType"], "twelveHours");
        assert_eq!(read["restorePointSetting"]["frequencyInHours"], 12);
    }
}

/// (documented) A user is found by the sign-in name as well as by the id, in any case of letters; nothing else is.
#[test]
fn a_user_is_found_by_the_sign_in_name() {
    let mut world = full::world();
    for version in VERSIONS {
        let by_id = body(&mut world, version, &format!("/users/{}", full::USER));
        for name in ["ada@contoso.com", "ADA%40contoso.com"] {
            assert_eq!(body(&mut world, version, &format!("/users/{name}")), by_id);
        }
        assert_eq!(get(&mut world, version, "/users/nobody@contoso.com").status, 404);
        assert_eq!(get(&mut world, version, &format!("{CLOUD_PCS}/ada@contoso.com")).status, 400);
    }
}
