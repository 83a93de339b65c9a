//! What happens to every simulated request, whichever endpoint it is for: faults, limits, the handler, the ledger.

use std::time::Duration;

use axum::response::Response;
use http::Method;

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

/// The fault of a request, after its latency: the given one where there is one, whatever the rules say.
pub(crate) async fn fault_for(
    service: &Service,
    exchange: &Exchange,
    kind: RouteKind,
    tenant: Option<&str>,
    given: Option<&Fault>,
) -> Option<Fault> {
    let fault = match given {
        Some(fault) => fault.fits(kind).then(|| fault.clone())?,
        None => service.faults().take(kind, exchange.method.as_str(), &exchange.path, tenant)?,
    };
    if let Some(latency) = fault.latency_ms {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    Some(fault)
}

/// A Graph request of a verified sender.
#[derive(Clone, Copy)]
pub(crate) struct GraphCall<'a> {
    pub exchange: &'a Exchange,
    pub version: ApiVersion,
    /// The path after the version.
    pub path: &'a str,
    pub caller: &'a Caller,
    pub draft: &'a Draft,
}

impl GraphCall<'_> {
    /// Carries it out if the limits allow it.
    pub(crate) fn answer(self, service: &Service) -> Answer {
        let limited = LimitedRequest {
            caller: self.caller,
            method: &self.exchange.method,
            path: self.path,
            query: self.exchange.query.as_deref(),
        };
        let admission = {
            let world = service.world();
            service.limiter().admit(&world, limited)
        };
        match admission {
            Err(refusal) => answer_without_handler(service, self.exchange, refusal, self.draft),
            Ok(headers) => {
                let mut answer = self.answer_without_limits(service);
                answer.headers.extend(headers);
                answer
            }
        }
    }

    /// Carries it out, regardless of the limits. Its ledger entry is written under the world's lock, so that the ledger's order is
    /// the order of the commits.
    pub(crate) fn answer_without_limits(self, service: &Service) -> Answer {
        let Self { exchange, draft, .. } = self;
        let request = GraphRequest {
            version: self.version,
            method: exchange.method.clone(),
            path: self.path,
            query: exchange.query_options(),
            prefer: exchange.prefer(),
            body: &exchange.body,
            caller: self.caller,
            request_id: exchange.request_id.clone(),
            client_request_id: exchange.client_request_id.clone(),
            root: exchange.root.clone(),
        };
        let mut world = service.world();
        let stale_by = draft.stale_by.filter(|_| request.method == Method::GET);
        let answer = service.catch_panic(|| {
            life::catch_up(&mut world);
            if let Some(mut past) = stale_by.and_then(|ago| service.past(&world, ago)) {
                return graph::handle(&mut past, &request);
            }
            let answer = world.by_request(&exchange.request_id, |world| graph::handle(world, &request));
            if answer.committed {
                // Its effects follow the present options, even if they change before the next request.
                life::catch_up(&mut world);
                service.note_change(&world);
            }
            answer
        });
        let now = world.now();
        let answer = checked_answer(service, exchange, exchange.completed(answer, now), now);
        service.record(draft, exchange, now, answer.status, answer.committed);
        answer
    }
}

/// Records a request that no Graph handler answers, and returns the completed answer.
pub(crate) fn answer_without_handler(service: &Service, exchange: &Exchange, answer: Answer, draft: &Draft) -> Answer {
    let now = service.now();
    let answer = checked_answer(service, exchange, exchange.completed(answer, now), now);
    service.record(draft, exchange, now, answer.status, false);
    answer
}

/// As [`answer_without_handler`], as a response.
pub(crate) fn respond_without_handler(service: &Service, exchange: &Exchange, answer: Answer, draft: &Draft) -> Response {
    let answer = answer_without_handler(service, exchange, answer, draft);
    dated(response(&answer), service.now())
}
