//! What goes between the controller and the two services: every request is counted, noted, and answered as the plan says.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloudpc_operator::base::simulation;
use graph_sim::{Fault, Treatment};
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::BoxError;

use crate::oracle::honest;
use crate::plan::{Plan, Point, Side, What};
use crate::states;
use crate::world::World;

/// Longer than the controller waits for any answer.
const SLOW: Duration = Duration::from_secs(40);

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Line {
    /// Which request.
    pub point: Point,
    /// When it was sent.
    pub sent: Timestamp,
    /// When it was answered.
    pub answered: Option<Timestamp>,
    /// The process that sent it, counted from 0.
    pub process: u32,
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// What was sent.
    pub body: Bytes,
    /// What the plan made of it.
    pub turns: Vec<What>,
    /// The status that the controller saw.
    pub status: Option<StatusCode>,
}

impl Line {
    /// Whether it asks for a change.
    pub fn is_write(&self) -> bool {
        self.method != Method::GET && !self.is_sign_in()
    }

    /// Whether it is a request for a token, from either side.
    pub fn is_sign_in(&self) -> bool {
        self.path.contains("/oauth2/") || self.path.contains("/token")
    }

    /// Whether it opens a watch.
    pub fn is_watch(&self) -> bool {
        self.point.side == Side::Kubernetes && self.path.contains("watch=")
    }
}

/// The requests so far, and the plan.
pub struct Wires {
    plan: Plan,
    state: Mutex<State>,
    /// Notified when the process has to end.
    pub crash: Notify,
}

#[derive(Default)]
struct State {
    lines: Vec<Line>,
    graph: u32,
    kubernetes: u32,
    process: u32,
    equal: honest::Equal,
    problems: Vec<String>,
    secrets: BTreeSet<String>,
}

impl Wires {
    /// Wires on which a plan happens.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            state: Mutex::default(),
            crash: Notify::new(),
        }
    }

    /// All requests so far.
    pub fn lines(&self) -> Vec<Line> {
        self.state.lock().lines.clone()
    }

    /// The tokens and assertions that were sent.
    pub fn secrets(&self) -> BTreeSet<String> {
        self.state.lock().secrets.clone()
    }

    /// What was wrong in the course of the run.
    pub fn problems(&self) -> Vec<String> {
        self.state.lock().problems.clone()
    }

    /// Notes something that is wrong now.
    pub fn complain(&self, problem: impl Into<String>) {
        self.state.lock().problems.push(problem.into());
    }

    /// Notes the secrets of a request to Graph or to Entra.
    fn note_secrets(&self, request: &Request<Bytes>) {
        let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| value.split_once(' ')).map(|(_, token)| token.to_owned());
        let form = String::from_utf8_lossy(request.body());
        let fields = form.split('&').filter_map(|field| field.split_once('='));
        let signed = fields.filter(|(name, _)| ["client_assertion", "client_secret"].contains(name));
        let signed = signed.map(|(_, value)| value.to_owned());
        self.state.lock().secrets.extend(bearer.into_iter().chain(signed));
    }

    /// Graph is about to change.
    fn before_change(&self, world: &World) {
        honest::note(world, &mut self.state.lock().equal, now());
    }

    /// A status was written.
    fn after_status(&self, world: &World, path: &str) {
        let mut state = self.state.lock();
        let path = path.split('?').next().unwrap_or_default();
        let problem = honest::judge(world, &self.plan, path, &state.equal, now());
        state.problems.extend(problem);
    }

    /// Another process sends from now on.
    pub fn next_process(&self) {
        self.state.lock().process += 1;
    }

    /// Notes a request. Its place among the lines, and what the plan makes of it.
    fn note<B>(&self, side: Side, request: &Request<B>, body: Bytes) -> (usize, Vec<What>) {
        let mut state = self.state.lock();
        let count = match side {
            Side::Graph => &mut state.graph,
            Side::Kubernetes => &mut state.kubernetes,
        };
        *count += 1;
        let point = Point { side, number: *count };
        let turns: Vec<What> = self.plan.at(point).cloned().collect();
        let line = Line {
            point,
            sent: now(),
            answered: None,
            process: state.process,
            method: request.method().clone(),
            path: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
            body,
            turns: turns.clone(),
            status: None,
        };
        state.lines.push(line);
        (state.lines.len() - 1, turns)
    }

    fn answered(&self, index: usize, status: StatusCode) {
        let mut state = self.state.lock();
        state.lines[index].status = Some(status);
        state.lines[index].answered = Some(now());
    }

    fn is_write(&self, index: usize) -> bool {
        self.state.lock().lines[index].is_write()
    }

    /// Ends the process; the request gets no answer any more.
    async fn crash(&self) -> Infallible {
        self.crash.notify_one();
        std::future::pending().await
    }
}

