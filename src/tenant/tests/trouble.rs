//! Failures stay with their objects: many passes over one tenant, played by the simulator.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use tokio::time::Instant;

use crate::graph::{Caller, Collection, ErrorKind, GraphError, Priority};
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::shared::Tenant;
use crate::tenant::tests::sign_in::{SECRET, Scene, client_secret, seed, tenant};

fn scene(secret: &str) -> (Scene, Arc<Tenant>) {
    let scene = Scene::new(&seed(json!({"clientSecret": SECRET})), None);
    scene.cluster.secret("app", &[("clientSecret", secret.as_bytes())]);
    let contoso = scene.tenants.get(&tenant("contoso", client_secret("app"))).unwrap();
    (scene, contoso)
}

/// A pass over an object of a namespace that reads something.
async fn pass(tenant: &Tenant, namespace: &str, number: usize) -> Result<(), Failure> {
    let id = format!("99999999-0000-4000-8000-{number:012}");
    let caller = Arc::new(Caller::new(Priority::Change, namespace, &id));
    let read = tenant.read(Collection::UserSettings, &id);
    caller.scope(read).await.map(drop).map_err(Stop::reported)
}

#[tokio::test]
async fn sixty_five_passes_ask_for_a_token_once_and_nobody_asks_again_before_the_gate_lets_one_try() {
    let (scene, contoso) = scene("a wrong one");
    let failures = join_all((0..65).map(|number| pass(&contoso, "team", number))).await;
    let told = |failure: &Failure| failure.reason == Reason::AuthenticationFailed && failure.message.contains("AADSTS7000215");
    assert!(failures.iter().all(|failure| told(failure.as_ref().unwrap_err())), "{failures:?}");
    assert_eq!(scene.logins().len(), 1);
    for failure in join_all((0..65).map(|number| pass(&contoso, "team", number))).await {
        let failure = failure.unwrap_err();
        assert!(told(&failure) && failure.after.is_some(), "{failure:?}");
    }
    assert_eq!(scene.logins().len(), 1);
    // The subject of the request concerns no other object.
    assert!(
        failures
            .iter()
            .all(|failure| !failure.as_ref().unwrap_err().message.contains("99999999"))
    );
}

#[tokio::test]
async fn a_list_that_nobody_understands_is_asked_for_once_by_all() {
    let (scene, contoso) = scene(SECRET);
    let garbage = json!({"match": {"method": "GET", "path": "*/userSettings"}, "times": -1, "fault": {"status": 200, "body": "<html>sign in to the network</html>"}});
    scene.fault(garbage).await;
    let now = Instant::now();
    for number in 0..5 {
        let failure = contoso.list_since(Collection::UserSettings, now).await.unwrap_err().reported();
        assert_eq!(failure.reason, Reason::GraphUnavailable, "{number}: {failure:?}");
    }
    let lists = scene.sent().iter().filter(|sent| sent.path.ends_with("userSettings")).count();
    assert_eq!(lists, 1);
}

#[tokio::test]
async fn a_service_in_trouble_that_asks_for_a_second_is_not_asked_each_second() {
    let unavailable = GraphError {
        operation: "update".to_owned(),
        attempted: None,
        kind: ErrorKind::Unavailable,
        status: Some(503),
        code: None,
        inner_code: None,
        message: String::new(),
        request_id: None,
        retry_after: Some(Duration::from_secs(1)),
    };
    let failure = Failure::from(unavailable);
    assert_eq!((failure.after, failure.at_least), (None, Some(Duration::from_secs(1))));
}

#[tokio::test]
async fn a_conflict_is_read_again_and_not_taken_for_a_refusal() {
    let conflict = GraphError {
        operation: "update".to_owned(),
        attempted: None,
        kind: ErrorKind::Conflict,
        status: Some(412),
        code: Some("PreconditionFailed".to_owned()),
        inner_code: None,
        message: String::new(),
        request_id: None,
        retry_after: None,
    };
    let (_scene, contoso) = scene(SECRET);
    let failure = contoso.gate.record::<()>(Instant::now(), Err(conflict)).unwrap_err().reported();
    assert_eq!((failure.class, failure.reason), (Class::Retry, Reason::Conflict));
    assert!(failure.message.contains("read again") && failure.after < Some(Duration::from_secs(1)));
}
