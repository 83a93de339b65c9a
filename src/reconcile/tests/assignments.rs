//! Plans for assignments. Losing an entry here costs desktops, so the rules are properties over arbitrary sets.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::json;

use crate::api::OwnedAssignment;
use crate::graph::Collection::ProvisioningPolicies;
use crate::graph::{AssignmentTarget, Entity, RemoteAssignment};
use crate::reconcile::drift::drift;
use crate::reconcile::key::Key;
use crate::reconcile::plan::{Change, Declared, Desired, foreign, owned_after, plan};
use crate::reconcile::tests::{declare, entity, owned, remote, replaced};

fn seen(groups: &[&str]) -> Entity {
    entity(json!({}), groups.iter().map(|group| remote(group)).collect())
}

fn assigned(desired: &Desired, owned: &[OwnedAssignment], entity: &Entity) -> Option<Vec<AssignmentTarget>> {
    plan(ProvisioningPolicies, desired, owned, Some(entity))
        .into_iter()
        .find_map(|change| match change {
            Change::Assign { targets, .. } => Some(targets),
            _ => None,
        })
}

fn groups(targets: &[AssignmentTarget]) -> BTreeSet<&str> {
    targets.iter().map(|target| target.group_id.as_str()).collect()
}

#[test]
fn a_new_group_joins_those_that_are_there_and_they_keep_their_ids() {
    let mut desired = Desired::default();
    declare(&mut desired, "ours", "a");
    let targets = assigned(&desired, &[], &seen(&["foreign"])).unwrap();
    assert_eq!(groups(&targets), BTreeSet::from(["foreign", "ours"]));
    let foreign = targets.iter().find(|target| target.group_id == "foreign").unwrap();
    assert_eq!(foreign.id.as_deref(), Some("id-of-foreign"));
}

#[test]
fn a_group_that_is_no_longer_declared_is_removed_and_foreign_ones_stay() {
    let targets = assigned(&Desired::default(), &[owned("ours", "a")], &seen(&["foreign", "ours"])).unwrap();
    assert_eq!(groups(&targets), BTreeSet::from(["foreign"]));
}

#[test]
fn a_frozen_assignment_keeps_its_groups_and_its_claim() {
    let desired = Desired {
        frozen: BTreeSet::from(["a".to_owned()]),
        ..Desired::default()
    };
    let entity = seen(&["ours"]);
    assert_eq!(assigned(&desired, &[owned("ours", "a")], &entity), None);
    assert_eq!(
        owned_after(&desired, &[owned("ours", "a")], &entity.assignments, |_| false),
        [owned("ours", "a")]
    );
}

#[test]
fn an_orphaned_assignment_leaves_its_groups_and_gives_up_its_claim() {
    let desired = Desired {
        releasing: BTreeSet::from(["a".to_owned()]),
        ..Desired::default()
    };
    let entity = seen(&["ours"]);
    assert_eq!(assigned(&desired, &[owned("ours", "a")], &entity), None);
    let after = owned_after(&desired, &[owned("ours", "a")], &entity.assignments, |_| false);
    assert_eq!(after, []);
    assert_eq!(foreign(&after, &entity.assignments), ["ours"]);
}

#[test]
fn exclusive_ownership_removes_foreign_groups() {
    let mut desired = Desired {
        exclusive: true,
        ..Desired::default()
    };
    declare(&mut desired, "ours", "a");
    let targets = assigned(&desired, &[owned("ours", "a")], &seen(&["foreign", "ours"])).unwrap();
    assert_eq!(groups(&targets), BTreeSet::from(["ours"]));
}

#[test]
fn case_and_empty_plans_do_not_count() {
    let mut desired = Desired::default();
    declare(&mut desired, "ABC", "a");
    let mut entity = seen(&["abc"]);
    entity.assignments[0].service_plan_id = Some(String::new());
    assert_eq!(assigned(&desired, &[], &entity), None);
}

