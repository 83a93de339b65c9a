//! Members of groups, through groups that are members themselves, and their changes.

use crate::life::support::{ADA, BOB, set_licences, set_members, tenant};
use crate::routes::support::*;
use graph_sim::base::answer::{Answer, ApiVersion};
use graph_sim::world::{Group, World};
use serde_json::{Value, json};

const GROUP_C: &str = "aaaaaaaa-0000-4000-8000-00000000000c";
const ADA_ID: &str = "66666666-0000-4000-8000-000000000001";
const USERS: &str = "microsoft.graph.user";

/// Group A has Ada and group B, B has Bob and C, C has Ada, Cyd and A again.
fn nested_world() -> World {
    let mut world = world();
    for name in [BOB, "cyd@contoso.com"] {
        set_licences(&mut world, name, &[]);
    }
    tenant(&mut world).groups.push(Group {
        id: GROUP_C.to_owned(),
        display_name: "Interns".to_owned(),
        ..Group::default()
    });
    set_members(&mut world, GROUP_A, &[ADA]);
    set_members(&mut world, GROUP_B, &[BOB]);
    set_members(&mut world, GROUP_C, &[ADA, "cyd@contoso.com"]);
    for (place, inner) in [(0, GROUP_B), (1, GROUP_C), (2, GROUP_A)] {
        // Case does not matter in an id.
        tenant(&mut world).groups[place].member_groups = vec![inner.to_uppercase()];
    }
    world
}

/// What is in a list, as `user Ada`; without the kind where the list does not say it.
fn listed(world: &mut World, version: ApiVersion, target: &str) -> Vec<String> {
    let answer = get(world, version, target);
    assert_eq!(answer.status, 200, "{target}: {:?}", answer.body);
    let body = answer.body.unwrap();
    let kind = |one: &Value| match one["@odata.type"].as_str() {
        Some(ty) => format!("{} ", ty.strip_prefix("#microsoft.graph.").unwrap()),
        None => String::new(),
    };
    let one = |one: &Value| format!("{}{}", kind(one), one["displayName"].as_str().unwrap());
    body["value"].as_array().unwrap().iter().map(one).collect()
}

fn send(world: &mut World, method: &'static str, target: &str, body: &Value) -> Answer {
    let ask = Ask::new(ApiVersion::V1, method, target);
    let ask = if body.is_null() { ask } else { ask.body(body) };
    ask.send(world)
}

fn reference(kind: &str, id: &str) -> Value {
    json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/{kind}/{id}")})
}

#[test]
fn members_are_listed_with_their_kind_and_nested_ones_once_through_any_circle() {
    let mut world = nested_world();
    for version in VERSIONS {
        for (group, path, expected) in [
            (GROUP_A, "members", vec!["user Ada", "group Sales"]),
            (GROUP_A, "members/microsoft.graph.user", vec!["Ada"]),
            (
                GROUP_A,
                "transitiveMembers",
                vec!["user Ada", "user bob", "user cyd", "group Sales", "group Interns"],
            ),
            (GROUP_A, "transitiveMembers/microsoft.graph.user", vec!["Ada", "bob", "cyd"]),
            (GROUP_C, "transitiveMembers/microsoft.graph.user", vec!["Ada", "cyd", "bob"]),
            (GROUP_C, "members", vec!["user Ada", "user cyd", "group Finance O'Neil"]),
        ] {
            let target = format!("/groups/{group}/{path}");
            assert_eq!(listed(&mut world, version, &target), expected, "{target}");
        }
    }
}

