//! What differs between a desired and an observed object, and the body that would end it. Pure: no
//! client, no clock.
//!
//! Only what `desired` holds is managed, down to the parts of objects; what it leaves out is
//! neither compared nor lost.

use serde_json::{Map, Value};

use super::collection::Collection;
use super::properties::{Part, Property, Shape, properties};

/// One managed value that is not as desired.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// A JSON pointer into the Graph object, such as `/windowsSetting/locale`.
    pub path: String,
    /// The value wanted.
    pub desired: Value,
    /// The value found; null when there is none.
    pub observed: Value,
    /// The top-level property.
    pub property: &'static str,
}

/// Every managed value of `desired` that `observed` does not equal.
pub fn differences(collection: Collection, desired: &Map<String, Value>, observed: &Map<String, Value>) -> Vec<Difference> {
    let managed = properties(collection)
        .iter()
        .filter_map(|property| Some((property, desired.get(property.name)?)));
    managed
        .flat_map(|(property, wanted)| of_property(property, wanted, value(observed, property.name)))
        .collect()
}

/// The PATCH that makes `observed` equal to `desired`: each differing top-level property as a
/// whole, because Graph replaces complex values. Parts that nobody manages keep their observed
/// value. Immutable properties are never in it: Graph refuses them.
pub fn patch_body(collection: Collection, desired: &Map<String, Value>, observed: &Map<String, Value>) -> Map<String, Value> {
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
    let path = format!("/{}", property.name);
    let whole = || Difference {
        path: path.clone(),
        desired: desired.clone(),
        observed: observed.clone(),
        property: property.name,
    };
    match property.shape {
        Shape::Scalar(equivalence) if equivalence.equal(desired, observed) => Vec::new(),
        Shape::Scalar(_) => vec![whole()],
        Shape::Object(parts) => match desired.as_object() {
            Some(wanted) => of_parts(property.name, &path, parts, wanted, observed),
            None if desired == observed => Vec::new(),
            None => vec![whole()],
        },
        Shape::ObjectList(parts) => {
            let (wanted, found) = (elements(desired), elements(observed));
            if wanted.len() != found.len() || wanted.iter().any(|element| !element.is_object()) {
                return vec![whole()];
            }
            let pairs = wanted.iter().zip(found).enumerate();
            let of_pair = |(index, (wanted, found)): (usize, (&Value, &Value))| {
                let wanted = wanted.as_object().cloned().unwrap_or_default();
                of_parts(property.name, &format!("{path}/{index}"), parts, &wanted, found)
            };
            pairs.flat_map(of_pair).collect()
        }
    }
}

/// The elements of a list; null is the empty list.
fn elements(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn of_parts(property: &'static str, path: &str, parts: &[Part], desired: &Map<String, Value>, observed: &Value) -> Vec<Difference> {
    let managed = parts.iter().filter_map(|part| Some((part, desired.get(part.name)?)));
    let differing = managed.filter_map(|(part, wanted)| {
        let found = observed.get(part.name).unwrap_or(&Value::Null);
        let difference = || Difference {
            path: format!("{path}/{}", part.name),
            desired: wanted.clone(),
            observed: found.clone(),
            property,
        };
        (!part.equivalence.equal(wanted, found)).then(difference)
    });
    differing.collect()
}

/// `desired`, with what it leaves out taken from `observed`.
fn overlaid(shape: &Shape, desired: &Value, observed: &Value) -> Value {
    match (shape, desired) {
        (Shape::Object(parts), Value::Object(wanted)) => Value::Object(overlaid_parts(parts, wanted, observed)),
        (Shape::ObjectList(parts), Value::Array(wanted)) => {
            let found = elements(observed).iter().chain(std::iter::repeat(&Value::Null));
            let pair = |(wanted, found): (&Value, &Value)| match wanted.as_object() {
                Some(wanted) => Value::Object(overlaid_parts(parts, wanted, found)),
                None => wanted.clone(),
            };
            Value::Array(wanted.iter().zip(found).map(pair).collect())
        }
        _ => desired.clone(),
    }
}

fn overlaid_parts(parts: &[Part], desired: &Map<String, Value>, observed: &Value) -> Map<String, Value> {
    let kept = parts.iter().filter_map(|part| Some((part.name, observed.get(part.name)?)));
    let kept = kept.filter(|(name, found)| keeps(name, found, desired, observed));
    let mut merged: Map<String, Value> = kept.map(|(name, found)| (name.to_owned(), found.clone())).collect();
    merged.extend(desired.iter().map(|(name, wanted)| (name.clone(), wanted.clone())));
    merged
}

/// A network is named by a connection or by a region, never by both (fact sheet 3.1.1).
const ALTERNATIVES: [(&str, &str); 4] = [
    ("onPremisesConnectionId", "regionName"),
    ("onPremisesConnectionId", "regionGroup"),
    ("regionName", "onPremisesConnectionId"),
    ("regionGroup", "onPremisesConnectionId"),
];

/// Whether the observed value of a part that nobody manages belongs into a write.
fn keeps(name: &str, found: &Value, desired: &Map<String, Value>, observed: &Value) -> bool {
    let set = |name: &str| desired.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    // A member this client's Graph cannot name must never be written back.
    let unnamed = found.as_str() == Some("unknownFutureValue");
    let excluded = ALTERNATIVES.iter().any(|(mine, other)| *mine == name && set(other));
    // The service derives the group from the region, so the old group would contradict a new
    // region.
    let outdated = name == "regionGroup"
        && desired
            .get("regionName")
            .is_some_and(|region| Some(region) != observed.get("regionName"));
    !(found.is_null() || unnamed || excluded || outdated)
}

#[cfg(test)]
#[path = "tests/differences.rs"]
mod tests;
