//! The way of every request: route, sender, faults, handler, ledger, answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use futures::FutureExt;

use crate::answer::{Answer, ApiVersion, GraphRequest};
use crate::batch;
use crate::control;
use crate::entra::{self, LoginRoute};
use crate::exchange::{Exchange, dated, put, response};
use crate::faults::answer::fault_response;
use crate::faults::body::{trickled, truncated};
use crate::faults::{Fault, RouteKind};
use crate::graph;
use crate::judge::judged;
use crate::ledger::{Draft, harmless_body};
use crate::life;
use crate::server::Connection;
use crate::service::Service;
use crate::throttle::Asked;
use crate::world::Caller;

/// What is to be done for a simulated request.
enum Job<'a> {
    /// A Graph request, with its sender or the refusal that it gets.
    Graph {
        version: ApiVersion,
        path: &'a str,
        caller: Result<Caller, Answer>,
    },
    /// A request of the login service.
    Login(LoginRoute<'a>),
    /// A path that nothing answers to.
    Unknown,
}

/// Answers one request. A panic anywhere on the way is answered and counted.
pub async fn serve(service: Arc<Service>, connection: Connection, request: Request) -> Response {
    let (exchange, refusal) = Exchange::read(&service, request).await;
    if let Some(refusal) = refusal {
        return refuse_unread(&service, &exchange, refusal);
    }
    let answered = AssertUnwindSafe(dispatch(&service, &exchange)).catch_unwind().await;
    match answered {
        Ok(Some(response)) => response,
        Ok(None) => connection.cut().await,
        Err(_) => {
            service.count_panic();
            let answer = Answer::error(500, "generalException", "The simulator failed.");
            exchange.graph_response(answer, service.now())
        }
    }
}

/// Refuses a request of which more was sent than is looked at. The control API's are not in the ledger.
fn refuse_unread(service: &Service, exchange: &Exchange, refusal: Answer) -> Response {
    if control_route(&exchange.path).is_some() {
        return exchange.graph_response(refusal, service.now());
    }
    let api = graph_route(&exchange.path).map(|(version, _)| version.as_str());
    refuse(service, exchange, refusal, &Draft::new(api, None))
}

/// The answer, or nothing to cut the connection.
async fn dispatch(service: &Service, exchange: &Exchange) -> Option<Response> {
    if let Some(path) = control_route(&exchange.path) {
        let mut response = control::handle(service, exchange, path);
        put(response.headers_mut(), "request-id", &exchange.request_id);
        return Some(response);
    }
    let (job, mut draft) = prepare(service, exchange);
    let kind = job.kind();
    draft.fault = strike(service, exchange, kind, draft.tenant.as_deref()).await;
    let fault = draft.fault.clone().unwrap_or_default();
    if fault.strikes_before() {
        draft.record(service, exchange, service.now(), 0, false);
        if fault.cut.is_some() {
            return None;
        }
        return Some(spoiled(fault_response(service, exchange, kind, &fault), exchange, &fault).await);
    }
    let mut response = job.run(service, exchange, &draft).await;
    if fault.replay == Some(true) {
        response = job.run(service, exchange, &draft).await;
    }
    if fault.cut.is_some() {
        return None;
    }
    if fault.status.is_some() {
        response = fault_response(service, exchange, kind, &fault);
    }
    Some(spoiled(response, exchange, &fault).await)
}

/// The response with what the fault does to its body.
async fn spoiled(response: Response, exchange: &Exchange, fault: &Fault) -> Response {
    match (fault.truncate_at, fault.trickle) {
        (Some(at), _) => truncated(response, at, exchange.version).await,
        (None, Some(per_second)) => trickled(response, per_second).await,
        (None, None) => response,
    }
}

