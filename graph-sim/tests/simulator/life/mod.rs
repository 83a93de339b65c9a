//! The life of Enterprise Cloud PCs: who gets one, when it is ready, when it is deleted.

mod front_line;
mod names;
mod nested;
mod property;
mod readers;
mod seed;
pub mod support;

use crate::life::support::*;
use crate::routes::support::*;
use graph_sim::life::{self, PolicySetting};
use graph_sim::world::World;
use serde_json::{Value, json};

/// A world in which Ada's Cloud PC is provisioned, and its policy.
fn provisioned() -> (World, String) {
    let mut world = known_world();
    let policy = new_policy(&mut world, "finance", &json!({}));
    give(&mut world, &policy, &[group(GROUP_A)]);
    advance(&mut world, "PT40M");
    assert_eq!(summary(&world), ["ada provisioned"]);
    (world, policy)
}

#[test]
fn a_licensed_member_of_an_assigned_group_gets_a_cloud_pc() {
    let mut world = known_world();
    // A member without a licence, one with another product's, and a licensed user outside the group.
    set_licences(&mut world, "none@contoso.com", &[]);
    set_licences(&mut world, "other@contoso.com", &["SPE_E5", "CPC_E_C_8GB_GB", "CPC_B_2C_8GB_128GB"]);
    set_licences(&mut world, BOB, &[SMALL]);
    set_members(
        &mut world,
        GROUP_A,
        &["none@contoso.com", "other@contoso.com", "ADA@contoso.com", "nobody@contoso.com"],
    );
    know(&mut world);
    let changes = json!({"enableSingleSignOn": true, "cloudPcNamingTemplate": "F-%USERNAME:5%-%RAND:6%", "scopeIds": ["7"]});
    let policy = new_policy(&mut world, "finance", &changes);
    assert_eq!(pcs(&world).len(), 0);
    give(&mut world, &policy, &[group(GROUP_A)]);
    let new = only(&world);
    let expected = json!({
        "displayName": "finance - Ada", "userPrincipalName": ADA, "provisioningPolicyId": policy,
        "provisioningPolicyName": "finance", "provisioningType": "dedicated", "servicePlanName": SMALL_NAME,
        "servicePlanType": "enterprise", "productType": "enterprise", "status": "provisioning",
        "imageDisplayName": "Windows 11 Enterprise + Microsoft 365 Apps 24H2", "osVersion": "windows11",
        "deviceRegionName": "westeurope", "onPremisesConnectionName": "", "connectionSetting": {"enableSingleSignOn": true},
        "userAccountType": "standardUser", "userExperienceType": "cloudPc", "scopeIds": ["7"], "managedDeviceId": null,
        "gracePeriodEndDateTime": null, "lastModifiedDateTime": "2026-01-05T08:00:00Z", "allotmentDisplayName": null,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&new[name], value, "{name}");
    }
    advance_with_look(&mut world, 40 * 60, |world| assert_eq!(only(world), new));
    let ready = only(&world);
    assert_eq!((&ready["id"], &ready["status"]), (&new["id"], &json!("provisioned")));
    for time in ["provisionedDateTime", "lastModifiedDateTime"] {
        assert_eq!(ready[time], "2026-01-05T08:40:00Z", "{time}");
    }
    let name = ready["managedDeviceName"].as_str().unwrap();
    assert!(name.starts_with("F-ada-") && name.len() == 12, "{name}");
    assert!(ready["managedDeviceId"].is_string() && ready["managedDeviceId"] != ready["aadDeviceId"]);
    assert_eq!(ready["diskEncryptionState"], "encryptedUsingPlatformManagedKey");
}

#[test]
fn a_connection_gives_the_cloud_pc_its_name_and_region() {
    let mut world = known_world();
    let connection = "33333333-0000-4000-8000-000000000003";
    let weu = json!({"id": connection, "displayName": "weu", "virtualNetworkLocation": "northeurope"});
    seed(&mut world, "onPremisesConnections", weu);
    let joins = json!([{"domainJoinType": "azureADJoin", "onPremisesConnectionId": connection}]);
    let policy = new_policy(&mut world, "p", &json!({"domainJoinConfigurations": joins}));
    give(&mut world, &policy, &[group(GROUP_A)]);
    let pc = only(&world);
    assert_eq!(
        (&pc["onPremisesConnectionName"], &pc["deviceRegionName"]),
        (&json!("weu"), &json!("northeurope"))
    );
}

/// Removes the entitlement, or restores it.
type Turn = fn(&mut World, &str, bool);

/// Each way in which a Cloud PC loses its entitlement, with the seconds until the service knows.
const TURNS: [(&str, i64, Turn); 3] = [
    ("group", 300, |world, _, on| {
        set_members(world, GROUP_A, if on { &[ADA] } else { &[] });
        directory_changed(world);
    }),
    ("licence", 300, |world, _, on| {
        set_licences(world, ADA, if on { &[SMALL] } else { &[] });
        directory_changed(world);
    }),
    ("assignment", 0, |world, policy, on| {
        let targets = [group(GROUP_A)];
        give(world, policy, if on { &targets } else { &[] });
    }),
];

