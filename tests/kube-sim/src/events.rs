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

/// The fields that cannot change, with the names that the type behind events has for them. The reason is checked twice.
const IMMUTABLE: [(&str, &str); 10] = [
    ("regarding", "involvedObject"),
    ("reason", "reason"),
    ("note", "message"),
    ("reason", "reason"),
    ("type", "type"),
    ("eventTime", "eventTime"),
    ("action", "action"),
    ("related", "related"),
    ("reportingController", "reportingController"),
    ("reportingInstance", "reportingInstance"),
];

/// What is wrong with an event, compared with the one that it replaces.
pub(crate) fn errors(event: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    always(event, &mut errors);
    let Some(old) = old else {
        series(event, &mut errors);
        if event["eventTime"].is_null() {
            errors.push(FieldError::required("eventTime", ""));
        }
        let kind = event["type"].as_str().unwrap_or_default();
        if !matches!(kind, "Normal" | "Warning") {
            errors.push(FieldError::invalid("type", &json!(""), &format!("has invalid value: {kind}")));
        }
        return errors;
    };
    if event["series"] != old["series"] {
        series(event, &mut errors);
    }
    for (field, name) in IMMUTABLE {
        if event[field] != old[field] {
            errors.push(FieldError::invalid(name, &event[field], "field is immutable"));
        }
    }
    errors
}

fn series(event: &Value, errors: &mut Vec<FieldError>) {
    let series = &event["series"];
    if series.is_object() {
        if series["count"].as_i64().unwrap_or_default() < 2 {
            errors.push(FieldError::invalid("series.count", &json!(""), "should be at least 2"));
        }
        if series["lastObservedTime"].is_null() {
            errors.push(FieldError::required("series.lastObservedTime", ""));
        }
    }
}

/// What holds for every event.
fn always(event: &Value, errors: &mut Vec<FieldError>) {
    let text = |field: &str| event[field].as_str().unwrap_or_default();
    let about = event["regarding"]["namespace"].as_str().unwrap_or_default();
    let namespace = event["metadata"]["namespace"].as_str().unwrap_or_default();
    let elsewhere = if event["eventTime"].is_null() {
        about != namespace && !(about.is_empty() && namespace == "default")
    } else {
        about.is_empty() && !matches!(namespace, "default" | "kube-system")
    };
    if elsewhere {
        errors.push(FieldError::invalid(
            "involvedObject.namespace",
            &json!(about),
            "does not match event.namespace",
        ));
    }
    if event["eventTime"].is_null() {
        return;
    }
    let controller = text("reportingController");
    if controller.is_empty() {
        errors.push(FieldError::required("reportingController", ""));
        let unnamed = [
            "name part must be non-empty",
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character \
             (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ];
        errors.extend(unnamed.map(|why| FieldError::invalid("reportingController", &json!(""), why)));
    }
    for field in ["reportingInstance", "action", "reason"] {
        if text(field).is_empty() {
            errors.push(FieldError::required(field, ""));
        }
        if text(field).len() > 128 {
            errors.push(FieldError::invalid(field, &json!(""), "can have at most 128 characters"));
        }
    }
    if text("note").len() > 1024 {
        errors.push(FieldError::invalid("message", &json!(""), "can have at most 1024 characters"));
    }
}
