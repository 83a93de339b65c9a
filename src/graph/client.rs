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

use super::assignment::{AssignmentTarget, assign_body};
use super::budget::{Budget, Limits, Permit, RequestClass};
use super::clock::Clock;
use super::collection::{ApiVersion, Collection};
use super::entity::Entity;
use super::error::{ErrorKind, GraphError};
use super::exchange::{Call, Operation};
use super::members::write_version;
use super::observer::Observer;
use super::odata;
use super::pages::Pages;
use super::text;
use super::token::Tokens;
use super::transport::Transport;

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
    /// How many requests the tenant may be sent.
    pub limits: Limits,
}

/// A client of one tenant's Graph. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) config: ClientConfig,
    pub(super) transport: Transport,
    pub(super) tokens: Tokens,
    pub(super) budget: Arc<Budget>,
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
    /// A client over HTTPS.
    pub fn new(config: ClientConfig) -> Result<Self, GraphError> {
        Self::with_transport(config, Transport::https()?)
    }

    /// A client over another transport: an in-process simulator, a recorder.
    pub fn with_transport(config: ClientConfig, transport: Transport) -> Result<Self, GraphError> {
        let root = &config.root;
        let plain = root.username().is_empty() && root.password().is_none() && root.query().is_none() && root.fragment().is_none();
        if root.scheme() != "https" || !plain {
            let problem = "the Graph root must be an https URL without user, query and fragment";
            return Err(GraphError::new("configure the Graph client", ErrorKind::BadRequest, problem));
        }
        Ok(Self {
            inner: Arc::new(Inner {
                budget: Arc::new(Budget::new(&config.limits, Arc::clone(&config.observer))),
                config,
                transport,
                tokens: Tokens::default(),
            }),
        })
    }

    /// Waits for the turn of a write, which cannot be sent without. Whoever may not write any more after the wait drops it.
    pub async fn permit(&self) -> Result<Permit, GraphError> {
        self.inner
            .budget
            .admit(RequestClass::Write, false, "wait for the turn of a write")
            .await
    }

    /// How many requests of a class could go out now.
    pub fn budget_left(&self, class: RequestClass) -> usize {
        self.inner.budget.left(class)
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

    /// One object with its assignments; `None` when Graph answers 404, which alone proves nothing.
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
        let mut call = Call::write(operation.clone(), Method::POST, url).with_body(&Value::Object(properties.clone()));
        call.client_request_id = client_request_id;
        let answer = self.write(&call, permit).await?;
        let entity = answer.json().and_then(Entity::created);
        entity.map_err(|problem| answer.unusable(&operation, &problem))
    }

    /// Changes exactly `properties` of an object, sending the request once.
    pub async fn update(
        &self,
        collection: Collection,
        id: &str,
        properties: &Map<String, Value>,
        permit: Permit,
    ) -> Result<(), GraphError> {
        let operation = about(Verb::Update, collection, id);
        let url = self.objects(&operation, write_version(collection, properties), collection, &[id])?;
        // Whether 200 with a body or 204 without one comes back differs by resource; both mean
        // done.
        let call = Call::write(operation, Method::PATCH, url).with_body(&Value::Object(properties.clone()));
        self.write(&call, permit).await.map(drop)
    }

    /// Replaces the whole set of assignments, sending the request once.
    pub async fn assign(&self, collection: Collection, id: &str, targets: &[AssignmentTarget], permit: Permit) -> Result<(), GraphError> {
        let operation = about(Verb::Assign, collection, id);
        let beta = targets.iter().any(AssignmentTarget::needs_beta);
        let version = if beta { ApiVersion::Beta } else { ApiVersion::V1 };
        let url = self.objects(&operation, version, collection, &[id, "assign"])?;
        let call = Call::write(operation, Method::POST, url).with_body(&assign_body(targets));
        self.write(&call, permit).await.map(drop)
    }

    /// Deletes an object, sending the request once. An object that is not there counts as deleted.
    pub async fn delete(&self, collection: Collection, id: &str, permit: Permit) -> Result<(), GraphError> {
        let operation = about(Verb::Delete, collection, id);
        let url = self.objects(&operation, ApiVersion::V1, collection, &[id])?;
        match self.write(&Call::write(operation, Method::DELETE, url), permit).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    fn objects(&self, operation: &Operation, version: ApiVersion, collection: Collection, rest: &[&str]) -> Result<Url, GraphError> {
        let mut segments = vec!["deviceManagement", "virtualEndpoint", collection.as_str()];
        segments.extend(rest);
        self.endpoint(operation, version, &segments)
    }

    /// `{root}/{version}/{segments}`. A segment that is not a plain id is refused, so nothing is
    /// ever sent for it.
    pub(super) fn endpoint(&self, operation: &Operation, version: ApiVersion, segments: &[&str]) -> Result<Url, GraphError> {
        if let Some(odd) = segments.iter().find(|segment| !odata::is_id(segment)) {
            let problem = format!("{} is not an id", text::quoted(odd));
            return Err(GraphError::new(operation.text.clone(), ErrorKind::BadRequest, problem));
        }
        let root = self.inner.config.root.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{root}/{}/{}", version.as_str(), segments.join("/")));
        url.map_err(|error| GraphError::new(operation.text.clone(), ErrorKind::BadRequest, error.to_string()))
    }
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