fn turn(world: &mut World, policy: &str, (name, lag, turn): (&str, i64, Turn), on: bool) {
    let before = summary(world);
    turn(world, policy, on);
    if lag > 0 {
        advance_with_look(world, lag, |world| assert_eq!(summary(world), before, "{name}"));
    }
}

#[test]
fn a_lost_reason_leads_through_the_grace_period_to_the_end() {
    for case in TURNS {
        let (mut world, policy) = provisioned();
        turn(&mut world, &policy, case, false);
        let (lost, pc) = (world.now(), only(&world));
        let end = world.options.grace_period.after(lost);
        assert_eq!(pc["status"], "inGracePeriod", "{}", case.0);
        assert_eq!(pc["gracePeriodEndDateTime"], json!(end), "{}", case.0);
        assert_eq!(pc["lastModifiedDateTime"], json!(lost), "{}", case.0);
        advance_with_look(&mut world, 7 * 86_400, |world| assert_eq!(only(world), pc));
        assert_eq!(pcs(&world).len(), 0, "{}", case.0);
        assert_eq!(deletions(&world), [json!([end, {"appId": life::SERVICE_APP_ID}])], "{}", case.0);
        // With an entitlement after that, there is a new one.
        turn(&mut world, &policy, case, true);
        assert_eq!(summary(&world), ["ada provisioning"], "{}", case.0);
        assert_ne!(only(&world)["id"], pc["id"], "{}", case.0);
    }
}

#[test]
fn a_reason_that_comes_back_in_time_saves_the_cloud_pc() {
    for case in TURNS {
        let (mut world, policy) = provisioned();
        let before = only(&world);
        turn(&mut world, &policy, case, false);
        advance(&mut world, &format!("PT{}S", 7 * 86_400 - case.1 - 1));
        turn(&mut world, &policy, case, true);
        let after = only(&world);
        assert_eq!(
            (&after["id"], &after["status"]),
            (&before["id"], &json!("provisioned")),
            "{}",
            case.0
        );
        assert_eq!(after["gracePeriodEndDateTime"], Value::Null, "{}", case.0);
        assert_eq!(after["lastModifiedDateTime"], json!(world.now()), "{}", case.0);
        assert_eq!(after["provisionedDateTime"], before["provisionedDateTime"], "{}", case.0);
        advance(&mut world, "P30D");
        assert_eq!(only(&world), after, "{}", case.0);
    }
}

#[test]
fn one_that_is_not_ready_goes_at_once() {
    let mut world = known_world();
    let policy = new_policy(&mut world, "p", &json!({}));
    give(&mut world, &policy, &[group(GROUP_A)]);
    advance(&mut world, "PT39M59S");
    give(&mut world, &policy, &[]);
    assert_eq!(pcs(&world).len(), 0);
    let by = json!({"appId": life::SERVICE_APP_ID});
    assert_eq!(deletions(&world), [json!(["2026-01-05T08:39:59Z", by])]);
    advance(&mut world, "P30D");
    assert_eq!((pcs(&world).len(), deletions(&world).len()), (0, 1));
}

#[test]
fn a_deleted_policy_is_a_lost_reason() {
    let (mut world, policy) = provisioned();
    world.options.delete_assigned = graph_sim::options::DeleteAssigned::Allow;
    let target = format!("{POLICIES}/{policy}");
    let answer = Ask::new(graph_sim::base::answer::ApiVersion::V1, "DELETE", target).send(&mut world);
    life::catch_up(&mut world);
    assert_eq!((answer.status, summary(&world)), (204, vec!["ada inGracePeriod".to_owned()]));
}

#[test]
fn each_licence_has_its_own_cloud_pc() {
    let (mut world, _) = provisioned();
    set_licences(&mut world, ADA, &[SMALL, LARGE, LARGE]);
    directory_changed(&mut world);
    advance_with_look(&mut world, 300, |world| assert_eq!(pcs(world).len(), 1));
    assert_eq!(summary(&world), ["ada provisioned", "ada provisioning"]);
    advance(&mut world, "PT40M");
    set_licences(&mut world, ADA, &[LARGE]);
    directory_changed(&mut world);
    advance(&mut world, LAG);
    assert_eq!(summary(&world), ["ada inGracePeriod", "ada provisioned"]);
    assert_eq!(pcs(&world)[0]["servicePlanName"], SMALL_NAME);
}

#[test]
fn changes_of_the_directory_get_through_one_after_the_other() {
    let mut world = known_world();
    let policy = new_policy(&mut world, "p", &json!({}));
    give(&mut world, &policy, &[group(GROUP_B)]);
    set_members(&mut world, GROUP_B, &[ADA]);
    directory_changed(&mut world);
    advance(&mut world, "PT2M");
    set_members(&mut world, GROUP_B, &[]);
    // Later changes never arrive before earlier ones, even when the lag is shorter.
    world.options.directory_lag = "PT1M".parse().unwrap();
    directory_changed(&mut world);
    advance_with_look(&mut world, 180, |world| assert_eq!(pcs(world).len(), 0));
    assert_eq!((pcs(&world).len(), deletions(&world).len()), (0, 0));
}

