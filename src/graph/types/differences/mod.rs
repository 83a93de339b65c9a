//! The differences between a desired and an observed object, and the PATCH body that corrects them. Pure: no client, no clock.
//!
//! Only what `desired` contains is managed, down to the parts of objects; the rest is neither compared nor lost.

use serde_json::{Map, Value};

use crate::graph::types::collection::{Collection, properties};
use crate::graph::types::table::{Part, Property, Shape};

/// One managed value that is not the desired one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    /// A JSON pointer into the Graph object, such as `/windowsSetting/locale`.
    pub path: String,
    pub desired: Value,
    /// Null when there is none.
    pub observed: Value,
    /// The top-level property.
    pub property: &'static str,
}

/// Every managed value of `desired` that `observed` does not equal.
pub(crate) fn differences(collection: Collection, desired: &Map<String, Value>, observed: &Map<String, Value>) -> Vec<Difference> {
    let managed = properties(collection)
        .iter()
        .filter_map(|property| Some((property, desired.get(property.name)?)));
    managed
        .flat_map(|(property, wanted)| of_property(property, wanted, value(observed, property.name)))
        .collect()
}

/// The PATCH that makes `observed` equal to `desired`: each differing top-level property as a whole, because Graph replaces
/// complex values. Parts that are not managed keep their observed value. Immutable properties are left out: Graph refuses them.
pub(crate) fn patch_body(collection: Collection, desired: &Map<String, Value>, observed: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = Map::new();
    for property in properties(collection).iter().filter(|property| !property.immutable) {
        let Some(wanted) = desired.get(property.name) else {
            continue;
        };
        let found = value(observed, property.name);
        if !of_property(property, wanted, found).is_empty() {
            patch.insert(property.name.to_owned(), overlaid(&property.shape, wanted, found));
        }
    }
    patch
}

fn value<'a>(object: &'a Map<String, Value>, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

fn of_property(property: &Property, desired: &Value, observed: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(property.shape, format!("/{}", property.name), desired, observed, &mut found);
    let difference = |(path, desired, observed)| Difference {
        path,
        desired,
        observed,
        property: property.name,
    };
    found.into_iter().map(difference).collect()
}

/// Appends every place below `path` at which the two values do not mean the same.
fn compare(shape: Shape, path: String, desired: &Value, observed: &Value, found: &mut Vec<(String, Value, Value)>) {
    let differs = match shape {
        Shape::Scalar(equivalence) => !equivalence.equal(desired, observed),
        Shape::Enum(members) => !members.equivalence.equal(desired, observed),
        Shape::Object(parts) => match desired {
            Value::Object(wanted) => return compare_parts(parts, &path, wanted, observed, found),
            Value::Null => !is_cleared(shape, observed),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => desired != observed,
        },
        Shape::ObjectList(parts) => {
            let (wanted, there) = (elements(desired), elements(observed));
            if wanted.len() == there.len() && wanted.iter().all(Value::is_object) {
                for (index, (wanted, there)) in wanted.iter().zip(there).enumerate() {
                    compare(Shape::Object(parts), format!("{path}/{index}"), wanted, there, found);
                }
                return;
            }
            true
        }
    };
    if differs {
        found.push((path, desired.clone(), observed.clone()));
    }
}

/// Whether a value means null: the portal clears an object by writing it empty, and the service may answer with defaults.
fn is_cleared(shape: Shape, value: &Value) -> bool {
    let mut found = Vec::new();
    match (shape, value) {
        (_, Value::Null) => return true,
        (Shape::Object(parts), Value::Object(_)) => {
            return parts
                .iter()
                .all(|part| is_cleared(part.shape, value.get(part.name).unwrap_or(&Value::Null)));
        }
        (Shape::Object(_), _) => return false,
        _ => compare(shape, String::new(), &Value::Null, value, &mut found),
    }
    found.is_empty()
}

/// The elements of a list; null is the empty list.
fn elements(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn compare_parts(parts: &[Part], path: &str, desired: &Map<String, Value>, observed: &Value, found: &mut Vec<(String, Value, Value)>) {
    for part in parts {
        if let Some(wanted) = desired.get(part.name) {
            let there = observed.get(part.name).unwrap_or(&Value::Null);
            compare(part.shape, format!("{path}/{}", part.name), wanted, there, found);
        }
    }
}

/// `desired`, with what it leaves out taken from `observed`.
fn overlaid(shape: &Shape, desired: &Value, observed: &Value) -> Value {
    match (shape, desired) {
        (Shape::Object(parts), Value::Object(wanted)) => Value::Object(overlaid_parts(parts, wanted, observed)),
        (Shape::ObjectList(parts), Value::Array(wanted)) => {
            let found = elements(observed).iter().chain(std::iter::repeat(&Value::Null));
            let pair = |(wanted, found): (&Value, &Value)| overlaid(&Shape::Object(parts), wanted, found);
            Value::Array(wanted.iter().zip(found).map(pair).collect())
        }
        _ => desired.clone(),
    }
}

fn overlaid_parts(parts: &[Part], desired: &Map<String, Value>, observed: &Value) -> Map<String, Value> {
    let kept = parts.iter().filter_map(|part| Some((part.name, observed.get(part.name)?)));
    let kept = kept.filter(|(name, found)| keeps(name, found, desired, observed));
    let mut merged: Map<String, Value> = kept.map(|(name, found)| (name.to_owned(), found.clone())).collect();
    for (name, wanted) in desired {
        let shape = parts.iter().find(|part| part.name == name).map(|part| part.shape);
        let found = observed.get(name).unwrap_or(&Value::Null);
        merged.insert(
            name.clone(),
            shape.map_or_else(|| wanted.clone(), |shape| overlaid(&shape, wanted, found)),
        );
    }
    merged
}

/// A network is named by a connection or by a region, never by both.
const ALTERNATIVES: [(&str, &str); 4] = [
    ("onPremisesConnectionId", "regionName"),
    ("onPremisesConnectionId", "regionGroup"),
    ("regionName", "onPremisesConnectionId"),
    ("regionGroup", "onPremisesConnectionId"),
];

/// Whether a write repeats the observed value of a part that is not managed.
fn keeps(name: &str, found: &Value, desired: &Map<String, Value>, observed: &Value) -> bool {
    let set = |name: &str| desired.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    // In an answer it means a member that this API version cannot name.
    let unnamed = found.as_str() == Some("unknownFutureValue");
    let excluded = ALTERNATIVES.iter().any(|(mine, other)| *mine == name && set(other));
    // The service derives the group from the region, so the old group would contradict a new region.
    let outdated = name == "regionGroup"
        && desired
            .get("regionName")
            .is_some_and(|region| Some(region) != observed.get("regionName"));
    !(found.is_null() || unnamed || excluded || outdated)
}

#[cfg(test)]
mod tests;
