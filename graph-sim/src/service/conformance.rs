//! Checks every Graph request and its answer against the published description. A violation is a bug of the simulator
//! and is answered with 500, so that no test misses it.

use jiff::Timestamp;

use super::Service;
use crate::base::answer::Answer;
use crate::base::uri::graph_route;
use crate::contract::Checked;
use crate::wire::exchange::Exchange;

/// The answer, if it and what was accepted are as described; otherwise a 500 with the violations.
pub(crate) fn checked_answer(service: &Service, exchange: &Exchange, answer: Answer, now: Timestamp) -> Answer {
    let (Some(contract), Some((version, path))) = (service.contract(), graph_route(&exchange.path)) else {
        return answer;
    };
    let violations = contract.check(&Checked {
        version,
        method: exchange.method.as_str(),
        path,
        query: &exchange.query_options(),
        request_body: &exchange.body,
        status: answer.status,
        response_body: answer.body.as_ref(),
    });
    if violations.is_empty() {
        return answer;
    }
    let violations: Vec<String> = violations.iter().map(ToString::to_string).collect();
    let text = violations.join("; ");
    service.record_violation(format!("{} {} {}: {text}", exchange.method, exchange.path, answer.status));
    let message = format!("The simulator's answer, or what it accepted, is not as described: {text}");
    let refusal = Answer::error(500, "simulatorContractViolation", message).committed(answer.committed);
    exchange.completed(refusal, now)
}
