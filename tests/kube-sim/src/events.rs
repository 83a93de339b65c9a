//! The rules for events (`events.k8s.io/v1`).

use serde_json::{Value, json};

use crate::status::FieldError;

/// An event as the server keeps it.
pub(crate) fn normalize(event: &mut Value) {
    if let Some(entries) = event.as_object_mut() {
        entries.retain(|_, entry| !entry.is_null());
        entries.entry("deprecatedSource").or_insert_with(|| json!({}));
        for name in ["deprecatedFirstTimestamp", "deprecatedLastTimestamp"] {
            entries.entry(name).or_insert(Value::Null);
        }
        entries.entry("eventTime").or_insert(Value::Null);
        entries.entry("regarding").or_insert_with(|| json!({}));
    }
}

/// What is wrong with an event, compared with the one that it replaces.
pub(crate) fn errors(event: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    match old {
        None => new_errors(event, &mut errors),
        Some(old) => {
            for field in [
                "regarding",
                "related",
                "action",
                "reason",
                "reportingController",
                "reportingInstance",
                "type",
                "note",
            ] {
                if event[field] != old[field] {
                    errors.push(FieldError::invalid(field, &event[field], "field is immutable"));
                }
            }
        }
    }
    errors
}

fn new_errors(event: &Value, errors: &mut Vec<FieldError>) {
    let text = |field: &str| event[field].as_str().unwrap_or_default();
    let place = event["regarding"]["namespace"].as_str().unwrap_or_default();
    let namespace = event["metadata"]["namespace"].as_str().unwrap_or_default();
    if place.is_empty() && namespace != "default" && namespace != "kube-system" || !place.is_empty() && place != namespace {
        errors.push(FieldError::invalid(
            "involvedObject.namespace",
            &json!(place),
            "does not match event.namespace",
        ));
    }
    if event["eventTime"].is_null() {
        errors.push(FieldError::required("eventTime", ""));
    }
    if text("reportingController").is_empty() {
        errors.push(FieldError::required("reportingController", ""));
    }
    for (field, most) in [("reportingInstance", 128), ("action", 128), ("reason", 128)] {
        if text(field).is_empty() {
            errors.push(FieldError::required(field, ""));
        }
        if text(field).len() > most {
            errors.push(FieldError::invalid(
                field,
                &json!(""),
                &format!("can have at most {most} characters"),
            ));
        }
    }
    if text("note").len() > 1024 {
        errors.push(FieldError::invalid("note", &json!(""), "can have at most 1024 characters"));
    }
    if !matches!(text("type"), "Normal" | "Warning") {
        errors.push(FieldError::invalid(
            "type",
            &json!(""),
            &format!("has invalid value: {}", text("type")),
        ));
    }
}
