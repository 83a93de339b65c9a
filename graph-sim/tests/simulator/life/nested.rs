//! Groups in groups, changes of members through Graph, and users that leave: when the service learns of them, and what it does.

use crate::life::support::*;
use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion;
use graph_sim::options::NestedGroups;
use graph_sim::world::World;
use serde_json::{Value, json};

/// Bob, who has a licence, is a member of group B, which is a member of group A; A is assigned. With Ada a member of A herself.
fn nested_world(nested: NestedGroups) -> (World, String) {
    let mut world = world();
    world.options.nested_groups = nested;
    for name in [ADA, BOB] {
        set_licences(&mut world, name, &[SMALL]);
    }
    set_members(&mut world, GROUP_A, &[ADA]);
    set_members(&mut world, GROUP_B, &[BOB]);
    // The groups are members of each other.
    tenant(&mut world).groups[0].member_groups = vec![GROUP_B.to_owned()];
    tenant(&mut world).groups[1].member_groups = vec![GROUP_A.to_owned()];
    know(&mut world);
    let policy = new_policy(&mut world, "p", &json!({}));
    give(&mut world, &policy, &[group(GROUP_A)]);
    advance(&mut world, "PT40M");
    (world, policy)
}

fn send(world: &mut World, method: &'static str, target: &str, body: &Value) {
    let ask = Ask::new(ApiVersion::V1, method, target);
    let ask = if body.is_null() { ask } else { ask.body(body) };
    let answer = ask.send(world);
    assert_eq!(answer.status, 204, "{method} {target}: {:?}", answer.body);
}

/// Not established: whether members of nested groups count.
#[test]
fn members_of_nested_groups_get_cloud_pcs_by_option_alone() {
    let (world, _) = nested_world(NestedGroups::Ignore);
    assert_eq!(summary(&world), ["ada provisioned"]);
    let (world, _) = nested_world(NestedGroups::Count);
    assert_eq!(summary(&world), ["ada provisioned", "bob provisioned"]);
    // An allotment as well, after the group's own members.
    let mut world = world;
    let policy = new_policy(&mut world, "frontline", &json!({"provisioningType": "sharedByUser"}));
    give(&mut world, &policy, &[slice(GROUP_A, Some(1))]);
    assert_eq!(summary(&world)[2..], ["ada provisioning", "bob provisioning"]);
}

#[test]
fn a_nested_member_who_leaves_loses_the_cloud_pc_after_the_lag() {
    let bob = "id%20of%20bob%40contoso.com";
    for change in [
        format!("/groups/{GROUP_B}/members/{bob}/$ref"),
        format!("/groups/{GROUP_A}/members/{GROUP_B}/$ref"),
        format!("/groups/{GROUP_B}"),
    ] {
        let (mut world, _) = nested_world(NestedGroups::Count);
        send(&mut world, "DELETE", &change, &Value::Null);
        advance_with_look(&mut world, 5 * 60, |world| {
            assert_eq!(summary(world), ["ada provisioned", "bob provisioned"], "{change}");
        });
        assert_eq!(summary(&world), ["ada provisioned", "bob inGracePeriod"], "{change}");
    }
}

#[test]
fn a_member_who_is_added_in_time_keeps_the_cloud_pc() {
    let (mut world, _) = nested_world(NestedGroups::Count);
    let ada = "66666666-0000-4000-8000-000000000001";
    send(&mut world, "DELETE", &format!("/groups/{GROUP_A}/members/{ada}/$ref"), &Value::Null);
    advance(&mut world, LAG);
    assert_eq!(summary(&world), ["ada inGracePeriod", "bob provisioned"]);
    let address = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{ada}")});
    send(&mut world, "POST", &format!("/groups/{GROUP_B}/members/$ref"), &address);
    advance_with_look(&mut world, 5 * 60, |world| {
        assert_eq!(summary(world), ["ada inGracePeriod", "bob provisioned"]);
    });
    assert_eq!(summary(&world), ["ada provisioned", "bob provisioned"]);
}

/// A change of the option counts from the next change of the directory on, whatever that is about.
#[test]
fn the_option_for_nested_groups_counts_from_the_next_change_of_the_directory_on() {
    let (mut world, policy) = nested_world(NestedGroups::Ignore);
    world.options.nested_groups = NestedGroups::Count;
    give(&mut world, &policy, &[group(GROUP_A)]);
    advance(&mut world, "P1D");
    assert_eq!(summary(&world), ["ada provisioned"]);
    set_licences(&mut world, "cyd@contoso.com", &[]);
    directory_changed(&mut world);
    advance_with_look(&mut world, 5 * 60, |world| assert_eq!(summary(world), ["ada provisioned"]));
    assert_eq!(summary(&world), ["ada provisioned", "bob provisioning"]);
    world.options.nested_groups = NestedGroups::Ignore;
    directory_changed(&mut world);
    advance(&mut world, LAG);
    assert_eq!(summary(&world), ["ada provisioned"], "one that is not ready goes at once");
}

#[test]
fn the_cloud_pc_of_a_deleted_user_keeps_the_name_until_it_is_deleted() {
    let (mut world, _) = nested_world(NestedGroups::Ignore);
    send(&mut world, "DELETE", &format!("/users/{ADA}"), &Value::Null);
    advance_with_look(&mut world, 5 * 60, |world| assert_eq!(summary(world), ["ada provisioned"]));
    assert_eq!(summary(&world), ["ada inGracePeriod"]);
    assert_eq!(pcs_of(&world, ADA).len(), 1);
    advance(&mut world, "P7D");
    assert_eq!((pcs(&world).len(), deletions(&world).len()), (0, 1));
}
