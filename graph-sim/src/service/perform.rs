//! What happens to every simulated request, whichever endpoint it is for: faults, limits, the handler, the ledger.

use std::time::Duration;

use axum::response::Response;

use super::Service;
use super::conformance::checked_answer;
use super::ledger::Draft;
use crate::base::answer::{Answer, ApiVersion, GraphRequest};
use crate::base::caller::Caller;
use crate::faults::{Fault, RouteKind};
use crate::throttle::LimitedRequest;
use crate::wire::exchange::Exchange;
use crate::wire::response::{dated, response};
use crate::{graph, life};

/// The fault of a request, after its latency.
pub(crate) async fn fault_for(service: &Service, exchange: &Exchange, kind: RouteKind, tenant: Option<&str>) -> Option<Fault> {
    let fault = service.faults().take(kind, exchange.method.as_str(), &exchange.path, tenant)?;
    if let Some(latency) = fault.latency_ms {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    Some(fault)
}

/// Carries out a Graph request of a verified sender if the limits allow it.
pub(crate) fn admitted(service: &Service, exchange: &Exchange, version: ApiVersion, path: &str, caller: &Caller, draft: &Draft) -> Answer {
    let asked = LimitedRequest {
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
    let answer = service.catch_panic(|| {
        life::catch_up(&mut world);
        let answer = graph::handle(&mut world, &request);
        if answer.committed {
            // What it started happens by the present options, whatever they are at the next request.
            life::catch_up(&mut world);
        }
        answer
    });
    let now = world.now();
    let answer = checked_answer(service, exchange, exchange.completed(answer, now), now);
    service.record(draft, exchange, now, answer.status, answer.committed);
    answer
}

/// The response to a request without limits, such as an administrator's in the portal.
pub(crate) fn carry_out(
    service: &Service,
    exchange: &Exchange,
    version: ApiVersion,
    path: &str,
    caller: &Caller,
    draft: &Draft,
) -> Response {
    let answer = performed(service, exchange, version, path, caller, draft);
    dated(response(&answer), service.now())
}

/// Records a request that reaches no handler, and returns its answer.
pub(crate) fn refused(service: &Service, exchange: &Exchange, answer: Answer, draft: &Draft) -> Answer {
    let now = service.now();
    let answer = checked_answer(service, exchange, exchange.completed(answer, now), now);
    service.record(draft, exchange, now, answer.status, false);
    answer
}

/// As [`refused`], as a response.
pub(crate) fn refuse(service: &Service, exchange: &Exchange, answer: Answer, draft: &Draft) -> Response {
    let answer = refused(service, exchange, answer, draft);
    dated(response(&answer), service.now())
}
