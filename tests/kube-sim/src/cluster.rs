//! A cluster as its users see it.

use std::sync::Arc;

use futures::StreamExt as _;
use http::{Method, Request, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use parking_lot::Mutex;
use serde_json::Value;
use tower::{BoxError, Service, service_fn};

use crate::Clock;
use crate::definitions::Definitions;
use crate::paths;
use crate::request::Asked;
use crate::sent::{Form, Sent};
use crate::status::{Answer, Body, Refusal, respond_json};
use crate::store::{Change, Key, State};
use crate::token;
use crate::verbs::{apply, create, delete, put, read};
use crate::watch::WatchStream;

/// A Kubernetes API server with its objects. Clones are the same cluster. It has no tasks of its own, so it may be used from
/// one tokio runtime after another; watches use the clock of the runtime in which they were asked for.
#[derive(Clone)]
pub struct Cluster(Arc<Mutex<State>>);

impl Cluster {
    /// A cluster with the namespaces `default`, `kube-public` and `kube-system`, and with these definitions installed.
    #[must_use]
    pub fn new(clock: Clock, definitions: &Definitions) -> Self {
        Self(Arc::new(Mutex::new(State::new(clock, definitions))))
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request<kube::client::Body>) -> Response<Body> {
        self.answered(request, None).await
    }

    /// Answers as a replica that lags behind: get and list give the state as of that version. All else is answered as by
    /// [`Cluster::answer`].
    pub async fn answer_as_of(&self, resource_version: u64, request: Request<kube::client::Body>) -> Response<Body> {
        self.answered(request, Some(resource_version)).await
    }

    /// For `kube::Client::new`.
    pub fn service(
        &self,
    ) -> impl Service<Request<kube::client::Body>, Response = Response<Body>, Error = BoxError, Future: Send> + Clone + Send + 'static {
        let cluster = self.clone();
        service_fn(move |request: Request<kube::client::Body>| {
            let cluster = cluster.clone();
            async move { Ok::<_, BoxError>(cluster.answer(request).await) }
        })
    }

    /// A client with the default namespace `default`. Must be called in a tokio runtime.
    #[must_use]
    pub fn client(&self) -> kube::Client {
        kube::Client::new(self.service(), "default")
    }

    async fn answered(&self, request: Request<kube::client::Body>, as_of: Option<u64>) -> Response<Body> {
        let asked = match Asked::read(request).await {
            Ok(asked) => asked,
            Err(refusal) => return refusal.response(),
        };
        self.handle(&asked, as_of).unwrap_or_else(|refusal| refusal.response())
    }

    fn handle(&self, asked: &Asked, as_of: Option<u64>) -> Answer<Response<Body>> {
        let mut guard = self.0.lock();
        let state = &mut *guard;
        let target = paths::target(&asked.path, &state.resources)?;
        let named = target.name.is_some();
        // An object of which only the metadata is wanted; a status is sent as it is.
        let sent = |code: u16, value: &Value| {
            let partial = asked.partial && value["kind"] == *target.resource.kind;
            Ok(respond_json(code, &Sent(value, if partial { Form::Metadata } else { Form::Whole })))
        };
        let ok = |value: &Value| sent(200, value);
        match (&asked.method, named, target.subresource.as_deref()) {
            (&Method::GET, _, None) if asked.query.is_true("watch") => {
                let (events, wishes) = read::watch(state, &target, asked)?;
                drop(guard);
                Ok(stream(WatchStream::new(events, Arc::clone(&self.0), wishes)))
            }
            (&Method::GET, true, None) => ok(&*read::get(state, &target, asked, as_of)?),
            (&Method::GET, true, Some(_)) => {
                put::status_of(&target)?;
                ok(&*read::get(state, &target, asked, as_of)?)
            }
            (&Method::GET, false, None) => Ok(respond_json(200, &read::list(state, &target, asked, as_of)?)),
            (&Method::POST, false, None) => sent(201, &create::create(state, &target, asked)?),
            (&Method::POST, true, Some("token")) if target.resource.plural == "serviceaccounts" => {
                sent(201, &token::token(state, &target, asked)?)
            }
            (&Method::PUT, true, _) => {
                let (code, value) = put::put(state, &target, asked)?;
                sent(code, &value)
            }
            (&Method::PATCH, true, _) => match asked.content_type.as_str() {
                "application/merge-patch+json" | "application/json-patch+json" => ok(&put::patch(state, &target, asked)?),
                "application/apply-patch+yaml" => {
                    let (code, value) = apply::apply(state, &target, asked)?;
                    sent(code, &value)
                }
                other => Err(Refusal::unsupported(&format!("patches of the type {other:?}"))),
            },
            (&Method::DELETE, true, None) => ok(&delete::delete(state, &target, asked)?),
            (&Method::DELETE, false, None) => Ok(respond_json(200, &delete::delete_all(state, &target, asked)?)),
            _ => Err(Refusal::method()),
        }
    }

    /// The version of the last change.
    #[must_use]
    pub fn resource_version(&self) -> u64 {
        self.0.lock().resource_version
    }

    /// The `iss` of the tokens of service accounts.
    #[must_use]
    pub fn issuer(&self) -> &'static str {
        token::ISSUER
    }

    /// The public key of the tokens of service accounts, as in a JWKS.
    #[must_use]
    pub fn jwk(&self) -> Value {
        token::jwk()
    }

    /// Every committed change, in order.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.0.lock().history.clone()
    }

    /// The changes after a version, in order.
    #[must_use]
    pub fn changes_since(&self, resource_version: u64) -> Vec<Change> {
        self.0.lock().since(resource_version).to_vec()
    }

    /// An object as it is now.
    #[must_use]
    pub fn object(&self, plural: &str, namespace: Option<&str>, name: &str) -> Option<Arc<Value>> {
        let key: Key = (namespace.unwrap_or_default().to_owned(), name.to_owned());
        self.0.lock().get(plural, &key)
    }

    /// All objects of a resource as they are now, by namespace and name.
    #[must_use]
    pub fn objects(&self, plural: &str) -> Vec<Arc<Value>> {
        let state = self.0.lock();
        let objects = state.tables.get(plural).into_iter().flat_map(|table| table.objects.values());
        objects.cloned().collect()
    }

    /// Forgets the history: watches from an older version and the rest of older lists are answered with 410 from now on.
    pub fn compact(&self) {
        let mut state = self.0.lock();
        state.compacted = state.resource_version;
    }

    /// Ends the watches of a resource, as a server does from time to time.
    pub fn end_watches(&self, plural: &str) {
        if let Some(table) = self.0.lock().tables.get_mut(plural) {
            table.watchers.clear();
        }
    }

    /// Keeps the events of a resource back, also from watches that start meanwhile; without `hold` they are delivered, in order.
    pub fn hold_events(&self, plural: &str, hold: bool) {
        if let Some(table) = self.0.lock().tables.get_mut(plural) {
            table.hold = hold;
            if !hold {
                table.watchers.iter_mut().for_each(crate::watch::Watcher::release);
            }
        }
    }

    /// Drops the events that are kept back and ends the watches with 410: clients have to list. Whether events are kept back
    /// stays as it is.
    pub fn lose_held(&self, plural: &str) {
        let mut state = self.0.lock();
        let version = state.resource_version;
        if let Some(table) = state.tables.get_mut(plural) {
            table.compacted = version;
            for watcher in std::mem::take(&mut table.watchers) {
                watcher.expire(Refusal::new(
                    410,
                    "Expired",
                    "The resourceVersion for the provided watch is too old.",
                ));
            }
        }
    }
}

/// The answer to a watch.
fn stream(lines: WatchStream) -> Response<Body> {
    let body = StreamBody::new(lines.map(|line| line.map(Frame::data))).boxed_unsync();
    let mut response = Response::new(body);
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
