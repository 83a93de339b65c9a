//! The `assign` action and seeded objects, in-process.

use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion::{Beta, V1};
use graph_sim::graph;
use graph_sim::options::{AssignmentIdForm, ReadOnlyInBody};
use graph_sim::world::World;
use serde_json::{Value, json};

const TARGET_TYPE: &str = "#microsoft.graph.cloudPcManagementGroupAssignmentTarget";

fn dedicated(world: &mut World) -> String {
    format!("{POLICIES}/{}", create(world, POLICIES, &policy("dedicated")))
}

fn frontline(world: &mut World, kind: &str) -> String {
    format!(
        "{POLICIES}/{}",
        create(world, POLICIES, &policy_with(&json!({"provisioningType": kind})))
    )
}

fn slice(group: &str, count: i64, name: &str) -> Value {
    json!({"target": {"groupId": group, "servicePlanId": PLAN, "allotmentLicensesCount": count, "allotmentDisplayName": name}})
}

fn groups(assignments: &[Value]) -> Vec<&str> {
    assignments.iter().map(|one| one["target"]["groupId"].as_str().unwrap()).collect()
}

#[test]
fn assign_replaces_the_whole_set() {
    for version in VERSIONS {
        let mut world = world();
        let setting = format!("{SETTINGS}/{}", create(&mut world, SETTINGS, &json!({"displayName": "s"})));
        for owner in [dedicated(&mut world), setting] {
            let two =
                json!([{"target": {"groupId": GROUP_A}}, {"target": {"@odata.type": TARGET_TYPE, "groupId": GROUP_B.to_uppercase()}}]);
            let answer = assign(&mut world, version, &owner, &two);
            assert_eq!((answer.status, answer.committed), (204, true), "{:?}", answer.body);
            let there = assigned(&mut world, &owner);
            assert_eq!(groups(&there), [GROUP_A, GROUP_B], "a group keeps the directory's spelling");
            assert_eq!(there[0]["id"], GROUP_A);
            assert_eq!(there[0]["target"]["@odata.type"], TARGET_TYPE);
            // As the portal does: what stays repeats its id, and none is spelt as an empty string.
            let kept = json!([{"id": there[1]["id"], "target": {"groupId": GROUP_B, "servicePlanId": ""}}]);
            assert_eq!(assign(&mut world, version, &owner, &kept).status, 204);
            assert_eq!(assigned(&mut world, &owner), there[1..], "it is the same assignment");
            assert_eq!(assign(&mut world, version, &owner, &json!([])).status, 204);
            assert_eq!(assigned(&mut world, &owner), Vec::<Value>::new());
        }
    }
}

/// (author) A provider names the target's type as Intune does, for user settings; what it reads has the Cloud PC name.
#[test]
fn a_user_setting_takes_intunes_name_of_the_targets_type() {
    for version in VERSIONS {
        let mut world = world();
        let setting = format!("{SETTINGS}/{}", create(&mut world, SETTINGS, &json!({"displayName": "s"})));
        let other = dedicated(&mut world);
        for name in [
            "#microsoft.graph.groupAssignmentTarget",
            "microsoft.graph.groupAssignmentTarget",
            TARGET_TYPE,
        ] {
            let wanted = json!([{"target": {"@odata.type": name, "groupId": GROUP_A}}]);
            let answer = assign(&mut world, version, &setting, &wanted);
            assert_eq!(answer.status, 204, "{name}: {:?}", answer.body);
            let target = assigned(&mut world, &setting).remove(0)["target"].clone();
            assert_eq!((&target["@odata.type"], &target["groupId"]), (&json!(TARGET_TYPE), &json!(GROUP_A)));
            let expected = if name == TARGET_TYPE { 204 } else { 400 };
            assert_eq!(assign(&mut world, version, &other, &wanted).status, expected, "{name} for a policy");
        }
        for wrong in [
            json!("#microsoft.graph.exclusionGroupAssignmentTarget"),
            json!("groupAssignmentTarget"),
            json!(7),
        ] {
            let answer = assign(
                &mut world,
                version,
                &setting,
                &json!([{"target": {"@odata.type": wrong, "groupId": GROUP_A}}]),
            );
            assert_eq!(answer.status, 400, "{wrong}");
        }
    }
}

#[test]
fn the_ids_of_assignments_have_the_form_that_the_option_says() {
    let mut world = world();
    let owner = dedicated(&mut world);
    let owner_id = owner.rsplit('/').next().unwrap();
    for (form, documented) in [
        (AssignmentIdForm::GroupId, Some(GROUP_A.to_owned())),
        (AssignmentIdForm::PolicyIdGroupId, Some(format!("{owner_id}_{GROUP_A}"))),
        (AssignmentIdForm::Opaque, None),
    ] {
        world.options.assignment_id_form = form;
        assign(&mut world, Beta, &owner, &json!([{"target": {"groupId": GROUP_A}}]));
        let there = assigned(&mut world, &owner);
        let id = there[0]["id"].as_str().unwrap();
        match documented {
            Some(documented) => assert_eq!(id, documented),
            None => assert!(!id.contains(GROUP_A) && id.len() == GROUP_A.len(), "{id}"),
        }
    }
}

