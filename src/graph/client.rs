//! The client of one tenant and its operations on managed objects.
//!
//! Reads answer completely or fail. Writes are sent once: after an error,
//! [`GraphError::outcome_unknown`] says whether the caller must look before it tries again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use http::Method;
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use crate::graph::auth::token::Tokens;
use crate::graph::budget::{Permit, RequestClass, SharedBudget};
use crate::graph::clock_skew::Clock;
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::http::transport::Transport;
use crate::graph::observer::Observer;
use crate::graph::request::exchange::{Call, Operation};
use crate::graph::request::odata;
use crate::graph::request::pages::Pages;
use crate::graph::text;
use crate::graph::types::assignment::{AssignmentTarget, assign_body};
use crate::graph::types::collection::{ApiVersion, Collection};
use crate::graph::types::entity::Entity;
use crate::graph::types::enum_values::write_version;

/// What a client is made of.
pub struct ClientConfig {
    /// `https://graph.microsoft.com`, another cloud's root, or a simulator. Always https.
    pub root: Url,
    /// The scope tokens are asked for: `{root}/.default`.
    pub scope: String,
    /// Where tokens come from.
    pub credential: Arc<dyn TokenCredential>,
    /// The deadline of one HTTP attempt, from the first byte out to the last byte in.
    pub request_timeout: Duration,
    /// Told about every attempt.
    pub observer: Arc<dyn Observer>,
    /// Told the date of every answer.
    pub clock: Arc<Clock>,
    /// How many requests the tenant may be sent; clients of one application in one tenant share it.
    pub budget: SharedBudget,
    /// The first 8 hexadecimal digits of every write's `client-request-id`: whose writes they are, told from those of other
    /// clusters and programs that use the same application.
    pub mark: [u8; 4],
}

/// A client of one tenant's Graph. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: ClientConfig,
    pub(crate) transport: Transport,
    pub(crate) tokens: Tokens,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("root", &self.inner.config.root.as_str())
            .finish_non_exhaustive()
    }
}

const EXPAND_ASSIGNMENTS: (&str, &str) = ("$expand", "assignments");

