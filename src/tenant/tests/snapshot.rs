//! The snapshot keeps what was read or written after a list was asked for: an older answer never hides a newer one.

use std::time::Duration;

use serde_json::json;

use tokio::time::Instant;

use crate::graph::{Entity, RemoteAssignment};
use crate::reconcile::tests::entity;
use crate::tenant::fingerprint::judged;
use crate::tenant::packed::Packed;
use crate::tenant::snapshot::Snapshot;

fn named(id: &str, name: &str) -> Entity {
    Entity {
        id: id.to_owned(),
        ..entity(json!({"displayName": name}), vec![])
    }
}

pub(crate) fn packed(listed: Vec<Entity>) -> Vec<Packed> {
    listed.iter().map(Packed::of).collect()
}

#[test]
fn a_list_does_not_hide_what_was_written_after_it_was_asked_for() {
    let (snapshot, start) = (Snapshot::default(), Instant::now());
    let at = |second| start + Duration::from_secs(second);
    snapshot.take(packed(vec![named("a", "old"), named("gone", "x")]), at(0));
    snapshot.put("A", Some(&named("a", "new")), at(2));
    snapshot.put("gone", None, at(2));
    // Asked for before the write, answered after it.
    snapshot.take(packed(vec![named("a", "old"), named("gone", "x")]), at(1));
    assert_eq!(snapshot.get("a").unwrap().display_name(), Some("new"));
    assert!(snapshot.get("gone").is_none());
    // Asked for after the write: now the list is right.
    snapshot.take(packed(vec![named("a", "newer")]), at(3));
    assert_eq!(snapshot.get("a").unwrap().display_name(), Some("newer"));
}

#[test]
fn a_read_that_finds_nothing_does_not_erase_what_the_last_list_holds() {
    let (snapshot, start) = (Snapshot::default(), Instant::now());
    let at = |second| start + Duration::from_secs(second);
    snapshot.take(packed(vec![named("a", "x")]), at(0));
    snapshot.put("A", None, at(1));
    assert!(snapshot.get("a").is_none() && snapshot.is_listed("A"));
    // A list that another pass has asked for before this read; then the read of the next pass.
    snapshot.put("a", None, at(3));
    snapshot.take(packed(vec![named("a", "x")]), at(2));
    snapshot.put("a", None, at(4));
    assert!(snapshot.is_listed("a"));
    snapshot.put("a", Some(&named("a", "x")), at(5));
    assert!(snapshot.is_listed("a"), "read again");
    snapshot.take(packed(vec![]), at(6));
    assert!(!snapshot.is_listed("a"));
}

#[test]
fn how_new_an_answer_is_counts_from_when_it_was_asked_for() {
    let (snapshot, start) = (Snapshot::default(), Instant::now());
    let at = |second| start + Duration::from_secs(second);
    snapshot.take(packed(vec![named("a", "x")]), at(5));
    assert!(snapshot.seen_since("A", at(5)).is_some() && snapshot.seen_since("a", at(6)).is_none());
    snapshot.put("a", Some(&named("a", "y")), at(7));
    assert!(snapshot.seen_since("a", at(6)).is_some());
    // Written, and not seen again: not even a list from before the write brings it back.
    snapshot.outdate("a");
    snapshot.take(packed(vec![named("a", "y")]), start);
    assert!(snapshot.get("a").is_none() && snapshot.named("y").len() == 1);
    snapshot.take(packed(vec![named("a", "z")]), Instant::now());
    assert_eq!(snapshot.get("a").unwrap().display_name(), Some("z"));
}

#[test]
fn one_object_is_not_a_complete_list() {
    let snapshot = Snapshot::default();
    snapshot.put("a", Some(&named("a", "x")), Instant::now());
    assert!(snapshot.listed().is_none() && snapshot.get("a").is_none());
}

#[test]
fn an_object_comes_back_as_it_was_and_every_change_of_it_shows() {
    let assigned = |group: &str| RemoteAssignment {
        id: None,
        group_id: group.to_owned(),
        service_plan_id: None,
        allotment_licenses_count: Some(3),
        allotment_display_name: None,
    };
    // Fractions that a quick reader gets wrong by the last bit.
    let odd = [94.52706955539223, 23.308445025757262, 99.25434121760651];
    let properties = json!({"displayName": "FÜR alle", "of the future": [odd, u64::MAX, null, {"z": 1, "a": "\u{0}\""}]});
    let entity = crate::reconcile::tests::entity(properties, vec![assigned("g")]);
    let packed = Packed::of(&entity);
    assert_eq!(packed.entity(), entity);
    assert!(packed.is_named("für alle") && !packed.is_named("FÜR alle"));
    assert_eq!(packed.fingerprint(), judged(Some(&packed.entity()), &[]));
    let mut others = [entity.clone(), entity.clone(), entity.clone()];
    others[0].properties.insert("displayName".to_owned(), json!("FÜR Alle"));
    others[1].assignments = vec![assigned("h")];
    others[2].unreadable = Some("why".to_owned());
    assert!(others.iter().all(|other| Packed::of(other).fingerprint() != packed.fingerprint()));
}

#[test]
fn the_poller_judges_by_id_what_is_known_and_by_name_what_is_not() {
    let (snapshot, start) = (Snapshot::default(), Instant::now());
    let (a, b) = (named("a", "x"), named("b", "y"));
    snapshot.take(packed(vec![a.clone(), b.clone()]), start);
    assert_eq!(snapshot.judged(Some("A"), "y"), judged(Some(&a), &[]));
    let renamed = Entity { id: "A".to_owned(), ..a };
    assert_eq!(
        snapshot.judged(Some("a"), "y"),
        judged(Some(&renamed), &[]),
        "an id in other letters is the same"
    );
    for id in [None, Some("gone")] {
        assert_eq!(snapshot.judged(id, "Y"), judged(None, std::slice::from_ref(&b)));
    }
    snapshot.outdate("a");
    assert_eq!(snapshot.judged(Some("a"), "nobody"), judged(None, &[]), "written since");
}

#[test]
fn names_are_found_without_regard_to_case_and_all_of_them() {
    let snapshot = Snapshot::default();
    snapshot.take(
        packed(vec![named("a", "Fin"), named("b", "fin"), named("c", "other")]),
        Instant::now(),
    );
    assert_eq!(snapshot.named("FIN").len(), 2);
}
