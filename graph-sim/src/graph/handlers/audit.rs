//! Audit events: every write records one, which can be read after a lag.
//!
//! Values of secret properties are never in an event.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

use super::call::Call;
use crate::base::answer::{Answer, GraphRequest};
use crate::base::caller::Actor;
use crate::graph::collections::resource::Resource;
use crate::graph::odata;
use crate::graph::refusal::problem::{Outcome, Problem};
use crate::options::AuditCorrelation;
use crate::world::{Object, Tenant, World, text};

/// Where the events are kept.
const COLLECTION: &str = "auditEvents";

/// The audited types, by name, with their operations.
const AUDITED: [(&str, &[Verb]); 3] = [
    (
        "CloudPcProvisioningPolicy",
        &[Verb::Create, Verb::Patch, Verb::Delete, Verb::Assign, Verb::Apply],
    ),
    ("CloudPcUserSetting", &[Verb::Create, Verb::Patch, Verb::Delete, Verb::Assign]),
    ("CloudPcOrganizationSettings", &[Verb::Patch]),
];

/// The operation of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// A new object.
    Create,
    /// A change of an object.
    Patch,
    /// A deletion.
    Delete,
    /// A new set of assignments.
    Assign,
    /// Present settings are applied to existing Cloud PCs.
    Apply,
}

impl Verb {
    /// The first word of the `activityType`: `Delete` was captured, the others are assumed.
    fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Patch => "Patch",
            Self::Delete => "Delete",
            Self::Assign => "Assign",
            Self::Apply => "Apply",
        }
    }

    /// The `activityOperationType`. It has three members only, so that every action is a patch (assumed).
    fn operation(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Patch | Self::Assign | Self::Apply => "patch",
        }
    }
}

/// The change of one object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'a> {
    Created(&'a Object),
    /// The state before and after.
    Updated(&'a Object, &'a Object),
    Deleted(&'a Object),
}

impl<'a> Change<'a> {
    fn before(self) -> Option<&'a Object> {
        match self {
            Self::Created(_) => None,
            Self::Updated(before, _) | Self::Deleted(before) => Some(before),
        }
    }

    fn after(self) -> Option<&'a Object> {
        match self {
            Self::Created(after) | Self::Updated(_, after) => Some(after),
            Self::Deleted(_) => None,
        }
    }

    fn object(self) -> &'a Object {
        match self {
            Self::Created(object) | Self::Updated(_, object) | Self::Deleted(object) => object,
        }
    }
}

/// A write and the objects that it changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuditedWrite<'a> {
    pub verb: Verb,
    /// The collection that the request was for.
    pub resource: &'static Resource,
    /// The collection of the changed objects: another one for `applyConfig`.
    pub of: &'static Resource,
    pub changes: &'a [Change<'a>],
}

/// Every `activityType` that an event can have.
fn activity_types() -> Vec<String> {
    let all = AUDITED
        .iter()
        .flat_map(|(kind, verbs)| verbs.iter().map(move |verb| activity_type(*verb, kind)));
    all.collect()
}

/// GET of `getAuditActivityTypes`.
pub(crate) fn list_activity_types(call: Call<'_, '_>) -> Outcome {
    odata::none(call.request)?;
    let (root, version) = (&call.request.root, call.request.version.as_str());
    let context = format!("{root}/{version}/$metadata#Collection(Edm.String)");
    Ok(Answer::ok(json!({"@odata.context": context, "value": activity_types()})))
}

