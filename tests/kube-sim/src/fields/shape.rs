//! How a value is merged, by its schema.

use serde_json::{Map, Value};

use crate::fields::set::field;
use crate::schema::{ListType, Schema, Type};

/// What a value is to the owners of fields.
pub(crate) enum Shape<'s> {
    /// One field, whatever is in it.
    Leaf,
    /// A list whose items have identities.
    List(&'s Schema),
    /// A map whose entries are fields of their own.
    Map(&'s Schema),
}

/// The shape of a value, which may be absent where another one has it.
pub(crate) fn shape<'s>(schema: &'s Schema, value: Option<&Value>) -> Shape<'s> {
    match schema.kind {
        Type::Object if schema.atomic_map => Shape::Leaf,
        Type::Object => Shape::Map(schema),
        Type::Array if matches!(schema.list, ListType::Atomic) => Shape::Leaf,
        Type::Array => Shape::List(schema),
        Type::Any if value.is_some_and(Value::is_object) => Shape::Map(schema),
        Type::Any | Type::String | Type::Integer | Type::Number | Type::Boolean | Type::IntOrString => Shape::Leaf,
    }
}

/// Which of two values tells the shape of both, where no schema does: a null has that of the other.
pub(crate) fn telling<'v>(left: Option<&'v Value>, right: Option<&'v Value>) -> Option<&'v Value> {
    right.filter(|right| !right.is_null()).or(left)
}

/// The items of a list, each with its identity.
pub(crate) fn items<'v>(schema: &Schema, list: Option<&'v Value>) -> Vec<(String, &'v Value)> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.map(|item| (identity(schema, item), item)).collect()
}

/// The identity of an item of a list.
pub(crate) fn identity(schema: &Schema, item: &Value) -> String {
    match &schema.list {
        ListType::Map(keys) => {
            let default = |key: &String| schema.items.as_ref()?.properties.get(key)?.default.clone();
            let found = keys.iter().filter_map(|key| {
                let value = item.get(key).cloned().or_else(|| default(key))?;
                Some((key.clone(), value))
            });
            format!("k:{}", Value::Object(found.collect::<Map<_, _>>()))
        }
        ListType::Set | ListType::Atomic => format!("v:{item}"),
    }
}

/// The names of the entries of two maps.
pub(crate) fn names<'v>(left: Option<&'v Value>, right: Option<&'v Value>) -> std::collections::BTreeSet<&'v str> {
    let entries = |value: Option<&'v Value>| value.and_then(Value::as_object).into_iter().flatten();
    entries(left).chain(entries(right)).map(|(name, _)| name.as_str()).collect()
}

/// Whether there is nothing in a list or a map.
pub(crate) fn hollow(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(entries)) => entries.is_empty(),
        Some(_) | None => true,
    }
}

/// Whether the last element of a path is a named property of the schema, and not any entry of a map.
pub(crate) fn is_named(schema: &Schema, path: &[String]) -> bool {
    let Some((last, above)) = path.split_last() else { return false };
    let mut at = schema;
    for element in above {
        at = match element.strip_prefix("f:") {
            Some(name) => at.child(name).unwrap_or(&crate::schema::ANY),
            None => at.items.as_deref().unwrap_or(&crate::schema::ANY),
        };
    }
    let name = last.strip_prefix("f:");
    name.is_some_and(|name| at.properties.contains_key(name))
}

/// All fields of a value.
pub(crate) fn field_set(schema: &Schema, value: &Value, path: &mut Vec<String>, set: &mut crate::fields::set::Set) {
    match shape(schema, Some(value)) {
        Shape::Leaf => set.insert(path),
        Shape::List(list) => {
            for (identity, item) in items(list, Some(value)) {
                path.push(identity);
                field_set(list.items.as_deref().unwrap_or(&crate::schema::ANY), item, path, set);
                set.insert(path);
                path.pop();
            }
        }
        Shape::Map(map) => {
            for (name, entry) in value.as_object().into_iter().flatten() {
                path.push(field(name));
                field_set(map.child(name).unwrap_or(&crate::schema::ANY), entry, path, set);
                let empty = entry.is_null() || entry.as_object().is_some_and(Map::is_empty);
                if empty || !map.properties.contains_key(name) {
                    set.insert(path);
                }
                path.pop();
            }
        }
    }
}
