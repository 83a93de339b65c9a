//! The snapshot keeps what was read or written after a list was asked for: an older answer never hides a newer one.

use std::time::{Duration, Instant};

use serde_json::json;

use super::entity;
use crate::graph::Entity;
use crate::reconcile::snapshot::Snapshot;

fn named(id: &str, name: &str) -> Entity {
    Entity {
        id: id.to_owned(),
        ..entity(json!({"displayName": name}), vec![])
    }
}

#[test]
fn a_list_does_not_hide_what_was_written_after_it_was_asked_for() {
    let (snapshot, start) = (Snapshot::default(), Instant::now());
    let at = |second| start + Duration::from_secs(second);
    snapshot.take(vec![named("a", "old"), named("gone", "x")], at(0));
    snapshot.put("A", Some(&named("a", "new")), at(2));
    snapshot.put("gone", None, at(2));
    // Asked for before the write, answered after it.
    snapshot.take(vec![named("a", "old"), named("gone", "x")], at(1));
    assert_eq!(snapshot.get("a").unwrap().display_name(), Some("new"));
    assert!(snapshot.get("gone").is_none());
    // Asked for after the write: now the list is right.
    snapshot.take(vec![named("a", "newer")], at(3));
    assert_eq!(snapshot.get("a").unwrap().display_name(), Some("newer"));
}

#[test]
fn how_new_an_answer_is_counts_from_when_it_was_asked_for() {
    let (snapshot, start) = (Snapshot::default(), Instant::now());
    let at = |second| start + Duration::from_secs(second);
    snapshot.take(vec![named("a", "x")], at(5));
    assert!(snapshot.seen_since("A", at(5)).is_some() && snapshot.seen_since("a", at(6)).is_none());
    snapshot.put("a", Some(&named("a", "y")), at(7));
    assert!(snapshot.seen_since("a", at(6)).is_some());
    // Written, and not seen again: not even a list from before the write brings it back.
    snapshot.outdate("a");
    snapshot.take(vec![named("a", "y")], start);
    assert!(snapshot.get("a").is_none() && snapshot.named("y").len() == 1);
    snapshot.take(vec![named("a", "z")], Instant::now());
    assert_eq!(snapshot.get("a").unwrap().display_name(), Some("z"));
}

#[test]
fn one_object_is_not_a_complete_list() {
    let snapshot = Snapshot::default();
    snapshot.put("a", Some(&named("a", "x")), Instant::now());
    assert!(snapshot.listed().is_none() && snapshot.get("a").is_none());
}

#[test]
fn names_are_found_without_regard_to_case_and_all_of_them() {
    let snapshot = Snapshot::default();
    snapshot.take(vec![named("a", "Fin"), named("b", "fin"), named("c", "other")], Instant::now());
    assert_eq!(snapshot.named("FIN").len(), 2);
}
