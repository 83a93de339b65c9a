//! Cloud PCs of a seed: those that are entitled stay, the others follow the rules.

use crate::life::support::*;
use crate::routes::support::*;
use graph_sim::base::ids::stable_id;
use graph_sim::life;
use graph_sim::world::World;
use serde_json::{Value, json};

const POLICY: &str = "55555555-0000-4000-8000-000000000001";
const PC: &str = "66666666-0000-4000-8000-00000000000A";

/// A tenant as a seed leaves it: a policy for group A with Ada, and one Cloud PC of hers with these changes.
fn seeded(changes: &Value) -> World {
    let mut world = world();
    set_licences(&mut world, ADA, &[SMALL]);
    set_members(&mut world, GROUP_A, &[ADA]);
    let mut policy = policy("finance");
    policy["id"] = json!(POLICY);
    policy["assignments"] = json!([{"target": group(GROUP_A)}]);
    seed(&mut world, "provisioningPolicies", policy);
    seed(&mut world, "cloudPCs", cloud_pc(PC, changes));
    life::directory_changed(&mut world, TENANT, true);
    life::policies_changed(&mut world, TENANT);
    world
}

fn cloud_pc(id: &str, changes: &Value) -> Value {
    let mut pc = json!({
        "id": id, "userPrincipalName": "Ada@contoso.com", "provisioningPolicyId": POLICY,
        "servicePlanId": stable_id(&["servicePlan", SMALL]), "status": "provisioned",
    });
    for (name, value) in changes.as_object().unwrap() {
        pc[name] = value.clone();
    }
    pc
}

#[test]
fn what_fits_or_is_not_decided_by_policies_stays_as_it_was_seeded() {
    let stays = [
        json!({}),
        json!({"status": null}),
        json!({"servicePlanId": "of an export", "servicePlanName": SMALL_NAME}),
        json!({"status": "provisionedWithWarnings"}),
        json!({"status": "failed"}),
        json!({"status": "resizing"}),
    ];
    for changes in stays {
        let mut world = seeded(&changes);
        let before = pcs(&world);
        advance(&mut world, "P30D");
        assert_eq!(pcs(&world), before, "{changes}");
    }
    let others = [
        json!({"userPrincipalName": BOB, "status": "notProvisioned"}),
        json!({"userPrincipalName": BOB, "provisioningPolicyId": null}),
        json!({"userPrincipalName": BOB, "productType": "devBox"}),
        json!({"userPrincipalName": BOB, "servicePlanType": "business"}),
        json!({"userPrincipalName": BOB, "provisioningType": "reserve"}),
        json!({"userPrincipalName": null}),
    ];
    for changes in others {
        let mut world = seeded(&changes);
        let before = pcs(&world);
        advance(&mut world, "P30D");
        // Ada's own is new.
        assert_eq!(pcs(&world)[..1], before, "{changes}");
        assert_eq!(pcs(&world).len(), 2, "{changes}");
    }
}

#[test]
fn one_without_a_reason_enters_its_grace_period_at_the_start() {
    let lost = [
        json!({"userPrincipalName": BOB}),
        json!({"servicePlanId": stable_id(&["servicePlan", LARGE])}),
        json!({"provisioningType": "sharedByUser", "servicePlanId": PLAN}),
        json!({"provisioningType": "sharedByEntraGroup", "servicePlanId": PLAN, "userPrincipalName": null}),
        json!({"userPrincipalName": BOB, "status": "restoring"}),
    ];
    for changes in lost {
        let mut world = seeded(&changes);
        life::catch_up(&mut world);
        let pc = pcs(&world)[0].clone();
        assert_eq!(pc["status"], "inGracePeriod", "{changes}");
        assert_eq!(pc["gracePeriodEndDateTime"], "2026-01-12T08:00:00Z", "{changes}");
        advance_with_look(&mut world, 7 * 86_400, |world| assert_eq!(pcs(world)[0], pc));
        assert_eq!(deletions(&world).len(), 1, "{changes}");
    }
    let mut world = seeded(&json!({"userPrincipalName": BOB, "status": "provisioning"}));
    life::catch_up(&mut world);
    assert_eq!((summary(&world), deletions(&world).len()), (vec!["ada provisioning".to_owned()], 1));
}

#[test]
fn what_it_is_in_the_middle_of_goes_on() {
    let mut world = seeded(&json!({"status": "provisioning"}));
    advance_with_look(&mut world, 40 * 60, |world| assert_eq!(only(world)["status"], "provisioning"));
    assert_eq!(only(&world)["status"], "provisioned");
    // With an entitlement (a new one follows then) or without, the seeded date counts; a past date ends it at once.
    let grace = |user: &str, end: &Value| json!({"userPrincipalName": user, "status": "inGracePeriod", "gracePeriodEndDateTime": end});
    let cases = [(json!("2026-01-06T10:00:00+02:00"), 86_400), (Value::Null, 7 * 86_400)];
    for (end, seconds) in cases {
        for user in [ADA, BOB] {
            let mut world = seeded(&grace(user, &end));
            advance_with_look(&mut world, seconds, |world| {
                assert_eq!(
                    (&pcs(world)[0]["id"], &pcs(world)[0]["status"]),
                    (&json!(PC), &json!("inGracePeriod"))
                );
            });
            assert_eq!(deletions(&world).len(), 1, "{user} {end}");
            assert_eq!(pcs_of(&world, ADA).len(), 1, "{user} {end}");
        }
    }
    let mut world = seeded(&grace(BOB, &json!("2020-01-01T00:00:00Z")));
    life::catch_up(&mut world);
    assert_eq!(deletions(&world)[0][0], "2026-01-05T08:00:00Z");
}

