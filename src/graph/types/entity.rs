//! One object as Graph answered it. Properties that this crate does not know are kept as they are.

use serde_json::{Map, Value};

use crate::graph::text;
use crate::graph::types::assignment::{Owner, RemoteAssignment};

/// An object of a collection, such as a policy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entity {
    pub id: String,
    /// Every property under Graph's own name, unknown ones included; without `id`, `assignments` and OData annotations.
    pub properties: Map<String, Value>,
    /// The groups bound to it. Empty in the answer to a create, which has none.
    pub assignments: Vec<RemoteAssignment>,
    /// Why the assignments cannot be read, if so. They are empty then, which does not mean "none".
    pub unreadable: Option<String>,
}

impl Entity {
    /// Its display name, which Graph does not promise to be unique.
    pub(crate) fn display_name(&self) -> Option<&str> {
        self.properties.get("displayName").and_then(Value::as_str)
    }

    /// Its `createdDateTime`, if the answer has one.
    pub(crate) fn created_date_time(&self) -> Option<&str> {
        let text = self.properties.get("createdDateTime").and_then(Value::as_str);
        // A date that was never set.
        text.filter(|text| !text.starts_with("0001-"))
    }

    /// Its `createdBy`: an id, or a name, of the person or application that created it, if the answer has one.
    pub(crate) fn created_by(&self) -> Option<&str> {
        let text = self.properties.get("createdBy").and_then(Value::as_str);
        text.map(str::trim).filter(|text| !text.is_empty())
    }

    /// Reads an answer without assignments: to a create, or for a type that has none.
    pub(crate) fn unassigned(value: Value) -> Result<Self, String> {
        Self::parse(value, |_, _| Ok(Vec::new()))
    }

    /// Reads an item of a list, also when its assignments cannot be read: one such item must not hide all others. `problem` is
    /// what is already known to be wrong with them.
    pub(crate) fn listed(value: Value, mut problem: Option<String>) -> Result<Self, String> {
        let entity = Self::parse(value, |owner, assignments| {
            if problem.is_some() {
                return Ok(Vec::new());
            }
            read(owner, assignments).or_else(|unreadable| {
                problem = Some(unreadable);
                Ok(Vec::new())
            })
        })?;
        Ok(Self {
            unreadable: problem.map(|problem| text::bounded(&format!("{}: {problem}", entity.id))),
            ..entity
        })
    }

    /// Reads an answer to a request with `$expand=assignments`. Missing assignments are an error: read as "none", they would
    /// make the next `assign` remove every group.
    pub(crate) fn expanded(value: Value) -> Result<Self, String> {
        Self::parse(value, read)
    }

    fn parse(value: Value, assignments: impl FnOnce(&Owner<'_>, &Value) -> Result<Vec<RemoteAssignment>, String>) -> Result<Self, String> {
        let Value::Object(mut properties) = value else {
            return Err("not a JSON object".to_owned());
        };
        let id = match properties.remove("id") {
            Some(Value::String(id)) if text::is_id(&id) => id,
            _ => return Err("an object in the answer has no id".to_owned()),
        };
        let listed = properties.remove("assignments").unwrap_or(Value::Null);
        properties.retain(|name, _| !name.contains("@odata."));
        let owner = Owner {
            id: &id,
            shared: is_shared(&properties),
        };
        let assignments = assignments(&owner, &listed).map_err(|problem| format!("{id}: {problem}"))?;
        Ok(Self {
            id,
            properties,
            assignments,
            unreadable: None,
        })
    }
}

/// Reads the assignments in an answer that has to have them.
fn read(owner: &Owner<'_>, assignments: &Value) -> Result<Vec<RemoteAssignment>, String> {
    let listed = assignments
        .as_array()
        .ok_or("assignments are missing although they were asked for")?;
    let one = |(index, one)| RemoteAssignment::parse(owner, one).map_err(|problem| format!("assignments[{index}]: {problem}"));
    listed.iter().enumerate().map(one).collect()
}

/// Whether assignment ids of this object may be ids of their own, and no group ids: unless it is plainly `dedicated`.
fn is_shared(properties: &Map<String, Value>) -> bool {
    properties
        .get("provisioningType")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind != "dedicated")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_unknown_survives_and_annotations_go() {
        let entity = Entity::expanded(json!({
            "@odata.context": "c", "@odata.type": "t", "assignments@odata.context": "c",
            "id": "p1", "displayName": "x", "provisioningType": "ofTheFuture", "newThing": {"deep": [1, null]},
            "assignments": [],
        }))
        .unwrap();
        assert_eq!(entity.id, "p1");
        assert_eq!(
            Value::Object(entity.properties),
            json!({"displayName": "x", "provisioningType": "ofTheFuture", "newThing": {"deep": [1, null]}})
        );
    }

    #[test]
    fn incomplete_objects_are_refused() {
        for value in [
            json!([]),
            json!({"displayName": "x"}),
            json!({"id": ""}),
            json!({"id": 7}),
            json!({"id": "a\nb"}),
            json!({"id": "x".repeat(300)}),
        ] {
            assert!(Entity::unassigned(value.clone()).is_err(), "{value}");
        }
        for value in [
            json!({"id": "p"}),
            json!({"id": "p", "assignments": null}),
            json!({"id": "p", "assignments": [{"id": "?"}]}),
        ] {
            assert!(Entity::expanded(value.clone()).is_err(), "{value}");
        }
    }
}
