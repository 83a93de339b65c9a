//! The breaker: a failure of the tenant holds all back, one of an object holds back that object; one try goes
//! through; only a success from after the failure opens it.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;

use tokio::time::Instant;

use crate::graph::{Caller, ErrorKind, GraphError, Priority};
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::gate::{About, Gate, longest};

/// What the operation and the message of an error name: none of it is for others.
const CANARY: &str = "c4n4ry";

fn error(kind: ErrorKind, retry_after: Option<Duration>) -> GraphError {
    GraphError {
        operation: format!("update {CANARY}"),
        attempted: None,
        kind,
        status: None,
        code: None,
        inner_code: None,
        message: format!("{CANARY} is broken"),
        request_id: None,
        retry_after,
    }
}

fn unavailable() -> GraphError {
    GraphError {
        status: Some(503),
        code: Some("serviceUnavailable".to_owned()),
        request_id: Some("0a-1".to_owned()),
        ..error(ErrorKind::Unavailable, None)
    }
}

/// What happens in a pass over an object of a namespace.
fn pass<T>(object: &str, work: impl FnOnce() -> T) -> T {
    let namespace = object.split_once('-').unwrap().0;
    let caller = Arc::new(Caller::new(Priority::Change, namespace, object));
    caller.scope(async { work() }).now_or_never().unwrap()
}

fn fails(gate: &Gate, object: &str) -> Failure {
    pass(object, || gate.failed(unavailable()).reported())
}

fn is_held(gate: &Gate, object: &str) -> bool {
    pass(object, || gate.check()).is_err()
}

