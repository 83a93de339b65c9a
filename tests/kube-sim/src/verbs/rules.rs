//! The rules for objects: what is dropped, filled in, and refused.

use serde_json::{Map, Value, json};

use crate::definitions::{Family, Resource};
use crate::events;
use crate::meta;
use crate::paths::Target;
use crate::schema::{Validation, complete, invalid_lists, prune, typed};
use crate::status::{Answer, FieldError, Refusal};
use crate::store::{State, text};

/// An object from a request: of the right kind and place, without unknown fields, with its defaults.
pub(crate) fn decoded(target: &Target, mut object: Value) -> Answer<Value> {
    let resource = &target.resource;
    kind_fits(resource, &object)?;
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let mut wrong = Vec::new();
    let metadata = resource.schema.properties.get("metadata");
    typed(
        metadata.unwrap_or(&crate::schema::ANY),
        &pruned_metadata(resource, &object),
        "metadata",
        &mut wrong,
    );
    if resource.family != Family::Custom {
        let mut bare = object.clone();
        prune(&resource.schema, &mut bare);
        typed(&resource.schema, &bare, "", &mut wrong);
    }
    if let Some(wrong) = wrong.first() {
        let (kind, version) = (&resource.kind, &resource.version);
        return Err(Refusal::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {wrong}"
        )));
    }
    prune(&resource.schema, &mut object);
    complete(&resource.schema, &mut object);
    meta::normalize(&mut object["metadata"]);
    if resource.family != Family::Custom {
        built_in(resource.family, &mut object);
    }
    let metadata = object["metadata"]
        .as_object_mut()
        .map(|metadata| (metadata.get("namespace").map(text), metadata));
    if let Some((namespace, metadata)) = metadata {
        match (namespace, &target.namespace) {
            (Some(given), Some(asked)) if given != *asked => {
                return Err(Refusal::bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
            (None, Some(asked)) => drop(metadata.insert("namespace".to_owned(), json!(asked))),
            _ => {}
        }
    }
    Ok(object)
}

fn pruned_metadata(resource: &Resource, object: &Value) -> Value {
    let mut metadata = object["metadata"].clone();
    if let Some(schema) = resource.schema.properties.get("metadata") {
        prune(schema, &mut metadata);
    }
    metadata
}

fn kind_fits(resource: &Resource, object: &Value) -> Answer<()> {
    let (api_version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
    let expected = resource.api_version();
    if !object.is_object() || kind.is_empty() {
        return Err(Refusal::bad_request(format!("Object 'Kind' is missing in '{object}'")));
    }
    if kind != resource.kind || api_version != expected {
        let (found_group, found_version) = api_version.split_once('/').unwrap_or(("", &api_version));
        return Err(Refusal::bad_request(format!(
            "{kind} in version {found_version:?} cannot be handled as a {}: no kind {kind:?} is registered for {found_group:?}/{expected}",
            resource.kind
        )));
    }
    Ok(())
}

/// What the types of the server do to an object that is read into them.
fn built_in(family: Family, object: &mut Value) {
    for (name, entry) in object.as_object_mut().into_iter().flatten() {
        if name != "metadata" {
            meta::drop_empty(entry);
        }
    }
    if let Some(entries) = object.as_object_mut() {
        entries.retain(|name, entry| name == "spec" || name == "status" || !meta::is_empty(entry));
    }
    match family {
        Family::Namespace => {
            let name = object["metadata"]["name"].clone();
            if name.as_str().is_some_and(|name| !name.is_empty()) {
                object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
            }
            for part in ["spec", "status"] {
                if !object[part].is_object() {
                    object[part] = json!({});
                }
            }
        }
        Family::Secret => secret(object),
        Family::Event => events::normalize(object),
        Family::Lease => {
            if !object["spec"].is_object() {
                object["spec"] = json!({});
            }
            for field in ["acquireTime", "renewTime"] {
                meta::to_micros(&mut object["spec"], field);
            }
        }
        Family::Plain | Family::Custom | Family::ServiceAccount | Family::Definition => {}
    }
}

/// Plain texts become part of the data.
fn secret(object: &mut Value) {
    use base64::Engine as _;
    let Some(entries) = object.as_object_mut() else { return };
    let Some(Value::Object(texts)) = entries.remove("stringData") else {
        return;
    };
    let data = entries.entry("data").or_insert_with(|| json!({}));
    for (name, value) in texts {
        data[name] = json!(base64::engine::general_purpose::STANDARD.encode(value.as_str().unwrap_or_default()));
    }
}

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

/// No objects of a definition that is being deleted.
pub(crate) fn definition_allows(state: &State, resource: &Resource, verb: &str) -> Answer<()> {
    if resource.family != Family::Custom {
        return Ok(());
    }
    let definition = state.get("customresourcedefinitions", &(String::new(), resource.qualified()));
    if definition.is_some_and(|definition| !definition["metadata"]["deletionTimestamp"].is_null()) {
        let message = format!("{verb} not allowed while custom resource definition is terminating");
        let mut refusal = Refusal::new(405, "MethodNotAllowed", message);
        refusal.details = resource.details("");
        return Err(refusal);
    }
    Ok(())
}

/// Whether an object is valid, compared with the one that it replaces.
pub(crate) fn valid(resource: &Resource, object: &Value, old: Option<&Value>, only_status: bool) -> Answer<()> {
    let mut errors = meta::errors(resource, object, old);
    let mut validation = Validation::default();
    if resource.family == Family::Custom {
        for (name, schema) in &resource.schema.properties {
            let part = object
                .get(name)
                .filter(|_| name != "metadata" && (!only_status || name == "status"));
            if let Some(part) = part {
                validation.check(schema, part, old.and_then(|old| old.get(name)), name);
            }
        }
        if !only_status {
            let missing = resource.schema.required.iter().filter(|name| object.get(*name).is_none());
            validation.errors.extend(missing.map(|name| FieldError::required(name, "")));
        }
        let twice = |object: &Value| {
            let mut errors = Vec::new();
            invalid_lists(&resource.schema, object, "", &mut errors);
            errors
        };
        if old.is_none_or(|old| twice(old).is_empty()) {
            validation.errors.extend(twice(object));
        }
    }
    errors.extend(validation.errors);
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
    let name = text(&object["metadata"]["name"]);
    Err(Refusal::invalid(&resource.group, &resource.kind, &name, &errors))
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
