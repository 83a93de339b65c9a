//! PUT, and patches that are no applications.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::definitions::Family;
use crate::fields::manage::Managed;
use crate::paths::Target;
use crate::request::Asked;
use crate::status::{Answer, Refusal};
use crate::store::{Cause, Key, State, Verb, text};
use crate::verbs::create::{created, manager, parameters, write};
use crate::verbs::decode::{Nulls, blank, decoded, json_type};
use crate::verbs::{merge_patch, rules, update};

/// Replaces an object, or its status. The number is that of the answer.
pub(crate) fn put(state: &mut State, target: &Target, asked: &Asked) -> Answer<(u16, Value)> {
    parameters(asked)?;
    let (resource, name) = (&target.resource, target.name.as_deref().unwrap_or_default());
    let subresource = status_of(target)?;
    let mut object = decoded(target, asked.json()?, asked, Nulls::Dropped)?;
    let given = text(&object["metadata"]["name"]);
    if given.is_empty() {
        return Err(Refusal::bad_request(
            "the name of the object cannot be determined from the object: name must be provided",
        ));
    }
    if given != name {
        let message = format!("the name of the object ({given}) does not match the name on the URL ({name})");
        return Err(Refusal::bad_request(message));
    }
    let key: Key = (target.space().to_owned(), name.to_owned());
    let Some(old) = state.get(&resource.plural, &key) else {
        if !resource.create_on_update() {
            return Err(Refusal::not_found(resource, name));
        }
        rules::namespace_allows(state, target, name)?;
        let manager = manager(resource, asked, false, None);
        let mut managed = Managed::default();
        managed.update(&write(state, resource, &manager), &blank(resource), &bare(&object));
        managed.store(&mut object);
        return Ok((201, created(state, target, object, Verb::Update, &asked.manager)?));
    };
    same_uid(target, &object, &old)?;
    manage(state, target, asked, subresource, &old, &mut object);
    let cause = Cause {
        verb: Verb::Update,
        subresource,
        manager: asked.manager.clone(),
    };
    Ok((200, update::finish(state, target, &old, object, &cause)?))
}

/// A replacement with a uid is one of that object only.
fn same_uid(target: &Target, object: &Value, old: &Value) -> Answer<()> {
    let (wanted, found) = (&object["metadata"]["uid"], &old["metadata"]["uid"]);
    if wanted.is_null() || wanted == found {
        return Ok(());
    }
    let resource = &target.resource;
    let group = if resource.family == Family::Custom {
        format!("{}/", resource.group)
    } else {
        String::new()
    };
    let space = target
        .namespace
        .as_ref()
        .map(|namespace| format!("{namespace}/"))
        .unwrap_or_default();
    let name = target.name.as_deref().unwrap_or_default();
    let key = format!("/registry/{group}{}/{space}{name}", resource.plural);
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: \
         UID in precondition: {}, UID in object meta: {}",
        text(wanted),
        text(found)
    );
    Err(Refusal::conflict(
        &target.resource,
        target.name.as_deref().unwrap_or_default(),
        &why,
    ))
}

/// Whether the request is about the status, which is the only subresource that is written.
pub(crate) fn status_of(target: &Target) -> Answer<Option<&'static str>> {
    match target.subresource.as_deref() {
        None => Ok(None),
        Some("status") if target.resource.status => Ok(Some("status")),
        Some("status") if target.resource.family == Family::Custom => {
            Err(Refusal::not_found(&target.resource, target.name.as_deref().unwrap_or_default()))
        }
        Some(other) => Err(Refusal::unsupported(&format!(
            "the subresource {other:?} of {}",
            target.resource.plural
        ))),
    }
}

/// Who owns what after the write.
fn manage(state: &State, target: &Target, asked: &Asked, subresource: Option<&'static str>, old: &Value, new: &mut Value) {
    let manager = manager(&target.resource, asked, false, subresource);
    let given = new["metadata"]["managedFields"].as_array();
    let reset = subresource.is_none() && given.is_some_and(|entries| entries.is_empty() || *entries == [json!({})]);
    let given = Managed::of(if subresource.is_some() || given.is_none_or(Vec::is_empty) {
        old
    } else {
        new
    });
    let mut managed = if reset { Managed::default() } else { given };
    if !managed.is_empty() {
        let write = write(state, &target.resource, &manager);
        managed.update(&write, &bare(old), &bare(new));
    }
    managed.store(new);
}

/// An object without the entries of its managers.
pub(crate) fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    object
}

/// Patches an object, or its status.
pub(crate) fn patch(state: &mut State, target: &Target, asked: &Asked) -> Answer<Value> {
    parameters(asked)?;
    if asked.query.get("force").is_some() {
        let error = crate::status::FieldError::new(
            "force",
            "FieldValueForbidden",
            "Forbidden: may not be specified for non-apply patch",
        );
        return Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &[error]));
    }
    let (resource, name) = (&target.resource, target.name.as_deref().unwrap_or_default());
    let subresource = status_of(target)?;
    let key: Key = (target.space().to_owned(), name.to_owned());
    let old = state.get(&resource.plural, &key);
    let old: Arc<Value> = old.ok_or_else(|| Refusal::not_found(resource, name))?;
    let mut object = Value::clone(&old);
    if asked.content_type == "application/json-patch+json" {
        let patch: json_patch::Patch = serde_json::from_slice(&asked.body).map_err(|error| Refusal::bad_request(error.to_string()))?;
        json_patch::patch(&mut object, &patch).map_err(|_error| {
            let message = "the server rejected our request due to an error in our request";
            Refusal::new(422, "Invalid", message).with_empty_details()
        })?;
    } else {
        let patch = asked.json()?;
        let Value::Object(patch) = patch else {
            let what = json_type(&patch);
            let message = format!("error decoding patch: json: cannot unmarshal {what} into Go value of type map[string]interface {{}}");
            return Err(Refusal::bad_request(message));
        };
        merge_patch::merge(&mut object, patch);
    }
    let mut object = decoded(target, object, asked, Nulls::Dropped)?;
    let given = text(&object["metadata"]["name"]);
    if given != name {
        let message = format!("the name of the object ({given}) does not match the name on the URL ({name})");
        return Err(Refusal::bad_request(message));
    }
    manage(state, target, asked, subresource, &old, &mut object);
    let cause = Cause {
        verb: Verb::Patch,
        subresource,
        manager: asked.manager.clone(),
    };
    update::finish(state, target, &old, object, &cause)
}
