use super::*;

#[test]
fn nothing_is_left_of_what_has_gone() {
    let mut fleet = Fleet::default();
    let lot = Lot::User("ada".to_owned());
    for id in ["a", "b", "c"] {
        let held = Held {
            lot: Some(lot.clone()),
            ..Held::default()
        };
        fleet.add(id.to_owned(), held);
    }
    assert!(fleet.remove("b").is_some() && fleet.remove("b").is_none());
    assert_eq!(fleet.of_lot(&lot).collect::<Vec<_>>(), ["a", "c"]);
    fleet.remove("a");
    fleet.remove("c");
    assert!(fleet.held.is_empty() && fleet.lots.is_empty(), "{fleet:?}");
}
