//! The breaker: one failure holds all back, one try goes through, only a success from after the failure opens it.

use std::time::{Duration, Instant};

use crate::graph::{ErrorKind, GraphError};
use crate::reconcile::gate::{Gate, longest};
use crate::reconcile::outcome::{Class, Failure};

fn error(kind: ErrorKind, retry_after: Option<Duration>) -> GraphError {
    GraphError {
        operation: "list".to_owned(),
        kind,
        status: None,
        code: None,
        inner_code: None,
        message: "no".to_owned(),
        request_id: None,
        retry_after,
    }
}

#[test]
fn a_failure_of_the_tenant_holds_everybody_back_until_a_later_success() {
    let (gate, before) = (Gate::default(), Instant::now());
    assert!(gate.check().is_ok());
    let failure = gate.failed(error(ErrorKind::Unavailable, None));
    assert_eq!(failure.class, Class::Unreachable);
    assert!(gate.closed().is_some_and(|closed| closed.after > Some(Duration::from_millis(500))));
    let held = gate.check().unwrap_err();
    assert!(held.after.is_some_and(|after| after > Duration::from_millis(500)));
    // The answer to a request from before the failure does not open it.
    gate.record(before, Ok(())).unwrap();
    assert!(gate.check().is_err());
    gate.record(Instant::now(), Ok(())).unwrap();
    assert!(gate.check().is_ok());
}

#[test]
fn the_longest_pause_that_graph_asked_for_holds() {
    let gate = Gate::default();
    gate.failed(error(ErrorKind::Throttled, Some(Duration::from_secs(5))));
    gate.failed(error(ErrorKind::Throttled, Some(Duration::from_secs(100))));
    gate.failed(error(ErrorKind::Throttled, Some(Duration::from_secs(5))));
    assert!(gate.check().unwrap_err().after.is_some_and(|after| after > Duration::from_secs(85)));
}

#[test]
fn what_concerns_one_request_holds_nobody_back() {
    let gate = Gate::default();
    for kind in [
        ErrorKind::BadRequest,
        ErrorKind::Forbidden,
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Decode,
    ] {
        gate.failed(error(kind, None));
        assert!(gate.check().is_ok(), "{kind:?}");
    }
}

#[test]
fn a_refused_read_is_tried_again_and_a_refused_write_is_not() {
    let gate = Gate::default();
    let refused = || Err::<(), _>(error(ErrorKind::BadRequest, None));
    let class = |result: Result<(), Failure>| result.unwrap_err().class;
    assert_eq!(class(gate.record_read(Instant::now(), refused())), Class::Retry);
    assert_eq!(class(gate.record(Instant::now(), refused())), Class::Stalled);
}

#[test]
fn a_credential_that_is_broken_here_is_looked_at_again_sooner_than_one_that_entra_refused() {
    let kind = ErrorKind::Token {
        aadsts: None,
        transient: false,
    };
    let refused = GraphError {
        status: Some(401),
        ..error(kind, None)
    };
    assert_eq!(longest(&error(kind, None)), Some(Duration::from_secs(60)));
    assert_eq!(longest(&refused), Some(Duration::from_secs(600)));
}

#[test]
fn a_budget_that_is_used_up_neither_closes_the_gate_nor_keeps_the_try() {
    let gate = Gate::default();
    let over = |gate: &Gate| gate.failed(error(ErrorKind::OverBudget, Some(Duration::from_secs(9))));
    let failure = over(&gate);
    assert_eq!((failure.class, failure.after), (Class::Deferred, Some(Duration::from_secs(9))));
    assert!(gate.check().is_ok() && gate.closed().is_none());
    assert_eq!(failure.told().class, Class::Waiting);
}
