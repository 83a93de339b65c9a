//! Applications by several managers, one after the other.

use serde_json::{Value, json};

use crate::fields::manage::{Managed, Manager, Write};
use crate::fields::set::Set;
use crate::schema::{Schema, compile};

fn schema() -> Schema {
    let item = json!({"type": "object", "properties": {"id": {"type": "string"}, "a": {"type": "string"}, "b": {"type": "string"}}});
    let schema = json!({"type": "object", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"},
        "spec": {"type": "object", "properties": {
            "x": {"type": "string"}, "y": {"type": "string"},
            "map": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"], "items": item},
            "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        }},
    }});
    compile(&schema, "").expect("known")
}

/// An object and its managers.
struct Object {
    schema: Schema,
    value: Value,
    managed: Managed,
}

impl Object {
    fn new() -> Self {
        Self {
            schema: schema(),
            value: json!({"metadata": {}}),
            managed: Managed::default(),
        }
    }

    /// Applies a specification; false for a conflict.
    fn apply(&mut self, name: &str, spec: Value, force: bool) -> bool {
        let manager = Manager {
            name: name.to_owned(),
            applies: true,
            api_version: "v1".to_owned(),
            subresource: None,
        };
        let write = Write {
            schema: &self.schema,
            manager: &manager,
            reset: &Set::default(),
            time: String::new(),
        };
        let mut managed = self.managed.clone();
        let Ok(new) = managed.apply(&write, &self.value, &json!({"spec": spec}), force) else {
            return false;
        };
        self.managed = managed;
        if let Some(new) = new {
            self.value = new;
        }
        true
    }
}

#[test]
fn what_a_manager_applies_no_more_is_removed_unless_another_owns_it() {
    let mut object = Object::new();
    assert!(object.apply("a", json!({"x": "1", "y": "1"}), false));
    assert!(object.apply("b", json!({"y": "1"}), false));
    assert!(object.apply("a", json!({}), false));
    assert_eq!(object.value["spec"], json!({"y": "1"}));
    assert!(object.apply("b", json!({"x": "2"}), false));
    assert_eq!(object.value["spec"], json!({"x": "2"}));
}

#[test]
fn another_value_is_a_conflict_and_force_takes_it() {
    let mut object = Object::new();
    assert!(object.apply("a", json!({"x": "1"}), false));
    assert!(!object.apply("b", json!({"x": "2"}), false));
    assert_eq!(object.value["spec"]["x"], "1");
    assert!(object.apply("b", json!({"x": "2"}), true));
    assert!(!object.apply("a", json!({"x": "1"}), false), "it is the other's now");
}

#[test]
fn items_of_keyed_lists_have_owners_of_their_own() {
    let mut object = Object::new();
    assert!(object.apply("a", json!({"map": [{"id": "1", "a": "x"}, {"id": "2"}]}), false));
    assert!(object.apply("b", json!({"map": [{"id": "3"}, {"id": "1", "b": "y"}]}), false));
    assert_eq!(object.value["spec"]["map"].as_array().map(Vec::len), Some(3));
    assert!(object.apply("a", json!({"map": [{"id": "2"}]}), false));
    let items = object.value["spec"]["map"].as_array().expect("a list");
    let one = items.iter().find(|item| item["id"] == "1").expect("owned by the other");
    assert_eq!(*one, json!({"id": "1", "b": "y"}));
}

#[test]
fn a_set_keeps_what_others_put_in() {
    let mut object = Object::new();
    assert!(object.apply("a", json!({"set": ["p", "q"]}), false));
    assert!(object.apply("b", json!({"set": ["q", "r"]}), false));
    assert!(object.apply("a", json!({"set": ["p"]}), false));
    assert_eq!(object.value["spec"]["set"], json!(["p", "q", "r"]));
    assert!(object.apply("b", json!({}), false));
    assert_eq!(object.value["spec"]["set"], json!(["p"]));
}
