//! Frontline and Reserve: Cloud PCs by licences that a policy sets aside.

use crate::life::support::*;
use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion;
use graph_sim::world::World;
use serde_json::{Value, json};

/// Users without a licence of their own, `u1` and so on, all in group A and known.
fn crew(count: usize) -> (World, Vec<String>) {
    let mut world = world();
    let names: Vec<String> = (1..=count).map(|number| format!("u{number}@contoso.com")).collect();
    for name in &names {
        set_licences(&mut world, name, &[]);
    }
    set_members(&mut world, GROUP_A, &names.iter().map(String::as_str).collect::<Vec<_>>());
    know(&mut world);
    (world, names)
}

fn live(world: &World) -> Vec<String> {
    let all = summary(world);
    all.iter()
        .filter_map(|one| one.strip_suffix(" provisioned").map(str::to_owned))
        .collect()
}

#[test]
fn three_users_share_a_licence_in_the_order_of_the_group() {
    for kind in ["shared", "sharedByUser"] {
        let (mut world, names) = crew(8);
        let policy = new_policy(&mut world, "shift", &json!({ "provisioningType": kind }));
        give(&mut world, &policy, &[slice(GROUP_A, Some(2))]);
        let new = pcs(&world);
        let users: Vec<&str> = new.iter().filter_map(|pc| pc["userPrincipalName"].as_str()).collect();
        assert_eq!(users, names[..6]);
        let parts = [
            "servicePlanId",
            "servicePlanName",
            "productType",
            "allotmentDisplayName",
            "provisioningType",
        ];
        let expected = [PLAN, "2vCPU/8GB/128GB Front-line", "frontline", "a slice", kind];
        assert_eq!(parts.map(|name| new[0][name].as_str().unwrap()), expected);
        advance(&mut world, "PT40M");
        // The order changes, and a new member is first: users who have a Cloud PC keep it.
        let mut order: Vec<&str> = names.iter().map(String::as_str).rev().collect();
        set_members(&mut world, GROUP_A, &order);
        directory_changed(&mut world);
        advance(&mut world, LAG);
        assert_eq!(live(&world), ["u1", "u2", "u3", "u4", "u5", "u6"]);
        // A member leaves: the first member without a Cloud PC gets one.
        order.retain(|name| !name.starts_with("u2@"));
        set_members(&mut world, GROUP_A, &order);
        directory_changed(&mut world);
        advance(&mut world, LAG);
        let expected = [
            "u1 provisioned",
            "u2 inGracePeriod",
            "u3 provisioned",
            "u4 provisioned",
            "u5 provisioned",
        ];
        assert_eq!(summary(&world)[..5], expected);
        assert_eq!(summary(&world)[5..], ["u6 provisioned", "u8 provisioning"]);
        // Fewer licences: the last members of the group lose theirs.
        advance(&mut world, "PT40M");
        give(&mut world, &policy, &[slice(GROUP_A, Some(1))]);
        assert_eq!(live(&world), ["u5", "u6", "u8"]);
        // With more licences again they get them back.
        give(&mut world, &policy, &[slice(GROUP_A, Some(2))]);
        assert_eq!(live(&world), ["u1", "u3", "u4", "u5", "u6", "u8"]);
    }
}

#[test]
fn a_slice_without_a_number_has_all_licences_of_the_plan() {
    let (mut world, _) = crew(31);
    let policy = new_policy(&mut world, "shift", &json!({"provisioningType": "shared"}));
    let owner = format!("{POLICIES}/{policy}");
    let answer = assign(&mut world, ApiVersion::V1, &owner, &json!([{"target": slice(GROUP_A, None)}]));
    assert_eq!(answer.status, 204);
    advance(&mut world, "PT40M");
    assert_eq!(pcs(&world).len(), 30);
}

#[test]
fn a_user_has_one_cloud_pc_of_a_plan_whatever_policies_there_are() {
    let (mut world, names) = crew(2);
    set_members(&mut world, GROUP_B, &[&names[0]]);
    know(&mut world);
    let [one, two] = ["one", "two"].map(|name| new_policy(&mut world, name, &json!({"provisioningType": "sharedByUser"})));
    give(&mut world, &one, &[slice(GROUP_A, Some(1))]);
    give(&mut world, &two, &[slice(GROUP_B, Some(1))]);
    advance(&mut world, "PT40M");
    let before = pcs(&world);
    assert_eq!(summary(&world), ["u1 provisioned", "u2 provisioned"]);
    give(&mut world, &one, &[]);
    assert_eq!(summary(&world), ["u1 provisioned", "u2 inGracePeriod"]);
    let after = pcs(&world);
    assert_eq!(
        (&after[0]["id"], &after[0]["provisioningPolicyName"]),
        (&before[0]["id"], &json!("two"))
    );
}

