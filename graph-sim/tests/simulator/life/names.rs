//! Users, policies and allotments that get another name: Cloud PCs stay, and show the new name.

use crate::life::support::*;
use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion;
use graph_sim::life;
use graph_sim::world::World;
use serde_json::{Value, json};

const NEW: &str = "ada.lovelace@contoso.com";
const DEVICES: &str = "/deviceManagement/managedDevices";

/// Renames Ada as the directory does: the user is the same, and so are the memberships.
fn rename_ada(world: &mut World, group: &str) {
    let user = tenant(world).users.iter_mut().find(|user| user.user_principal_name == ADA).unwrap();
    NEW.clone_into(&mut user.user_principal_name);
    set_members(world, group, &[NEW]);
    directory_changed(world);
}

/// The Cloud PC without its user's name and the time of the last change.
fn but_the_name(pc: &Value) -> Value {
    let mut pc = pc.clone();
    for name in ["userPrincipalName", "lastModifiedDateTime"] {
        pc.as_object_mut().unwrap().remove(name);
    }
    pc
}

#[test]
fn a_renamed_user_keeps_the_cloud_pc_which_shows_the_new_name() {
    for kind in ["dedicated", "sharedByUser"] {
        let mut world = known_world();
        let policy = new_policy(&mut world, "p", &json!({ "provisioningType": kind }));
        let target = if kind == "dedicated" {
            group(GROUP_A)
        } else {
            slice(GROUP_A, Some(1))
        };
        give(&mut world, &policy, &[target]);
        advance(&mut world, "PT40M");
        let before = only(&world);
        rename_ada(&mut world, GROUP_A);
        advance_with_look(&mut world, 300, |world| assert_eq!(only(world), before, "{kind}"));
        let after = only(&world);
        assert_eq!(after["userPrincipalName"], NEW, "{kind}");
        assert_eq!(after["lastModifiedDateTime"], json!(world.now()), "{kind}");
        assert_eq!(but_the_name(&after), but_the_name(&before), "{kind}");
        advance(&mut world, "P30D");
        assert_eq!(only(&world), after, "{kind}");
    }
}

#[test]
fn one_in_its_grace_period_shows_the_new_name_and_comes_back() {
    let mut world = known_world();
    let policy = new_policy(&mut world, "p", &json!({}));
    give(&mut world, &policy, &[group(GROUP_A)]);
    advance(&mut world, "PT40M");
    let before = only(&world);
    give(&mut world, &policy, &[]);
    rename_ada(&mut world, GROUP_A);
    advance(&mut world, LAG);
    assert_eq!(summary(&world), ["ada.lovelace inGracePeriod"]);
    give(&mut world, &policy, &[group(GROUP_A)]);
    assert_eq!(but_the_name(&only(&world)), but_the_name(&before));
}

#[test]
fn who_gets_a_name_that_was_another_users_does_not_get_the_cloud_pc() {
    let mut world = known_world();
    let policy = new_policy(&mut world, "p", &json!({}));
    give(&mut world, &policy, &[group(GROUP_A)]);
    advance(&mut world, "PT40M");
    let hers = only(&world);
    rename_ada(&mut world, GROUP_A);
    set_licences(&mut world, ADA, &[SMALL]);
    set_members(&mut world, GROUP_A, &[NEW, ADA]);
    directory_changed(&mut world);
    advance(&mut world, LAG);
    assert_eq!(summary(&world), ["ada.lovelace provisioned", "ada provisioning"]);
    assert_eq!(pcs(&world)[0]["id"], hers["id"]);
}

#[test]
fn a_policys_new_name_reaches_its_cloud_pcs_but_not_their_devices() {
    let mut world = known_world();
    let policy = new_policy(&mut world, "finance", &json!({}));
    set_licences(&mut world, BOB, &[SMALL]);
    set_licences(&mut world, "eve@contoso.com", &[SMALL]);
    set_members(&mut world, GROUP_A, &[ADA, BOB]);
    know(&mut world);
    give(&mut world, &policy, &[group(GROUP_A)]);
    advance(&mut world, "PT40M");
    set_members(&mut world, GROUP_A, &[ADA, "eve@contoso.com"]);
    directory_changed(&mut world);
    advance(&mut world, LAG);
    let start = ["ada provisioned", "bob inGracePeriod", "eve provisioning"];
    assert_eq!(summary(&world), start);
    for name in ["money", "wealth"] {
        let rename = Ask::new(ApiVersion::V1, "PATCH", format!("{POLICIES}/{policy}")).body(&json!({ "displayName": name }));
        assert_eq!(rename.send(&mut world).status, 200);
        life::catch_up(&mut world);
        for pc in pcs(&world) {
            assert_eq!(pc["provisioningPolicyName"], name, "{pc}");
            assert_eq!(pc["lastModifiedDateTime"], json!(world.now()), "{pc}");
            assert!(pc["displayName"].as_str().unwrap().starts_with("finance - "), "{pc}");
        }
    }
    assert_eq!(summary(&world), start);
    advance(&mut world, "PT40M");
    let devices = get(&mut world, ApiVersion::V1, DEVICES).body.unwrap();
    let profiles: Vec<&Value> = devices["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|device| &device["enrollmentProfileName"])
        .collect();
    assert_eq!(profiles, ["finance", "finance", "wealth"]);
    // Other changes do not affect Cloud PCs.
    let before = pcs(&world);
    let edit = Ask::new(ApiVersion::V1, "PATCH", format!("{POLICIES}/{policy}")).body(&json!({"description": "d"}));
    assert_eq!(edit.send(&mut world).status, 200);
    advance(&mut world, "PT1M");
    assert_eq!(pcs(&world), before);
}

#[test]
fn a_slices_new_name_reaches_its_cloud_pcs() {
    for kind in ["sharedByUser", "sharedByEntraGroup"] {
        let mut world = known_world();
        let names = |world: &World| -> Vec<Value> { pcs(world).iter().map(|pc| pc["allotmentDisplayName"].clone()).collect() };
        let policy = new_policy(&mut world, "p", &json!({ "provisioningType": kind }));
        set_licences(&mut world, BOB, &[]);
        set_members(&mut world, GROUP_A, &[ADA, BOB]);
        know(&mut world);
        let named = |name: &str, licences: i64| {
            let mut target = slice(GROUP_A, Some(licences));
            target["allotmentDisplayName"] = json!(name);
            target
        };
        give(&mut world, &policy, &[named("day", 2)]);
        advance(&mut world, "PT40M");
        let before = pcs(&world);
        assert_eq!(names(&world), ["day", "day"], "{kind}");
        // A Cloud PC in its grace period belongs to the allotment, too.
        give(&mut world, &policy, &[named("night", 0)]);
        assert_eq!(names(&world), ["night", "night"], "{kind}");
        give(&mut world, &policy, &[named("dawn", 2)]);
        assert_eq!(names(&world), ["dawn", "dawn"], "{kind}");
        for (before, after) in before.iter().zip(pcs(&world)) {
            assert_eq!((&before["id"], &after["status"]), (&after["id"], &json!("provisioned")), "{kind}");
        }
    }
}