#[test]
fn an_allotment_is_compared_only_when_it_is_declared() {
    let mut entity = seen(&["g"]);
    entity.assignments[0] = RemoteAssignment {
        service_plan_id: Some("plan".to_owned()),
        allotment_licenses_count: Some(3),
        allotment_display_name: Some("name".to_owned()),
        ..remote("g")
    };
    let mut desired = Desired::default();
    let key = Key::new("g", Some("plan"));
    desired.declared.insert(
        key.clone(),
        Declared {
            by: vec!["a".to_owned()],
            ..Declared::default()
        },
    );
    assert_eq!(assigned(&desired, &[], &entity), None);
    desired.declared.get_mut(&key).unwrap().allotment_licenses_count = Some(5);
    let targets = assigned(&desired, &[], &entity).unwrap();
    assert_eq!(
        (targets[0].allotment_licenses_count, targets[0].allotment_display_name.as_deref()),
        (Some(5), Some("name"))
    );
}

#[test]
fn a_group_that_somebody_took_off_is_drift_and_a_newly_declared_one_is_not() {
    let mut desired = Desired::default();
    declare(&mut desired, "lost", "a");
    declare(&mut desired, "new", "b");
    let memory = [owned("lost", "a")];
    let changes = plan(ProvisioningPolicies, &desired, &memory, Some(&seen(&[])));
    let found = drift(&changes, &desired, &memory, true, &[]);
    assert_eq!(
        found.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(),
        ["/assignments/lost"]
    );
    // The pass that reported it noted that the group is not there; it is drift all the same until it is back.
    let unverified = owned_after(&desired, &memory, &[], |_| false);
    assert!(!unverified.iter().any(|entry| entry.verified));
    assert_eq!(drift(&changes, &desired, &unverified, true, &found), found);
    assert_eq!(drift(&changes, &desired, &unverified, true, &[]), []);
}

#[test]
fn a_frozen_co_owner_keeps_its_share_and_the_other_can_leave() {
    let both = OwnedAssignment {
        declared_by: vec!["a".to_owned(), "b".to_owned()],
        ..owned("g", "a")
    };
    let entity = seen(&["g"]);
    let mut desired = Desired {
        frozen: BTreeSet::from(["a".to_owned()]),
        ..Desired::default()
    };
    declare(&mut desired, "g", "b");
    let declared = owned_after(&desired, std::slice::from_ref(&both), &entity.assignments, |_| false);
    assert_eq!(declared[0].declared_by, ["b", "a"]);
    // b is deleted: the group stays for a, and no entry names b any more.
    desired.declared.clear();
    assert_eq!(assigned(&desired, &declared, &entity), None);
    assert_eq!(
        owned_after(&desired, &declared, &entity.assignments, |_| false)[0].declared_by,
        ["a"]
    );
}

#[test]
fn exclusive_ownership_waits_while_an_assignment_cannot_be_judged() {
    let desired = Desired {
        exclusive: true,
        frozen: BTreeSet::from(["a".to_owned()]),
        ..Desired::default()
    };
    assert_eq!(assigned(&desired, &[], &seen(&["perhaps-of-a"])), None);
}

#[test]
fn what_a_frozen_assignment_names_is_not_taken_off_and_becomes_its_own() {
    let memory = [owned("moved", "first")];
    let mut desired = Desired {
        frozen: BTreeSet::from(["second".to_owned()]),
        reserved: BTreeMap::from([("moved".to_owned(), BTreeSet::from(["second".to_owned()]))]),
        ..Desired::default()
    };
    let entity = seen(&["moved"]);
    assert_eq!(assigned(&desired, &memory, &entity), None);
    let after = owned_after(&desired, &memory, &entity.assignments, |_| false);
    assert_eq!(after[0].declared_by, ["second"]);
    desired.reserved.clear();
    assert!(assigned(&desired, &memory, &entity).is_some(), "it names another group");
    desired.unsure = true;
    assert_eq!(assigned(&desired, &memory, &entity), None);
    assert_eq!(
        owned_after(&desired, &memory, &entity.assignments, |_| false)[0].declared_by,
        ["first"]
    );
}

