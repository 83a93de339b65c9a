//! Update and delete of policies and user settings, in-process.

use crate::routes::support::*;
use graph_sim::base::answer::Answer;
use graph_sim::base::answer::ApiVersion::{self, Beta, V1};
use graph_sim::options::{DeleteAssigned, ReadOnlyInBody, WriteAnswer};
use graph_sim::world::World;
use serde_json::{Value, json};

fn patch(world: &mut World, version: ApiVersion, target: &str, body: &Value) -> Answer {
    Ask::new(version, "PATCH", target).all_members().body(body).send(world)
}

#[test]
fn an_update_merges_and_leaves_the_rest() {
    let mut world = world();
    let id = create(
        &mut world,
        POLICIES,
        &policy_with(&json!({"description": "before", "enableSingleSignOn": true})),
    );
    let one = format!("{POLICIES}/{id}");
    assign(&mut world, V1, &one, &json!([{"target": {"groupId": GROUP_A}}]));
    world.clock.advance("PT1H").unwrap();
    for version in VERSIONS {
        let before = get(&mut world, Beta, &format!("{one}?$expand=assignments")).body.unwrap();
        let name = format!("renamed in {}", version.as_str());
        let answer = patch(
            &mut world,
            version,
            &one,
            &json!({"displayName": name, "microsoftManagedDesktop": {"profile": "p"}}),
        );
        assert_eq!((answer.status, answer.committed), (200, true), "{:?}", answer.body);
        assert!(
            answer.body.unwrap().get("assignments").is_none(),
            "assignments are never in an answer to a write"
        );
        let mut expected = before.clone();
        expected["displayName"] = json!(name);
        expected["microsoftManagedDesktop"]["profile"] = json!("p");
        expected["lastModifiedDateTime"] = json!("2026-01-05T09:00:00Z");
        assert_eq!(get(&mut world, Beta, &format!("{one}?$expand=assignments")).body.unwrap(), expected);
    }
    // Null is the default again; a list is replaced as a whole.
    let joins = json!([{"domainJoinType": "azureADJoin", "onPremisesConnectionId": CONNECTION}]);
    let changed = patch(
        &mut world,
        Beta,
        &one,
        &json!({"description": null, "enableSingleSignOn": null, "domainJoinConfigurations": joins}),
    )
    .body
    .unwrap();
    assert_eq!(
        (&changed["description"], &changed["enableSingleSignOn"]),
        (&json!(""), &json!(false))
    );
    assert_eq!(changed["domainJoinConfigurations"].as_array().unwrap().len(), 1);
    assert_eq!(changed["domainJoinConfigurations"][0]["regionName"], Value::Null);
    world.options.patch_answer = WriteAnswer::NoContent;
    let answer = patch(&mut world, V1, &one, &json!({"description": "quiet"}));
    assert_eq!((answer.status, answer.body, answer.committed), (204, None, true));
    assert_eq!(get(&mut world, V1, &one).body.unwrap()["description"], "quiet");
}

#[test]
fn an_update_that_is_refused_changes_nothing() {
    let mut world = world();
    world.options.read_only_in_body = ReadOnlyInBody::Refuse;
    let id = create(&mut world, POLICIES, &policy("p"));
    let one = format!("{POLICIES}/{id}");
    let before = get(&mut world, Beta, &one).body.unwrap();
    for (body, named) in [
        (json!({"provisioningType": "shared"}), "provisioningType"),
        (json!({"provisioningType": null}), "provisioningType"),
        (json!({"userExperienceType": "cloudApp"}), "userExperienceType"),
        (json!({"scopeIds": []}), "scopeIds"),
        (json!({"id": UNKNOWN_ID}), "id"),
        (json!({"createdDateTime": "2026-01-05T08:00:00Z"}), "createdDateTime"),
        (json!({"assignments": []}), "assignments"),
        (json!({"displayName": ""}), "displayName"),
        (json!({"displayName": null}), "displayName"),
        (json!({"domainJoinConfigurations": []}), "domainJoinConfigurations"),
        (json!({"imageId": "x"}), "imageId"),
        (json!({"displayName": "ok", "nonsense": true}), "nonsense"),
    ] {
        let answer = patch(&mut world, Beta, &one, &body);
        assert_eq!(answer.status, 400, "{body}");
        assert!(reason(&answer).contains(named), "{body}: {}", reason(&answer));
        assert_eq!(get(&mut world, Beta, &one).body.unwrap(), before, "{body}");
    }
    let same = json!({"provisioningType": "dedicated", "managedBy": "windows365"});
    assert_eq!(patch(&mut world, Beta, &one, &same).status, 200, "the same value may be repeated");
    assert_eq!(patch(&mut world, Beta, &format!("{POLICIES}/{UNKNOWN_ID}"), &json!({})).status, 404);
    assert_eq!(patch(&mut world, Beta, &format!("{SETTINGS}/x"), &json!({})).status, 400);
}

