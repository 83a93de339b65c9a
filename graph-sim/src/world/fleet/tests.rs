use super::*;

#[test]
fn nothing_is_left_of_what_has_gone() {
    let mut fleet = Fleet::default();
    let lot = Lot::User("ada".to_owned());
    for id in ["a", "b", "c"] {
        let tracked = Tracked {
            lot: Some(lot.clone()),
            ..Tracked::default()
        };
        fleet.add(id.to_owned(), tracked);
    }
    assert!(fleet.remove("b").is_some() && fleet.remove("b").is_none());
    assert_eq!(fleet.of_lot(&lot).collect::<Vec<_>>(), ["a", "c"]);
    fleet.remove("a");
    fleet.remove("c");
    assert!(fleet.tracked.is_empty() && fleet.lots.is_empty(), "{fleet:?}");
}
