//! DELETE, and what goes with what is deleted.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::definitions::{Family, Resource};
use crate::paths::Target;
use crate::request::Asked;
use crate::selectors::Selector;
use crate::sent::List;
use crate::status::{Answer, Refusal};
use crate::store::{Cause, Key, State, Verb, text};

const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// What the client wants to be so.
#[derive(Default)]
struct Options {
    uid: Option<String>,
    resource_version: Option<String>,
}

fn options(asked: &Asked) -> Answer<Options> {
    if asked.body.is_empty() {
        return Ok(Options::default());
    }
    let body = asked.json()?;
    let known = [
        "apiVersion",
        "kind",
        "gracePeriodSeconds",
        "preconditions",
        "propagationPolicy",
        "orphanDependents",
    ];
    for (name, value) in body.as_object().into_iter().flatten() {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        let other = name == "propagationPolicy" && value != "Background" || name == "orphanDependents" && value != false;
        if !empty && (other || !known.contains(&name.as_str())) {
            return Err(Refusal::unsupported(&format!("the delete option {name}={value}")));
        }
    }
    let condition = |name: &str| body["preconditions"][name].as_str().map(str::to_owned);
    Ok(Options {
        uid: condition("uid"),
        resource_version: condition("resourceVersion"),
    })
}

/// Deletes an object, or begins to.
pub(crate) fn delete(state: &mut State, target: &Target, asked: &Asked) -> Answer<Value> {
    asked.query.only(&[])?;
    let options = options(asked)?;
    let (resource, name) = (&target.resource, target.name.as_deref().unwrap_or_default());
    let key: Key = (target.space().to_owned(), name.to_owned());
    let immortal = matches!(name, "default" | "kube-system" | "kube-public");
    if resource.family == Family::Namespace && immortal {
        return Err(Refusal::forbidden(resource, name, "this namespace may not be deleted"));
    }
    let object = state.get(&resource.plural, &key);
    let object = object.ok_or_else(|| Refusal::not_found(resource, name))?;
    fulfilled(resource, name, &object, &options)?;
    let cause = Cause {
        verb: Verb::Delete,
        subresource: None,
        manager: asked.manager.clone(),
    };
    let left = begin(state, resource, key, &cause);
    Ok(match left {
        Some(left) => left,
        None => success(resource, name, &object),
    })
}