#[test]
fn a_policy_is_deleted_when_nothing_is_assigned_and_a_setting_always() {
    for version in VERSIONS {
        let mut world = world();
        let policy = format!("{POLICIES}/{}", create(&mut world, POLICIES, &policy("p")));
        let setting = format!("{SETTINGS}/{}", create(&mut world, SETTINGS, &json!({"displayName": "s"})));
        for owner in [&policy, &setting] {
            assign(&mut world, version, owner, &json!([{"target": {"groupId": GROUP_A}}]));
        }
        let delete = |world: &mut World, target: &str| Ask::new(version, "DELETE", target).send(world);
        let refusal = delete(&mut world, &policy);
        assert_eq!((refusal.status, refusal.committed), (400, false));
        assert_eq!(assigned(&mut world, &policy).len(), 1);
        assert_eq!(delete(&mut world, &setting).status, 204);
        assign(&mut world, version, &policy, &json!([]));
        let answer = delete(&mut world, &policy);
        assert_eq!((answer.status, answer.committed, answer.body), (204, true, None));
        assert_eq!(delete(&mut world, &policy).status, 404);
        let deleted = &world.tenants[TENANT].collections["provisioningPolicies"].deleted;
        assert_eq!(deleted[0].object["displayName"], "p");
        assert_eq!(json!(deleted[0].by), json!({"appId": APP}));
        let other = format!("{POLICIES}/{}", create(&mut world, POLICIES, &crate::routes::support::policy("q")));
        assign(&mut world, version, &other, &json!([{"target": {"groupId": GROUP_A}}]));
        world.options.delete_assigned = DeleteAssigned::Allow;
        assert_eq!(delete(&mut world, &other).status, 204);
    }
}

#[test]
fn a_complex_value_is_merged_property_by_property() {
    let mut world = world();
    let network = json!({"regionGroup": "europe", "regionName": "westeurope"});
    let setting = json!({"displayName": "s", "restorePointSetting": {"frequencyType": "sixHours", "userRestoreEnabled": true},
        "crossRegionDisasterRecoverySetting": {"disasterRecoveryType": "premium", "disasterRecoveryNetworkSetting": network}});
    let one = format!("{SETTINGS}/{}", create(&mut world, SETTINGS, &setting));
    let restore = |world: &mut World, body: Value| {
        let answer = patch(world, Beta, &one, &json!({"restorePointSetting": body}));
        answer.body.unwrap()["restorePointSetting"].clone()
    };
    let kept = restore(&mut world, json!({"userRestoreEnabled": false}));
    assert_eq!(
        (&kept["frequencyType"], &kept["userRestoreEnabled"]),
        (&json!("sixHours"), &json!(false))
    );
    let by_hours = restore(&mut world, json!({"frequencyInHours": 24}));
    assert_eq!(
        (&by_hours["frequencyType"], &by_hours["userRestoreEnabled"]),
        (&json!("twentyFourHours"), &json!(false))
    );
    let recovery = |world: &mut World, network: Value| {
        let body = json!({"crossRegionDisasterRecoverySetting": {"disasterRecoveryNetworkSetting": network}});
        let body = patch(world, Beta, &one, &body).body.unwrap();
        assert_eq!(body["crossRegionDisasterRecoverySetting"]["disasterRecoveryType"], "premium");
        body["crossRegionDisasterRecoverySetting"]["disasterRecoveryNetworkSetting"].clone()
    };
    let same_type = recovery(&mut world, json!({"regionName": "northeurope"}));
    assert_eq!(
        (&same_type["regionGroup"], &same_type["regionName"]),
        (&json!("europe"), &json!("northeurope"))
    );
    let other_type = recovery(&mut world, json!({"onPremisesConnectionId": CONNECTION}));
    assert_eq!(
        other_type.as_object().unwrap().len(),
        2,
        "nothing is left of the other type: {other_type}"
    );
}
