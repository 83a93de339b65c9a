//! Server-side apply.

use serde_json::{Value, json};

use crate::fields::manage::Managed;
use crate::paths::Target;
use crate::request::Asked;
use crate::schema::typed;
use crate::status::{Answer, FieldError, Refusal};
use crate::store::{Cause, Key, State, Verb, text};
use crate::verbs::create::{created, manager, parameters, write};
use crate::verbs::decode::{Nulls, blank, decoded};
use crate::verbs::put::{bare, status_of};
use crate::verbs::{rules, update};

/// Applies a configuration. The number is that of the answer.
pub(crate) fn apply(state: &mut State, target: &Target, asked: &Asked) -> Answer<(u16, Value)> {
    parameters(asked)?;
    let (resource, name) = (&target.resource, target.name.as_deref().unwrap_or_default());
    let subresource = status_of(target)?;
    if asked.query.get("fieldManager").is_none() {
        let error = FieldError::required("fieldManager", "is required for apply patch");
        return Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &[error]));
    }
    let config = configuration(target, asked)?;
    let key: Key = (target.space().to_owned(), name.to_owned());
    let old = state.get(&resource.plural, &key);
    if old.is_none() {
        if subresource.is_some() {
            return Err(Refusal::not_found(resource, name));
        }
        rules::definition_allows(state, resource, name)?;
    }
    let manager = manager(resource, asked, true, subresource);
    let live = old.as_ref().map_or_else(|| blank(resource), |old| bare(old));
    let mut managed = old.as_ref().map(|old| Managed::of(old)).unwrap_or_default();
    let write = write(state, resource, &manager);
    let force = asked.query.is_true("force");
    let new = managed.apply(&write, &live, &config, force)?;
    let mut new = new.unwrap_or_else(|| live.clone());
    managed.store(&mut new);
    let mut new = decoded(target, new, asked, Nulls::Kept)?;
    let Some(old) = old else {
        if !new["metadata"]["uid"].is_null() {
            let why = format!(
                "uid mismatch: the provided object specified uid {}, and no existing object was found",
                text(&new["metadata"]["uid"])
            );
            return Err(Refusal::conflict(resource, name, &why));
        }
        if let Some(metadata) = new["metadata"].as_object_mut() {
            metadata.insert("name".to_owned(), json!(name));
        }
        rules::namespace_allows(state, target, name)?;
        return Ok((201, created(state, target, new, Verb::Apply, &asked.manager)?));
    };
    let cause = Cause {
        verb: Verb::Apply,
        subresource,
        manager: asked.manager.clone(),
    };
    Ok((200, update::finish(state, target, &old, new, &cause)?))
}

/// The configuration, if it can be one of this object.
fn configuration(target: &Target, asked: &Asked) -> Answer<Value> {
    let resource = &target.resource;
    let mut config = asked.json()?;
    let (kind, api_version) = (text(&config["kind"]), text(&config["apiVersion"]));
    let slash = if api_version.contains('/') { "" } else { "/" };
    let shown = format!("{slash}{api_version}, Kind={kind}");
    if kind != resource.kind || api_version != resource.api_version() {
        return Err(Refusal::bad_request(format!("invalid object type: {shown}")));
    }
    let name = target.name.as_deref().unwrap_or_default();
    let given = &config["metadata"]["name"];
    if given.as_str().is_some_and(|given| given != name) {
        let message = format!(
            "the name of the object ({}) does not match the name on the URL ({name})",
            text(given)
        );
        return Err(Refusal::bad_request(message));
    }
    if !config["metadata"]["managedFields"].is_null() {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    let mut wrong = Vec::new();
    typed(&resource.schema, &config, "", &mut wrong);
    if !wrong.is_empty() {
        let place = format!("{}/{}; {shown}", text(&config["metadata"]["namespace"]), text(given));
        let message = format!("failed to create typed patch object ({place}): {}", wrong.join("\n"));
        return Err(Refusal::new(500, "", message));
    }
    if !config["metadata"].is_object() {
        config["metadata"] = json!({});
    }
    Ok(config)
}