fn works(gate: &Gate, object: &str) {
    pass(object, || gate.record(Instant::now(), Ok(()))).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_tenant_holds_everybody_back_until_a_later_success() {
    let (gate, before) = (Gate::default(), Instant::now());
    assert!(gate.check().is_ok());
    tokio::time::advance(Duration::from_millis(1)).await;
    let failure = gate.failed_about(About::Tenant, unavailable()).reported();
    assert_eq!(failure.class, Class::Unreachable);
    assert!(gate.closed().is_some_and(|closed| closed.after > Some(Duration::from_millis(500))));
    let held = gate.check().unwrap_err().reported();
    assert!(held.after.is_some_and(|after| after > Duration::from_millis(500)));
    // The answer to a request from before the failure does not open it.
    gate.record(before, Ok(())).unwrap();
    assert!(gate.check().is_err());
    gate.record(Instant::now(), Ok(())).unwrap();
    assert!(gate.check().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_longest_pause_that_graph_asked_for_holds() {
    let gate = Gate::default();
    for seconds in [5, 100, 5] {
        gate.failed(error(ErrorKind::Throttled, Some(Duration::from_secs(seconds))));
    }
    assert!(
        gate.check()
            .unwrap_err()
            .reported()
            .after
            .is_some_and(|after| after > Duration::from_secs(85))
    );
}

#[tokio::test(start_paused = true)]
async fn all_that_wait_for_the_end_of_a_pause_are_let_in_before_it_because_the_budget_keeps_it_in_turn() {
    let gate = Gate::default();
    gate.failed(error(ErrorKind::Throttled, Some(Duration::from_secs(20))));
    tokio::time::advance(Duration::from_secs(17)).await;
    assert!(is_held(&gate, "a-1"));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(!is_held(&gate, "a-1") && !is_held(&gate, "b-1") && gate.closed().is_none());
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

#[tokio::test(start_paused = true)]
async fn one_objects_failure_or_lost_answer_holds_back_nothing_and_is_told_to_no_other() {
    let lost = GraphError {
        code: Some("timeout".to_owned()),
        ..error(ErrorKind::Transport, None)
    };
    for error in [unavailable(), lost] {
        let gate = Gate::default();
        for _ in 0..10 {
            let failure = pass("a-1", || gate.failed(error.clone()));
            let failure = failure.reported();
            assert!(failure.message.contains(CANARY) && failure.after.is_none(), "{failure:?}");
            assert!(!is_held(&gate, "a-1") && !is_held(&gate, "a-2") && gate.closed().is_none());
        }
    }
    // A missing connection does not concern one object alone.
    let gate = Gate::default();
    let connect = GraphError {
        code: Some("connect".to_owned()),
        ..error(ErrorKind::Transport, None)
    };
    let failure = pass("a-1", || gate.failed(connect).reported());
    assert!(is_held(&gate, "b-1") && !failure.message.contains(CANARY), "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn s48_objects_of_one_namespace_that_fail_for_ever_hold_back_that_namespace_and_no_other() {
    let gate = Gate::default();
    for round in 0..20 {
        for object in 0..12 {
            fails(&gate, &format!("hostile-{object}"));
        }
        assert!(is_held(&gate, "hostile-99"), "{round}");
        assert!(!is_held(&gate, "other-1"), "{round}");
        // The bad luck of another one changes nothing, either.
        fails(&gate, "other-1");
        assert!(!is_held(&gate, "other-2") && !is_held(&gate, "third-1"), "{round}");
        tokio::time::advance(Duration::from_secs(7)).await;
        works(&gate, "third-1");
    }
    let held = pass("hostile-99", || gate.check()).unwrap_err().reported();
    let told = "requests for several objects of this namespace fail: 503 serviceUnavailable (request-id 0a-1)";
    assert!(held.message.starts_with(told) && !held.message.contains(CANARY), "{held:?}");
}

#[tokio::test(start_paused = true)]
async fn objects_of_several_namespaces_that_fail_are_the_tenants_trouble_and_their_names_are_not_told() {
    let gate = Gate::default();
    for object in ["a-1", "a-2", "b-1"] {
        fails(&gate, object);
        assert!(!is_held(&gate, "c-1"), "{object}");
    }
    fails(&gate, "b-2");
    let held = pass("c-1", || gate.check()).unwrap_err().reported();
    assert_eq!((held.class, held.reason), (Class::Unreachable, Reason::GraphUnavailable));
    let told = "the tenant's requests fail: 503 serviceUnavailable (request-id 0a-1)";
    assert!(held.message.starts_with(told) && !held.message.contains(CANARY), "{}", held.message);
    // The object that failed keeps reporting its own failure.
    let own = pass("a-1", || gate.check()).unwrap_err().reported();
    assert!(own.message.contains(CANARY), "{}", own.message);
    // The try is for one that has not failed, and its success is all that it takes.
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(is_held(&gate, "a-1") && !is_held(&gate, "c-1") && is_held(&gate, "c-2"));
    works(&gate, "c-1");
    assert!(!is_held(&gate, "a-1") && !is_held(&gate, "c-2"));
}

#[tokio::test(start_paused = true)]
async fn a_success_in_between_shows_that_graph_works() {
    let gate = Gate::default();
    for object in 0..20 {
        fails(&gate, &format!("a-{object}"));
        fails(&gate, &format!("b-{object}"));
        works(&gate, "c-1");
    }
    assert!(!is_held(&gate, "a-99") && gate.closed().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_all_have_failed_in_is_tried_by_one_of_them() {
    let gate = Gate::default();
    for object in 0..8 {
        fails(&gate, &format!("a-{object}"));
    }
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(is_held(&gate, "a-1"), "another object may try");
    tokio::time::advance(Duration::from_secs(3)).await;
    assert!(!is_held(&gate, "a-1") && is_held(&gate, "a-2"), "one at a time");
    fails(&gate, "a-1");
    assert!(is_held(&gate, "a-1") && is_held(&gate, "a-2"));
}

#[test]
fn a_sign_in_that_fails_is_told_with_entras_words_and_without_what_it_was_for() {
    let gate = Gate::default();
    let refused = GraphError {
        status: Some(401),
        message: "AADSTS700213: No matching federated identity record".to_owned(),
        ..error(
            ErrorKind::Token {
                aadsts: Some(700_213),
                transient: false,
            },
            None,
        )
    };
    fails(&gate, "c-1");
    let failure = pass("a-1", || gate.failed(refused).reported());
    let told = "the tenant cannot sign in: 401: AADSTS700213: No matching";
    assert!(
        failure.message.starts_with(told) && !failure.message.contains(CANARY),
        "{}",
        failure.message
    );
    // Also to one that has failed for another reason.
    for object in ["b-1", "c-1"] {
        assert_eq!(pass(object, || gate.check()).unwrap_err().reported().message, failure.message);
        assert_eq!(pass(object, || gate.closed()).unwrap().message, failure.message);
    }
}

#[test]
fn a_refused_read_is_tried_again_and_a_refused_write_is_not() {
    let gate = Gate::default();
    let refused = || Err::<(), _>(error(ErrorKind::BadRequest, None));
    let class = |result: Result<(), Stop>| result.unwrap_err().reported().class;
    assert_eq!(class(gate.record_read(About::Object, Instant::now(), refused())), Class::Retry);
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
    assert!(failure.is_later());
    assert!(gate.check().is_ok() && gate.closed().is_none());
    let told = failure.reported();
    assert_eq!((told.class, told.after), (Class::Waiting, Some(Duration::from_secs(9))));
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_tenant_is_news_once_whoever_found_it() {
    let gate = Gate::default();
    let sign_in = || error(ErrorKind::NO_TOKEN, None);
    assert!(!gate.take_news());
    pass("a-1", || gate.failed(sign_in())).reported();
    assert!(gate.take_news() && !gate.take_news());
    // The same again is no news, another one is.
    tokio::time::advance(Duration::from_secs(2)).await;
    pass("a-1", || gate.failed(sign_in())).reported();
    assert!(!gate.take_news());
    tokio::time::advance(Duration::from_secs(10)).await;
    pass("a-1", || gate.failed_about(About::Tenant, unavailable())).reported();
    assert!(gate.take_news());
    works(&gate, "a-1");
    pass("a-1", || gate.failed_about(About::Tenant, unavailable())).reported();
    assert!(gate.take_news());
    // A pause that Graph asked for is over soon.
    works(&gate, "a-1");
    pass("a-1", || gate.failed(error(ErrorKind::Throttled, Some(Duration::from_secs(7))))).reported();
    assert!(!gate.take_news());
}
