//! The client of one tenant and its operations on managed objects.
//!
//! Reads answer completely or fail. Writes are sent once: after an error,
//! [`GraphError::outcome_unknown`] shows whether the caller must read the state before it tries again.

use std::fmt;
use std::sync::Arc;

use http::Method;
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use crate::graph::auth::token::Token;
use crate::graph::budget::limits::RequestClass;
use crate::graph::budget::permit::Permit;
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::http::transport::Transport;
use crate::graph::request::exchange::Call;
use crate::graph::request::odata;
use crate::graph::request::pages::Pages;
use crate::graph::request::session::{ClientConfig, Session};
use crate::graph::text;
use crate::graph::types::assignment::{AssignmentTarget, assign_body};
use crate::graph::types::collection::Collection;
use crate::graph::types::entity::Entity;
use crate::graph::types::enum_values::write_version;
use crate::graph::types::operation::{Operation, OperationKind};
use crate::graph::types::table::ApiVersion;

/// A client of one tenant's Graph. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) session: Arc<Session>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("root", &self.session.config.root.as_str())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client over a transport: HTTPS, an in-process simulator, a recorder.
    pub(crate) fn with_transport(config: ClientConfig, transport: Transport) -> Result<Self, GraphError> {
        let session = Arc::new(Session::new(config, transport)?);
        Ok(Self { session })
    }

    /// A token as Graph calls would use it, decoded.
    pub(crate) async fn token(&self) -> Result<Token, GraphError> {
        self.session.tokens.token().await
    }

    /// Whether the token in use allows to read Cloud PC objects and to write none. Sends no request; false before there is a
    /// token, and Graph refuses the writes then.
    pub(crate) fn reads_only(&self) -> bool {
        self.session.tokens.reads_only()
    }

    /// Whether a token was ever obtained.
    pub(crate) fn has_token(&self) -> bool {
        self.session.tokens.has_token()
    }

    /// Whether an id is that of the application, or of its service principal, by the token in use. `None` before there is one.
    pub(crate) fn is_own_application(&self, id: &str) -> Option<bool> {
        self.session.tokens.is_own_application(id)
    }

    /// Stops using the token: the next call requests a new one.
    pub(crate) fn forget_token(&self) {
        self.session.tokens.forget();
    }

    /// Waits for the permit of a write, which cannot be sent without. A caller that may no longer write after the wait drops it.
    pub(crate) async fn permit(&self) -> Result<Permit, GraphError> {
        let budget = &self.session.config.budget;
        budget.admit(RequestClass::Write, false, "wait for the turn of a write").await
    }

    /// The first digits of the ids of this client's writes, in lower case.
    pub(crate) fn mark(&self) -> String {
        self.session.config.mark.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// An id for a write, which begins with this client's mark.
    pub(crate) fn new_request_id(&self) -> Uuid {
        self.session.new_request_id()
    }

    /// Applies `keep` to every object of the collection, read with its assignments: all pages, or an error. No more than one
    /// page of objects is in memory at a time.
    ///
    /// Policies of other products share the collection; only those of Windows 365 are listed.
    pub(crate) async fn list_as<T>(&self, collection: Collection, keep: impl Fn(Entity) -> T) -> Result<Vec<T>, GraphError> {
        let operation = Operation::new(OperationKind::List(collection), format!("list {}", collection.plural()));
        let (mut kept, mut pages) = (Vec::new(), Pages::from(self.readable(&operation, collection, &[])?));
        while let Some(page) = pages.next(&self.session, &operation).await? {
            for item in page.into_iter().filter(is_windows_365) {
                kept.push(keep(self.listed(&operation, collection, item).await?));
            }
        }
        Ok(kept)
    }

    /// An item of a list. An assignment that cannot be read concerns that object alone.
    async fn listed(&self, operation: &Operation, collection: Collection, mut item: Value) -> Result<Entity, GraphError> {
        let decode = |problem| GraphError::decode(operation.text.clone(), problem);
        if !collection.assignable() {
            return Entity::unassigned(item).map_err(decode);
        }
        let problem = match self.session.complete(operation, &mut item).await {
            Err(error) if error.kind == ErrorKind::Decode => Some(error.message),
            result => result.map(|()| None)?,
        };
        Entity::listed(item, problem).map_err(decode)
    }

    /// One object with its assignments. `None` when Graph answers 404, or 400 as it may for the id of a deleted object; neither
    /// alone proves that the object is gone.
    pub(crate) async fn get(&self, collection: Collection, id: &str) -> Result<Option<Entity>, GraphError> {
        let operation = about("get", OperationKind::Get(collection), collection, id);
        let url = self.readable(&operation, collection, &[id])?;
        let Some(mut value) = self.session.read_object(&operation, url).await? else {
            return Ok(None);
        };
        let entity = if collection.assignable() {
            self.session.complete(&operation, &mut value).await?;
            Entity::expanded(value)
        } else {
            Entity::unassigned(value)
        };
        entity.map(Some).map_err(|problem| GraphError::decode(operation.text, problem))
    }

    /// Creates an object, sending the request once. Graph records `client_request_id`, by which its logs show the write.
    pub(crate) async fn create(
        &self,
        collection: Collection,
        properties: &Map<String, Value>,
        client_request_id: Uuid,
        permit: Permit,
    ) -> Result<Entity, GraphError> {
        let name = properties.get("displayName").and_then(Value::as_str).unwrap_or_default();
        let text = format!("create {} {}", collection.singular(), text::quoted(name));
        let operation = Operation::new(OperationKind::Create(collection), text);
        let url = self.objects(&operation, write_version(collection, properties), collection, &[])?;
        let call = Call::write(operation.clone(), Method::POST, url, client_request_id).with_body(&Value::Object(properties.clone()));
        let answer = self.session.write(&call, permit).await?;
        let entity = answer.json().and_then(Entity::unassigned);
        entity.map_err(|problem| answer.unusable(&operation, &problem))
    }

    /// Changes exactly `properties` of an object, sending the request once. Returns the properties of the object if the answer
    /// has them.
    pub(crate) async fn update(
        &self,
        collection: Collection,
        id: &str,
        properties: &Map<String, Value>,
        permit: Permit,
    ) -> Result<Option<Map<String, Value>>, GraphError> {
        let operation = about("update", OperationKind::Update(collection), collection, id);
        offered(collection.updatable(), &operation)?;
        let url = self.objects(&operation, write_version(collection, properties), collection, &[id])?;
        // Graph answers 200 with a body for some resources and 204 without one for others; both mean done.
        let call = Call::write(operation, Method::PATCH, url, self.new_request_id()).with_body(&Value::Object(properties.clone()));
        let answer = self.session.write(&call, permit).await?;
        let entity = answer.json().and_then(Entity::unassigned).ok();
        Ok(entity
            .filter(|entity| entity.id.eq_ignore_ascii_case(id))
            .map(|entity| entity.properties))
    }

    /// Replaces the whole set of assignments, sending the request once.
    pub(crate) async fn assign(
        &self,
        collection: Collection,
        id: &str,
        targets: &[AssignmentTarget],
        permit: Permit,
    ) -> Result<(), GraphError> {
        let operation = about("assign", OperationKind::Assign(collection), collection, id);
        offered(collection.assignable(), &operation)?;
        let beta = targets.iter().any(AssignmentTarget::needs_beta);
        let version = if beta { ApiVersion::Beta } else { ApiVersion::V1 };
        let url = self.objects(&operation, version, collection, &[id, "assign"])?;
        let call = Call::write(operation, Method::POST, url, self.new_request_id()).with_body(&assign_body(targets));
        self.session.write(&call, permit).await.map(drop)
    }

    /// Deletes an object, sending the request once. False when Graph answers that there is no object of that id.
    pub(crate) async fn delete(&self, collection: Collection, id: &str, permit: Permit) -> Result<bool, GraphError> {
        let operation = about("delete", OperationKind::Delete(collection), collection, id);
        offered(collection.deletable(), &operation)?;
        let url = self.objects(&operation, ApiVersion::V1, collection, &[id])?;
        let call = Call::write(operation, Method::DELETE, url, self.new_request_id());
        match self.session.write(&call, permit).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(false),
            outcome => outcome.map(|_| true),
        }
    }

    /// Where the objects of a collection are read, with their assignments if they have any.
    fn readable(&self, operation: &Operation, collection: Collection, rest: &[&str]) -> Result<Url, GraphError> {
        let mut url = self.objects(operation, collection.read_version(), collection, rest)?;
        if collection.assignable() {
            odata::set_query(&mut url, &[("$expand", "assignments")]);
        }
        Ok(url)
    }

    fn objects(&self, operation: &Operation, version: ApiVersion, collection: Collection, rest: &[&str]) -> Result<Url, GraphError> {
        let mut segments = vec!["deviceManagement", "virtualEndpoint", collection.as_str()];
        segments.extend(rest);
        self.session.endpoint(operation, version, &segments)
    }
}