impl Client {
    /// A client over a transport: HTTPS, an in-process simulator, a recorder.
    pub fn with_transport(config: ClientConfig, transport: Transport) -> Result<Self, GraphError> {
        let root = &config.root;
        let plain = root.username().is_empty() && root.password().is_none() && root.query().is_none() && root.fragment().is_none();
        if root.scheme() != "https" || !plain {
            let problem = "the Graph root must be an https URL without user, query and fragment";
            return Err(GraphError::new("configure the Graph client", ErrorKind::BadRequest, problem));
        }
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                transport,
                tokens: Tokens::default(),
            }),
        })
    }

    /// Waits for the turn of a write, which cannot be sent without. Whoever may not write any more after the wait drops it.
    pub async fn permit(&self) -> Result<Permit, GraphError> {
        self.inner
            .config
            .budget
            .admit(RequestClass::Write, false, "wait for the turn of a write")
            .await
    }

    /// The first digits of the ids of this client's writes, in lower case.
    pub fn mark(&self) -> String {
        self.inner.config.mark.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// An id for a write, which begins with this client's mark.
    pub fn new_request_id(&self) -> Uuid {
        marked(self.inner.config.mark)
    }

    /// How many requests of a class could go out now.
    pub fn budget_left(&self, class: RequestClass) -> usize {
        self.inner.config.budget.left(class)
    }

    /// What `keep` makes of every object of the collection with its assignments: all pages, or an error. No more than a page
    /// of objects is held besides.
    ///
    /// Policies of other products share the collection; only those of Windows 365 are listed.
    pub async fn list_as<T>(&self, collection: Collection, keep: impl Fn(Entity) -> T) -> Result<Vec<T>, GraphError> {
        let operation = Operation::new(label(Verb::List, collection), format!("list {}", collection.plural()));
        let mut url = self.objects(&operation, collection.read_version(), collection, &[])?;
        odata::set_query(&mut url, &[EXPAND_ASSIGNMENTS]);
        let (mut kept, mut pages) = (Vec::new(), Pages::from(url));
        while let Some(page) = pages.next(self, &operation).await? {
            for item in page.into_iter().filter(is_windows_365) {
                kept.push(keep(self.listed(&operation, item).await?));
            }
        }
        Ok(kept)
    }

    /// An item of a list. What cannot be understood in its assignments concerns that object alone.
    async fn listed(&self, operation: &Operation, mut item: Value) -> Result<Entity, GraphError> {
        let problem = match self.complete(operation, &mut item).await {
            Err(error) if error.kind == ErrorKind::Decode => Some(error.message),
            result => result.map(|()| None)?,
        };
        Entity::listed(item, problem).map_err(|problem| GraphError::decode(operation.text.clone(), problem))
    }

    /// One object with its assignments; `None` when Graph answers 404, or 400 as it may for an id that it has deleted. Neither
    /// alone proves anything.
    pub async fn get(&self, collection: Collection, id: &str) -> Result<Option<Entity>, GraphError> {
        let operation = about(Verb::Get, collection, id);
        let mut url = self.objects(&operation, collection.read_version(), collection, &[id])?;
        odata::set_query(&mut url, &[EXPAND_ASSIGNMENTS]);
        match self.read_object(&operation, url).await? {
            Some(mut value) => {
                self.complete(&operation, &mut value).await?;
                let entity = Entity::expanded(value).map_err(|problem| GraphError::decode(operation.text, problem))?;
                Ok(Some(entity))
            }
            None => Ok(None),
        }
    }

    /// Creates an object, sending the request once. `client_request_id` is recorded by Graph and
    /// finds the write in its logs.
    pub async fn create(
        &self,
        collection: Collection,
        properties: &Map<String, Value>,
        client_request_id: Uuid,
        permit: Permit,
    ) -> Result<Entity, GraphError> {
        let name = properties.get("displayName").and_then(Value::as_str).unwrap_or_default();
        let text = format!("create {} {}", collection.singular(), text::quoted(name));
        let operation = Operation::new(label(Verb::Create, collection), text);
        let url = self.objects(&operation, write_version(collection, properties), collection, &[])?;
        let call = Call::write(operation.clone(), Method::POST, url, client_request_id).with_body(&Value::Object(properties.clone()));
        let answer = self.write(&call, permit).await?;
        let entity = answer.json().and_then(Entity::created);
        entity.map_err(|problem| answer.unusable(&operation, &problem))
    }

    /// Changes exactly `properties` of an object, sending the request once. Returns the properties of the object as the answer
    /// shows them, if it does.
    pub async fn update(
        &self,
        collection: Collection,
        id: &str,
        properties: &Map<String, Value>,
        permit: Permit,
    ) -> Result<Option<Map<String, Value>>, GraphError> {
        let operation = about(Verb::Update, collection, id);
        let url = self.objects(&operation, write_version(collection, properties), collection, &[id])?;
        // Whether 200 with a body or 204 without one comes back differs by resource; both mean
        // done.
        let call = Call::write(operation, Method::PATCH, url, self.new_request_id()).with_body(&Value::Object(properties.clone()));
        let answer = self.write(&call, permit).await?;
        let shown = answer.json().and_then(Entity::created).ok();
        Ok(shown
            .filter(|shown| shown.id.eq_ignore_ascii_case(id))
            .map(|shown| shown.properties))
    }

    /// Replaces the whole set of assignments, sending the request once.
    pub async fn assign(&self, collection: Collection, id: &str, targets: &[AssignmentTarget], permit: Permit) -> Result<(), GraphError> {
        let operation = about(Verb::Assign, collection, id);
        let beta = targets.iter().any(AssignmentTarget::needs_beta);
        let version = if beta { ApiVersion::Beta } else { ApiVersion::V1 };
        let url = self.objects(&operation, version, collection, &[id, "assign"])?;
        let call = Call::write(operation, Method::POST, url, self.new_request_id()).with_body(&assign_body(targets));
        self.write(&call, permit).await.map(drop)
    }

    /// Deletes an object, sending the request once. False: there was none of that id, as far as Graph knew.
    pub async fn delete(&self, collection: Collection, id: &str, permit: Permit) -> Result<bool, GraphError> {
        let operation = about(Verb::Delete, collection, id);
        let url = self.objects(&operation, ApiVersion::V1, collection, &[id])?;
        let call = Call::write(operation, Method::DELETE, url, self.new_request_id());
        match self.write(&call, permit).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(false),
            outcome => outcome.map(|_| true),
        }
    }

    fn objects(&self, operation: &Operation, version: ApiVersion, collection: Collection, rest: &[&str]) -> Result<Url, GraphError> {
        let mut segments = vec!["deviceManagement", "virtualEndpoint", collection.as_str()];
        segments.extend(rest);
        self.endpoint(operation, version, &segments)
    }

    /// `{root}/{version}/{segments}`. A segment that is not a plain id is refused, so nothing is
    /// ever sent for it.
    pub(crate) fn endpoint(&self, operation: &Operation, version: ApiVersion, segments: &[&str]) -> Result<Url, GraphError> {
        if let Some(odd) = segments.iter().find(|segment| !odata::is_id(segment)) {
            let problem = format!("{} is not an id", text::quoted(odd));
            return Err(GraphError::new(operation.text.clone(), ErrorKind::BadRequest, problem));
        }
        let root = self.inner.config.root.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{root}/{}/{}", version.as_str(), segments.join("/")));
        url.map_err(|error| GraphError::new(operation.text.clone(), ErrorKind::BadRequest, error.to_string()))
    }
}