#[test]
fn what_was_just_accepted_is_remembered_though_it_does_not_show_yet() {
    let memory = [OwnedAssignment {
        verified: false,
        ..owned("g", "a")
    }];
    let desired = Desired::default();
    assert_eq!(owned_after(&desired, &memory, &[], |_| true).len(), 1);
    assert_eq!(owned_after(&desired, &memory, &[], |_| false), []);
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned)
}

fn group() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["g1", "g2", "g3", "g4", "g5"]).prop_map(str::to_owned)
}

prop_compose! {
    fn case()(
        declared in prop::collection::btree_map(group(), name(), 0..5),
        remembered in prop::collection::btree_map(group(), prop::collection::btree_set(name(), 1..3), 0..5),
        present in prop::collection::btree_set(group(), 0..5),
        frozen in prop::collection::btree_set(name(), 0..2),
        releasing in prop::collection::btree_set(name(), 0..2),
        exclusive in any::<bool>(),
    ) -> (Desired, Vec<OwnedAssignment>, Entity) {
        let releasing = if exclusive { BTreeSet::new() } else { releasing };
        let mut desired = Desired { frozen, releasing, exclusive, ..Desired::default() };
        for (group, by) in &declared {
            declare(&mut desired, group, by);
        }
        let entry = |(group, by): (&String, &BTreeSet<String>)| OwnedAssignment { declared_by: by.iter().cloned().collect(), ..owned(group, "") };
        let remembered = remembered.iter().map(entry).collect();
        let present: Vec<&str> = present.iter().map(String::as_str).collect();
        (desired, remembered, seen(&present))
    }
}

proptest! {
    /// One `assign` is enough: afterwards nothing is left to do, with the memory from before it and from after it.
    #[test]
    fn an_assign_converges((desired, memory, mut entity) in case()) {
        if let Some(targets) = assigned(&desired, &memory, &entity) {
            entity.assignments = replaced(&targets);
        }
        prop_assert_eq!(assigned(&desired, &memory, &entity), None);
        let after = owned_after(&desired, &memory, &entity.assignments, |_| false);
        prop_assert_eq!(assigned(&desired, &after, &entity), None);
    }

    /// Declared groups are assigned; a foreign group is removed only under Exclusive; a frozen Assignment's group never is.
    #[test]
    fn nothing_is_removed_that_is_not_ours((desired, memory, entity) in case()) {
        let Some(targets) = assigned(&desired, &memory, &entity) else { return Ok(()) };
        let kept: BTreeSet<Key> = targets.iter().map(|target| Key::new(&target.group_id, None)).collect();
        prop_assert!(desired.declared.keys().all(|key| kept.contains(key)));
        for present in entity.assignments.iter().map(Key::from).filter(|key| !kept.contains(key)) {
            let owner = memory.iter().find(|entry| Key::from(*entry) == present);
            match owner {
                Some(entry) => prop_assert!(!entry.declared_by.iter().any(|by| desired.frozen.contains(by) || desired.releasing.contains(by))),
                None => prop_assert!(desired.exclusive),
            }
        }
    }

    /// The memory never loses a group that is on the object, ours, and neither released nor declared away yet.
    #[test]
    fn the_memory_keeps_what_is_still_to_be_removed((desired, memory, entity) in case()) {
        let after = owned_after(&desired, &memory, &entity.assignments, |_| false);
        for entry in &memory {
            let key = Key::from(entry);
            let there = entity.assignments.iter().any(|remote| Key::from(remote) == key);
            let released = entry.declared_by.iter().any(|by| desired.releasing.contains(by));
            if there && !released {
                prop_assert!(after.iter().any(|after| Key::from(after) == key));
            }
        }
    }
}