/// Records the audit event of a completed write.
pub(crate) fn record(world: &mut World, request: &GraphRequest<'_>, write: &AuditedWrite<'_>) -> Result<(), Problem> {
    let (now, id) = (world.instant(), world.new_id());
    let correlation = match world.options.audit_correlation {
        AuditCorrelation::ClientRequestId => correlation_id(request).to_owned(),
        AuditCorrelation::Own => world.new_id(),
    };
    let seen_from = world.options.audit_lag.after(world.now());
    let tenant = world.tenants.get_mut(&request.caller.tenant).ok_or_else(Problem::no_tenant)?;
    let actor = actor(tenant, request);
    let kind = capitalised(write.resource.ty.name);
    let activity_type = activity_type(write.verb, &kind);
    let touched = capitalised(write.of.ty.name);
    let resources: Vec<Value> = write.changes.iter().map(|change| resource(&touched, *change)).collect();
    let events = tenant.collections.entry(COLLECTION).or_default();
    let event = json!({
        "id": id,
        "displayName": activity_type,
        "componentName": kind.strip_prefix("CloudPc").unwrap_or(&kind),
        "activity": activity_type,
        "activityDateTime": written(now, events.len() % 2 == 1),
        "activityType": activity_type,
        "activityOperationType": write.verb.operation(),
        "activityResult": "success",
        "correlationId": correlation,
        "category": "cloudPC",
        "actor": actor,
        "resources": resources,
    });
    let kept = match event {
        Value::Object(event) => events.insert(event, now, seen_from),
        _ => false,
    };
    if kept {
        Ok(())
    } else {
        Err(Problem::bug("the audit event of a write was not kept"))
    }
}

fn activity_type(verb: Verb, kind: &str) -> String {
    format!("{} {kind}", verb.name())
}

/// `cloudPcUserSetting` is `CloudPcUserSetting` in events (captured).
fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// Some events have a numeric offset and seven digits of a second (documented): every second one here.
fn written(now: Timestamp, with_offset: bool) -> String {
    if !with_offset {
        return now.to_string();
    }
    let there = now.to_zoned(TimeZone::fixed(Offset::constant(8)));
    format!(
        "{}{:07}+08:00",
        there.strftime("%Y-%m-%dT%H:%M:%S."),
        there.subsec_nanosecond() / 100
    )
}

/// The client's request id where it is a GUID; that anything else is not taken is assumed.
fn correlation_id<'a>(request: &'a GraphRequest<'_>) -> &'a str {
    let given = request.client_request_id.as_deref();
    given.filter(|id| uuid::Uuid::parse_str(id).is_ok()).unwrap_or(&request.request_id)
}

fn actor(tenant: &Tenant, request: &GraphRequest<'_>) -> Value {
    let caller = request.caller;
    let (kind, app, user, permissions) = match &caller.actor {
        Actor::App { app_id } => ("application", Some(app_id), None, &caller.application_roles),
        Actor::User { user_principal_name } => ("itPro", None, Some(user_principal_name), &caller.scopes),
    };
    json!({
        "type": kind,
        "applicationId": app,
        "applicationDisplayName": app.and_then(|id| tenant.app(id)).map(|app| &app.display_name),
        // Assumed to be the application's id.
        "servicePrincipalName": app,
        "userId": user.and_then(|name| tenant.user(name)).map(|user| &user.id),
        "userPrincipalName": user,
        "userPermissions": permissions,
        "userRoleScopeTags": [],
        "ipAddress": null,
        "remoteTenantId": null,
        "remoteUserId": null,
    })
}

fn resource(kind: &str, change: Change<'_>) -> Value {
    let property = |name| text(change.object(), name);
    json!({
        "displayName": property("displayName"),
        "resourceId": property("id"),
        "resourceType": kind,
        "modifiedProperties": modified(change),
    })
}

/// The top-level properties that differ, each value as text.
fn modified(change: Change<'_>) -> Vec<Value> {
    let (before, after) = (change.before(), change.after());
    let names = before.into_iter().flat_map(Object::keys);
    let new = after.into_iter().flat_map(Object::keys);
    let new = new.filter(|name| before.is_none_or(|before| !before.contains_key(*name)));
    let value = |object: Option<&Object>, name: &str| object.and_then(|object| object.get(name)).and_then(as_text);
    names
        .chain(new)
        .filter(|name| !name.contains("@odata.") && !is_secret(name))
        .filter_map(|name| {
            let (old, new) = (value(before, name), value(after, name));
            // A new value is never null (metadata); the empty text for none is assumed.
            (old != new).then(|| json!({"displayName": name, "oldValue": old, "newValue": new.unwrap_or_default()}))
        })
        .collect()
}

/// A value as text: texts as they are, everything else as JSON without what is secret in it.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(without_secrets(other).to_string()),
    }
}

fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let open = object.iter().filter(|(name, _)| !is_secret(name));
            Value::Object(open.map(|(name, value)| (name.clone(), without_secrets(value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(without_secrets).collect()),
        other => other.clone(),
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("password") || name.contains("secret")
}

#[cfg(test)]
mod tests;
