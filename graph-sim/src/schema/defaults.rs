//! From a checked body to a whole object: defaults for what was left out, and the merge of a change.
//!
//! The merge of a PATCH: a property that is not sent stays; a complex value is merged property by property; a list and a
//! complex value of another type are replaced; null sets a property back to its default.

use serde_json::{Map, Value};

use super::cloud_pc::CLOUD_PC;
use super::types::{Fallback, Kind, Property, Type};
use crate::base::answer::ApiVersion;

/// The whole object in the order of its table, with each property that was left out or null at its default.
pub(crate) fn complete(ty: &'static Type, mut given: Map<String, Value>) -> Map<String, Value> {
    let mut whole = Map::new();
    let ty = resolve(ty, &given);
    if let Some(named) = given.remove("@odata.type") {
        whole.insert("@odata.type".to_owned(), named);
    }
    for property in ty.properties.iter().filter(|property| property.is_stored()) {
        let value = match given.remove(property.name) {
            None | Some(Value::Null) => fallback(property),
            Some(value) => complete_value(property, value),
        };
        whole.insert(property.name.to_owned(), value);
    }
    whole
}

/// A whole object without nulls, for collections of which a tenant can have many thousands of objects.
pub(crate) fn complete_without_nulls(ty: &'static Type, given: Map<String, Value>) -> Map<String, Value> {
    let mut whole = complete(ty, given);
    whole.retain(|_, value| !value.is_null());
    whole
}

/// A Cloud PC that the service itself makes, with what is not said of it.
pub(crate) fn complete_cloud_pc(given: Map<String, Value>) -> Map<String, Value> {
    complete_without_nulls(&CLOUD_PC, given)
}

/// A stored object with a checked change in it.
pub(crate) fn merge(ty: &'static Type, stored: &Map<String, Value>, change: Map<String, Value>) -> Map<String, Value> {
    complete(ty, overlay(ty, stored, change))
}

fn overlay(ty: &'static Type, stored: &Map<String, Value>, change: Map<String, Value>) -> Map<String, Value> {
    let ty = resolve(ty, &change);
    let mut merged = stored.clone();
    for (name, value) in change {
        let inner = ty
            .property(ApiVersion::Beta, &name)
            .filter(|property| !property.collection)
            .and_then(|property| match property.kind {
                Kind::Complex(inner) => Some(inner),
                _ => None,
            });
        let value = match (inner, merged.get(&name), value) {
            (Some(inner), Some(Value::Object(before)), Value::Object(after)) if before.get("@odata.type") == after.get("@odata.type") => {
                Value::Object(overlay(inner, before, after))
            }
            (_, _, value) => value,
        };
        merged.insert(name, value);
    }
    merged
}

fn complete_value(property: &Property, value: Value) -> Value {
    let Kind::Complex(inner) = property.kind else {
        return value;
    };
    let one = |value: Value| match value {
        Value::Object(object) => Value::Object(complete(inner, object)),
        other => other,
    };
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(one).collect()),
        value => one(value),
    }
}

fn fallback(property: &Property) -> Value {
    match (property.fallback, property.kind) {
        (Fallback::Nothing, _) if property.collection => Value::Array(Vec::new()),
        (Fallback::Flag(value), _) => Value::Bool(value),
        (Fallback::Number(value), _) => Value::from(value),
        (Fallback::Text(value), _) => Value::from(value),
        (Fallback::Texts(values), _) => Value::from(values.to_vec()),
        (Fallback::Object, Kind::Complex(inner)) => Value::Object(complete(inner, Map::new())),
        _ => Value::Null,
    }
}

/// The variant that an object of an abstract type is; checked bodies always name it.
fn resolve(ty: &'static Type, object: &Map<String, Value>) -> &'static Type {
    if ty.variants.is_empty() {
        return ty;
    }
    ty.variant_of(ApiVersion::Beta, object).unwrap_or(ty)
}
