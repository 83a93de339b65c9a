//! The last steps of every write to an object that is there.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::definitions::{Family, Resource};
use crate::fields::manage::same_but_times;
use crate::paths::Target;
use crate::schema::fill;
use crate::status::{Answer, FieldError, Refusal};
use crate::store::{Cause, Key, State};
use crate::verbs::{delete, rules};

/// Checks the version, keeps what a write cannot change, validates and stores. Gives the object as it is now.
pub(crate) fn finish(state: &mut State, target: &Target, old: &Arc<Value>, mut new: Value, cause: &Cause) -> Answer<Value> {
    let resource = &target.resource;
    let name = target.name.as_deref().unwrap_or_default();
    let wanted = new["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    let current = old["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if wanted.is_empty() {
        if !resource.unconditional() {
            let error = FieldError::invalid("metadata.resourceVersion", &json!(0), "must be specified for an update");
            return Err(Refusal::invalid(&resource.group, &resource.plural, name, &[error]));
        }
        new["metadata"]["resourceVersion"] = json!(current);
    } else if wanted.parse::<u64>().is_err() {
        return Err(Refusal::no_version(wanted));
    } else if wanted != current {
        return Err(Refusal::modified(resource, name));
    }
    prepare(resource, old, &mut new, cause.subresource.is_some());
    rules::valid(resource, &new, Some(old), cause.subresource.is_some())?;
    fill(&resource.schema, &mut new);
    if same_but_times(&new, old) {
        return Ok(Value::clone(old));
    }
    let key: Key = (target.space().to_owned(), name.to_owned());
    let leaving = !old["metadata"]["deletionTimestamp"].is_null();
    let held = new["metadata"]["finalizers"]
        .as_array()
        .is_some_and(|finalizers| !finalizers.is_empty());
    if leaving && !held && resource.family != Family::Namespace {
        // The answer is the object as it would have been stored; watches see the one that was.
        delete::remove(state, &resource.plural, key, cause);
        return Ok(new);
    }
    let stored = state.commit(&resource.plural, key, cause, Some(new));
    Ok(Value::clone(&stored))
}

/// Takes over from the old object what this write cannot change.
fn prepare(resource: &Resource, old: &Value, new: &mut Value, status: bool) {
    if status {
        let (part, managed) = (new.get("status").cloned(), new["metadata"]["managedFields"].clone());
        *new = old.clone();
        match part {
            Some(part) => new["status"] = part,
            None => drop(new.as_object_mut().map(|entries| entries.remove("status"))),
        }
        new["metadata"]["managedFields"] = managed;
        crate::meta::normalize(&mut new["metadata"]);
        return;
    }
    for field in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] {
        keep(field, &old["metadata"], &mut new["metadata"]);
    }
    if new["metadata"]["uid"].is_null() {
        keep("uid", &old["metadata"], &mut new["metadata"]);
    }
    if resource.status || resource.family == Family::Namespace {
        keep("status", old, new);
    }
    if resource.family == Family::Namespace {
        keep("spec", old, new);
    }
    if resource.family == Family::Custom && rules::content(old) != rules::content(new) {
        let generation = old["metadata"]["generation"].as_i64().unwrap_or_default();
        new["metadata"]["generation"] = json!(generation + 1);
    }
}

fn keep(field: &str, old: &Value, new: &mut Value) {
    let Some(entries) = new.as_object_mut() else { return };
    match old.get(field) {
        Some(value) => drop(entries.insert(field.to_owned(), value.clone())),
        None => drop(entries.remove(field)),
    }
}