#[test]
fn a_seed_that_comes_later_is_not_judged_before_its_users_are_known() {
    let mut world = seeded(&json!({}));
    life::catch_up(&mut world);
    set_licences(&mut world, BOB, &[SMALL]);
    set_licences(&mut world, "eve@contoso.com", &[]);
    set_members(&mut world, GROUP_A, &[ADA, BOB, "eve@contoso.com"]);
    let fits = cloud_pc("66666666-0000-4000-8000-00000000000b", &json!({"userPrincipalName": BOB}));
    let lost = cloud_pc(
        "66666666-0000-4000-8000-00000000000c",
        &json!({"userPrincipalName": "eve@contoso.com"}),
    );
    seed(&mut world, "cloudPCs", fits);
    seed(&mut world, "cloudPCs", lost);
    // With the properties that the service would have although the seed leaves them out.
    let (fits, lost) = (pcs(&world)[1].clone(), pcs(&world)[2].clone());
    life::directory_changed(&mut world, TENANT, false);
    life::policies_changed(&mut world, TENANT);
    advance_with_look(&mut world, 300, |world| assert_eq!(pcs(world)[1..], [fits.clone(), lost.clone()]));
    assert_eq!((&pcs(&world)[1], &pcs(&world)[2]["status"]), (&fits, &json!("inGracePeriod")));
}

#[test]
fn a_second_one_of_the_same_licence_goes() {
    let mut world = seeded(&json!({"status": "inGracePeriod"}));
    let other = cloud_pc("66666666-0000-4000-8000-00000000000b", &json!({}));
    seed(&mut world, "cloudPCs", other);
    let other = pcs(&world)[1].clone();
    seed(&mut world, "cloudPCs", cloud_pc("66666666-0000-4000-8000-00000000000c", &json!({})));
    advance(&mut world, "PT0S");
    let statuses: Vec<Value> = pcs(&world).iter().map(|pc| pc["status"].clone()).collect();
    assert_eq!(statuses, ["inGracePeriod", "provisioned", "inGracePeriod"]);
    advance(&mut world, "P30D");
    assert_eq!(pcs(&world), [other]);
}

#[test]
fn one_that_failed_is_cleaned_up_when_it_has_no_reason() {
    let mut world = seeded(&json!({"userPrincipalName": BOB, "status": "failed"}));
    // Further decisions meanwhile do not make it later.
    advance(&mut world, "PT1H");
    set_licences(&mut world, BOB, &[LARGE]);
    directory_changed(&mut world);
    advance_with_look(&mut world, 2 * 3600, |world| assert_eq!(pcs(world)[0]["status"], "failed"));
    assert_eq!(summary(&world), ["ada provisioned"]);
    assert_eq!(
        deletions(&world),
        [json!(["2026-01-05T11:00:00Z", {"appId": life::SERVICE_APP_ID}])]
    );
    // With an entitlement it stays, also when the entitlement is restored in time.
    let mut world = seeded(&json!({"status": "failed"}));
    let before = pcs(&world);
    advance(&mut world, "PT1H");
    for licences in [&[][..], &[SMALL]] {
        set_licences(&mut world, ADA, licences);
        directory_changed(&mut world);
        advance(&mut world, LAG);
    }
    advance(&mut world, "P1D");
    assert_eq!(pcs(&world), before);
}

#[test]
fn a_policy_of_another_product_provisions_nothing() {
    for (products, count) in [("devBox", 0), ("devBox,rpaBox", 0), ("windows365", 1), ("windows365,devBox", 1)] {
        let mut world = known_world();
        let mut foreign = policy("foreign");
        foreign["managedBy"] = json!(products);
        foreign["assignments"] = json!([{"target": group(GROUP_A)}]);
        seed(&mut world, "provisioningPolicies", foreign);
        life::policies_changed(&mut world, TENANT);
        advance(&mut world, "PT40M");
        assert_eq!(pcs(&world).len(), count, "{products}");
    }
}

#[test]
fn a_clock_that_a_seed_sets_back_leaves_nothing_waiting() {
    let mut world = seeded(&json!({"userPrincipalName": BOB}));
    world.clock = graph_sim::base::clock::Clock::frozen("2025-01-01T00:00:00Z".parse().unwrap());
    life::catch_up(&mut world);
    assert_eq!(pcs(&world)[0]["gracePeriodEndDateTime"], "2025-01-08T00:00:00Z");
}
