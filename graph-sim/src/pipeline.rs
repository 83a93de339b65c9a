//! The way of every request: route, sender, faults, handler, ledger, answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use futures::FutureExt;

use crate::answer::{Answer, ApiVersion, GraphRequest};
use crate::control;
use crate::entra::{self, LoginRoute};
use crate::exchange::{Exchange, json_response, truncated};
use crate::faults::{Fault, Moment, RouteKind, answer::fault_response};
use crate::graph;
use crate::ledger::{Draft, harmless_body};
use crate::life;
use crate::server::Connection;
use crate::service::Service;
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
    let Some(exchange) = Exchange::read(&service, request).await else {
        return json_response(413, "text/plain", None);
    };
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

/// The answer, or nothing to cut the connection.
async fn dispatch(service: &Service, exchange: &Exchange) -> Option<Response> {
    if let Some(path) = control_route(&exchange.path) {
        return Some(control::handle(service, exchange, path));
    }
    let (job, mut draft) = prepare(service, exchange);
    let kind = job.kind();
    draft.fault = strike(service, exchange, kind, draft.tenant.as_deref()).await;
    let fault = draft.fault.clone().unwrap_or_default();
    if fault.strikes_before() {
        draft.record(service, exchange, service.now(), 0, false);
        return (fault.cut.is_none()).then(|| fault_response(service, exchange, kind, &fault));
    }
    let mut response = job.run(service, exchange, &draft).await;
    if fault.replay == Some(true) {
        response = job.run(service, exchange, &draft).await;
    }
    match fault {
        Fault {
            cut: Some(Moment::After), ..
        } => None,
        Fault { status: Some(_), .. } => Some(fault_response(service, exchange, kind, &fault)),
        Fault { truncate_at: Some(at), .. } => Some(truncated(response, at, exchange.version).await),
        _ => Some(response),
    }
}

fn control_route(path: &str) -> Option<&str> {
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
    let body = matches!(route, LoginRoute::Token { .. }).then(|| entra::harmless_form(exchange));
    let mut draft = Draft::new(Some("entra"), body);
    draft.tenant = route
        .tenant()
        .and_then(|tenant| service.world().find_tenant(tenant).map(|found| found.id.clone()));
    (Job::Login(route), draft)
}

async fn strike(service: &Service, exchange: &Exchange, kind: RouteKind, tenant: Option<&str>) -> Option<Fault> {
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
            Self::Login(LoginRoute::Token { .. }) => RouteKind::Token,
            Self::Login(_) | Self::Unknown => RouteKind::Other,
        }
    }

    async fn run(&self, service: &Service, exchange: &Exchange, draft: &Draft) -> Response {
        match self {
            Self::Graph {
                version,
                path,
                caller: Ok(caller),
            } => carry_out(service, exchange, *version, path, caller, draft),
            Self::Graph { caller: Err(refusal), .. } => refuse(service, exchange, refusal.clone(), draft),
            Self::Login(route) => entra::answer(service, exchange, route, draft).await,
            Self::Unknown => {
                let answer = Answer::error(404, "NotFound", "There is no resource at this path.");
                refuse(service, exchange, answer, draft)
            }
        }
    }
}

/// Carries out a Graph request of a verified sender. Its ledger entry is written under the world's lock, so that the ledger's
/// order is the order of the commits.
pub fn carry_out(service: &Service, exchange: &Exchange, version: ApiVersion, path: &str, caller: &Caller, draft: &Draft) -> Response {
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
        graph::handle(&mut world, &request)
    });
    let now = world.now();
    draft.record(service, exchange, now, answer.status, answer.committed);
    drop(world);
    exchange.graph_response(answer, now)
}

/// Records and answers a request that no handler gets to see.
pub fn refuse(service: &Service, exchange: &Exchange, answer: Answer, draft: &Draft) -> Response {
    let now = service.now();
    draft.record(service, exchange, now, answer.status, false);
    exchange.graph_response(answer, now)
}
