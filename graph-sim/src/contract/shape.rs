//! What a body must look like: compiled when it is first needed, kept from then on.

use std::sync::{Arc, OnceLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::schema::Definitions;
use super::violation::Rule;

/// A described body.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A JSON document, or a text that is one.
    Json(Arc<Shape>),
    /// Bytes that the description says nothing about.
    Opaque,
}

/// A schema and its validator.
#[derive(Debug)]
pub(super) struct Shape {
    schema: Value,
    definitions: Arc<Definitions>,
    validator: OnceLock<Result<Validator, String>>,
}

/// One place where a body differs.
#[derive(Debug)]
pub(super) struct Fault {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What was broken.
    pub rule: Rule,
    /// More for people, without values.
    pub detail: String,
}

impl Content {
    /// Where a body differs from what is described.
    pub(super) fn faults(&self, body: &Value) -> Vec<Fault> {
        match self {
            Self::Json(shape) => shape.faults(body),
            Self::Opaque => Vec::new(),
        }
    }
}

impl Shape {
    /// A schema that refers to some of the definitions.
    pub(super) fn new(schema: Value, definitions: Arc<Definitions>) -> Self {
        Self {
            schema,
            definitions,
            validator: OnceLock::new(),
        }
    }

    fn faults(&self, body: &Value) -> Vec<Fault> {
        match self.validator.get_or_init(|| self.compile()) {
            // Most bodies are right, and to say only that is cheaper.
            Ok(validator) if validator.is_valid(body) => Vec::new(),
            Ok(validator) => validator.iter_errors(body).flat_map(|error| faults(&error)).collect(),
            Err(reason) => vec![Fault {
                pointer: String::new(),
                rule: Rule::Schema,
                detail: reason.clone(),
            }],
        }
    }

    fn compile(&self) -> Result<Validator, String> {
        jsonschema::options()
            .should_validate_formats(true)
            .build(&self.definitions.complete(&self.schema))
            .map_err(|error| format!("the description cannot be used: {error}"))
    }
}

/// A validation error in our terms: one fault for every property that is wrong.
fn faults(error: &ValidationError<'_>) -> Vec<Fault> {
    let pointer = error.instance_path().to_string();
    let below = |name: &str| format!("{pointer}/{}", escaped(name));
    let rule = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let fault = |name: &String| Fault {
                pointer: below(name),
                rule: Rule::UnknownProperty,
                detail: String::new(),
            };
            return unexpected.iter().map(fault).collect();
        }
        ValidationErrorKind::Required { property } => {
            return vec![Fault {
                pointer: below(property.as_str().unwrap_or_default()),
                rule: Rule::MissingProperty,
                detail: String::new(),
            }];
        }
        ValidationErrorKind::Type { .. } | ValidationErrorKind::Enum { .. } if error.instance().is_null() => Rule::Null,
        ValidationErrorKind::Type { .. } => Rule::Type,
        ValidationErrorKind::Enum { options } => member_rule(options, error.instance()),
        ValidationErrorKind::Format { .. } => Rule::Format,
        ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => Rule::Range,
        _ => Rule::Schema,
    };
    let detail = error.masked_with("it").to_string();
    vec![Fault { pointer, rule, detail }]
}

/// Flags enums are described as if they had one member only.
fn member_rule(members: &Value, value: &Value) -> Rule {
    let known = |name: &str| {
        members
            .as_array()
            .is_some_and(|members| members.iter().any(|member| member == name))
    };
    match value.as_str() {
        None => Rule::Type,
        Some(text) if text.contains(',') && text.split(',').all(|part| known(part.trim())) => Rule::Members,
        Some(_) => Rule::Member,
    }
}

/// A name as a token of a JSON pointer.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
