//! What writers of the service must be ready for: behaviours that sources report differently, so that an option decides.

use graph_sim::base::answer::ApiVersion::{self, Beta, V1};
use graph_sim::options::{AssignmentIdForm, DeleteAssigned, WriteAnswer};
use graph_sim::world::World;
use serde_json::{Value, json};

use super::full;
use crate::routes::support::*;

/// The written collections, each with an object in it and a body for another.
fn owners() -> [(&'static str, &'static str, Value); 2] {
    [
        (POLICIES, full::DEDICATED_POLICY, policy("other")),
        (SETTINGS, full::SETTING, json!({"displayName": "other"})),
    ]
}

fn change(world: &mut World, version: ApiVersion, target: &str, name: &str) -> (u16, Option<Value>) {
    let answer = Ask::new(version, "PATCH", target).body(&json!({"displayName": name})).send(world);
    (answer.status, answer.body)
}

fn name_of(world: &mut World, target: &str) -> Value {
    get(world, V1, target).body.unwrap()["displayName"].clone()
}

/// (documented both ways) The text says 200, the example 204.
#[test]
fn a_change_answers_the_object_or_nothing() {
    for version in VERSIONS {
        let mut world = full::world();
        for (list, id, _) in owners() {
            let one = format!("{list}/{id}");
            world.options.patch_answer = WriteAnswer::Entity;
            let (status, body) = change(&mut world, version, &one, "first");
            let body = body.unwrap();
            assert_eq!((status, &body["displayName"]), (200, &json!("first")));
            assert_eq!(
                body.get("assignments"),
                None,
                "(author) the answer has no assignments, whoever maps it over his own"
            );
            world.options.patch_answer = WriteAnswer::NoContent;
            assert_eq!(change(&mut world, version, &one, "second"), (204, None));
            assert_eq!(name_of(&mut world, &one), "second");
        }
    }
}

/// (documented) 204; whether a body ever comes is not established.
#[test]
fn an_assignment_answers_nothing_or_the_object() {
    for version in VERSIONS {
        let mut world = full::world();
        for (list, id, _) in owners() {
            let owner = format!("{list}/{id}");
            let wanted = json!([{"target": {"groupId": GROUP_B}}]);
            let answer = assign(&mut world, version, &owner, &wanted);
            assert_eq!((answer.status, answer.body), (204, None));
            world.options.assign_answer = WriteAnswer::Entity;
            let answer = assign(&mut world, version, &owner, &wanted);
            assert_eq!((answer.status, answer.committed), (200, true));
            assert_eq!(answer.body.unwrap()["id"], id);
            world.options.assign_answer = WriteAnswer::NoContent;
            assert_eq!(assigned(&mut world, &owner).len(), 1);
        }
    }
}

/// (author, documented, captured) The id of an assignment is its group's, its owner's and its group's, or opaque.
#[test]
fn an_assignment_has_an_id_of_one_of_three_forms() {
    for (list, id, _) in owners() {
        for version in VERSIONS {
            let mut world = full::world();
            let owner = format!("{list}/{id}");
            for form in [
                AssignmentIdForm::GroupId,
                AssignmentIdForm::PolicyIdGroupId,
                AssignmentIdForm::Opaque,
            ] {
                world.options.assignment_id_form = form;
                assign(&mut world, version, &owner, &json!([]));
                assign(
                    &mut world,
                    version,
                    &owner,
                    &json!([{"target": {"groupId": GROUP_A.to_uppercase()}}]),
                );
                let there = assigned(&mut world, &owner);
                let own = there[0]["id"].as_str().unwrap();
                let fits = match form {
                    AssignmentIdForm::GroupId => own == GROUP_A,
                    AssignmentIdForm::PolicyIdGroupId => own == format!("{id}_{GROUP_A}"),
                    AssignmentIdForm::Opaque => !own.contains(GROUP_A) && own.len() == 36,
                };
                assert!(fits, "{form:?} {own}");
                assert_eq!(there[0]["target"]["groupId"], GROUP_A, "the directory's spelling");
                // In every form, an entry is kept when its id is sent back.
                let kept = json!([{"id": own, "target": {"groupId": GROUP_A}}]);
                assert_eq!(assign(&mut world, version, &owner, &kept).status, 204);
                assert_eq!(assigned(&mut world, &owner), there);
            }
        }
    }
    // (captured) A Frontline assignment has an id of its own with every value of the option.
    let mut world = full::world();
    let slices = assigned(&mut world, &format!("{POLICIES}/{}", full::POLICY));
    assert!(slices.iter().all(|slice| slice["id"] != slice["target"]["groupId"]), "{slices:?}");
}

