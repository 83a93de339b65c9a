//! One object as Graph JSON, and how its properties are read and set.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// One object, with non-deprecated property names and `assignments` inline.
pub type Object = Map<String, Value>;

/// An object as a reader sees it: stored, or derived for the answer.
pub(crate) type Seen<'a> = Cow<'a, Object>;

pub(crate) fn id_of(object: &Object) -> Option<&str> {
    object.get("id").and_then(Value::as_str)
}

/// Whether an object has an id; the case of letters does not matter in one.
pub(crate) fn has_id(object: &Object, id: &str) -> bool {
    same_id(text(object, "id"), id)
}

/// Whether two texts are one id.
pub(crate) fn same_id(one: Option<&str>, other: &str) -> bool {
    one.is_some_and(|one| one.eq_ignore_ascii_case(other))
}

/// A string property that is not empty.
pub(crate) fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Sets a property; null is the same as none.
pub(crate) fn set(object: &mut Object, name: &str, value: impl Into<Value>) {
    match value.into() {
        Value::Null => drop(object.remove(name)),
        value => drop(object.insert(name.to_owned(), value)),
    }
}

/// The assignments that an object carries.
pub(crate) fn assignments(object: &Object) -> &[Value] {
    object.get("assignments").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The properties of a JSON object; none of anything else.
pub(crate) fn into_map(value: Value) -> Object {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
