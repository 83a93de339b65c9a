//! Valid requests are answered, with every property of the type and version and with no other.

use std::collections::BTreeSet;

use graph_sim::base::answer::ApiVersion;
use graph_sim::schema::{Access, Kind, Property, Type};
use serde_json::Value;

use super::rows::{Options, Shape};
use super::{Entry, entries, full};
use crate::routes::support::{VERSIONS, get};

/// The properties that an answer has without `$select`.
fn plain(ty: &'static Type, version: ApiVersion) -> impl Iterator<Item = &'static Property> {
    let there = ty.properties.iter().filter(move |property| property.is_in(version));
    there.filter(|property| !property.on_select && !matches!(property.access, Access::Navigation | Access::WriteOnly))
}

fn names(object: &Value) -> BTreeSet<&str> {
    let object = object.as_object().expect("an object");
    object.keys().map(String::as_str).filter(|name| !name.contains("@odata.")).collect()
}

/// Whether an object consists of just these properties, and each complex value in it of all of its own.
fn expect_whole(ty: &'static Type, version: ApiVersion, object: &Value, place: &str) {
    let ty = match ty.variants {
        [] => ty,
        _ => ty.variant_of(version, object.as_object().unwrap()).expect("a known variant"),
    };
    let expected: BTreeSet<&str> = plain(ty, version).map(|property| property.name).collect();
    assert_eq!(names(object), expected, "{place}");
    for property in plain(ty, version) {
        expect_value(property, version, &object[property.name], &format!("{place}/{}", property.name));
    }
}

fn expect_value(property: &Property, version: ApiVersion, value: &Value, place: &str) {
    let Kind::Complex(inner) = property.kind else { return };
    match value {
        Value::Array(items) => items.iter().for_each(|item| expect_whole(inner, version, item, place)),
        Value::Null => {}
        one => expect_whole(inner, version, one, place),
    }
}

/// The objects of an answer with the type that they must have.
fn objects(entry: &Entry, body: &Value) -> Vec<(&'static Type, Value)> {
    match entry.row.shape {
        Some(Shape::Page(ty)) => {
            let value = body["value"].as_array().expect("a list");
            value.iter().map(|one| (ty, one.clone())).collect()
        }
        Some(Shape::One(ty)) => vec![(ty, body.clone())],
        _ => Vec::new(),
    }
}

fn selects(entry: &Entry, version: ApiVersion) -> bool {
    match entry.row.options {
        Options::Usual | Options::Select => true,
        Options::BetaOnly => version == ApiVersion::Beta,
        Options::Top | Options::None => false,
    }
}

#[test]
fn every_method_of_every_route_succeeds_and_every_object_is_whole() {
    for version in VERSIONS {
        let world = full::world();
        for entry in entries(version) {
            for operation in entry.route.operations {
                let place = entry.place(version, operation);
                let answer = entry.ask(version, operation, entry.path(entry.row.id)).send(&mut world.clone());
                if let Some(write) = entry.write(operation) {
                    assert_eq!(answer.status, write.status, "{place}: {:?}", answer.body);
                    assert_eq!(answer.committed, !write.is_foreign(), "{place}");
                    if matches!(answer.status, 200 | 201)
                        && let (Some(body), Some(Shape::Page(ty) | Shape::One(ty))) = (&answer.body, entry.row.shape)
                    {
                        expect_whole(ty, version, body, &place);
                    }
                    continue;
                }
                // The names of activities are those of the audit events.
                if matches!(entry.row.shape, Some(Shape::Names)) {
                    assert_eq!(answer.status, 200, "{place}");
                    let body = answer.body.unwrap();
                    let names = body["value"].as_array().unwrap();
                    assert!(!names.is_empty() && names.iter().all(Value::is_string), "{place}: {body}");
                    continue;
                }
                if matches!(entry.row.shape, Some(Shape::Counts)) {
                    let counts = answer.body.unwrap()["value"].clone();
                    assert_eq!(
                        counts,
                        serde_json::json!([{"status": "provisionedWithWarnings", "count": 3}]),
                        "{place}"
                    );
                    continue;
                }
                assert_eq!((answer.status, answer.committed), (200, false), "{place}: {:?}", answer.body);
                let body = answer.body.unwrap();
                if matches!(entry.row.shape, Some(Shape::Number)) {
                    let at_least = if place.contains("/assignments") { 3 } else { 1 };
                    assert!(body.as_u64() >= Some(at_least), "{place}: {body}");
                    continue;
                }
                let objects = objects(&entry, &body);
                assert!(!objects.is_empty(), "{place}");
                for (ty, object) in objects {
                    expect_whole(ty, version, &object, &place);
                }
            }
        }
    }
}

#[test]
fn every_property_can_be_selected_alone_and_none_of_the_other_version() {
    for version in VERSIONS {
        let mut world = full::world();
        for entry in entries(version) {
            let (Some(Shape::Page(ty) | Shape::One(ty)), path) = (entry.row.shape, entry.path(entry.row.id)) else {
                continue;
            };
            let allowed = selects(&entry, version);
            let mut answered = BTreeSet::new();
            for property in ty.properties.iter().filter(|property| property.access != Access::Navigation) {
                let answer = get(&mut world, version, &format!("{path}?$select={}", property.name));
                let place = format!("{} {path} {}", version.as_str(), property.name);
                let there = allowed && property.is_in(version);
                assert_eq!(answer.status, if there { 200 } else { 400 }, "{place}: {:?}", answer.body);
                let body = answer.body.filter(|_| there && property.access != Access::WriteOnly);
                for (_, object) in body.iter().flat_map(|body| objects(&entry, body)) {
                    assert_eq!(names(&object), BTreeSet::from([property.name]), "{place}");
                    expect_value(property, version, &object[property.name], &place);
                    if !object[property.name].is_null() {
                        answered.insert(property.name);
                    }
                }
            }
            assert!(!allowed || answered.contains("id"), "{path} answered {answered:?}");
        }
    }
}

/// The case of letters in an id does not matter, in no route.
#[test]
fn an_id_is_known_in_capitals_and_in_parentheses() {
    for version in VERSIONS {
        let world = full::world();
        for entry in entries(version).filter(Entry::has_id) {
            for operation in entry.route.operations {
                let capitals = entry.path(&entry.row.id.to_uppercase());
                let keyed = entry.path("{id}").replace("/{id}", &format!("('{}')", entry.row.id));
                for target in [capitals, keyed] {
                    let place = format!("{} {target}", entry.place(version, operation));
                    let answer = entry.ask(version, operation, target).send(&mut world.clone());
                    assert_eq!(answer.status, entry.status(operation), "{place}: {:?}", answer.body);
                }
            }
        }
    }
}