/// The path after `/_sim`, for a request to the control API.
pub fn control_route(path: &str) -> Option<&str> {
    path.strip_prefix("/_sim").filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The version of Graph that a path names, and the path after it.
pub fn graph_route(path: &str) -> Option<(ApiVersion, &str)> {
    [ApiVersion::V1, ApiVersion::Beta].into_iter().find_map(|version| {
        let rest = path.strip_prefix('/')?.strip_prefix(version.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some((version, rest))
    })
}

/// What a request asks for, and what is known for the ledger before it is done.
fn prepare<'a>(service: &Service, exchange: &'a Exchange) -> (Job<'a>, Draft) {
    if let Some((version, path)) = graph_route(&exchange.path) {
        let caller = service.tokens.caller(service, exchange);
        let mut draft = Draft::new(Some(version.as_str()), harmless_body(&exchange.body));
        if let Ok(caller) = &caller {
            draft.tenant = Some(caller.tenant.clone());
            draft.actor = Some(caller.actor.clone());
        }
        return (Job::Graph { version, path, caller }, draft);
    }
    let Some(route) = entra::route(&exchange.path) else {
        return (Job::Unknown, Draft::new(None, None));
    };
    let body = matches!(route, LoginRoute::Token { .. } | LoginRoute::DeviceCode { .. }).then(|| entra::harmless_form(exchange));
    let mut draft = Draft::new(Some("entra"), body);
    draft.tenant = route
        .tenant()
        .and_then(|tenant| service.world().find_tenant(tenant).map(|found| found.id.clone()));
    (Job::Login(route), draft)
}

/// The fault that strikes a request, after the time that it makes the request wait.
pub async fn strike(service: &Service, exchange: &Exchange, kind: RouteKind, tenant: Option<&str>) -> Option<Fault> {
    let fault = service.faults().strike(kind, exchange.method.as_str(), &exchange.path, tenant)?;
    if let Some(latency) = fault.latency_ms {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    Some(fault)
}

impl Job<'_> {
    fn kind(&self) -> RouteKind {
        match self {
            Self::Graph { .. } => RouteKind::Graph,
            Self::Login(LoginRoute::Token { .. } | LoginRoute::DeviceCode { .. }) => RouteKind::Token,
            Self::Login(_) | Self::Unknown => RouteKind::Other,
        }
    }

    async fn run(&self, service: &Service, exchange: &Exchange, draft: &Draft) -> Response {
        match self {
            Self::Graph {
                version,
                path,
                caller: Ok(caller),
            } if batch::is_batch(path) => batch::answer(service, exchange, *version, caller, draft).await,
            Self::Graph {
                version,
                path,
                caller: Ok(caller),
            } => {
                let answer = admitted(service, exchange, *version, path, caller, draft);
                dated(response(&answer), service.now())
            }
            Self::Graph { caller: Err(refusal), .. } => refuse(service, exchange, refusal.clone(), draft),
            Self::Login(route) => entra::answer(service, exchange, route, draft).await,
            Self::Unknown => {
                let answer = Answer::error(404, "NotFound", "There is no resource at this path.");
                refuse(service, exchange, answer, draft)
            }
        }
    }
}

/// Carries out a Graph request of a verified sender if the limits let it in.
pub fn admitted(service: &Service, exchange: &Exchange, version: ApiVersion, path: &str, caller: &Caller, draft: &Draft) -> Answer {
    let asked = Asked {
        caller,
        method: &exchange.method,
        path,
        query: exchange.query.as_deref(),
    };
    let admission = {
        let world = service.world();
        service.limiter().admit(&world, asked)
    };
    match admission {
        Err(refusal) => refused(service, exchange, refusal, draft),
        Ok(headers) => {
            let mut answer = performed(service, exchange, version, path, caller, draft);
            answer.headers.extend(headers);
            answer
        }
    }
}

/// Carries out a Graph request of a verified sender, whatever the limits. Its ledger entry is written under the world's lock,
/// so that the ledger's order is the order of the commits.
fn performed(service: &Service, exchange: &Exchange, version: ApiVersion, path: &str, caller: &Caller, draft: &Draft) -> Answer {
    let request = GraphRequest {
        version,
        method: exchange.method.clone(),
        path,
        query: exchange.query_options(),
        prefer: exchange.prefer(),
        body: &exchange.body,
        caller,
        request_id: exchange.request_id.clone(),
        client_request_id: exchange.client_request_id.clone(),
        root: exchange.root.clone(),
    };
    let mut world = service.world();
    let answer = service.guarded(|| {
        life::catch_up(&mut world);
        let answer = graph::handle(&mut world, &request);
        if answer.committed {
            // What it started goes by the options of now, whatever they are at the next request.
            life::catch_up(&mut world);
        }
        answer
    });
    let now = world.now();
    let answer = judged(service, exchange, exchange.settled(answer, now), now);
    draft.record(service, exchange, now, answer.status, answer.committed);
    answer
}

/// The response to a request that limits do not count for, such as an administrator's in the portal.
pub fn carry_out(service: &Service, exchange: &Exchange, version: ApiVersion, path: &str, caller: &Caller, draft: &Draft) -> Response {
    let answer = performed(service, exchange, version, path, caller, draft);
    dated(response(&answer), service.now())
}

/// Records a request that no handler gets to see, and gives its answer.
pub fn refused(service: &Service, exchange: &Exchange, answer: Answer, draft: &Draft) -> Answer {
    let now = service.now();
    let answer = judged(service, exchange, exchange.settled(answer, now), now);
    draft.record(service, exchange, now, answer.status, false);
    answer
}

/// As [`refused`], as a response.
pub fn refuse(service: &Service, exchange: &Exchange, answer: Answer, draft: &Draft) -> Response {
    let answer = refused(service, exchange, answer, draft);
    dated(response(&answer), service.now())
}
