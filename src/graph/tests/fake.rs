//! A scripted Graph and Entra in place of the transport's service. It records every request.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, Method, Request, Response};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::time::Instant;
use tower::service_fn;
use url::Url;

use crate::graph::budget::limits::RequestClass;
use crate::graph::http::observer::{Attempt, Observer};
use crate::graph::http::transport::{BodyStream, SendError, Transport};
use crate::graph::{Application, Client, ClientConfig, ClockSkew, Collection, Entity, GraphError, Limits, Permit, SharedBudget, TokenFile};

pub const ROOT: &str = "https://graph.example";
pub const LOGIN: &str = "https://login.example";

/// The mark of the fake's writes.
pub const MARK: [u8; 4] = [0xc1, 0x05, 0x7e, 0x12];

/// One request as the transport got it.
#[derive(Debug, Clone)]
pub struct Sent {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub at: Instant,
}

impl Sent {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// What the fake does with one request.
pub enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Bytes,
    },
    /// A 200 whose body never ends.
    Endless,
    /// No answer, ever.
    Hang,
    Fail(SendError),
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", &body.to_string())
    }

    pub fn text(status: u16, content_type: &str, body: &str) -> Self {
        let headers = vec![("content-type", content_type.to_owned()), ("request-id", "req-1".to_owned())];
        Self::Answer {
            status,
            headers,
            body: Bytes::from(body.to_owned()),
        }
    }

    pub fn status(status: u16) -> Self {
        Self::text(status, "application/json", "")
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// The scripted services and a client that talks to them.
pub struct Fake {
    pub client: Client,
    pub token_file: NamedTempFile,
    state: Arc<State>,
}

/// Answers by a rule instead of a script.
type Rule = Box<dyn Fn(&Sent) -> Reply + Send + Sync>;

#[derive(Default)]
struct State {
    rule: Option<Rule>,
    latency: Duration,
    held_back: Mutex<Vec<(&'static str, Duration)>>,
    throttled: Mutex<Vec<(&'static str, Duration)>>,
    paused: Mutex<Vec<Instant>>,
    graph: Mutex<Vec<Sent>>,
    login: Mutex<Vec<Sent>>,
    replies: Mutex<VecDeque<Reply>>,
    logins: Mutex<VecDeque<Reply>>,
    revoked: Mutex<Option<String>>,
    observed: Mutex<Vec<(&'static str, Option<u16>)>>,
    told: Mutex<Vec<String>>,
}

impl Observer for State {
    fn request(&self, attempt: &Attempt<'_>) {
        self.observed.lock().unwrap().push((attempt.operation, attempt.status));
    }

    fn token_refreshed(&self) {
        self.told.lock().unwrap().push("token refreshed".to_owned());
    }

    fn token_failed(&self) {
        self.told.lock().unwrap().push("token failed".to_owned());
    }

    fn held_back(&self, class: &'static str, waited: Duration) {
        self.held_back.lock().unwrap().push((class, waited));
    }

    fn throttled(&self, class: &'static str, pause: Duration) {
        self.throttled.lock().unwrap().push((class, pause));
        self.paused.lock().unwrap().push(Instant::now() + pause);
    }
}

impl Fake {
    /// Graph answers with `replies` in turn; a further request panics, so it fails the test.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::limited(Limits::default(), replies)
    }

    /// The same with these limits.
    pub fn limited(limits: Limits, replies: impl IntoIterator<Item = Reply>) -> Self {
        let state = State::default();
        state.replies.lock().unwrap().extend(replies);
        Self::of(state, limits)
    }

    /// Graph answers every request by a rule, in the middle of the latency.
    pub fn answering(limits: Limits, latency: Duration, rule: impl Fn(&Sent) -> Reply + Send + Sync + 'static) -> Self {
        let state = State {
            rule: Some(Box::new(rule)),
            latency,
            ..State::default()
        };
        Self::of(state, limits)
    }

    fn of(state: State, limits: Limits) -> Self {
        let state = Arc::new(state);
        let mut token_file = NamedTempFile::new().unwrap();
        writeln!(token_file, "assertion-1").unwrap();
        let transport = transport(&state);
        let credential = application(&transport)
            .federated(Arc::new(TokenFile::new(token_file.path())))
            .unwrap();
        let config = ClientConfig {
            root: Url::parse(ROOT).unwrap(),
            scope: format!("{ROOT}/.default"),
            credential,
            request_timeout: Duration::from_secs(10),
            observer: Arc::clone(&state) as Arc<dyn Observer>,
            clock: Arc::default(),
            budget: SharedBudget::new(&limits, Arc::clone(&state) as Arc<dyn Observer>),
            mark: MARK,
        };
        Self {
            client: Client::with_transport(config, transport).unwrap(),
            token_file,
            state,
        }
    }

    /// The token endpoint answers with these first, and then with the tokens `token-1`, `token-2`, …
    pub fn logins(self, replies: impl IntoIterator<Item = Reply>) -> Self {
        self.state.logins.lock().unwrap().extend(replies);
        self
    }

    /// Graph answers 401 to this token, whatever the script contains.
    pub fn revoke(self, token: &str) -> Self {
        *self.state.revoked.lock().unwrap() = Some(format!("Bearer {token}"));
        self
    }

    /// A permit to write.
    pub async fn permit(&self) -> Permit {
        self.client.permit().await.unwrap()
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.state.graph.lock().unwrap().clone()
    }

    pub fn logged_in(&self) -> Vec<Sent> {
        self.state.login.lock().unwrap().clone()
    }

    /// The classes of the requests that waited in the budget, and how long.
    pub fn held_back(&self) -> Vec<(&'static str, Duration)> {
        self.state.held_back.lock().unwrap().clone()
    }

    /// The pauses that Graph asked for.
    pub fn throttled(&self) -> Vec<(&'static str, Duration)> {
        self.state.throttled.lock().unwrap().clone()
    }

    /// The end of each pause that Graph asked for.
    pub fn paused(&self) -> Vec<Instant> {
        self.state.paused.lock().unwrap().clone()
    }

    pub fn observed(&self) -> Vec<(&'static str, Option<u16>)> {
        self.state.observed.lock().unwrap().clone()
    }

    /// The calls of the observer about tokens.
    pub fn reported(&self) -> Vec<String> {
        self.state.told.lock().unwrap().clone()
    }

    /// The application that it signs in as.
    pub fn application(&self) -> Application {
        application(&transport(&self.state))
    }
}

/// The application that every fake signs in as.
pub fn application(transport: &Transport) -> Application {
    Application {
        transport: transport.clone(),
        authority: Url::parse(LOGIN).unwrap(),
        tenant_id: "contoso".to_owned(),
        client_id: "client-1".to_owned(),
        clock: Arc::new(ClockSkew::default()),
    }
}

fn transport(state: &Arc<State>) -> Transport {
    let state = Arc::clone(state);
    Transport::new(service_fn(move |request: Request<Bytes>| {
        let state = Arc::clone(&state);
        async move {
            tokio::time::sleep(state.latency / 2).await;
            let reply = receive(&state, request);
            tokio::time::sleep(state.latency / 2).await;
            send(reply).await
        }
    }))
}

fn receive(state: &State, request: Request<Bytes>) -> Reply {
    let url = Url::parse(&request.uri().to_string()).unwrap();
    let (parts, body) = request.into_parts();
    let sent = Sent {
        method: parts.method,
        headers: parts.headers,
        body,
        at: Instant::now(),
        url,
    };
    match sent.url.origin().ascii_serialization().as_str() {
        ROOT => {
            let revoked = state.revoked.lock().unwrap().clone();
            if revoked.is_some() && sent.header("authorization") == revoked.as_deref() {
                state.graph.lock().unwrap().push(sent);
                return Reply::status(401);
            }
            let next = || state.replies.lock().unwrap().pop_front();
            let reply = match &state.rule {
                Some(rule) => rule(&sent),
                None => next().unwrap_or_else(|| panic!("an unexpected request: {sent:?}")),
            };
            state.graph.lock().unwrap().push(sent);
            reply
        }
        LOGIN => {
            let mut login = state.login.lock().unwrap();
            login.push(sent);
            let scripted = state.logins.lock().unwrap().pop_front();
            scripted.unwrap_or_else(|| token(&format!("token-{}", login.len())))
        }
        other => panic!("a request to {other}"),
    }
}

/// A token answer.
pub fn token(token: &str) -> Reply {
    Reply::json(
        200,
        &json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}),
    )
}

async fn send(reply: Reply) -> Result<Response<BodyStream>, SendError> {
    match reply {
        Reply::Hang => std::future::pending().await,
        Reply::Fail(error) => Err(error),
        Reply::Endless => Ok(Response::new(stream::repeat(Ok(Bytes::from(vec![b' '; 65536]))).boxed())),
        Reply::Answer { status, headers, body } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok(response.body(stream::iter([Ok(body)]).boxed()).unwrap())
        }
    }
}

impl Client {
    /// How many requests of a class could be sent now.
    pub(crate) fn budget_left(&self, class: RequestClass) -> usize {
        self.session.config.budget.0.left(class)
    }

    /// Every object of the collection.
    pub(crate) async fn list(&self, collection: Collection) -> Result<Vec<Entity>, GraphError> {
        self.list_as(collection, |entity| entity).await
    }
}