/// Refuses an operation that Graph does not offer for the objects of a collection; nothing is sent.
fn offered(is_offered: bool, operation: &Operation) -> Result<(), GraphError> {
    let problem = "Graph does not offer this operation";
    let error = || GraphError::new(operation.text.clone(), ErrorKind::BadRequest, problem);
    if is_offered { Ok(()) } else { Err(error()) }
}

/// Whether a listed object belongs to Windows 365. `managedBy` is a text of flags, separated by commas; some answers lack it.
fn is_windows_365(item: &Value) -> bool {
    let managed_by = item.get("managedBy").and_then(Value::as_str);
    managed_by.is_none_or(|flags| flags.split(',').any(|flag| flag.trim() == "windows365"))
}

/// An operation on one existing object.
fn about(verb: &str, kind: OperationKind, collection: Collection, id: &str) -> Operation {
    let id = text::bounded_to(id, 64);
    Operation::new(kind, format!("{verb} {} {id}", collection.singular()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_graph_does_not_offer_is_not_sent() {
        let operation = about(
            "update",
            OperationKind::Update(Collection::UserSettings),
            Collection::UserSettings,
            "u1",
        );
        assert_eq!(offered(true, &operation), Ok(()));
        let error = offered(false, &operation).unwrap_err();
        assert_eq!(error.to_string(), "update user setting u1: Graph does not offer this operation");
        assert!(!error.is_transient() && !error.outcome_unknown());
    }
}
