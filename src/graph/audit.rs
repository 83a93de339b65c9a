//! The Cloud PC audit log: who created, changed or assigned what, and when. It shows a write some minutes later, and the writes
//! of every program and person. Reads only.

use jiff::Timestamp;
use serde_json::Value;

use crate::graph::client::Client;
use crate::graph::directory::text;
use crate::graph::errors::error::GraphError;
use crate::graph::request::odata;
use crate::graph::types::operation::{Operation, OperationKind};
use crate::graph::types::table::ApiVersion;

/// One event. It may be incomplete; missing fields are absent here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuditEvent {
    pub at: Timestamp,
    /// Graph's `activityOperationType`: `create`, `patch`, `delete`.
    pub operation: String,
    /// The request's `client-request-id`, where the log carries it.
    pub correlation_id: Option<String>,
    pub actor: Actor,
    /// The objects that it is about.
    pub resources: Vec<AuditResource>,
}

/// Who made a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Actor {
    /// Absent for a person.
    pub application_id: Option<String>,
    pub user_principal_name: Option<String>,
}

/// One object that an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuditResource {
    pub id: String,
    /// The top-level properties that changed, each with its new value as text.
    pub modified: Vec<(String, Option<String>)>,
}

impl AuditEvent {
    /// What the event reports of this object, if it is about it.
    pub(crate) fn about(&self, id: &str) -> Option<&AuditResource> {
        self.resources.iter().find(|resource| resource.id.eq_ignore_ascii_case(id))
    }

    /// Whether it is the creation of this object.
    pub(crate) fn creates(&self, id: &str) -> bool {
        self.operation.eq_ignore_ascii_case("create") && self.about(id).is_some()
    }

    /// Whether it is the deletion of this object.
    pub(crate) fn deletes(&self, id: &str) -> bool {
        self.operation.eq_ignore_ascii_case("delete") && self.about(id).is_some()
    }

    fn parse(value: &Value) -> Option<Self> {
        let at = text(value, "activityDateTime")?.parse().ok()?;
        let actor = value.get("actor").unwrap_or(&Value::Null);
        let resources = value.get("resources").and_then(Value::as_array);
        Some(Self {
            at,
            operation: text(value, "activityOperationType").unwrap_or_default(),
            correlation_id: text(value, "correlationId"),
            actor: Actor {
                application_id: text(actor, "applicationId"),
                user_principal_name: text(actor, "userPrincipalName"),
            },
            resources: resources.into_iter().flatten().filter_map(resource).collect(),
        })
    }
}

fn resource(value: &Value) -> Option<AuditResource> {
    let modified = value.get("modifiedProperties").and_then(Value::as_array);
    let property = |one: &Value| Some((text(one, "displayName")?, text(one, "newValue")));
    Some(AuditResource {
        id: text(value, "resourceId")?,
        modified: modified.into_iter().flatten().filter_map(property).collect(),
    })
}

impl Client {
    /// The events from `since` on that the log already shows. An event that cannot be read is left out: a missing event proves
    /// nothing.
    pub(crate) async fn audit_events(&self, since: Timestamp) -> Result<Vec<AuditEvent>, GraphError> {
        let operation = Operation::new(OperationKind::ListAuditEvents, "list audit events");
        let segments = ["deviceManagement", "virtualEndpoint", "auditEvents"];
        let mut url = self.session.endpoint(&operation, ApiVersion::V1, &segments)?;
        odata::set_query(&mut url, &[("$filter", &odata::not_before("activityDateTime", since))]);
        let events = self.session.all_pages(&operation, url, |item| Ok(AuditEvent::parse(item))).await?;
        Ok(events.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_says_who_did_what_to_which_object() {
        let event = AuditEvent::parse(&json!({
            "activityDateTime": "2026-01-05T16:00:00.1234567+08:00", "activityOperationType": "create", "correlationId": "c-1",
            "actor": {"applicationId": "a-1", "userPrincipalName": null},
            "resources": [{"resourceId": "P-1", "modifiedProperties": [{"displayName": "displayName", "oldValue": null, "newValue": "x"}]}],
        }))
        .unwrap();
        assert_eq!(event.at, "2026-01-05T08:00:00.1234567Z".parse().unwrap());
        assert!(event.creates("p-1") && !event.creates("p-2"));
        assert_eq!(event.actor.application_id.as_deref(), Some("a-1"));
        assert_eq!(event.resources[0].modified, [("displayName".to_owned(), Some("x".to_owned()))]);
        let sparse =
            AuditEvent::parse(&json!({"activityDateTime": "2026-01-05T08:00:00Z", "resources": [{"resourceId": null}, 7]})).unwrap();
        assert_eq!((sparse.resources.len(), sparse.correlation_id), (0, None));
        assert_eq!(AuditEvent::parse(&json!({"activityDateTime": "yesterday"})), None);
    }
}
