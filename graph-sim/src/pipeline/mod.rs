//! The pipeline of every request: route, sender, faults, handler, ledger, answer. It is the same with and without a connection.

mod request;

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::response::Response;
use futures::FutureExt;

use crate::base::answer::{Answer, ApiVersion};
use crate::base::caller::Caller;
use crate::base::uri::{control_route, graph_route};
use crate::endpoints::login::{self, LoginRoute};
use crate::endpoints::{batch, control};
use crate::entra::form::redacted_form;
use crate::faults::answer::fault_response;
use crate::faults::body::{trickled, truncated};
use crate::faults::{Fault, RouteKind, Treatment};
use crate::service::Service;
use crate::service::ledger::{Draft, redacted_body};
use crate::service::perform::{GraphCall, fault_for, respond_without_handler};
use crate::wire::exchange::Exchange;
use crate::wire::response::{dated, put, response};
use request::Unread;

/// There is no answer: the connection that the request came over, if any, is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut;

/// What a simulated request asks for.
enum Job<'a> {
    /// A Graph request, with its sender or the refusal that it gets.
    Graph {
        version: ApiVersion,
        path: &'a str,
        caller: Result<Caller, Answer>,
    },
    /// A request of the login service.
    Login(LoginRoute<'a>),
    /// An unknown path.
    Unknown,
}

/// Answers one request. A panic anywhere on the way is answered and counted.
pub(crate) async fn answer(service: &Service, request: Request, treatment: &Treatment) -> Result<Response, Cut> {
    let (exchange, outcome) = request::read(service, request).await;
    match outcome {
        Ok(()) => {}
        Err(Unread::Refused(refusal)) => return Ok(refuse_unread(service, &exchange, refusal)),
        Err(Unread::BrokenOff) => {
            note_broken_off(service, &exchange);
            return Err(Cut);
        }
    }
    let answered = AssertUnwindSafe(dispatch(service, &exchange, treatment)).catch_unwind().await;
    answered.unwrap_or_else(|_| {
        service.count_panic();
        let answer = Answer::error(500, "generalException", "The simulator failed.");
        Ok(exchange.graph_response(answer, service.now()))
    })
}

/// Refuses a request that is too large. Those of the control API are not in the ledger.
fn refuse_unread(service: &Service, exchange: &Exchange, refusal: Answer) -> Response {
    if control_route(&exchange.path).is_some() {
        return exchange.graph_response(refusal, service.now());
    }
    respond_without_handler(service, exchange, refusal, &draft_of(exchange))
}

/// A request that its client broke off is in the ledger, without an answer and without an effect.
fn note_broken_off(service: &Service, exchange: &Exchange) {
    if control_route(&exchange.path).is_none() {
        service.record(&draft_of(exchange), exchange, service.now(), 0, false);
    }
}

/// What the ledger has of a request that was not read to its end.
fn draft_of(exchange: &Exchange) -> Draft {
    Draft::new(graph_route(&exchange.path).map(|(version, _)| version.as_str()), None)
}

async fn dispatch(service: &Service, exchange: &Exchange, treatment: &Treatment) -> Result<Response, Cut> {
    if let Some(path) = control_route(&exchange.path) {
        let mut response = control::handle(service, exchange, path);
        put(response.headers_mut(), "request-id", &exchange.request_id);
        return Ok(response);
    }
    let (job, mut draft) = prepare(service, exchange);
    let kind = job.kind();
    if kind == RouteKind::Graph {
        draft.stale_by = treatment.stale_by;
    }
    draft.fault = fault_for(service, exchange, kind, draft.tenant.as_deref(), treatment.fault.as_ref()).await;
    let fault = draft.fault.clone().unwrap_or_default();
    if fault.prevents_commit() {
        service.record(&draft, exchange, service.now(), 0, false);
        if fault.cut.is_some() {
            return Err(Cut);
        }
        return Ok(with_body_fault(fault_response(exchange, kind, &fault, service.now()), exchange, &fault).await);
    }
    let mut response = job.run(service, exchange, &draft).await;
    if fault.replay == Some(true) {
        response = job.run(service, exchange, &draft).await;
    }
    if fault.cut.is_some() {
        return Err(Cut);
    }
    if fault.status.is_some() {
        response = fault_response(exchange, kind, &fault, service.now());
    }
    Ok(with_body_fault(response, exchange, &fault).await)
}

/// The response with what the fault does to its body.
async fn with_body_fault(response: Response, exchange: &Exchange, fault: &Fault) -> Response {
    match (fault.truncate_at, fault.trickle) {
        (Some(at), _) => truncated(response, at, exchange.version).await,
        (None, Some(per_second)) => trickled(response, per_second).await,
        (None, None) => response,
    }
}

/// What a request asks for, and what is known for the ledger before it is done.
fn prepare<'a>(service: &Service, exchange: &'a Exchange) -> (Job<'a>, Draft) {
    if let Some((version, path)) = graph_route(&exchange.path) {
        let caller = service.caller(exchange);
        let draft = match &caller {
            Ok(caller) => Draft::of(caller, version, &exchange.body),
            Err(_) => Draft::new(Some(version.as_str()), redacted_body(&exchange.body)),
        };
        return (Job::Graph { version, path, caller }, draft);
    }
    let Some(route) = login::route(&exchange.path) else {
        return (Job::Unknown, Draft::new(None, None));
    };
    let body = matches!(route, LoginRoute::Token(_) | LoginRoute::DeviceCode(_)).then(|| redacted_form(exchange));
    let mut draft = Draft::new(Some("entra"), body);
    draft.tenant = route
        .tenant()
        .and_then(|tenant| service.world().find_tenant(tenant).map(|found| found.id.clone()));
    (Job::Login(route), draft)
}

impl Job<'_> {
    fn kind(&self) -> RouteKind {
        match self {
            Self::Graph { .. } => RouteKind::Graph,
            Self::Login(LoginRoute::Token(_) | LoginRoute::DeviceCode(_)) => RouteKind::Token,
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
                let call = GraphCall {
                    exchange,
                    version: *version,
                    path,
                    caller,
                    draft,
                };
                dated(response(&call.answer(service)), service.now())
            }
            Self::Graph { caller: Err(refusal), .. } => respond_without_handler(service, exchange, refusal.clone(), draft),
            Self::Login(route) => login::answer(service, exchange, route, draft).await,
            Self::Unknown => {
                let answer = Answer::error(404, "NotFound", "There is no resource at this path.");
                respond_without_handler(service, exchange, answer, draft)
            }
        }
    }
}
