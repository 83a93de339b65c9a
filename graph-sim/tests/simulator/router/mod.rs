//! The simulator without a connection: the same answers, repeatable, by a time that the caller gives.

mod grace;
mod stale;
mod support;

use std::time::Duration;

use graph_sim::{Cut, Fault, Router};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use support::{answered, app_token, fault, graph, names, request, router, sign_in, time, treated};
use tokio::time::{Instant, sleep};

use crate::wire::issuer::{AUDIENCE, SUBJECT, SigningKey};
use crate::wire::support::{ADMIN, POLICIES, TENANT, assertion_form, policy, seed};

/// A run with most of what a client and a person do. Gives all answers and the ledger, as text.
async fn everything(router: &Router) -> (String, String) {
    let mut answers = Vec::new();
    let token = app_token(router).await;
    for name in ["one", "two", "three"] {
        answers.push(graph(router, Method::POST, POLICIES, &token, Some(&policy(name))).await);
        sleep(Duration::from_secs(7)).await;
    }
    let id = answers[0].1["id"].as_str().unwrap().to_owned();
    let assign = json!({"assignments": [{"target": {"groupId": "aaaaaaaa-0000-4000-8000-000000000001"}}]});
    let (path, one) = (format!("{POLICIES}/{id}/assign"), format!("{POLICIES}/{id}"));
    answers.push(graph(router, Method::POST, &path, &token, Some(&assign)).await);
    answers.push(graph(router, Method::GET, &format!("{one}?$expand=assignments"), &token, None).await);
    let change = Some(json!({"displayName": "changed by hand"}));
    answers.push(router.by_hand(TENANT, ADMIN, &Method::PATCH, &one, change).expect("an answer"));
    let lost = treated(
        router,
        request(&Method::POST, POLICIES, &token, Some(&policy("lost"))),
        fault(json!({"cut": "after"})),
    );
    assert_eq!(lost.await, Err(Cut));
    sleep(Duration::from_secs(3600)).await;
    answers.push(graph(router, Method::GET, POLICIES, &token, None).await);
    let token = app_token(router).await;
    let parts = json!({"requests": [{"id": "1", "method": "GET", "url": "/groups"}, {"id": "2", "method": "DELETE", "url": &one["/beta".len()..]}]});
    answers.push(graph(router, Method::POST, "/beta/$batch", &token, Some(&parts)).await);
    let events = "/v1.0/deviceManagement/virtualEndpoint/auditEvents";
    answers.push(graph(router, Method::GET, events, &token, None).await);
    let state = router.control(&Method::GET, "/state", None).expect("a state");
    (
        format!("{answers:?}{state}"),
        router.ledger(0).iter().map(Value::to_string).collect::<Vec<_>>().join("\n"),
    )
}

#[tokio::test(start_paused = true)]
async fn the_same_requests_at_the_same_times_have_the_same_answers_and_the_same_ledger() {
    let template = router();
    let first = everything(&template.copy(time())).await;
    let (second, began) = (template.copy(time()), Instant::now());
    assert_eq!(everything(&second).await, first);
    assert!(
        began.elapsed() >= Duration::from_secs(3600) && first.1.lines().count() > 10,
        "{}",
        first.1
    );
    // Its keys are other ones, and its hash tables have another order.
    assert_eq!(everything(&router()).await, first);
    assert!(template.ledger(0).is_empty() && second.violations().is_empty() && second.panics() == 0);
}

#[tokio::test(start_paused = true)]
async fn a_copy_has_the_world_the_options_and_the_faults_and_then_goes_its_own_way() {
    let router = router();
    let token = app_token(&router).await;
    graph(&router, Method::POST, POLICIES, &token, Some(&policy("before"))).await;
    router.control(&Method::PATCH, "/options", Some(&json!({"pageSize": 1}))).unwrap();
    let rule = json!({"match": {"method": "DELETE"}, "fault": {"status": 503}});
    router.control(&Method::POST, "/faults", Some(&rule)).unwrap();
    let copy = router.copy(time());
    assert!(copy.ledger(0).is_empty());
    for (router, name) in [(&copy, "copy"), (&router, "original")] {
        assert_eq!(graph(router, Method::POST, POLICIES, &token, Some(&policy(name))).await.0, 201);
        let (_, list) = graph(router, Method::GET, POLICIES, &token, None).await;
        assert_eq!(names(&list), ["before"], "a page of one");
        let next = list["@odata.nextLink"].as_str().expect("a link").split_once(".com").unwrap().1;
        assert_eq!(names(&graph(router, Method::GET, next, &token, None).await.1), [name]);
        let gone = format!("{POLICIES}/{}", list["value"][0]["id"].as_str().unwrap());
        assert_eq!(graph(router, Method::DELETE, &gone, &token, None).await.0, 503);
        assert_eq!(graph(router, Method::DELETE, &gone, &token, None).await.0, 204);
    }
}

