//! How a spec's values become properties of Graph.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// Takes a field over under Graph's name; a field that the spec leaves out is not managed, one that it sets to null is
/// cleared, and an object in which nothing is set is left out.
pub(crate) fn put<T: Serialize>(properties: &mut Map<String, Value>, name: &str, value: Option<&T>) {
    let value = value.map(|value| json!(value));
    if let Some(value) = value.filter(|value| value.as_object().is_none_or(|parts| !parts.is_empty())) {
        properties.insert(name.to_owned(), value);
    }
}