fn now() -> Timestamp {
    simulation::now().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What a person can do, by name.
pub type Hands = fn(&World, &str);

/// The Kubernetes API as the controller reaches it.
pub async fn kubernetes(world: Arc<World>, hands: Hands, request: Request<Body>) -> Result<Response<Answered>, BoxError> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let request = Request::from_parts(parts, Body::from(body.to_vec()));
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let (index, turns) = world.wires.note(Side::Kubernetes, &request, body);
    let answer = instead(&world, hands, &turns).await?;
    let response = match answer {
        Some(answer) => answer,
        None => {
            let stale = turns.iter().find_map(|what| match what {
                What::Stale => Some(3),
                What::VeryStale => Some(u64::MAX),
                _ => None,
            });
            match stale {
                Some(back) => {
                    let version = world.cluster.resource_version().saturating_sub(back).max(1);
                    world.cluster.answer_as_of(version, request).await
                }
                None => world.cluster.answer(request).await,
            }
        }
    };
    if response.status().is_success() && path.contains("/status?") {
        world.wires.after_status(&world, &path);
    }
    for what in &turns {
        match what {
            What::CrashAfter => match world.wires.crash().await {},
            What::CutAfter => return Err("the connection broke".into()),
            What::Slow => tokio::time::sleep(SLOW).await,
            _ => {}
        }
    }
    world.wires.answered(index, response.status());
    if world.wires.is_write(index) {
        states::note(&world);
    }
    Ok(response)
}

/// What happens before the Kubernetes API gets a request, and the answer that comes instead of its own.
async fn instead(world: &World, hands: Hands, turns: &[What]) -> Result<Option<Response<Answered>>, BoxError> {
    for what in turns {
        let (code, reason, after) = match what {
            What::Hand(name) => {
                world.wires.before_change(world);
                hands(world, name);
                continue;
            }
            What::CrashBefore => match world.wires.crash().await {},
            What::CutBefore => return Err("the connection broke".into()),
            What::Status409 => (StatusCode::CONFLICT, "Conflict", None),
            What::Status403 => (StatusCode::FORBIDDEN, "Forbidden", None),
            What::Status500 => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError", None),
            What::Status503 => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", None),
            What::Throttled => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", Some("1")),
            _ => continue,
        };
        return Ok(Some(refusal(code, reason, after)));
    }
    Ok(None)
}

fn refusal(code: StatusCode, reason: &str, retry_after: Option<&'static str>) -> Response<Answered> {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "a fault of the plan",
        "reason": reason, "code": code.as_u16()});
    let mut response = Response::new(boxed(Full::new(Bytes::from(status.to_string()))));
    *response.status_mut() = code;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(after) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(after));
    }
    response
}

/// The body of any answer.
pub type Answered = kube_sim::Body;

fn boxed<B>(body: B) -> Answered
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    body.map_err(Into::into).boxed_unsync()
}

/// Graph and Entra as the controller reaches them.
pub async fn graph(world: Arc<World>, hands: Hands, request: Request<Bytes>) -> Result<Response<Answered>, BoxError> {
    let (index, turns) = world.wires.note(Side::Graph, &request, request.body().clone());
    world.wires.note_secrets(&request);
    for what in &turns {
        match what {
            What::Hand(name) => {
                world.wires.before_change(&world);
                hands(&world, name);
            }
            What::CrashBefore => match world.wires.crash().await {},
            _ => {}
        }
    }
    if request.method() != Method::GET {
        world.wires.before_change(&world);
    }
    let fault = turns.iter().find_map(fault);
    let stale = turns.iter().find_map(|what| match what {
        What::Stale => Some(SignedDuration::from_secs(45)),
        What::VeryStale => Some(SignedDuration::from_mins(10)),
        _ => None,
    });
    let treatment = Treatment {
        fault: fault.map(|fault| Fault::try_from(fault).expect("a fault that the simulator knows")),
        stale_by: stale,
    };
    let answer = world.graph.answer_with(request, &treatment).await;
    for what in &turns {
        match what {
            What::CrashAfter => match world.wires.crash().await {},
            What::Slow => tokio::time::sleep(SLOW).await,
            _ => {}
        }
    }
    let response = answer.map_err(|_cut| BoxError::from("the connection broke"))?;
    let html = turns.contains(&What::Html);
    world.wires.answered(index, response.status());
    let (mut parts, body) = response.into_parts();
    if html {
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        let page = Full::new(Bytes::from_static(b"<html><body>Service</body></html>"));
        return Ok(Response::from_parts(parts, boxed(page)));
    }
    Ok(Response::from_parts(parts, boxed(body)))
}

/// The simulator's fault for what happens.
fn fault(what: &What) -> Option<Value> {
    let status = |status: u16| Some(json!({"status": status}));
    let after = |status: u16| Some(json!({"status": status, "when": "after"}));
    let throttled = |value: &str| Some(json!({"status": 429, "headers": {"Retry-After": value}}));
    match what {
        What::CutBefore => Some(json!({"cut": "before"})),
        What::CutAfter => Some(json!({"cut": "after"})),
        What::Throttled => throttled("7"),
        What::ThrottledPlain => status(429),
        What::ThrottledFraction => throttled("2.128"),
        What::ThrottledNegative => throttled("-1"),
        What::ThrottledZero => throttled("0"),
        What::ThrottledDate => throttled(&date(SignedDuration::from_secs(11))),
        What::Status500 => status(500),
        What::Status502 => status(502),
        What::Status503 => status(503),
        What::Status504 => status(504),
        What::Status500After => after(500),
        What::Status502After => after(502),
        What::Status503After => after(503),
        What::Status504After => after(504),
        What::Status400 => status(400),
        What::Status401 => status(401),
        What::Status403 => status(403),
        What::Status404 => status(404),
        What::Status409 => status(409),
        What::Status412 => status(412),
        What::Truncated => Some(json!({"truncateAt": 20})),
        What::Replayed => Some(json!({"replay": true})),
        _ => None,
    }
}

/// A time to come, as HTTP writes it.
fn date(from_now: SignedDuration) -> String {
    (now() + from_now).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