/// A random id behind a mark.
pub(crate) fn marked(mark: [u8; 4]) -> Uuid {
    let mut bytes = Uuid::new_v4().into_bytes();
    bytes[..mark.len()].copy_from_slice(&mark);
    Uuid::from_bytes(bytes)
}

/// Whether a listed object belongs to Windows 365. `managedBy` holds flags in one comma separated
/// text; older answers lack it.
fn is_windows_365(item: &Value) -> bool {
    let managed_by = item.get("managedBy").and_then(Value::as_str);
    managed_by.is_none_or(|flags| flags.split(',').any(|flag| flag.trim() == "windows365"))
}

#[derive(Clone, Copy)]
enum Verb {
    List,
    Get,
    Create,
    Update,
    Assign,
    Delete,
}

/// An operation on one existing object.
fn about(verb: Verb, collection: Collection, id: &str) -> Operation {
    let what = match verb {
        Verb::List => "list",
        Verb::Get => "get",
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Assign => "assign",
        Verb::Delete => "delete",
    };
    Operation::new(
        label(verb, collection),
        format!("{what} {} {}", collection.singular(), text::bounded_to(id, 64)),
    )
}

/// The metric label: one of a fixed set.
const fn label(verb: Verb, collection: Collection) -> &'static str {
    match (collection, verb) {
        (Collection::ProvisioningPolicies, Verb::List) => "listProvisioningPolicies",
        (Collection::ProvisioningPolicies, Verb::Get) => "getProvisioningPolicy",
        (Collection::ProvisioningPolicies, Verb::Create) => "createProvisioningPolicy",
        (Collection::ProvisioningPolicies, Verb::Update) => "updateProvisioningPolicy",
        (Collection::ProvisioningPolicies, Verb::Assign) => "assignProvisioningPolicy",
        (Collection::ProvisioningPolicies, Verb::Delete) => "deleteProvisioningPolicy",
        (Collection::UserSettings, Verb::List) => "listUserSettings",
        (Collection::UserSettings, Verb::Get) => "getUserSetting",
        (Collection::UserSettings, Verb::Create) => "createUserSetting",
        (Collection::UserSettings, Verb::Update) => "updateUserSetting",
        (Collection::UserSettings, Verb::Assign) => "assignUserSetting",
        (Collection::UserSettings, Verb::Delete) => "deleteUserSetting",
    }
}