#[test]
fn a_group_shares_as_many_cloud_pcs_as_licences() {
    let (mut world, _) = crew(1);
    let policy = new_policy(&mut world, "kiosk", &json!({"provisioningType": "sharedByEntraGroup"}));
    give(&mut world, &policy, &[slice(GROUP_A, Some(2)), slice(GROUP_B, Some(1))]);
    advance(&mut world, "PT40M");
    assert_eq!(summary(&world), ["- provisioned"; 3]);
    let first = &pcs(&world)[0];
    assert_eq!(
        (&first["userPrincipalName"], &first["displayName"]),
        (&Value::Null, &json!("kiosk - Finance O'Neil"))
    );
    assert_eq!(pcs(&world)[2]["displayName"], "kiosk - Sales");
    give(&mut world, &policy, &[slice(GROUP_A, Some(1))]);
    assert_eq!(summary(&world), ["- provisioned", "- inGracePeriod", "- inGracePeriod"]);
    // The other group's Cloud PC is not used for it.
    give(&mut world, &policy, &[slice(GROUP_A, Some(3))]);
    let expected = ["- provisioned", "- provisioned", "- inGracePeriod", "- provisioning"];
    assert_eq!(summary(&world), expected);
    give(&mut world, &policy, &[]);
    assert_eq!(summary(&world), ["- inGracePeriod"; 3]);
    advance_with_look(&mut world, 7 * 86_400, |world| assert_eq!(pcs(world).len(), 3));
    assert_eq!(pcs(&world).len(), 0);
}

#[test]
fn a_group_that_is_unassigned_loses_its_own_shared_cloud_pcs() {
    let slices = [(GROUP_A, 2), (GROUP_B, 1)];
    for (gone, stays) in [(0, 1), (1, 0)] {
        let (mut world, _) = crew(1);
        let policy = new_policy(&mut world, "kiosk", &json!({"provisioningType": "sharedByEntraGroup"}));
        give(&mut world, &policy, &slices.map(|(group, count)| slice(group, Some(count))));
        advance(&mut world, "PT40M");
        let before = pcs(&world);
        let (group, count) = slices[stays];
        give(&mut world, &policy, &[slice(group, Some(count))]);
        let is_of = |pc: &Value, place: usize| pc["displayName"].as_str().unwrap().ends_with(["O'Neil", "Sales"][place]);
        for pc in pcs(&world) {
            let expected = if is_of(&pc, gone) { "inGracePeriod" } else { "provisioned" };
            assert_eq!(pc["status"], expected, "{pc}");
        }
        give(&mut world, &policy, &slices.map(|(group, count)| slice(group, Some(count))));
        let after = pcs(&world);
        assert_eq!(summary(&world), ["- provisioned"; 3]);
        assert!(
            before.iter().zip(&after).all(|(before, after)| before["id"] == after["id"]),
            "{after:?}"
        );
    }
}

#[test]
fn seeded_shared_cloud_pcs_belong_to_the_slice_that_they_name() {
    let (mut world, _) = crew(1);
    let policy = new_policy(&mut world, "kiosk", &json!({"provisioningType": "sharedByEntraGroup"}));
    let named = |group: &str, name: &str| {
        let mut target = slice(group, Some(1));
        target["allotmentDisplayName"] = json!(name);
        target
    };
    for (number, name) in [(1, json!("night")), (2, json!(null))] {
        let pc = json!({
            "id": format!("66666666-0000-4000-8000-00000000000{number}"), "provisioningPolicyId": policy, "servicePlanId": PLAN,
            "provisioningType": "sharedByEntraGroup", "allotmentDisplayName": name,
        });
        seed(&mut world, "cloudPCs", pc);
    }
    give(&mut world, &policy, &[named(GROUP_A, "day"), named(GROUP_B, "night")]);
    let slices: Vec<Value> = pcs(&world).iter().map(|pc| pc["allotmentDisplayName"].clone()).collect();
    assert_eq!(slices, ["night", "day"]);
    give(&mut world, &policy, &[named(GROUP_B, "night")]);
    assert_eq!(summary(&world), ["- provisioned", "- inGracePeriod"]);
}

#[test]
fn reserve_provisions_nothing() {
    let mut world = known_world();
    let policy = new_policy(&mut world, "spare", &json!({"provisioningType": "reserve"}));
    give(&mut world, &policy, &[group(GROUP_A)]);
    advance(&mut world, "P1D");
    assert_eq!(pcs(&world).len(), 0);
}

/// Licences that policies set aside count as used (assumed), regardless of the seed; without a number, all do.
#[test]
fn used_licences_are_counted_from_assignments() {
    let (mut world, _) = crew(1);
    let used = |world: &mut World, expected: [i64; 2]| {
        let plan = get(world, ApiVersion::Beta, &format!("{PLANS}/{PLAN}")).body.unwrap();
        assert_eq!(json!([plan["usedCount"], plan["allotmentLicensesCount"]]), json!(expected));
        let filter = format!("{PLANS}?$filter=usedCount%20eq%20{}", expected[0]);
        assert_eq!(
            get(world, ApiVersion::Beta, &filter).body.unwrap()["value"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    };
    used(&mut world, [0, 0]);
    let pool = new_policy(&mut world, "pool", &json!({"provisioningType": "sharedByEntraGroup"}));
    give(&mut world, &pool, &[slice(GROUP_A, Some(2)), slice(GROUP_B, Some(1))]);
    used(&mut world, [3, 3]);
    let shift = new_policy(&mut world, "shift", &json!({"provisioningType": "sharedByUser"}));
    give(&mut world, &shift, &[slice(GROUP_A, Some(4))]);
    used(&mut world, [7, 7]);
    // Ten were bought; an assignment without a number may use them all.
    give(&mut world, &shift, &[slice(GROUP_A, None)]);
    used(&mut world, [10, 3]);
    give(&mut world, &shift, &[]);
    give(&mut world, &pool, &[slice(GROUP_B, Some(1))]);
    used(&mut world, [1, 1]);
}
