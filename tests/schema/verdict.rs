//! Admission without an API server: the structural schema and the rules of a definition, judged as a server judges them.
//!
//! The end-to-end tests hold this against a real server over generated specs.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
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
    let (object, old) = (without_nulls(object), old.map(without_nulls));
    let Err(errors) = Validator::new().validate(&schema, &object, old.as_ref()) else {
        return Vec::new();
    };
    let said = errors.iter().map(|error| format!("{}: {}", error.field_path, error.message));
    said.collect()
}

/// An object as a server shows it to rules: a field that is null is a field that is left out.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[expect(clippy::too_many_lines, reason = "one rule of the schema a branch")]
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
            let count = i64::try_from(fields.len()).expect("fits");
            if schema.max_properties.is_some_and(|max| count > max) {
                object_to("number of properties");
            }
            let any = match &schema.additional_properties {
                Some(JSONSchemaPropsOrBool::Schema(schema)) => Some(&**schema),
                _ => None,
            };
            let known = schema.properties.as_ref();
            for (name, value) in fields {
                if let Some(schema) = known.and_then(|known| known.get(name)).or(any) {
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