#[test]
fn a_frontline_assignment_keeps_its_identity_by_its_id_alone() {
    let mut world = world();
    let owner = frontline(&mut world, "sharedByUser");
    assert_eq!(assign(&mut world, Beta, &owner, &json!([slice(GROUP_A, 3, "one")])).status, 204);
    let first = assigned(&mut world, &owner).remove(0);
    assert_eq!(
        (&first["target"]["allotmentLicensesCount"], &first["target"]["allotmentDisplayName"]),
        (&json!(3), &json!("one"))
    );
    assert!(!first["id"].as_str().unwrap().contains('_'), "a GUID of its own");
    let mut kept = slice(GROUP_A, 5, "one");
    kept["id"] = first["id"].clone();
    assert_eq!(assign(&mut world, Beta, &owner, &json!([kept])).status, 204);
    let second = assigned(&mut world, &owner).remove(0);
    assert_eq!(
        (&second["id"], &second["target"]["allotmentLicensesCount"]),
        (&first["id"], &json!(5))
    );
    assign(&mut world, Beta, &owner, &json!([slice(GROUP_A, 5, "one")]));
    assert_ne!(
        assigned(&mut world, &owner)[0]["id"],
        first["id"],
        "without its id it is another one"
    );
    let seen = get(&mut world, V1, &format!("{owner}?$expand=assignments")).body.unwrap();
    assert_eq!(
        seen["assignments"][0]["target"],
        json!({"@odata.type": TARGET_TYPE, "groupId": GROUP_A, "servicePlanId": PLAN})
    );
    let plan = get(&mut world, Beta, &format!("{PLANS}/{PLAN}")).body.unwrap();
    assert_eq!(plan["allotmentLicensesCount"], 5);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn an_assignment_that_cannot_be_is_refused_and_nothing_changes() {
    let mut world = world();
    world.options.read_only_in_body = ReadOnlyInBody::Refuse;
    let dedicated = dedicated(&mut world);
    let entra = frontline(&mut world, "sharedByEntraGroup");
    let by_user = frontline(&mut world, "sharedByUser");
    let setting = format!("{SETTINGS}/{}", create(&mut world, SETTINGS, &json!({"displayName": "s"})));
    let to = |group: &str| json!({"target": {"groupId": group}});
    let with = |mut entry: Value, name: &str, value: Value| {
        entry[name] = value;
        entry
    };
    let frontline_of = |group: &str| json!({"target": {"groupId": group, "servicePlanId": PLAN}});
    let other_plan = json!({"target": {"groupId": GROUP_A, "servicePlanId": UNKNOWN_ID, "allotmentLicensesCount": 1}});
    assert_eq!(assign(&mut world, Beta, &dedicated, &json!([to(GROUP_B)])).status, 204);
    let kept_id = assigned(&mut world, &dedicated).remove(0)["id"].clone();
    let cases: [(&String, Value, &str); 22] = [
        (
            &dedicated,
            json!([with(to(GROUP_A), "id", kept_id.clone())]),
            "Invalid properties: Id",
        ),
        (
            &dedicated,
            json!([with(to(GROUP_B), "id", kept_id.clone()), with(to(GROUP_A), "id", kept_id)]),
            "Invalid properties: Id",
        ),
        (&dedicated, json!([to(UNKNOWN_ID)]), UNKNOWN_ID),
        (&dedicated, json!([{"target": {}}]), "groupId"),
        (&dedicated, json!([{"target": {"groupId": ""}}]), "groupId"),
        (&dedicated, json!([{}]), "'target' is required"),
        (&dedicated, json!([1]), "assignments[0]"),
        (&dedicated, json!({}), "takes a list"),
        (&dedicated, json!([with(to(GROUP_A), "nonsense", json!(1))]), "'nonsense'"),
        (&dedicated, json!([{"target": {"groupId": GROUP_A, "userId": "u"}}]), "userId"),
        (
            &dedicated,
            json!([{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP_A}}]),
            "@odata.type",
        ),
        (&dedicated, json!([to(GROUP_A), to(&GROUP_A.to_uppercase())]), "more than once"),
        (
            &dedicated,
            json!([with(to(GROUP_A), "id", json!(UNKNOWN_ID))]),
            "Invalid properties: Id",
        ),
        (&dedicated, json!([frontline_of(GROUP_A)]), "servicePlanId"),
        (
            &dedicated,
            json!([{"target": {"groupId": GROUP_A, "allotmentLicensesCount": 1}}]),
            "servicePlanId",
        ),
        (&setting, json!([frontline_of(GROUP_A)]), "servicePlanId"),
        (
            &setting,
            json!([with(to(GROUP_A), "createdDateTime", json!("2026-01-05T08:00:00Z"))]),
            "read-only",
        ),
        (&by_user, json!([to(GROUP_A)]), "servicePlanId"),
        (&entra, json!([other_plan]), UNKNOWN_ID),
        (&entra, json!([frontline_of(GROUP_A)]), "allotmentLicensesCount"),
        (&entra, json!([slice(GROUP_A, -1, "x")]), "negative"),
        (&entra, json!([slice(GROUP_A, 6, "x"), slice(GROUP_B, 5, "x")]), "10 licences"),
    ];
    for (owner, assignments, named) in cases {
        let before = assigned(&mut world, owner);
        let answer = assign(&mut world, Beta, owner, &assignments);
        assert_eq!((answer.status, answer.committed), (400, false), "{assignments}");
        assert!(reason(&answer).contains(named), "{assignments}: {}", reason(&answer));
        assert_eq!(assigned(&mut world, owner), before, "{assignments}");
    }
    let allotment = json!([{"target": {"groupId": GROUP_A, "servicePlanId": PLAN, "allotmentLicensesCount": 1}}]);
    assert!(
        reason(&assign(&mut world, V1, &by_user, &allotment)).contains("allotmentLicensesCount"),
        "v1.0 has no allotments"
    );
    for (body, named) in [(json!({}), "'assignments'"), (json!({"assignments": [], "more": 1}), "'more'")] {
        let answer = Ask::new(Beta, "POST", format!("{dedicated}/assign")).body(&body).send(&mut world);
        assert_eq!(answer.status, 400);
        assert!(reason(&answer).contains(named), "{}", reason(&answer));
    }
    for (id, status) in [(UNKNOWN_ID, 404), ("x", 400)] {
        assert_eq!(assign(&mut world, V1, &format!("{POLICIES}/{id}"), &json!([])).status, status);
    }
}

