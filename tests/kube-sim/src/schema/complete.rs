//! Unknown fields are dropped, defaults are filled in.

use serde_json::Value;

use crate::schema::{Schema, Type};

/// Drops the fields that the schema does not have.
pub(crate) fn prune(schema: &Schema, value: &mut Value) {
    if let Value::Object(entries) = value {
        let open = schema.preserve || schema.kind == Type::Any;
        if !open && schema.additional.is_none() {
            entries.retain(|name, _| schema.properties.contains_key(name));
        }
    }
    descend(schema, value, prune);
}

/// Drops nulls where none is allowed and there is no default.
pub(crate) fn drop_nulls(schema: &Schema, value: &mut Value) {
    if let Value::Object(entries) = value {
        entries.retain(|name, entry| {
            let kept = schema
                .properties
                .get(name)
                .is_none_or(|child| child.nullable || child.default.is_some());
            kept || !entry.is_null()
        });
    }
    descend(schema, value, drop_nulls);
}

/// Fills in the defaults, also in place of nulls where none is allowed.
pub(crate) fn fill(schema: &Schema, value: &mut Value) {
    if !schema.defaults {
        return;
    }
    if let Value::Object(entries) = value {
        for (name, property) in schema.properties.iter().filter(|(_, property)| property.defaults) {
            let Some(default) = &property.default else { continue };
            let missing = entries.get(name).is_none_or(|entry| entry.is_null() && !property.nullable);
            if missing {
                entries.insert(name.clone(), default.clone());
            }
        }
    }
    descend(schema, value, fill);
}

/// Does the same to everything in a value that the schema describes.
fn descend(schema: &Schema, value: &mut Value, visit: fn(&Schema, &mut Value)) {
    match value {
        Value::Object(entries) => {
            for (name, entry) in entries.iter_mut() {
                if let Some(child) = schema.child(name) {
                    visit(child, entry);
                }
            }
        }
        Value::Array(items) => {
            if let Some(child) = schema.items.as_deref() {
                items.iter_mut().for_each(|item| visit(child, item));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::compile;
    use serde_json::json;

    #[test]
    fn defaults_are_filled_in_below_what_is_there_and_nulls_are_replaced() {
        let schema = json!({"type": "object", "properties": {
            "a": {"type": "object", "properties": {"b": {"type": "string", "default": "x"}, "c": {"type": "string"}}},
            "n": {"type": "string", "nullable": true, "default": "y"},
            "l": {"type": "array", "items": {"type": "object", "properties": {"d": {"type": "integer", "default": 1}}}},
        }});
        let schema = compile(&schema, "").expect("known");
        let completed = |mut value: Value| {
            prune(&schema, &mut value);
            drop_nulls(&schema, &mut value);
            fill(&schema, &mut value);
            value
        };
        assert_eq!(completed(json!({})), json!({"n": "y"}));
        assert_eq!(
            completed(json!({"a": {"b": null, "c": null, "z": 1}, "n": null, "l": [{}]})),
            json!({"a": {"b": "x"}, "n": null, "l": [{"d": 1}]})
        );
    }
}
