//! Admission without an API server: the structural schema and the rules of a definition, judged as a server judges them.
//!
//! The end-to-end tests hold this against a real server over generated specs.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
};
use kube::core::cel::Validator;
use serde_json::Value;

/// Everything that a definition has against an object, in sentences; `old` is what the object was before, if it was.
pub fn objections(crd: &CustomResourceDefinition, object: &Value, old: Option<&Value>) -> Vec<String> {
    let schema = crd.spec.versions[0].schema.as_ref().expect("has a schema");
    let schema = schema.open_api_v3_schema.as_ref().expect("has a schema");
    let mut found = Vec::new();
    structural(schema, object, "", &mut found);
    found.extend(rules(schema, object, old));
    found
}

/// What the rules alone have against it.
pub fn rules(schema: &JSONSchemaProps, object: &Value, old: Option<&Value>) -> Vec<String> {
    let schema = serde_json::to_value(schema).expect("schema serialises");
    let Err(errors) = Validator::new().validate(&schema, object, old) else {
        return Vec::new();
    };
    // A server evaluates no rule at a null: what has to be said about one is said by a rule around it.
    let counts = errors.iter().filter(|error| !is_null(object, &error.field_path));
    counts.map(|error| format!("{}: {}", error.field_path, error.message)).collect()
}

fn is_null(object: &Value, path: &str) -> bool {
    let pointer: String = format!("/{path}").replace(['.', '['], "/").replace(']', "");
    object.pointer(&pointer).is_some_and(Value::is_null)
}

fn structural(schema: &JSONSchemaProps, value: &Value, path: &str, found: &mut Vec<String>) {
    let mut object_to = |what: &str| found.push(format!("{path}: {what}"));
    match value {
        Value::Null if schema.nullable == Some(true) => return,
        Value::String(text) => {
            let length = i64::try_from(text.chars().count()).expect("fits");
            if schema.min_length.is_some_and(|min| length < min) || schema.max_length.is_some_and(|max| length > max) {
                object_to("length");
            }
            if schema
                .enum_
                .as_ref()
                .is_some_and(|members| !members.iter().any(|member| member.0 == *value))
            {
                object_to("not in the enumeration");
            }
        }
        Value::Number(number) => {
            let number = number.as_f64().expect("fits");
            if schema.minimum.is_some_and(|min| number < min) || schema.maximum.is_some_and(|max| number > max) {
                object_to("range");
            }
        }
        Value::Array(items) => {
            let length = i64::try_from(items.len()).expect("fits");
            if schema.min_items.is_some_and(|min| length < min) || schema.max_items.is_some_and(|max| length > max) {
                object_to("number of items");
            }
            if let Some(JSONSchemaPropsOrArray::Schema(schema)) = &schema.items {
                for (index, item) in items.iter().enumerate() {
                    structural(schema, item, &format!("{path}[{index}]"), found);
                }
            }
        }
        Value::Object(fields) => {
            for name in schema.required.iter().flatten().filter(|name| !fields.contains_key(*name)) {
                object_to(&format!("{name} is required"));
            }
            let properties = schema.properties.iter().flatten();
            for (name, schema) in properties {
                if let Some(value) = fields.get(name) {
                    structural(schema, value, &format!("{path}.{name}"), found);
                }
            }
        }
        Value::Bool(_) | Value::Null => {}
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if schema.type_.as_deref().is_some_and(|wanted| wanted != kind) {
        found.push(format!("{path}: is {kind}"));
    }
}