#[test]
fn the_first_assigned_policy_counts_and_stays() {
    let mut world = known_world();
    set_licences(&mut world, ADA, &[SMALL, LARGE]);
    set_members(&mut world, GROUP_B, &[ADA]);
    know(&mut world);
    let [first, second] = ["first", "second"].map(|name| new_policy(&mut world, name, &json!({})));
    // The order of the assignments counts, not that of the policies.
    set_members(&mut world, GROUP_A, &[]);
    know(&mut world);
    give(&mut world, &second, &[group(GROUP_A)]);
    give(&mut world, &first, &[group(GROUP_B)]);
    advance(&mut world, "PT40M");
    let names = |world: &World| -> Vec<Value> { pcs(world).iter().map(|pc| pc["provisioningPolicyName"].clone()).collect() };
    assert_eq!(names(&world), ["first", "first"]);
    // A policy that was assigned earlier reaches the user now: the user's policy stays.
    set_members(&mut world, GROUP_A, &[ADA]);
    directory_changed(&mut world);
    advance(&mut world, LAG);
    let before = pcs(&world);
    assert_eq!(names(&world), ["first", "first"]);
    // The policy is unassigned, and the other one applies: nothing is provisioned again.
    advance(&mut world, "PT1H");
    give(&mut world, &first, &[]);
    assert_eq!(names(&world), ["second", "second"]);
    assert_eq!(summary(&world), ["ada provisioned", "ada provisioned"]);
    for (old, new) in before.iter().zip(pcs(&world)) {
        assert_eq!(new["provisioningPolicyId"], json!(second));
        assert_eq!(new["lastModifiedDateTime"], json!(world.now()));
        for same in ["id", "displayName", "provisionedDateTime", "managedDeviceId"] {
            assert_eq!(old[same], new[same], "{same}");
        }
    }
    // And for a new user, the first assigned one applies.
    set_licences(&mut world, BOB, &[SMALL]);
    set_members(&mut world, GROUP_A, &[ADA, BOB]);
    set_members(&mut world, GROUP_B, &[ADA, BOB]);
    give(&mut world, &first, &[group(GROUP_B)]);
    directory_changed(&mut world);
    advance(&mut world, LAG);
    assert_eq!(pcs_of(&world, BOB)[0]["provisioningPolicyName"], "second");
}

#[test]
fn an_edit_of_the_policy_reaches_cloud_pcs_by_apply_only() {
    let (mut world, policy) = provisioned();
    let target = format!("{POLICIES}/{policy}");
    let join = json!({"domainJoinType": "azureADJoin", "regionName": "northeurope"});
    let change = json!({"enableSingleSignOn": true, "domainJoinConfigurations": [join]});
    Ask::new(graph_sim::base::answer::ApiVersion::V1, "PATCH", target)
        .body(&change)
        .send(&mut world);
    let before = only(&world);
    advance(&mut world, "PT1H");
    assert_eq!(only(&world), before);
    let region = PolicySetting::parse(None).unwrap();
    assert_eq!(life::apply_policy(&mut world, TENANT, &policy.to_uppercase(), region), 1);
    let moved = only(&world);
    assert_eq!(
        (&moved["deviceRegionName"], &moved["lastModifiedDateTime"]),
        (&json!("northeurope"), &json!(world.now()))
    );
    assert_eq!(moved["connectionSetting"], json!({"enableSingleSignOn": false}));
    let ids = [moved["id"].as_str().unwrap().to_owned(), UNKNOWN_ID.to_owned()];
    let setting = PolicySetting::parse(Some("singleSignOn")).unwrap();
    assert_eq!(life::apply_to(&mut world, TENANT, &ids, setting), 1);
    assert_eq!(only(&world)["connectionSetting"], json!({"enableSingleSignOn": true}));
    assert_eq!(PolicySetting::parse(Some("Region")), None);
    assert_eq!(life::apply_policy(&mut world, TENANT, UNKNOWN_ID, setting), 0);
}

#[test]
fn one_long_step_is_as_good_as_many_short_ones() {
    let steps = |long: bool| {
        let (mut world, policy) = provisioned();
        set_licences(&mut world, BOB, &[SMALL]);
        set_members(&mut world, GROUP_A, &[BOB]);
        life::directory_changed(&mut world, TENANT, false);
        give(&mut world, &policy, &[group(GROUP_A), group(GROUP_B)]);
        if long {
            advance(&mut world, "P10D");
        } else {
            for _ in 0..240 {
                advance(&mut world, "PT1H");
            }
        }
        everything(&world)
    };
    assert_eq!(steps(true), steps(false));
    assert_eq!(steps(true), steps(true));
}
