//! POST to a collection.

use serde_json::{Value, json};

use crate::definitions::{Family, Resource};
use crate::fields::manage::{Managed, Manager, Write};
use crate::paths::Target;
use crate::request::Asked;
use crate::schema::fill;
use crate::status::{Answer, Refusal};
use crate::store::{Cause, Key, State, Verb, text};
use crate::verbs::decode::{Nulls, blank, decoded};
use crate::verbs::put::bare;
use crate::verbs::rules;

/// The parameters that writes know.
pub(crate) const WRITE: [&str; 3] = ["fieldManager", "fieldValidation", "force"];

/// Refuses what a write would have to check.
pub(crate) fn parameters(asked: &Asked) -> Answer<()> {
    asked.query.only(&WRITE)?;
    match asked.query.get("fieldValidation") {
        Some("Strict") => Err(Refusal::unsupported("fieldValidation=Strict")),
        _ => Ok(()),
    }
}

/// Creates an object.
pub(crate) fn create(state: &mut State, target: &Target, asked: &Asked) -> Answer<Value> {
    parameters(asked)?;
    let resource = &target.resource;
    if resource.namespaced && target.namespace.is_none() {
        return Err(if resource.family == Family::Custom {
            Refusal::no_path()
        } else {
            Refusal::method()
        });
    }
    if resource.family == Family::Definition {
        return Err(Refusal::unsupported("the creation of definitions; compile them instead"));
    }
    let mut object = decoded(target, asked.json()?, asked, Nulls::Dropped)?;
    rules::definition_allows(state, resource, object["metadata"]["name"].as_str().unwrap_or_default())?;
    if object["metadata"]["resourceVersion"].is_string() {
        return Err(Refusal::new(500, "", "resourceVersion should not be set on objects to be created"));
    }
    rules::namespace_allows(state, target, object["metadata"]["name"].as_str().unwrap_or_default())?;
    rules::name(state, &mut object);
    let manager = manager(resource, asked, false, None);
    let mut managed = Managed::default();
    managed.update(&write(state, resource, &manager), &blank(resource), &bare(&object));
    managed.store(&mut object);
    fresh(state, resource, &mut object);
    finish(state, target, object, Verb::Create, &asked.manager)
}

/// Who writes, as `managedFields` has it.
pub(crate) fn manager(resource: &Resource, asked: &Asked, applies: bool, subresource: Option<&'static str>) -> Manager {
    Manager {
        name: asked.manager.clone(),
        applies,
        api_version: resource.api_version(),
        subresource,
    }
}

pub(crate) fn write<'a>(state: &State, resource: &'a Resource, manager: &'a Manager) -> Write<'a> {
    Write {
        schema: &resource.schema,
        manager,
        reset: if manager.subresource.is_some() {
            &resource.status_reset
        } else {
            &resource.reset
        },
        time: state.time(),
    }
}

/// What the server sets on a new object.
fn fresh(state: &mut State, resource: &Resource, object: &mut Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for name in ["deletionTimestamp", "deletionGracePeriodSeconds", "generation"] {
            metadata.remove(name);
        }
    }
    state.born(object);
    match resource.family {
        Family::Custom => {
            object["metadata"]["generation"] = json!(1);
            if let Some(entries) = object.as_object_mut().filter(|_| resource.status) {
                entries.remove("status");
            }
        }
        Family::Namespace => {
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["status"] = json!({"phase": "Active"});
        }
        Family::Plain | Family::Secret | Family::ServiceAccount | Family::Lease | Family::Event | Family::Definition => {}
    }
}

/// Validates and stores a new object.
pub(crate) fn finish(state: &mut State, target: &Target, mut object: Value, verb: Verb, manager: &str) -> Answer<Value> {
    let resource = &target.resource;
    rules::valid(resource, &object, None, false)?;
    let name = text(&object["metadata"]["name"]);
    let key: Key = (target.space().to_owned(), name.clone());
    if let Some(there) = state.get(&resource.plural, &key) {
        let mut refusal = Refusal::exists(resource, &name);
        if !there["metadata"]["deletionTimestamp"].is_null() {
            refusal.message.insert_str(0, "object is being deleted: ");
        }
        return Err(refusal);
    }
    // What was dropped has its default again when the object is read.
    fill(&resource.schema, &mut object);
    let cause = Cause {
        verb,
        subresource: None,
        manager: manager.to_owned(),
    };
    let stored = state.commit(&resource.plural, key, &cause, Some(object));
    Ok(Value::clone(&stored))
}

/// Creates an object by a replacement or an application: the steps after what differs between them.
pub(crate) fn created(state: &mut State, target: &Target, mut object: Value, verb: Verb, manager: &str) -> Answer<Value> {
    fresh(state, &target.resource, &mut object);
    finish(state, target, object, verb, manager)
}