#[tokio::test(start_paused = true)]
async fn a_given_issuer_is_trusted_by_its_keys_and_by_the_given_time() {
    let mut seed = seed();
    seed.as_object_mut().unwrap().remove("now");
    let issuer = "https://issuer.example";
    seed["tenants"][0]["apps"][0]["federatedCredentials"] = json!([{"issuer": issuer, "subject": SUBJECT, "audiences": [AUDIENCE]}]);
    let router = Router::new(&[seed.to_string()], time(), None).unwrap();
    let (key, other) = (SigningKey::new("one"), SigningKey::new("one"));
    let expires = support::start().as_second() + 60;
    let claims = json!({"iss": issuer, "sub": SUBJECT, "aud": [AUDIENCE], "exp": expires});
    let present = async |router: &Router, assertion: &str| {
        let (status, answer) = sign_in(router, &assertion_form(assertion)).await;
        (status, answer["error_codes"].clone())
    };
    assert_eq!(
        present(&router, &key.sign(&claims)).await,
        (400, json!([50_166])),
        "nothing is fetched"
    );
    router.trust_issuer(issuer, vec![json!({"kty": "future", "kid": "unknown-kind"}), key.published()]);
    let copy = router.copy(time());
    for _ in 0..2 {
        assert_eq!(present(&copy, &key.sign(&claims)).await, (200, Value::Null));
        assert_eq!(present(&copy, &other.sign(&claims)).await, (401, json!([700_027])));
    }
    sleep(Duration::from_secs(61)).await;
    assert_eq!(present(&copy, &key.sign(&claims)).await, (401, json!([700_024])), "an expired one");
}

#[tokio::test(start_paused = true)]
async fn one_request_gets_the_fault_that_its_caller_chose() {
    let router = router();
    let token = app_token(&router).await;
    router
        .control(&Method::POST, "/faults", Some(&json!({"fault": {"status": 500}})))
        .unwrap();
    let list = || request(&Method::GET, POLICIES, &token, None);
    let began = Instant::now();
    let slow = treated(&router, list(), fault(json!({"latencyMs": 30_000}))).await;
    assert_eq!((slow.unwrap().0, began.elapsed()), (200, Duration::from_secs(30)));
    let trickled = treated(&router, list(), fault(json!({"trickle": 20}))).await;
    assert!(
        trickled.unwrap().0 == 200 && began.elapsed() > Duration::from_secs(34),
        "a slow body"
    );
    let broken = router.answer_with(list(), &fault(json!({"truncateAt": 9}))).await.unwrap();
    assert!(axum::body::to_bytes(broken.into_body(), usize::MAX).await.is_err());
    let misfit = treated(
        &router,
        list(),
        fault(json!({"token": {"error": "invalid_client", "aadsts": 7_000_222}})),
    )
    .await;
    assert_eq!(misfit.unwrap().0, 200, "a token error is none of Graph's");
    assert_eq!(treated(&router, list(), fault(json!({"cut": "before"}))).await, Err(Cut));
    assert!(Fault::try_from(json!({"status": 99})).is_err() && Fault::try_from(json!({"oops": 1})).is_err());
    // The rule was not used up by any of them.
    assert_eq!(graph(&router, Method::GET, POLICIES, &token, None).await.0, 500);
    let faults: Vec<_> = router.ledger(1).iter().map(|entry| entry["fault"].to_string()).collect();
    assert_eq!(faults[0], r#"{"latencyMs":30000}"#);
    assert_eq!(faults[3..], ["null", r#"{"cut":"before"}"#, r#"{"status":500}"#]);
}

#[tokio::test(start_paused = true)]
async fn the_control_api_works_both_ways() {
    let router = router();
    let answer = router.answer(request(&Method::GET, "/_sim/clock", "", None)).await.unwrap();
    assert_eq!(answered(answer).await, (200, json!({"now": "2026-01-05T08:00:00Z"})));
    let advanced = router.control(&Method::POST, "/clock", Some(&json!({"advance": "PT1H"})));
    assert_eq!(advanced, Ok(json!({"now": "2026-01-05T09:00:00Z"})));
    sleep(Duration::from_secs(1)).await;
    let now: Timestamp = "2026-01-05T09:00:01Z".parse().unwrap();
    assert_eq!(router.world().lock().unwrap().now(), now, "the given time passes on top");
    assert_eq!(router.control(&Method::GET, "/oops", None).unwrap_err().0, 404);

    let (status, made) = router
        .by_hand(TENANT, ADMIN, &Method::POST, POLICIES, Some(policy("by hand")))
        .unwrap();
    assert_eq!((status, &made["displayName"]), (201, &json!("by hand")));
    assert!(router.by_hand(TENANT, "nobody@contoso.com", &Method::GET, POLICIES, None).is_err());
    let asked = json!({"tenant": TENANT, "as": ADMIN, "method": "GET", "path": POLICIES});
    let (status, list) = graph(&router, Method::POST, "/_sim/portal", "", Some(&asked)).await;
    assert_eq!((status, names(&list)), (200, vec!["by hand"]));
    let ledger = router.ledger(0);
    assert_eq!((ledger.len(), &ledger[0]["actor"]), (2, &json!({"userPrincipalName": ADMIN})));
    assert_eq!(json!(ledger), router.control(&Method::GET, "/ledger", None).unwrap());
    assert_eq!(json!(ledger[1..]), router.control(&Method::GET, "/ledger?since=1", None).unwrap());
}