fn success(resource: &Resource, name: &str, object: &Value) -> Value {
    let mut details = resource.details(name);
    details.insert("uid".to_owned(), object["metadata"]["uid"].clone());
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

fn fulfilled(resource: &Resource, name: &str, object: &Value, options: &Options) -> Answer<()> {
    let metadata = &object["metadata"];
    let conflict = |what: &str, wanted: &str, found: &Value, perhaps: &str| {
        let why = format!(
            "the {what} in the precondition ({wanted}) does not match the {what} in record ({}). The object might have been {perhaps}",
            text(found)
        );
        // Here the real server names the kind and not the resource.
        Err(Refusal::kind_conflict(resource, name, &why))
    };
    match options {
        Options { uid: Some(uid), .. } if metadata["uid"] != **uid => conflict("UID", uid, &metadata["uid"], "deleted and then recreated"),
        Options {
            resource_version: Some(version),
            ..
        } if metadata["resourceVersion"] != **version => conflict("ResourceVersion", version, &metadata["resourceVersion"], "modified"),
        _ => Ok(()),
    }
}

/// Deletes an object; gives it when something still holds it.
fn begin(state: &mut State, resource: &Resource, key: Key, cause: &Cause) -> Option<Value> {
    let object = state.get(&resource.plural, &key)?;
    let mut finalizers = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    if resource.family == Family::Definition && !finalizers.iter().any(|name| name == CLEANUP) {
        finalizers.push(json!(CLEANUP));
    }
    let held = !finalizers.is_empty() || resource.family == Family::Namespace;
    if !held {
        let gone = remove(state, &resource.plural, key, cause);
        return (resource.family == Family::ServiceAccount).then_some(gone);
    }
    if !object["metadata"]["deletionTimestamp"].is_null() {
        return Some(Value::clone(&object));
    }
    let mut leaving = Value::clone(&object);
    mark(state, resource, &mut leaving, finalizers);
    let leaving = state.commit(&resource.plural, key.clone(), cause, Some(leaving));
    empty(state, resource, &key, cause);
    Some(Value::clone(&leaving))
}

/// Marks an object as one that is being deleted.
fn mark(state: &State, resource: &Resource, object: &mut Value, finalizers: Vec<Value>) {
    let metadata = &mut object["metadata"];
    metadata["deletionTimestamp"] = json!(state.time());
    match resource.family {
        Family::Namespace => object["status"]["phase"] = json!("Terminating"),
        Family::Definition => {
            metadata["finalizers"] = Value::from(finalizers);
            let condition = json!({
                "type": "Terminating", "status": "True", "reason": "InstanceDeletionPending", "lastTransitionTime": state.time(),
                "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            });
            if let Some(conditions) = object["status"]["conditions"].as_array_mut() {
                conditions.push(condition);
            }
        }
        Family::Plain | Family::Custom | Family::Secret | Family::ServiceAccount | Family::Lease | Family::Event => {
            metadata["deletionGracePeriodSeconds"] = json!(0);
            if let Some(generation) = metadata["generation"].as_i64() {
                metadata["generation"] = json!(generation + 1);
            }
        }
    }
}

/// Deletes what is in a namespace, or the objects of a definition.
fn empty(state: &mut State, resource: &Resource, key: &Key, cause: &Cause) {
    let inside: Vec<(String, Key)> = match resource.family {
        Family::Namespace => {
            let tables = state.tables.values().filter(|table| table.resource.namespaced);
            let keys = tables.flat_map(|table| {
                let plural = &table.resource.plural;
                let mine = table.objects.keys().filter(|(namespace, _)| *namespace == key.1);
                mine.map(|key| (plural.clone(), key.clone()))
            });
            keys.collect()
        }
        Family::Definition => {
            let plural = key.1.split('.').next().unwrap_or_default();
            let keys = state
                .tables
                .get(plural)
                .map(|table| table.objects.keys().cloned().collect::<Vec<_>>());
            keys.into_iter().flatten().map(|key| (plural.to_owned(), key)).collect()
        }
        _ => return,
    };
    for (plural, inner) in inside {
        if let Some(resource) = state.resources.get(&plural).cloned() {
            begin(state, &resource, inner, cause);
        }
    }
    end(state, resource, key, cause);
}

/// Removes a namespace or a definition that is being deleted, once nothing is left of it.
fn end(state: &mut State, resource: &Resource, key: &Key, cause: &Cause) {
    let Some(object) = state.get(&resource.plural, key) else { return };
    let leaving = !object["metadata"]["deletionTimestamp"].is_null();
    let foreign = object["metadata"]["finalizers"].as_array().into_iter().flatten();
    if !leaving || foreign.filter(|name| *name != CLEANUP).count() > 0 {
        return;
    }
    if resource.family == Family::Namespace {
        let inside = state.tables.values().flat_map(|table| table.objects.keys());
        if inside.filter(|(namespace, _)| *namespace == key.1).count() == 0 {
            state.commit(&resource.plural, key.clone(), cause, None);
        }
    } else {
        let plural = key.1.split('.').next().unwrap_or_default().to_owned();
        if state.tables.get(&plural).is_none_or(|table| table.objects.is_empty()) {
            state.commit(&resource.plural, key.clone(), cause, None);
            state.resources.remove(&plural);
            if let Some(table) = state.tables.get_mut(&plural) {
                table.watchers.clear();
            }
        }
    }
}

/// Removes an object, and what waited for that. Gives the object with the version of its removal.
pub(crate) fn remove(state: &mut State, plural: &str, key: Key, cause: &Cause) -> Value {
    let namespace = key.0.clone();
    let gone = state.commit(plural, key, cause, None);
    let resource = state.resources.get(plural).cloned();
    if let (false, Some(namespaces)) = (namespace.is_empty(), state.resources.get("namespaces").cloned()) {
        end(state, &namespaces, &(String::new(), namespace), cause);
    }
    let custom = resource.filter(|resource| resource.family == Family::Custom);
    if let (Some(custom), Some(definitions)) = (custom, state.resources.get("customresourcedefinitions").cloned()) {
        end(state, &definitions, &(String::new(), custom.qualified()), cause);
    }
    Value::clone(&gone)
}

/// Deletes all objects that a selector selects. Gives the list of them.
pub(crate) fn delete_all<'t>(state: &mut State, target: &'t Target, asked: &Asked) -> Answer<List<'t>> {
    asked.query.only(&["labelSelector", "fieldSelector"])?;
    let options = options(asked)?;
    let resource = &target.resource;
    if resource.namespaced && target.namespace.is_none() || resource.family == Family::Namespace {
        return Err(Refusal::method());
    }
    if options.uid.is_some() || options.resource_version.is_some() {
        return Err(Refusal::unsupported("preconditions of the deletion of a collection"));
    }
    let selector = Selector::of(&asked.query, target.namespace.as_deref())?;
    let objects = state
        .tables
        .get(&resource.plural)
        .map(|table| table.objects.clone())
        .unwrap_or_default();
    let selected: Vec<_> = objects.into_iter().filter(|(_, object)| selector.selects(object)).collect();
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".to_owned(), json!(state.resource_version.to_string()));
    if resource.family == Family::Custom && !asked.partial {
        metadata.insert("continue".to_owned(), json!(""));
    }
    let answer = List {
        resource,
        metadata,
        partial: asked.partial,
        items: selected.iter().map(|(_, object)| Arc::clone(object)).collect(),
    };
    let cause = Cause {
        verb: Verb::Delete,
        subresource: None,
        manager: asked.manager.clone(),
    };
    for (key, _) in selected {
        begin(state, resource, key, &cause);
    }
    Ok(answer)
}