/// Not established: whether two objects can have one name.
#[test]
fn a_name_is_taken_when_names_are_unique() {
    for version in VERSIONS {
        let mut world = full::world();
        for (list, id, body) in owners() {
            let post = |world: &mut World| Ask::new(version, "POST", list).body(&body).send(world).status;
            let one = format!("{list}/{id}");
            assert_eq!([post(&mut world), post(&mut world)], [201, 201]);
            world.options.unique_names = true;
            assert_eq!(post(&mut world), 409);
            let (status, body) = change(&mut world, version, &one, "other");
            assert_eq!((status, &body.unwrap()["error"]["code"]), (409, &json!("Conflict")));
            assert_eq!(change(&mut world, version, &one, "own").0, 200);
            assert_eq!(change(&mut world, version, &one, "own").0, 200, "an object may keep its name");
            world.options.unique_names = false;
            assert_eq!(change(&mut world, version, &one, "other").0, 200);
        }
    }
}

/// (author) A policy with assignments is not deleted; (inferred) a user setting is.
#[test]
fn a_policy_with_assignments_is_deleted_by_option_alone() {
    let delete = |world: &mut World, version, target: &str| Ask::new(version, "DELETE", target).send(world).status;
    let (policy, setting) = (format!("{POLICIES}/{}", full::POLICY), format!("{SETTINGS}/{}", full::SETTING));
    for version in VERSIONS {
        let mut world = full::world();
        world.options.delete_assigned = DeleteAssigned::Refuse;
        assert_eq!(delete(&mut world, version, &policy), 400);
        assert_eq!(get(&mut world, version, &policy).status, 200);
        assert_eq!(delete(&mut world, version, &setting), 204);
        assert_eq!(assign(&mut world, version, &policy, &json!([])).status, 204);
        assert_eq!(delete(&mut world, version, &policy), 204);
        assert_eq!(delete(&mut world, version, &policy), 404);
        let mut world = full::world();
        world.options.delete_assigned = DeleteAssigned::Allow;
        assert_eq!(delete(&mut world, version, &policy), 204);
        assert_eq!(get(&mut world, version, &policy).status, 404);
    }
}

/// (author) What was just written is not read at once; yet writes find it by its id.
#[test]
fn readers_lag_behind_writers() {
    for (list, id, body) in owners() {
        let mut world = full::world();
        world.options.replication_lag = "PT30S".parse().unwrap();
        let before = get(&mut world, Beta, list).body.unwrap()["value"].as_array().unwrap().len();
        let new = format!("{list}/{}", create(&mut world, list, &body));
        let old = format!("{list}/{id}");
        let known = assigned(&mut world, &old);
        let unseen = |world: &mut World| {
            assert_eq!(get(world, Beta, &new).status, 404);
            assert_eq!(get(world, Beta, &format!("{new}/assignments")).status, 404);
            assert_eq!(get(world, Beta, list).body.unwrap()["value"].as_array().unwrap().len(), before);
            assert_eq!(get(world, Beta, &format!("{list}/$count")).body.unwrap(), json!(before));
        };
        unseen(&mut world);
        // By its id it can be changed and assigned although no reader sees it.
        world.clock.advance("PT10S").unwrap();
        assert_eq!(change(&mut world, V1, &new, "renamed").0, 200);
        assert_eq!(assign(&mut world, V1, &new, &json!([{"target": {"groupId": GROUP_A}}])).status, 204);
        assert_eq!(change(&mut world, V1, &old, "changed").0, 200);
        let unassigned = assign(&mut world, V1, &old, &json!([]));
        assert_eq!(unassigned.status, 204);
        unseen(&mut world);
        assert_ne!(name_of(&mut world, &old), "changed");
        // The create is seen before the change of it.
        world.clock.advance("PT20S").unwrap();
        assert_eq!(name_of(&mut world, &new), "other");
        assert_eq!(assigned(&mut world, &new), Vec::<Value>::new());
        assert_eq!(assigned(&mut world, &old), known);
        world.clock.advance("PT10S").unwrap();
        assert_eq!(name_of(&mut world, &new), "renamed");
        assert_eq!(assigned(&mut world, &new).len(), 1);
        assert_eq!(name_of(&mut world, &old), "changed");
        assert_eq!(assigned(&mut world, &old), Vec::<Value>::new());
        // A deletion shows to all readers at once.
        assert_eq!(assign(&mut world, V1, &new, &json!([])).status, 204);
        assert_eq!(Ask::new(V1, "DELETE", new.as_str()).send(&mut world).status, 204);
        unseen(&mut world);
    }
}
