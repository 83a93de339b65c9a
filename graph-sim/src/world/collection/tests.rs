use serde_json::json;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn object(id: &str, name: &str) -> Object {
    json!({"id": id, "displayName": name}).as_object().unwrap().clone()
}

fn name_at(collection: &Collection, second: i64) -> Option<&str> {
    collection.seen_one("a", at(second))?["displayName"].as_str()
}

#[test]
fn readers_see_each_state_for_as_long_as_the_next_one_lags() {
    let mut collection = Collection::default();
    assert!(collection.insert(object("A", "one"), at(0), at(10)));
    assert_eq!(name_at(&collection, 0), None);
    collection.replace("a", object("A", "two"), at(5), at(15));
    assert_eq!([9, 10].map(|second| name_at(&collection, second)), [None, Some("one")]);
    collection.replace("a", object("A", "three"), at(12), at(22));
    // What is read later is a later state, never an earlier one.
    let seen = [12, 14, 15, 21, 22].map(|second| name_at(&collection, second).unwrap());
    assert_eq!(seen, ["one", "one", "two", "two", "three"]);
    assert_eq!(collection.get("a").unwrap()["displayName"], "three");
}

#[test]
fn what_is_gone_is_gone_for_readers_after_the_lag() {
    let mut collection = Collection::default();
    for id in ["a", "B", "c"] {
        assert!(collection.insert(object(id, id), at(0), at(0)));
    }
    let seen = |collection: &Collection, second: i64| -> Vec<String> {
        let seen = collection.seen(at(second)).map(|object| id_of(object).unwrap().to_owned());
        seen.collect()
    };
    collection.change("b", at(5), at(12), |object| object.insert("displayName".to_owned(), json!("new")));
    assert_eq!(collection.remove_later("b", at(8), at(18)).unwrap()["displayName"], "new");
    let there: Vec<&Object> = collection.iter().collect();
    assert_eq!((there.len(), collection.len(), collection.get("b")), (2, 2, None));
    assert_eq!(seen(&collection, 17), ["a", "B", "c"]);
    let named = [11, 12, 17].map(|second| collection.seen_one("b", at(second)).unwrap()["displayName"].clone());
    assert_eq!(named, ["B", "new", "new"]);
    assert_eq!(
        (seen(&collection, 18), collection.seen_one("b", at(18))),
        (vec!["a".to_owned(), "c".to_owned()], None)
    );
    // Without a lag it is gone at once, and objects that were deleted before are not shown any more.
    collection.remove_later("a", at(20), at(20));
    assert_eq!((collection.records.len(), collection.leaving.len()), (1, 0));
    // Its id can be used again; readers never see it twice.
    collection.remove_later("c", at(20), at(30));
    assert!(collection.insert(object("C", "again"), at(21), at(21)));
    assert_eq!((seen(&collection, 21), collection.records.len()), (vec!["C".to_owned()], 1));
}

#[test]
fn an_id_is_there_once_whatever_its_case() {
    let mut collection = Collection::default();
    assert!(collection.insert(object("A", "one"), at(0), at(0)));
    assert!(!collection.insert(object("a", "two"), at(0), at(0)));
    assert!(collection.remove("a").is_some() && collection.is_empty());
    assert!(collection.insert(object("a", "two"), at(0), at(0)));
}
