//! One call, from the token to a classified answer: the middle of the stack.
//!
//! [`crate::graph::http::retry`] repeats a read; nothing repeats a write. The one exception is a 401: Graph answers it before it
//! commits anything, so the same request is sent once more with a new token. Nothing is sent without a permit of the tenant's
//! budget; for a write the caller hands it in.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use crate::base::random;
use crate::graph::auth::token::Bearer;
use crate::graph::budget::limits::RequestClass;
use crate::graph::budget::permit::Permit;
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::http::observer::Attempt;
use crate::graph::http::retry;
use crate::graph::request::answer::{self, Answer};
use crate::graph::request::session::Session;
use crate::graph::types::operation::Operation;

/// A token that Graph accepted for this long and then refused may predate a change of permissions, so the next request gets a
/// new one.
const STALE_AFTER: Duration = Duration::from_secs(60);

/// A request to Graph, before a token is added to it.
#[derive(Debug)]
pub(crate) struct Call {
    operation: Operation,
    method: Method,
    url: Url,
    class: RequestClass,
    body: Option<Bytes>,
    continues: bool,
    client_request_id: Uuid,
}

impl Call {
    /// A request for one page of a list, the first or one that `continues` it.
    pub(crate) fn page(operation: Operation, url: Url, continues: bool) -> Self {
        Self {
            continues,
            ..Self::new(operation, Method::GET, RequestClass::List, url)
        }
    }

    /// A request for one object.
    pub(crate) fn object(operation: Operation, url: Url) -> Self {
        Self::new(operation, Method::GET, RequestClass::Get, url)
    }

    /// A request that changes something. Graph's audit log shows its id.
    pub(crate) fn write(operation: Operation, method: Method, url: Url, client_request_id: Uuid) -> Self {
        Self {
            client_request_id,
            ..Self::new(operation, method, RequestClass::Write, url)
        }
    }

    fn new(operation: Operation, method: Method, class: RequestClass, url: Url) -> Self {
        Self {
            class: if operation.kind.is_of_directory() {
                RequestClass::Directory
            } else {
                class
            },
            operation,
            method,
            url,
            body: None,
            continues: false,
            client_request_id: random::uuid(),
        }
    }

    pub(crate) fn with_body(mut self, body: &Value) -> Self {
        self.body = Some(Bytes::from(body.to_string()));
        self
    }

    fn request(&self, token: &Bearer) -> Result<http::Request<Bytes>, GraphError> {
        let unfit = |problem: String| GraphError::new(self.operation.text.clone(), ErrorKind::BadRequest, problem);
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.secret())).map_err(|_| {
            GraphError::new(
                self.operation.text.clone(),
                ErrorKind::NO_TOKEN,
                "the access token is not fit for a header",
            )
        })?;
        // The layers below do not print a sensitive header, whatever their log level.
        authorization.set_sensitive(true);
        let mut request = http::Request::builder()
            .method(self.method.clone())
            .uri(self.url.as_str())
            .header(AUTHORIZATION, authorization)
            .header(ACCEPT, "application/json")
            .header("client-request-id", self.client_request_id.to_string());
        if self.method == Method::GET {
            request = request.header("prefer", "include-unknown-enum-members");
        }
        if self.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request
            .body(self.body.clone().unwrap_or_default())
            .map_err(|error| unfit(error.to_string()))
    }
}

impl Session {
    /// Sends a call that changes nothing, up to three times, each with a permit of its own.
    pub(crate) async fn read(&self, call: &Call) -> Result<Answer, GraphError> {
        let send = async || {
            let permit = self.config.budget.admit(call.class, call.continues, &call.operation.text).await?;
            self.authorized(call, permit).await
        };
        retry::read(send).await
    }

    /// Sends a call that changes something, once.
    pub(crate) async fn write(&self, call: &Call, permit: Permit) -> Result<Answer, GraphError> {
        self.authorized(call, permit).await
    }

    /// The object at `url`; `None` for a 404, and for a 400, which some services answer for a missing object.
    pub(crate) async fn read_object(&self, operation: &Operation, url: Url) -> Result<Option<Value>, GraphError> {
        match self.read(&Call::object(operation.clone(), url)).await {
            Ok(answer) => answer.json().map(Some).map_err(|problem| answer.unusable(operation, &problem)),
            Err(error) if error.kind == ErrorKind::NotFound || error.status == Some(400) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn authorized(&self, call: &Call, mut permit: Permit) -> Result<Answer, GraphError> {
        let token = self.tokens.bearer(&call.operation.text).await?;
        let error = match self.attempt(call, &token, &mut permit).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let is_refused = error.kind == ErrorKind::Unauthorized;
        if is_refused || error.kind == ErrorKind::Forbidden && token.age() >= STALE_AFTER {
            self.tokens.reject(&token);
        }
        if !is_refused {
            return Err(error);
        }
        let renewed = self.tokens.bearer(&call.operation.text).await?;
        if renewed == token {
            return Err(error);
        }
        self.attempt(call, &renewed, &mut permit).await
    }

    async fn attempt(&self, call: &Call, token: &Bearer, permit: &mut Permit) -> Result<Answer, GraphError> {
        let request = call.request(token)?;
        permit.send();
        let started = Instant::now();
        let sent = self.transport.send(request, self.config.request_timeout).await;
        let elapsed = started.elapsed();
        self.observe(call, sent.as_ref().ok(), elapsed);
        let outcome = match sent {
            Ok(response) => {
                self.config.clock.observe(response.headers());
                let (status, headers) = (response.status(), response.headers().clone());
                let outcome = Answer::read(&call.operation, response);
                let retry_after = outcome.as_ref().err().and_then(|error| error.retry_after);
                permit.learn(status, &headers, retry_after);
                outcome
            }
            Err(error) => Err(error.into_graph_error(&call.operation.text)),
        };
        log(call, outcome.as_ref(), elapsed);
        outcome
    }

    fn observe(&self, call: &Call, answer: Option<&http::Response<Bytes>>, elapsed: Duration) {
        let request_id = answer.and_then(|answer| answer::request_id(answer.headers()));
        self.config.observer.request(&Attempt {
            operation: call.operation.kind.label(),
            write: call.method != Method::GET,
            status: answer.map(|answer| answer.status().as_u16()),
            elapsed,
            client_request_id: call.client_request_id,
            request_id: request_id.as_deref(),
        });
    }
}

fn log(call: &Call, outcome: Result<&Answer, &GraphError>, elapsed: Duration) {
    let status = outcome.map_or_else(|error| error.status, |answer| Some(answer.status().as_u16()));
    let request_id = outcome.map_or_else(|error| error.request_id.clone(), Answer::request_id);
    let error = outcome.err().map(tracing::field::display);
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let client_request_id = call.client_request_id;
    if call.method == Method::GET {
        tracing::debug!(operation = call.operation.text, status, request_id, %client_request_id, elapsed_ms, error, "Graph read");
    } else {
        tracing::info!(operation = call.operation.text, status, request_id, %client_request_id, elapsed_ms, error, "Graph write");
    }
}
