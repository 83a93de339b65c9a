//! The metadata that every object has.

use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;

use crate::definitions::{Family, Resource};
use crate::status::{FieldError, shown};

const NAME: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

/// Whether the server leaves a value away.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Leaves away the empty fields of an object.
pub(crate) fn drop_empty(value: &mut Value) {
    if let Some(entries) = value.as_object_mut() {
        entries.retain(|_, entry| !entry.is_null() && !entry.as_array().is_some_and(Vec::is_empty));
    }
}

/// The metadata as the server keeps it.
pub(crate) fn normalize(metadata: &mut Value) {
    if let Some(entries) = metadata.as_object_mut() {
        entries.retain(|name, entry| name == "managedFields" || !is_empty(entry));
        entries.remove("selfLink");
    }
}

/// Whether a time is one with six digits after the second, as the server writes and reads them.
pub(crate) fn check_micros(object: &Value, field: &str) -> Result<(), String> {
    let Some(text) = object[field].as_str() else { return Ok(()) };
    let fraction = text.get(19..).unwrap_or(text);
    let digits = fraction
        .strip_prefix('.')
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).count());
    if digits == Some(6) && text.parse::<jiff::Timestamp>().is_ok() {
        return Ok(());
    }
    Err(format!(
        "parsing time {text:?} as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse {fraction:?} as \".000000\""
    ))
}

/// What is wrong with the metadata.
pub(crate) fn errors(resource: &Resource, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let metadata = &object["metadata"];
    let mut errors = Vec::new();
    name(resource, metadata, &mut errors);
    // The real server checks them for the resource, and, when that is no new one, again for all.
    for _ in 0..if old.is_some() { 2 } else { 1 } {
        finalizers(resource, metadata, &mut errors);
        if let Some(old) = old {
            changes(metadata, &old["metadata"], &mut errors);
        }
    }
    errors
}

fn finalizers(resource: &Resource, metadata: &Value, errors: &mut Vec<FieldError>) {
    for (at, finalizer) in metadata["finalizers"].as_array().into_iter().flatten().enumerate() {
        let text = finalizer.as_str().unwrap_or_default();
        let standard = matches!(text, "orphan" | "foregroundDeletion" | "kubernetes");
        if resource.family != Family::Custom && !text.contains('/') && !standard {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(format!("metadata.finalizers[{at}]"), finalizer, why));
        }
    }
}

fn name(resource: &Resource, metadata: &Value, errors: &mut Vec<FieldError>) {
    static RULES: OnceLock<[Regex; 2]> = OnceLock::new();
    let rules = RULES.get_or_init(|| [NAME, LABEL].map(|rule| Regex::new(&format!("^{rule}$")).expect("a constant")));
    let label = resource.plural == "namespaces";
    let Some(name) = metadata["name"].as_str() else {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
        return;
    };
    let (rule, most) = if label { (&rules[1], 63) } else { (&rules[0], 253) };
    if name.len() > most {
        let why = format!("must be no more than {most} characters");
        errors.push(FieldError::invalid("metadata.name", &metadata["name"], &why));
    }
    if rule.is_match(name) {
        return;
    }
    let why = if label && name.contains('.') {
        "must not contain dots".to_owned()
    } else if label {
        format!(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
             alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL}')"
        )
    } else {
        format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with \
             an alphanumeric character (e.g. 'example.com', regex used for validation is '{NAME}')"
        )
    };
    errors.push(FieldError::invalid("metadata.name", &metadata["name"], &why));
}

/// What a write may not do to the metadata.
fn changes(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let names = |metadata: &Value| -> Vec<String> {
        let finalizers = metadata["finalizers"].as_array().into_iter().flatten();
        finalizers.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    if !old["deletionTimestamp"].is_null() {
        let had = names(old);
        let mut added: Vec<String> = names(new).into_iter().filter(|name| !had.contains(name)).collect();
        added.sort();
        if !added.is_empty() {
            let listed: Vec<String> = added.iter().map(|name| format!("{name:?}")).collect();
            let why = format!(
                "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                listed.join(", ")
            );
            errors.push(FieldError::new("metadata.finalizers", "FieldValueForbidden", why));
        }
    }
    for field in ["name", "namespace", "uid"] {
        if !new[field].is_null() && new[field] != old[field] {
            let message = format!("Invalid value: {}: field is immutable", shown(&new[field]));
            errors.push(FieldError::new(format!("metadata.{field}"), "FieldValueInvalid", message));
        }
    }
}
