//! A schema from its JSON. A keyword that is not known is an error: it would be ignored otherwise.

use regex::Regex;
use serde_json::{Map, Value};

use crate::schema::{ANY, Limits, ListType, Schema, Type};

/// A schema that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotKnown(pub(crate) String);

impl std::fmt::Display for NotKnown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "kube-sim does not know {}", self.0)
    }
}

impl std::error::Error for NotKnown {}

/// Compiles a schema as it is in a definition.
pub(crate) fn compile(json: &Value, path: &str) -> Result<Schema, NotKnown> {
    let Some(keywords) = json.as_object() else {
        return Err(NotKnown(format!("the schema {json} at {path:?}")));
    };
    let mut schema = Schema {
        kind: kind(keywords, path)?,
        nullable: false,
        preserve: false,
        ..ANY.clone()
    };
    for (keyword, value) in keywords {
        set(&mut schema, keyword, value, path)?;
    }
    let children = || {
        schema
            .properties
            .values()
            .chain(schema.additional.as_deref())
            .chain(schema.items.as_deref())
    };
    let rules = children().any(|child| child.rules);
    let defaults = children().any(|child| child.defaults);
    schema.rules |= rules;
    schema.defaults |= defaults || schema.default.is_some();
    Ok(schema)
}

fn kind(keywords: &Map<String, Value>, path: &str) -> Result<Type, NotKnown> {
    if keywords.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
        return Ok(Type::IntOrString);
    }
    Ok(match keywords.get("type").and_then(Value::as_str) {
        Some("object") => Type::Object,
        Some("array") => Type::Array,
        Some("string") => Type::String,
        Some("integer") => Type::Integer,
        Some("number") => Type::Number,
        Some("boolean") => Type::Boolean,
        None => Type::Any,
        Some(other) => return Err(NotKnown(format!("the type {other:?} at {path:?}"))),
    })
}

fn set(schema: &mut Schema, keyword: &str, value: &Value, path: &str) -> Result<(), NotKnown> {
    let texts = || value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    match keyword {
        "description" | "title" | "type" | "example" | "x-kubernetes-int-or-string" => {}
        "nullable" => schema.nullable = value == true,
        "default" => schema.default = Some(value.clone()),
        "required" => schema.required = texts().collect(),
        "properties" => {
            for (name, property) in value.as_object().into_iter().flatten() {
                let property = compile(property, &format!("{path}.{name}"))?;
                schema.properties.insert(name.clone(), property);
            }
        }
        "additionalProperties" if value.is_object() => {
            schema.additional = Some(Box::new(compile(value, &format!("{path}.*"))?));
        }
        "additionalProperties" if value == true => schema.additional = Some(Box::new(ANY.clone())),
        "items" => schema.items = Some(Box::new(compile(value, &format!("{path}[]"))?)),
        "x-kubernetes-preserve-unknown-fields" => schema.preserve = value == true,
        "x-kubernetes-map-type" => schema.atomic_map = value == "atomic",
        "x-kubernetes-list-type" if value == "set" => schema.list = ListType::Set,
        // The keys of a map come with a keyword of their own.
        "x-kubernetes-list-type" => {}
        "x-kubernetes-list-map-keys" => schema.list = ListType::Map(texts().collect()),
        "x-kubernetes-validations" => schema.rules = true,
        _ => return limit(&mut schema.limits, keyword, value, path),
    }
    Ok(())
}

fn limit(limits: &mut Limits, keyword: &str, value: &Value, path: &str) -> Result<(), NotKnown> {
    match keyword {
        "minimum" => limits.minimum = value.as_f64(),
        "maximum" => limits.maximum = value.as_f64(),
        "exclusiveMinimum" => limits.exclusive_minimum = value == true,
        "exclusiveMaximum" => limits.exclusive_maximum = value == true,
        "minLength" => limits.min_length = value.as_u64(),
        "maxLength" => limits.max_length = value.as_u64(),
        "minItems" => limits.min_items = value.as_u64(),
        "maxItems" => limits.max_items = value.as_u64(),
        "minProperties" => limits.min_properties = value.as_u64(),
        "maxProperties" => limits.max_properties = value.as_u64(),
        "enum" => limits.enumeration = value.as_array().cloned().unwrap_or_default(),
        "format" => limits.format = value.as_str().map(str::to_owned),
        "pattern" => {
            let pattern = value.as_str().unwrap_or_default();
            let regex = Regex::new(pattern).map_err(|error| NotKnown(format!("the pattern {pattern:?} at {path:?}: {error}")))?;
            limits.pattern = Some(regex);
        }
        _ => return Err(NotKnown(format!("the keyword {keyword:?} at {path:?}"))),
    }
    Ok(())
}
