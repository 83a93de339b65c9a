//! The rules for objects: what is filled in, and what is refused.

use serde_json::{Map, Value, json};

use crate::definitions::{Family, Resource};
use crate::events;
use crate::meta;
use crate::paths::Target;
use crate::schema::{Schema, Validation, invalid_lists};
use crate::status::{Answer, FieldError, Refusal};
use crate::store::{State, text};

/// The name that a new object gets, when it has only the beginning of one.
pub(crate) fn name(state: &mut State, object: &mut Value) {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let metadata = &mut object["metadata"];
    if metadata["name"].as_str().is_none_or(str::is_empty)
        && let Some(prefix) = metadata["generateName"].as_str().filter(|prefix| !prefix.is_empty())
    {
        let mut number = usize::try_from(state.next()).unwrap_or_default();
        let mut suffix = String::new();
        for _ in 0..5 {
            suffix.insert(0, char::from(LETTERS[number % LETTERS.len()]));
            number /= LETTERS.len();
        }
        metadata["name"] = json!(format!("{prefix}{suffix}"));
    }
    if metadata["name"].is_null()
        && let Some(metadata) = metadata.as_object_mut()
    {
        metadata.remove("name");
    }
}

/// Nothing is created in a namespace that is not there or is being deleted.
pub(crate) fn namespace_allows(state: &State, target: &Target, name: &str) -> Answer<()> {
    let Some(namespace) = &target.namespace else { return Ok(()) };
    let namespaces = state.resources.get("namespaces");
    let found = state.get("namespaces", &(String::new(), namespace.clone()));
    match (found, namespaces) {
        (None, Some(namespaces)) => Err(Refusal::not_found(namespaces, namespace)),
        (Some(found), _) if !found["metadata"]["deletionTimestamp"].is_null() => {
            let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
            let cause = json!({
                "reason": "NamespaceTerminating",
                "message": format!("namespace {namespace} is being terminated"),
                "field": "metadata.namespace",
            });
            Err(Refusal::forbidden(&target.resource, name, &why).with_causes(vec![cause]))
        }
        _ => Ok(()),
    }
}

/// No new objects of a definition that is being deleted.
pub(crate) fn definition_allows(state: &State, resource: &Resource, name: &str) -> Answer<()> {
    if resource.family != Family::Custom {
        return Ok(());
    }
    let definition = state.get("customresourcedefinitions", &(String::new(), resource.qualified()));
    if definition.is_some_and(|definition| !definition["metadata"]["deletionTimestamp"].is_null()) {
        let why = "create not allowed while custom resource definition is terminating";
        return Err(Refusal::forbidden(resource, name, why));
    }
    Ok(())
}

/// Whether an object is valid, compared with the one that it replaces.
pub(crate) fn valid(resource: &Resource, object: &Value, old: Option<&Value>, only_status: bool) -> Answer<()> {
    let name = text(&object["metadata"]["name"]);
    if object["kind"] != *resource.kind {
        let error = FieldError::invalid("kind", &object["kind"], &format!("must be {}", resource.kind));
        return Err(Refusal::invalid(&resource.group, &text(&object["kind"]), &name, &[error]));
    }
    let mut errors = meta::errors(resource, object, old);
    if resource.family == Family::Custom {
        errors.extend(by_schema(&resource.schema, object, old, only_status));
    }
    if resource.family == Family::Event {
        errors.extend(events::errors(object, old));
    }
    if resource.schema.rules && errors.iter().any(|error| blocks_rules(error.reason)) {
        let why =
            "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
        errors.push(FieldError::invalid("<nil>", &Value::Null, why));
    }
    if errors.is_empty() {
        return Ok(());
    }
    // The type behind events is one of the core.
    let group = if resource.family == Family::Event { "" } else { &resource.group };
    Err(Refusal::invalid(group, &resource.kind, &name, &errors))
}

/// What the schema of a definition says about an object.
fn by_schema(schema: &Schema, object: &Value, old: Option<&Value>, only_status: bool) -> Vec<FieldError> {
    let mut validation = Validation {
        part: if only_status { "status" } else { "" },
        ..Validation::default()
    };
    for (name, child) in &schema.properties {
        let part = object
            .get(name)
            .filter(|_| name != "metadata" && (!only_status || name == "status"));
        if let Some(part) = part {
            let path = if only_status { "" } else { name };
            validation.check(child, part, old.and_then(|old| old.get(name)), path);
        }
    }
    if !only_status {
        let missing = schema.required.iter().filter(|name| object.get(*name).is_none());
        validation.errors.extend(missing.map(|name| FieldError::required(name, "")));
    }
    let twice = |object: &Value| {
        let mut errors = Vec::new();
        invalid_lists(schema, object, "", &mut errors);
        errors
    };
    if old.is_none_or(|old| twice(old).is_empty()) {
        validation.errors.extend(twice(object));
    }
    validation.errors
}

fn blocks_rules(reason: &str) -> bool {
    matches!(
        reason,
        "FieldValueNotSupported" | "FieldValueRequired" | "FieldValueTooLong" | "FieldValueTooMany" | "FieldValueTypeInvalid"
    )
}

/// An object without its metadata.
pub(crate) fn content(object: &Value) -> Map<String, Value> {
    let mut content = object.as_object().cloned().unwrap_or_default();
    content.remove("metadata");
    content
}
