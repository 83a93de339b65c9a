//! Rules of policies that depend on lists of the service, on who asks, and on old names.

use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion::{Beta, V1};
use serde_json::{Value, json};

#[test]
fn every_region_that_is_listed_is_taken_and_automatic() {
    let mut world = world();
    let regions = get(&mut world, Beta, "/deviceManagement/virtualEndpoint/supportedRegions")
        .body
        .unwrap();
    let listed = names(&regions);
    assert!(listed.len() > 30, "{listed:?}");
    for region in listed.into_iter().chain(["automatic"]) {
        let mut join = json!({"domainJoinType": "azureADJoin", "regionName": region});
        if region == "automatic" {
            join["regionGroup"] = json!("europeUnion");
        }
        let answer = post(&mut world, V1, POLICIES, &policy_with(&json!({"domainJoinConfigurations": [join]})));
        assert_eq!(answer.status, 201, "{region}: {:?}", answer.body);
    }
    let unknown = json!({"domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "atlantis"}]});
    let id = create(&mut world, POLICIES, &policy("p"));
    let answer = Ask::new(V1, "PATCH", format!("{POLICIES}/{id}")).body(&unknown).send(&mut world);
    assert!(answer.status == 400 && reason(&answer).contains("'atlantis'"), "{:?}", answer.body);
}

/// (author) "Target Geography is invalid" is the service's own text.
#[test]
fn a_region_is_of_its_group() {
    let mut world = world();
    let regions = get(&mut world, Beta, "/deviceManagement/virtualEndpoint/supportedRegions");
    let regions = regions.body.unwrap()["value"].as_array().unwrap().clone();
    let join = |region: &Value, group: &Value| {
        let join = json!({"domainJoinType": "azureADJoin", "regionName": region, "regionGroup": group});
        policy_with(&json!({ "domainJoinConfigurations": [join] }))
    };
    for region in &regions {
        let answer = post(&mut world, Beta, POLICIES, &join(&region["displayName"], &region["regionGroup"]));
        assert_eq!(answer.status, 201, "{region}: {:?}", answer.body);
    }
    let mut world = self::world();
    for (region, group) in [("eastus", "europeUnion"), ("westeurope", "usEast"), ("uksouth", "europeUnion")] {
        for version in VERSIONS {
            let answer = post(&mut world, version, POLICIES, &join(&json!(region), &json!(group)));
            refused(&mut world, &answer, 400, "Target Geography is invalid.", region);
        }
    }
    // A change that keeps the old group, and one that changes the group, too, or leaves it to the service.
    let one = format!(
        "{POLICIES}/{}",
        create(&mut world, POLICIES, &join(&json!("westeurope"), &json!("europeUnion")))
    );
    for (join, status) in [
        (json!({"regionName": "eastus", "regionGroup": "europeUnion"}), 400),
        (json!({"regionName": "eastus", "regionGroup": "usEast"}), 200),
        (json!({"regionName": "northeurope"}), 200),
    ] {
        let mut change = json!({"domainJoinConfigurations": [join]});
        change["domainJoinConfigurations"][0]["domainJoinType"] = json!("azureADJoin");
        let answer = Ask::new(V1, "PATCH", &one).body(&change).send(&mut world);
        assert_eq!(answer.status, status, "{change}: {:?}", answer.body);
    }
    let kept = get(&mut world, V1, &one).body.unwrap();
    assert_eq!(kept["domainJoinConfigurations"][0]["regionGroup"], "europeUnion");
}

#[test]
fn the_network_of_disaster_recovery_is_of_its_group() {
    let mut world = world();
    let setting = |network: Value| {
        json!({"displayName": "s", "crossRegionDisasterRecoverySetting": {
        "disasterRecoveryType": "premium", "disasterRecoveryNetworkSetting": network}})
    };
    for (region, group, status) in [
        ("northeurope", "europe", 201),
        ("automatic", "europeUnion", 201),
        ("eastus", "europe", 400),
        ("atlantis", "europe", 400),
    ] {
        let network = json!({"regionName": region, "regionGroup": group});
        let answer = post(&mut world, Beta, SETTINGS, &setting(network));
        assert_eq!(answer.status, status, "{region} {group}: {:?}", answer.body);
    }
    let one = format!(
        "{SETTINGS}/{}",
        create(
            &mut world,
            SETTINGS,
            &setting(json!({"regionName": "northeurope", "regionGroup": "europe"}))
        )
    );
    let mut change = |network: Value| {
        let body = json!({"crossRegionDisasterRecoverySetting": {"disasterRecoveryNetworkSetting": network}});
        let answer = Ask::new(Beta, "PATCH", &one).all_members().body(&body).send(&mut world);
        let body = answer.body.unwrap();
        (
            answer.status,
            body["crossRegionDisasterRecoverySetting"]["disasterRecoveryNetworkSetting"]["regionGroup"].clone(),
        )
    };
    // The group stays while the region belongs to it, and is cleared with a region of another one.
    assert_eq!(change(json!({"regionName": "westeurope"})), (200, json!("europe")));
    assert_eq!(change(json!({"regionName": "eastus", "regionGroup": "europe"})).0, 400);
    assert_eq!(change(json!({"regionName": "eastus"})), (200, Value::Null));
}

#[test]
fn autopatch_is_set_up_by_a_person_with_the_role_for_it_alone() {
    let mut world = world();
    let managed =
        policy_with(&json!({"microsoftManagedDesktop": {"managedType": "starterManaged"}, "autopatch": {"autopatchGroupId": "g"}}));
    let by = |role: &str| user(&["CloudPC.ReadWrite.All"], &[role]);
    let intune = by("Intune Administrator");
    for version in VERSIONS {
        world = self::world();
        let answer = post(&mut world, version, POLICIES, &managed);
        refused(&mut world, &answer, 403, "Autopatch", "app");
        let ask = Ask::new(version, "POST", POLICIES)
            .body(&managed)
            .by(by("Windows 365 Administrator"));
        let answer = ask.send(&mut world);
        refused(&mut world, &answer, 403, "Intune Administrator", "another role");
        for enough in [&intune, &by("Global Administrator")] {
            let ask = Ask::new(version, "POST", POLICIES).body(&managed).by(enough.clone());
            assert_eq!(ask.send(&mut world).status, 201, "{enough:?}");
        }
    }
    // A change needs the role as a create does; what is not managed needs none.
    let plain = create(&mut world, POLICIES, &policy("plain"));
    let change = |caller| Ask::new(V1, "PATCH", format!("{POLICIES}/{plain}")).body(&managed).by(caller);
    assert_eq!(change(by("Windows 365 Administrator")).send(&mut world).status, 403);
    assert_eq!(change(intune.clone()).send(&mut world).status, 200);
    let ask = Ask::new(V1, "POST", POLICIES)
        .body(&policy("x"))
        .by(by("Windows 365 Administrator"));
    assert_eq!(ask.send(&mut world).status, 201);
    let mut unmanaged = managed.clone();
    unmanaged["microsoftManagedDesktop"]["managedType"] = json!("notManaged");
    assert_eq!(
        Ask::new(V1, "POST", POLICIES).body(&unmanaged).by(intune).send(&mut world).status,
        400
    );
}

/// (captured) The portal still sends the old name of what `userSettingsPersistenceConfiguration` has in it now.
#[test]
fn the_old_name_of_persistence_is_taken_and_never_answered() {
    const OLD: &str = "userSettingsPersistenceEnabled";
    const PRESENT: &str = "userSettingsPersistenceConfiguration";
    let mut world = world();
    for (changes, configuration) in [
        (json!({OLD: false}), Value::Null),
        (json!({OLD: false, "provisioningType": "sharedByEntraGroup"}), Value::Null),
        (
            json!({OLD: true, "provisioningType": "sharedByEntraGroup"}),
            json!({"userSettingsPersistenceEnabled": true, "userSettingsPersistenceStorageSizeCategory": "fourGB"}),
        ),
    ] {
        let answer = post(&mut world, Beta, POLICIES, &policy_with(&changes));
        assert_eq!(answer.status, 201, "{changes}: {:?}", answer.body);
        assert!(
            answer.headers.iter().any(|(name, value)| name == "Link" && value.contains(OLD)),
            "{changes}"
        );
        let body = answer.body.unwrap();
        assert_eq!((body.get(OLD), &body[PRESENT]), (None, &configuration), "{changes}");
    }
    let contradiction = json!({OLD: true, PRESENT: {"userSettingsPersistenceEnabled": false}, "provisioningType": "sharedByEntraGroup"});
    for (changes, named) in [(contradiction, "contradicts"), (json!({OLD: "no"}), "takes a boolean")] {
        let answer = post(&mut world, Beta, POLICIES, &policy_with(&changes));
        refused(&mut self::world(), &answer, 400, named, &changes.to_string());
    }
    let selected = get(&mut world, Beta, &format!("{POLICIES}?$select={OLD}"));
    assert_eq!(selected.status, 400, "there is no such property to read");
}
