//! What readers of Cloud PCs see: whole objects, as late as the replication lag says.

use crate::life::support::*;
use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion;
use graph_sim::options::OptionsPatch;
use graph_sim::world::World;
use serde_json::{Value, json};

const CLOUD_PCS: &str = "/deviceManagement/virtualEndpoint/cloudPCs";

fn seen(world: &mut World) -> Vec<Value> {
    let body = get(world, ApiVersion::Beta, CLOUD_PCS).body.unwrap();
    body["value"].as_array().unwrap().clone()
}

#[test]
fn cloud_pcs_that_life_makes_are_whole() {
    let kinds = [("dedicated", None), ("sharedByUser", Some(1)), ("sharedByEntraGroup", Some(1))];
    for (kind, licences) in kinds {
        let mut world = known_world();
        let policy = new_policy(&mut world, "p", &json!({ "provisioningType": kind }));
        let target = if licences.is_some() {
            slice(GROUP_A, licences)
        } else {
            group(GROUP_A)
        };
        give(&mut world, &policy, &[target]);
        // Each state is checked against the description, and beside a seeded Cloud PC nothing is missing.
        seed(
            &mut world,
            "cloudPCs",
            json!({"id": "66666666-0000-4000-8000-00000000000a", "productType": "devBox"}),
        );
        for step in ["PT0S", "PT40M"] {
            advance(&mut world, step);
            let all = seen(&mut world);
            let [own, seeded] = &all[..] else { panic!("{kind}: {all:?}") };
            for (name, value) in seeded.as_object().unwrap() {
                assert_eq!(own[name].is_array(), value.is_array(), "{kind} {name}");
                assert!(
                    value.is_null() || !own[name].is_null() || name == "userPrincipalName",
                    "{kind} {name}"
                );
            }
            assert_eq!(
                (&own["partnerAgentInstallResults"], &own["scopeIds"]),
                (&json!([]), &json!(["0"])),
                "{kind}"
            );
            assert_eq!(own["isDisasterRecoveryActive"], false, "{kind}");
            let id = own["id"].as_str().unwrap();
            let one = get(&mut world, ApiVersion::Beta, &format!("{CLOUD_PCS}/{id}")).body.unwrap();
            assert_eq!(one["partnerAgentInstallResults"], json!([]), "{kind}");
        }
    }
}

/// What the list, the count and the object itself show of the only Cloud PC.
fn status(world: &mut World, id: &str) -> Option<String> {
    let list = seen(world);
    let count = get(world, ApiVersion::Beta, &format!("{CLOUD_PCS}/$count"));
    assert_eq!(count.body.unwrap(), json!(list.len()));
    let one = get(world, ApiVersion::Beta, &format!("{CLOUD_PCS}/{id}"));
    let status = list.first().map(|pc| pc["status"].as_str().unwrap().to_owned());
    match &status {
        Some(status) => assert_eq!((one.status, &one.body.unwrap()["status"]), (200, &json!(status))),
        None => assert_eq!(one.status, 404),
    }
    status
}

#[test]
fn readers_see_what_life_does_after_the_replication_lag() {
    const LAGGING: i64 = 120;
    let mut world = known_world();
    world.options.replication_lag = "PT2M".parse().unwrap();
    let policy = new_policy(&mut world, "p", &json!({}));
    give(&mut world, &policy, &[group(GROUP_A)]);
    let id = only(&world)["id"].as_str().unwrap().to_owned();
    // The state, and for how long readers still see the earlier one.
    let expect = |world: &mut World, step: i64, is: &str, was: Option<&str>| {
        advance(world, &format!("PT{step}S"));
        assert_eq!(summary(world).join(""), is);
        assert_eq!(status(world, &id).as_deref(), was);
        advance(world, &format!("PT{}S", LAGGING - 1));
        assert_eq!(status(world, &id).as_deref(), was, "a second before {is}");
        advance(world, "PT1S");
        assert_eq!(status(world, &id).as_deref(), is.strip_prefix("ada "));
    };
    expect(&mut world, 0, "ada provisioning", None);
    expect(&mut world, 40 * 60 - LAGGING, "ada provisioned", Some("provisioning"));
    give(&mut world, &policy, &[]);
    expect(&mut world, 0, "ada inGracePeriod", Some("provisioned"));
    give(&mut world, &policy, &[group(GROUP_A)]);
    expect(&mut world, 0, "ada provisioned", Some("inGracePeriod"));
    give(&mut world, &policy, &[]);
    expect(&mut world, 0, "ada inGracePeriod", Some("provisioned"));
    expect(&mut world, 7 * 86_400 - LAGGING, "", Some("inGracePeriod"));
    assert_eq!(deletions(&world).len(), 1);
}

#[test]
fn policies_tell_the_grace_period_in_hours() {
    for (option, hours) in [("P7D", 168), ("PT2H", 2), ("PT90M", 2), ("PT0S", 0)] {
        let mut world = known_world();
        world.options.grace_period = option.parse().unwrap();
        let made = new_policy(&mut world, "made", &json!({}));
        seed(&mut world, "provisioningPolicies", policy("seeded"));
        let all = get(&mut world, ApiVersion::Beta, POLICIES).body.unwrap();
        for policy in all["value"].as_array().unwrap() {
            assert_eq!(policy["gracePeriodInHours"], hours, "{option}: {policy}");
        }
        assert_eq!(all["value"][0]["id"], json!(made));
        // A later change of the option changes what follows the option, and not what a seed has set.
        let mut own = policy("own");
        own["gracePeriodInHours"] = json!(4);
        seed(&mut world, "provisioningPolicies", own);
        let patch: OptionsPatch = serde_json::from_value(json!({"gracePeriod": "PT5H"})).unwrap();
        graph_sim::graph::change_options(&mut world, &patch).unwrap();
        let all = get(&mut world, ApiVersion::Beta, POLICIES).body.unwrap();
        let hours: Vec<&Value> = all["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|policy| &policy["gracePeriodInHours"])
            .collect();
        assert_eq!(hours, [5, 5, 4], "{option}");
    }
}