#[test]
fn licences_are_counted_over_all_policies() {
    let mut world = world();
    let one = frontline(&mut world, "sharedByEntraGroup");
    let other = frontline(&mut world, "sharedByUser");
    assert_eq!(assign(&mut world, Beta, &one, &json!([slice(GROUP_A, 7, "x")])).status, 204);
    assert_eq!(assign(&mut world, Beta, &other, &json!([slice(GROUP_A, 4, "x")])).status, 400);
    assert_eq!(assign(&mut world, Beta, &other, &json!([slice(GROUP_A, 3, "x")])).status, 204);
    assert_eq!(
        assign(&mut world, Beta, &one, &json!([slice(GROUP_A, 7, "y")])).status,
        204,
        "its own are not counted twice"
    );
}

#[test]
fn a_seeded_object_is_checked_as_a_created_one() {
    let mut world = world();
    let mut full = policy("seeded");
    full["id"] = json!(UNKNOWN_ID);
    full["gracePeriodInHours"] = json!(4);
    full["createdDateTime"] = json!("2025-01-01T00:00:00Z");
    full["assignments"] = json!([{"id": "any-id", "target": {"groupId": GROUP_A}}]);
    seed(&mut world, "provisioningPolicies", full.clone());
    let owner = format!("{POLICIES}/{UNKNOWN_ID}");
    let seen = get(&mut world, Beta, &format!("{owner}?$expand=assignments")).body.unwrap();
    assert_eq!(
        (&seen["gracePeriodInHours"], &seen["createdDateTime"]),
        (&json!(4), &json!("2025-01-01T00:00:00Z"))
    );
    assert_eq!(
        (&seen["assignments"][0]["id"], &seen["windowsSetting"]["locale"]),
        (&json!("any-id"), &json!("en-US"))
    );
    let kept = json!([{"id": "any-id", "target": {"groupId": GROUP_A}}]);
    assert_eq!(assign(&mut world, V1, &owner, &kept).status, 204);
    let twice = [GROUP_A, GROUP_B].map(|group| json!({"id": "same", "target": {"groupId": group}}));
    let same_id = json!({"displayName": "s", "assignments": twice});
    let group_less = json!({"displayName": "s", "assignments": [{"target": {"groupId": UNKNOWN_ID}}]});
    for (collection, value, named) in [
        ("provisioningPolicies", full.clone(), "already"),
        ("provisioningPolicies", policy_with(&json!({"nonsense": 1})), "nonsense"),
        ("provisioningPolicies", policy_with(&json!({"id": "not-a-guid"})), "malformed"),
        ("provisioningPolicies", policy_with(&json!({"imageId": "x"})), "imageId"),
        ("userSettings", group_less, UNKNOWN_ID),
        ("userSettings", same_id, "Invalid properties: Id"),
        ("galleryImages", json!({"id": "x"}), "displayName"),
        ("galleryImages", json!("x"), "mapping"),
        ("nonsense", json!({}), "nonsense"),
    ] {
        let refusal = graph::seed_object(&mut world, TENANT, collection, value).unwrap_err();
        assert!(refusal.contains(named), "{collection}: {refusal}");
    }
    assert!(graph::seed_object(&mut world, UNKNOWN_ID, "userSettings", json!({"displayName": "s"})).is_err());
}