#[test]
fn lists_of_members_take_the_usual_options() {
    let mut world = nested_world();
    let all = format!("/groups/{GROUP_A}/transitiveMembers");
    let users = format!("{all}/{USERS}");
    for version in VERSIONS {
        world.options.page_size = 2;
        let pages = follow(&mut world, version, &format!("{all}?$select=displayName,userPrincipalName"));
        assert_eq!(pages, [vec!["Ada", "bob"], vec!["cyd", "Sales"], vec!["Interns"]]);
        world.options.page_size = 100;
        assert_eq!(
            follow(&mut world, version, &format!("{users}?$top=2")),
            [vec!["Ada", "bob"], vec!["cyd"]]
        );
        let selected = get(&mut world, version, &format!("{all}?$select=userPrincipalName")).body.unwrap();
        assert_eq!(
            (
                &selected["value"][0]["userPrincipalName"],
                selected["value"][3].get("userPrincipalName")
            ),
            (&json!(ADA), None),
            "a group has no such property"
        );
        let filtered = format!("{all}?$filter=userPrincipalName eq '{BOB}'");
        assert_eq!(listed(&mut world, version, &filtered), ["user bob"]);
        let context = |body: &Value| body["@odata.context"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned();
        assert_eq!(context(&get(&mut world, version, &all).body.unwrap()), "directoryObjects");
        assert_eq!(context(&get(&mut world, version, &users).body.unwrap()), "users");
        for (wrong, status) in [
            (format!("{all}?$select=colour"), 400),
            (format!("/groups/{UNKNOWN_ID}/transitiveMembers"), 404),
            (format!("{all}/microsoft.graph.group"), 501),
            (format!("{all}/user"), 404),
            (format!("/groups/{GROUP_A}/members/{ADA_ID}"), 501),
        ] {
            assert_eq!(get(&mut world, version, &wrong).status, status, "{wrong}");
        }
    }
}

#[test]
fn a_member_is_added_and_removed() {
    let mut world = nested_world();
    let (members, ours) = (format!("/groups/{GROUP_B}/members"), |kind: &str, id: &str| reference(kind, id));
    for (body, expected) in [
        (ours("directoryObjects", ADA_ID), vec!["user bob", "user Ada", "group Interns"]),
        (
            ours("groups", GROUP_A),
            vec!["user bob", "user Ada", "group Interns", "group Finance O'Neil"],
        ),
    ] {
        let added = send(&mut world, "POST", &format!("{members}/$ref"), &body);
        assert_eq!((added.status, added.committed, &added.body), (204, true, &None), "{body}");
        assert_eq!(listed(&mut world, ApiVersion::V1, &members), expected);
        let again = send(&mut world, "POST", &format!("{members}/$ref"), &body);
        assert_eq!((again.status, again.committed), (400, false), "it is a member already");
    }
    for (body, status) in [
        (ours("users", UNKNOWN_ID), 404),
        (ours("devices", ADA_ID), 404),
        (json!({"@odata.id": 1}), 400),
        (json!({"id": ADA_ID}), 400),
        (json!({}), 400),
    ] {
        let refusal = send(&mut world, "POST", &format!("{members}/$ref"), &body);
        assert_eq!((refusal.status, refusal.committed), (status, false), "{body}");
    }
    for (id, left) in [
        (ADA_ID, vec!["user bob", "group Interns", "group Finance O'Neil"]),
        (GROUP_C, vec!["user bob", "group Finance O'Neil"]),
    ] {
        let removed = send(&mut world, "DELETE", &format!("{members}/{}/$ref", id.to_uppercase()), &Value::Null);
        assert_eq!((removed.status, removed.committed), (204, true), "{id}");
        assert_eq!(listed(&mut world, ApiVersion::V1, &members), left);
        for gone in [id, UNKNOWN_ID, BOB] {
            let again = send(&mut world, "DELETE", &format!("{members}/{gone}/$ref"), &Value::Null);
            assert_eq!((again.status, again.committed), (404, false), "{gone}");
        }
    }
    // Without `$ref`, the service deletes the member itself (documented); nothing here does that by mistake.
    let whole = send(&mut world, "DELETE", &format!("{members}/{ADA_ID}"), &Value::Null);
    assert_eq!((whole.status, whole.committed), (501, false));
}

#[test]
fn a_new_group_can_have_groups_as_members_and_a_deleted_one_is_no_member() {
    let mut world = nested_world();
    let bound = ["directoryObjects", "groups"].map(|kind| reference(kind, GROUP_B)["@odata.id"].clone());
    let body = json!({
        "displayName": "made", "mailNickname": "made", "mailEnabled": false, "securityEnabled": true, "members@odata.bind": bound,
    });
    let made = post(&mut world, ApiVersion::V1, "/groups", &body).body.unwrap();
    let members = format!("/groups/{}/members", made["id"].as_str().unwrap());
    assert_eq!(listed(&mut world, ApiVersion::V1, &members), ["group Sales"], "it is there once");
    assert_eq!(send(&mut world, "DELETE", &format!("/groups/{GROUP_B}"), &Value::Null).status, 204);
    assert_eq!(listed(&mut world, ApiVersion::V1, &members), Vec::<String>::new());
    let left = format!("/groups/{GROUP_A}/transitiveMembers");
    assert_eq!(listed(&mut world, ApiVersion::V1, &left), ["user Ada"]);
    // Not even if it comes again with its id.
    assert!(
        world.tenants[TENANT]
            .groups
            .iter()
            .all(|group| group.id == GROUP_C || group.member_groups.is_empty())
    );
}

#[test]
fn a_deleted_user_is_gone_from_the_directory_and_from_all_groups() {
    let mut world = nested_world();
    for id in [ADA_ID, BOB] {
        let target = format!("/users/{id}");
        let deleted = send(&mut world, "DELETE", &target, &Value::Null);
        assert_eq!((deleted.status, deleted.committed), (204, true), "{id}");
        for method in ["GET", "DELETE"] {
            assert_eq!(send(&mut world, method, &target, &Value::Null).status, 404, "{method} {id}");
        }
    }
    let users = format!("/groups/{GROUP_A}/transitiveMembers/{USERS}");
    assert_eq!(listed(&mut world, ApiVersion::V1, &users), ["cyd"]);
    let gone = &world.tenants[TENANT].deleted_users;
    let gone: Vec<_> = gone
        .iter()
        .map(|one| (one.object["userPrincipalName"].clone(), one.object["deletedDateTime"].clone()))
        .collect();
    let at = json!("2026-01-05T08:00:00Z");
    assert_eq!(gone, [(json!(ADA), at.clone()), (json!(BOB), at)]);
    assert_eq!(world.tenants[TENANT].groups[0].members, Vec::<String>::new());
}
