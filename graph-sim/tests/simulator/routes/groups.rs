//! Groups that are deleted and created again, and what that means for assignments and Cloud PCs.

use crate::life::support::*;
use crate::routes::support::*;
use graph_sim::base::answer::{Answer, ApiVersion};
use graph_sim::options::{DeletedGroupInAssign, MissingId};
use graph_sim::world::World;
use serde_json::{Value, json};

fn new_group(name: &str) -> Value {
    json!({"displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true})
}

fn make(world: &mut World, body: &Value) -> Answer {
    post(world, ApiVersion::V1, "/groups", body)
}

fn delete(world: &mut World, id: &str) -> u16 {
    Ask::new(ApiVersion::V1, "DELETE", format!("/groups/{id}")).send(world).status
}

fn ids_of(world: &mut World, name: &str) -> Vec<String> {
    let target = format!("/groups?$filter=displayName%20eq%20'{name}'");
    let body = get(world, ApiVersion::V1, &target).body.unwrap();
    let found = body["value"].as_array().unwrap().iter();
    found.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_deleted_group_is_gone_and_one_made_anew_is_another() {
    let mut world = world();
    assert_eq!(ids_of(&mut world, "Sales"), [GROUP_B]);
    assert_eq!(delete(&mut world, &GROUP_B.to_uppercase()), 204);
    for version in VERSIONS {
        for target in [format!("/groups/{GROUP_B}"), format!("/groups/{GROUP_B}/members")] {
            let answer = get(&mut world, version, &target);
            assert_eq!(answer.status, 404, "{target}");
            assert_eq!(answer.body.unwrap()["error"]["code"], "Request_ResourceNotFound", "{target}");
        }
    }
    assert_eq!(ids_of(&mut world, "Sales"), Vec::<String>::new());
    assert_eq!(delete(&mut world, GROUP_B), 404);
    world.options.missing_id = MissingId::try_from(400).unwrap();
    assert_eq!(delete(&mut world, GROUP_B), 400, "as every id that nothing has");

    let made = make(&mut world, &new_group("Sales"));
    assert_eq!((made.status, made.committed), (201, true));
    let id = made.body.unwrap()["id"].as_str().unwrap().to_owned();
    assert_ne!(id, GROUP_B);
    let anew = get(&mut world, ApiVersion::V1, &format!("/groups/{id}")).body.unwrap();
    assert_eq!(anew["createdDateTime"], "2026-01-05T08:00:00Z");
    assert_eq!(ids_of(&mut world, "Sales"), [id]);
    let gone = &world.tenants[TENANT].deleted_groups;
    assert_eq!(
        (gone.len(), &gone[0].object["id"], &gone[0].object["deletedDateTime"]),
        (1, &json!(GROUP_B), &json!("2026-01-05T08:00:00Z"))
    );
}

/// Names are not unique, in the directory as well.
#[test]
fn a_name_may_be_there_twice() {
    let mut world = world();
    assert_eq!(make(&mut world, &new_group("Sales")).status, 201);
    assert_eq!(ids_of(&mut world, "Sales").len(), 2);
}

#[test]
fn a_new_group_can_have_members_and_is_else_refused_by_name() {
    let mut world = known_world();
    let ada = "66666666-0000-4000-8000-000000000001";
    for address in [
        format!("https://graph.microsoft.com/v1.0/users/{ada}"),
        format!("https://graph.test/beta/users('{ADA}')"),
        format!("https://graph.test/v1.0/directoryObjects/{ada}"),
    ] {
        let mut body = new_group("made");
        body["members@odata.bind"] = json!([address]);
        let made = make(&mut world, &body);
        assert_eq!(made.status, 201, "{address}: {:?}", made.body);
        let members = format!("/groups/{}/members", made.body.unwrap()["id"].as_str().unwrap());
        assert_eq!(names(&get(&mut world, ApiVersion::V1, &members).body.unwrap()), ["Ada"]);
    }
    let with = |name: &str, value: Value| {
        let mut body = new_group("refused");
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(name)),
            value => body[name] = value,
        }
        body
    };
    for (name, value, status) in [
        ("displayName", json!(" "), 400),
        ("mailNickname", Value::Null, 400),
        ("mailEnabled", json!("no"), 400),
        ("securityEnabled", Value::Null, 400),
        ("owners@odata.bind", json!([]), 400),
        ("members@odata.bind", json!(["https://graph.test/v1.0/users/nobody"]), 400),
        ("members@odata.bind", json!("https://graph.test/v1.0/users/nobody"), 400),
        ("groupTypes", json!(["Unified"]), 501),
        ("mailEnabled", json!(true), 501),
    ] {
        let answer = make(&mut world, &with(name, value.clone()));
        assert_eq!(answer.status, status, "{name} {value}");
        assert!(status == 501 || reason(&answer).contains(name), "{name}: {}", reason(&answer));
    }
    assert_eq!(ids_of(&mut world, "refused").len(), 0);
}

/// Not established: whether a set with a deleted group is refused.
#[test]
fn a_deleted_group_is_assigned_by_option_alone() {
    for version in VERSIONS {
        let mut world = known_world();
        for (list, body) in [(POLICIES, policy("p")), (SETTINGS, json!({"displayName": "s"}))] {
            let owner = format!("{list}/{}", create(&mut world, list, &body));
            let made = make(&mut world, &new_group("short-lived")).body.unwrap();
            let dead = made["id"].as_str().unwrap();
            let both = json!([{"target": {"groupId": GROUP_A}}, {"target": {"groupId": dead.to_uppercase()}}]);
            assert_eq!(assign(&mut world, version, &owner, &both).status, 204);
            assert_eq!(delete(&mut world, dead), 204);
            // What was assigned before stays as it was.
            let there = assigned(&mut world, &owner);
            assert_eq!(there[1]["target"]["groupId"], dead);

            let refusal = assign(&mut world, version, &owner, &both);
            assert_eq!(refusal.status, 400);
            assert!(reason(&refusal).to_lowercase().contains(dead), "{}", reason(&refusal));
            assert_eq!(assigned(&mut world, &owner), there);
            world.options.deleted_group_in_assign = DeletedGroupInAssign::Accept;
            assert_eq!(assign(&mut world, version, &owner, &both).status, 204);
            assert_eq!(assigned(&mut world, &owner), there);
            let never = json!([{"target": {"groupId": UNKNOWN_ID}}]);
            assert_eq!(assign(&mut world, version, &owner, &never).status, 400, "it never was");
            world.options.deleted_group_in_assign = DeletedGroupInAssign::Refuse;
        }
    }
}

/// (documented: losing the group starts the grace period) After the lag with which the service learns of it.
#[test]
fn members_of_a_deleted_group_lose_their_reason() {
    for (kind, target) in [("dedicated", group(GROUP_A)), ("sharedByUser", slice(GROUP_A, Some(1)))] {
        let mut world = known_world();
        let policy = new_policy(&mut world, "p", &json!({ "provisioningType": kind }));
        give(&mut world, &policy, &[target]);
        advance(&mut world, "PT40M");
        assert_eq!(summary(&world), ["ada provisioned"], "{kind}");
        assert_eq!(delete(&mut world, GROUP_A), 204);
        advance_with_look(&mut world, 5 * 60, |world| {
            assert_eq!(summary(world), ["ada provisioned"], "{kind}")
        });
        assert_eq!(summary(&world), ["ada inGracePeriod"], "{kind}");
        // A new one with the name does not get the assignment, which is the deleted one's.
        let mut anew = new_group("finance");
        anew["displayName"] = json!("Finance O'Neil");
        anew["members@odata.bind"] = json!([format!("https://graph.test/v1.0/users/{ADA}")]);
        let anew = make(&mut world, &anew).body.unwrap();
        advance(&mut world, LAG);
        assert_eq!(summary(&world), ["ada inGracePeriod"], "{kind}");
        if kind == "dedicated" {
            give(&mut world, &policy, &[group(anew["id"].as_str().unwrap())]);
            assert_eq!(summary(&world), ["ada provisioned"], "{kind}");
        }
        advance(&mut world, "P7D");
        let left = summary(&world).len();
        assert_eq!(left, usize::from(kind == "dedicated"), "{kind}");
    }
}

/// A deleted group is one without members; shared Cloud PCs never belonged to any of those.
#[test]
fn shared_cloud_pcs_outlive_their_group_as_they_outlive_its_members() {
    let ends: Vec<Vec<String>> = [true, false]
        .map(|deleted| {
            let mut world = known_world();
            let policy = new_policy(&mut world, "pool", &json!({"provisioningType": "sharedByEntraGroup"}));
            give(&mut world, &policy, &[slice(GROUP_A, Some(2))]);
            advance(&mut world, "PT40M");
            if deleted {
                assert_eq!(delete(&mut world, GROUP_A), 204);
            } else {
                set_members(&mut world, GROUP_A, &[]);
                directory_changed(&mut world);
            }
            advance(&mut world, "P8D");
            summary(&world)
        })
        .into();
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0], ["- provisioned", "- provisioned"]);
}
