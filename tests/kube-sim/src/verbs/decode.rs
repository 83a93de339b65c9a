//! An object from a request becomes one of its resource.

use serde_json::{Value, json};

use crate::definitions::{Family, Resource};
use crate::events;
use crate::meta;
use crate::paths::Target;
use crate::request::Asked;
use crate::schema::{ANY, Schema, Type, drop_nulls, fill, prune};
use crate::status::{Answer, Refusal};
use crate::store::text;

/// Whether nulls in an object are dropped where the schema allows none. They are when an object is read; what an application
/// leaves of an object is not read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    Dropped,
    Kept,
}

/// The object of the right kind and place, without unknown fields, with its defaults.
pub(crate) fn decoded(target: &Target, mut object: Value, asked: &Asked, nulls: Nulls) -> Answer<Value> {
    let resource = &target.resource;
    kind_fits(resource, &object, asked)?;
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let metadata = resource.schema.properties.get("metadata").unwrap_or(&ANY);
    let wrong = match resource.family {
        Family::Custom => unreadable(metadata, &object["metadata"], "ObjectMeta"),
        _ => unreadable(&resource.schema, &object, &resource.kind),
    };
    let wrong = wrong.map(|wrong| format!("json: cannot unmarshal {wrong}"));
    if let Some(wrong) = wrong.or_else(|| wrong_times(resource.family, &object).err()) {
        let (kind, version) = (&resource.kind, &resource.version);
        return Err(Refusal::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {wrong}"
        )));
    }
    prune(&resource.schema, &mut object);
    if nulls == Nulls::Dropped {
        drop_nulls(&resource.schema, &mut object);
    }
    fill(&resource.schema, &mut object);
    meta::normalize(&mut object["metadata"]);
    if resource.family != Family::Custom {
        built_in(resource.family, &mut object);
    }
    let Some(metadata) = object["metadata"].as_object_mut() else {
        return Ok(object);
    };
    match (metadata.get("namespace").map(text), &target.namespace) {
        (Some(given), Some(asked)) if given != *asked => {
            return Err(Refusal::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        (None, Some(asked)) => drop(metadata.insert("namespace".to_owned(), json!(asked))),
        _ => {}
    }
    Ok(object)
}

fn wrong_times(family: Family, object: &Value) -> Result<(), String> {
    match family {
        Family::Event => {
            meta::check_micros(object, "eventTime")?;
            meta::check_micros(&object["series"], "lastObservedTime")
        }
        Family::Lease => {
            meta::check_micros(&object["spec"], "acquireTime")?;
            meta::check_micros(&object["spec"], "renewTime")
        }
        _ => Ok(()),
    }
}

/// An object in which nothing is set.
pub(crate) fn blank(resource: &Resource) -> Value {
    let mut object = json!({"apiVersion": resource.api_version(), "kind": resource.kind, "metadata": {}});
    if resource.family != Family::Custom {
        built_in(resource.family, &mut object);
    }
    object
}

/// Why the types of the server cannot hold a value, in the words of Go's decoder.
fn unreadable(schema: &Schema, value: &Value, holder: &str) -> Option<String> {
    let entries = value.as_object().into_iter().flatten();
    let known = entries.filter_map(|(name, entry)| Some((schema.properties.get(name)?, name, entry)));
    known.into_iter().find_map(|(child, name, entry)| {
        if name == "metadata" {
            return unreadable(child, entry, "ObjectMeta");
        }
        let wrong = misfit(child, entry)?;
        Some(format!(
            "{} into Go struct field {holder}.{name} of type {}",
            json_type(wrong.1),
            go_type(wrong.0)
        ))
    })
}

/// The first value below that has another type than its schema says.
fn misfit<'v>(schema: &'v Schema, value: &'v Value) -> Option<(&'v Schema, &'v Value)> {
    match (schema.kind, value) {
        (_, Value::Null) | (Type::Any | Type::IntOrString, _) => None,
        (Type::Object, Value::Object(entries)) => entries.iter().find_map(|(name, entry)| misfit(schema.child(name)?, entry)),
        (Type::Array, Value::Array(items)) => {
            let child = schema.items.as_deref()?;
            items.iter().find_map(|item| misfit(child, item))
        }
        (Type::String, Value::String(_)) | (Type::Boolean, Value::Bool(_)) | (Type::Integer | Type::Number, Value::Number(_)) => None,
        _ => Some((schema, value)),
    }
}

/// The type of a value as Go's decoder names it.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn go_type(schema: &Schema) -> &'static str {
    match schema.kind {
        Type::Object => "map[string]string",
        Type::Array => "[]string",
        Type::Integer => "int64",
        Type::Number => "float64",
        Type::Boolean => "bool",
        Type::String | Type::IntOrString | Type::Any => "string",
    }
}

fn kind_fits(resource: &Resource, object: &Value, asked: &Asked) -> Answer<()> {
    let (api_version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
    let expected = resource.api_version();
    if !object.is_object() || kind.is_empty() {
        let body = String::from_utf8_lossy(&asked.body);
        let shown: String = body.chars().take(30).collect();
        let dots = if shown.len() < body.len() { " ..." } else { "" };
        return Err(Refusal::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): Object 'Kind' is missing in '{body}' ({shown}{dots})",
            resource.kind
        )));
    }
    if api_version != expected {
        return Err(Refusal::bad_request(format!(
            "the API version in the data ({api_version}) does not match the expected API version ({expected})"
        )));
    }
    if kind != resource.kind && resource.family != Family::Custom {
        return Err(Refusal::bad_request(format!(
            "{kind} in version {:?} cannot be handled as a {}: converting to another kind is not possible",
            resource.version, resource.kind
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
