//! Merge patches (RFC 7386), with what the library of the real server does to nulls in arrays.

use serde_json::{Map, Value};

/// Changes an object by a patch.
pub(crate) fn merge(object: &mut Value, patch: Map<String, Value>) {
    let Some(entries) = object.as_object_mut() else { return };
    for (name, change) in patch {
        match (entries.get_mut(&name), change) {
            (_, Value::Null) => drop(entries.remove(&name)),
            (Some(current), Value::Object(change)) if current.is_object() => merge(current, change),
            (Some(current), change) if current.is_object() => *current = change,
            (_, mut change) => {
                without_nulls(&mut change);
                entries.insert(name, change);
            }
        }
    }
}

/// Drops the entries that are null, also of the maps in lists.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            entries.retain(|_, entry| !entry.is_null());
            entries.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nulls_remove_and_are_not_stored() {
        let mut object = json!({"a": 1, "b": {"c": 1, "d": 2}, "l": [1]});
        let patch = json!({"a": null, "b": {"c": null, "e": {"f": null}}, "l": [{"g": null}, null], "n": null});
        merge(&mut object, patch.as_object().cloned().unwrap_or_default());
        assert_eq!(object, json!({"b": {"d": 2, "e": {}}, "l": [{}, null]}));
    }
}
