//! Faults: what the client sees, what is committed, and what the ledger has.

use reqwest::{Method, Version};
use serde_json::{Value, json};

use crate::wire::support::{OTHER_TENANT, POLICIES, Sim, TENANT, client, policy, seed};

#[tokio::test]
async fn skip_and_times_choose_the_requests_that_are_struck() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let fault = json!({"status": 429, "headers": {"Retry-After": "17"}});
    sim.add_fault(json!({"match": {"method": "GET", "path": "/v1.0/gr*", "skip": 1}, "times": 2, "fault": fault}))
        .await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let response = sim.try_graph(Method::GET, "/v1.0/groups", &token, None).await.unwrap();
        let retry_after = response
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap().to_owned());
        seen.push((response.status().as_u16(), retry_after));
    }
    let struck = (429, Some("17".to_owned()));
    assert_eq!(seen, [(200, None), struck.clone(), struck, (200, None)]);
    assert_eq!(sim.get("/beta/groups", &token).await.0, 200, "another path");
    let rules = sim.peek("/faults").await;
    assert_eq!((&rules[0]["seen"], &rules[0]["struck"]), (&json!(4), &json!(2)));
    let ledger = sim.peek("/ledger?since=2").await;
    assert_eq!((&ledger[0]["status"], &ledger[0]["fault"]), (&json!(429), &fault));
}

#[tokio::test]
async fn a_rule_without_end_holds_until_it_is_removed_and_minds_the_tenant() {
    let sim = Sim::start(&seed());
    let (here, elsewhere) = (sim.app_token(TENANT).await, sim.app_token(OTHER_TENANT).await);
    sim.add_fault(json!([{"match": {"tenant": TENANT}, "times": -1, "fault": {"status": 503, "body": {"odd": true}}}]))
        .await;
    for _ in 0..3 {
        assert_eq!(sim.get("/v1.0/groups", &here).await, (503, json!({"odd": true})));
        assert_eq!(sim.get("/v1.0/groups", &elsewhere).await.0, 200);
    }
    assert_eq!(sim.control(Method::DELETE, "/faults", &Value::Null).await, (200, json!([])));
    assert_eq!(sim.get("/v1.0/groups", &here).await.0, 200);
}

#[tokio::test]
async fn a_status_before_leaves_nothing_and_one_after_leaves_the_object() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    sim.add_fault(json!([
        {"match": {"method": "POST"}, "fault": {"status": 504}},
        {"match": {"method": "POST"}, "fault": {"status": 504, "when": "after", "latencyMs": 1}},
    ]))
    .await;
    for name in ["lost", "kept"] {
        let (status, answer) = sim.graph(Method::POST, POLICIES, &token, Some(&policy(name))).await;
        assert_eq!((status, &answer["error"]["code"]), (504, &json!("GatewayTimeout")));
        assert!(answer["error"]["innerError"]["request-id"].is_string(), "{answer}");
    }
    assert_eq!(sim.policy_names().await, ["kept"]);
    let ledger = sim.peek("/ledger?since=1").await;
    assert_eq!((&ledger[0]["committed"], &ledger[1]["committed"]), (&json!(false), &json!(true)));
    assert_eq!(ledger[1]["body"]["displayName"], "kept");
}

#[tokio::test]
async fn a_cut_closes_the_connection_before_or_after_the_commit() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let mut sim = Sim::start(&seed());
        if version == Version::HTTP_11 {
            sim.client = client(sim.simulator.ca_pem(), reqwest::ClientBuilder::http1_only);
        }
        let token = sim.app_token(TENANT).await;
        let response = sim.try_graph(Method::GET, "/v1.0/groups", &token, None).await.unwrap();
        assert_eq!(response.version(), version);
        sim.add_fault(json!([
            {"match": {"path": "*/provisioningPolicies"}, "fault": {"cut": "before"}},
            {"match": {"path": "*/provisioningPolicies"}, "fault": {"cut": "after"}},
        ]))
        .await;
        for name in ["lost", "kept"] {
            let error = sim
                .try_graph(Method::POST, POLICIES, &token, Some(&policy(name)))
                .await
                .unwrap_err();
            assert!(error.is_request() && !error.is_timeout(), "{error:?}");
        }
        assert_eq!(sim.policy_names().await, ["kept"], "{version:?}");
        let ledger = sim.peek("/ledger?since=2").await;
        let outcome = |entry: &Value| (entry["status"].clone(), entry["committed"].clone());
        assert_eq!(outcome(&ledger[0]), (Value::Null, json!(false)));
        assert_eq!(outcome(&ledger[1]), (Value::Null, json!(true)));
        assert_eq!(
            ledger.as_array().unwrap().len(),
            2,
            "the client or the server repeated a request: {ledger}"
        );
        assert_eq!(sim.get("/v1.0/groups", &token).await.0, 200, "the listener still serves");
    }
}

#[tokio::test]
async fn a_truncated_body_begins_well_and_ends_early() {
    for http1 in [true, false] {
        let mut sim = Sim::start(&seed());
        if http1 {
            sim.client = client(sim.simulator.ca_pem(), reqwest::ClientBuilder::http1_only);
        }
        let token = sim.app_token(TENANT).await;
        sim.add_fault(json!({"match": {"path": "/v1.0/groups"}, "fault": {"truncateAt": 9}}))
            .await;
        let mut response = sim.try_graph(Method::GET, "/v1.0/groups", &token, None).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        let beginning = response.chunk().await.unwrap().unwrap();
        assert_eq!(&beginning[..], b"{\"@odata.");
        assert!(response.chunk().await.is_err(), "the body ended as if it were whole");
        assert_eq!(sim.get("/v1.0/groups", &token).await.0, 200);
    }
}

#[tokio::test]
async fn the_token_endpoint_fails_as_told() {
    let sim = Sim::start(&seed());
    sim.add_fault(json!([
        {"fault": {"token": {"error": "invalid_client", "aadsts": 7_000_222}}},
        {"match": {"path": "*/token"}, "fault": {"status": 503}},
        {"match": {"path": "*/token"}, "fault": {"cut": "after"}},
    ]))
    .await;
    let (status, answer) = sim.token(TENANT, &crate::wire::support::by_secret()).await;
    assert_eq!(
        (status, &answer["error"], &answer["error_codes"]),
        (401, &json!("invalid_client"), &json!([7_000_222]))
    );
    let (status, answer) = sim.token(TENANT, &crate::wire::support::by_secret()).await;
    assert_eq!((status, &answer["error_codes"]), (503, &json!([90_033])));
    let url = sim.url(&format!("/{TENANT}/oauth2/v2.0/token"));
    assert!(sim.client.post(url).send().await.is_err(), "the connection was not cut");
    // The rule for tokens is the first one and without a path, but Graph does not see it.
    let token = sim.app_token(TENANT).await;
    sim.add_fault(json!({"fault": {"token": {"error": "invalid_client", "aadsts": 7_000_222}}}))
        .await;
    assert_eq!(sim.get("/v1.0/groups", &token).await.0, 200);
    let ledger = sim.peek("/ledger").await;
    assert_eq!((&ledger[0]["status"], &ledger[2]["status"]), (&json!(401), &Value::Null));
}

#[tokio::test]
async fn a_replay_carries_a_request_out_twice() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    sim.add_fault(json!({"match": {"method": "POST"}, "fault": {"replay": true}})).await;
    assert_eq!(sim.graph(Method::POST, POLICIES, &token, Some(&policy("twin"))).await.0, 201);
    assert_eq!(sim.policy_names().await, ["twin", "twin"]);
    let ledger = sim.peek("/ledger?since=1").await;
    assert_eq!(ledger.as_array().unwrap().len(), 2);
    assert_eq!(ledger[0]["requestId"], ledger[1]["requestId"]);
}

/// The forms in which `Retry-After` was seen, and more that a client must survive.
#[tokio::test]
async fn a_retry_after_arrives_as_it_is_written_or_not_at_all() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let forms = ["2.128", "0", "Mon, 05 Jan 2026 08:00:17 GMT", "-1", "99999999", "soon", ""];
    for form in forms {
        sim.add_fault(json!({"fault": {"status": 429, "headers": {"Retry-After": form}}}))
            .await;
    }
    sim.add_fault(json!({"fault": {"status": 429}})).await;
    for form in forms.map(Some).into_iter().chain([None]) {
        let response = sim.try_graph(Method::GET, "/v1.0/groups", &token, None).await.unwrap();
        let sent = response
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(sent.as_deref(), form);
        let (status, answer) = crate::wire::support::answered(response).await;
        assert_eq!((status, &answer["error"]["innerError"]["code"]), (429, &json!("429")));
    }
}

#[tokio::test]
async fn an_answer_may_be_of_another_type_or_huge() {
    const HUGE: usize = 100_000_000;
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let page = "<html>Sign in</html>";
    sim.add_fault(json!([
        {"fault": {"status": 200, "headers": {"content-type": "text/html"}, "body": page}},
        {"fault": {"status": 200, "body": {"value": []}}},
        {"fault": {"status": 200, "body": {"value": []}, "bodyBytes": HUGE}},
        {"fault": {"status": 200, "body": {"value": [1]}, "bodyBytes": 3}},
        {"fault": {"status": 503, "bodyBytes": 100_000}},
    ]))
    .await;
    let next = || async { sim.try_graph(Method::GET, "/v1.0/groups", &token, None).await.unwrap() };
    let html = next().await;
    let types: Vec<_> = html.headers().get_all("content-type").iter().collect();
    assert_eq!(types, ["text/html"]);
    assert_eq!(html.text().await.unwrap(), page);
    assert!(
        next().await.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/json")
    );
    let mut huge = next().await;
    assert_eq!(huge.content_length(), Some(HUGE as u64));
    let (mut length, mut beginning) = (0, Vec::new());
    while let Some(chunk) = huge.chunk().await.unwrap() {
        if beginning.len() < 12 {
            beginning.extend_from_slice(&chunk);
        }
        length += chunk.len();
    }
    assert_eq!((length, &beginning[..12]), (HUGE, br#"{"value":[]}"#.as_slice()));
    assert_eq!(next().await.text().await.unwrap(), r#"{"value":[1]}"#, "a body is never shortened");
    let padded = next().await.text().await.unwrap();
    assert_eq!(padded.len(), 100_000);
    assert!(serde_json::from_str::<Value>(&padded).unwrap()["error"]["innerError"]["date"].is_string());
}

#[tokio::test]
async fn a_trickle_begins_at_once_and_takes_its_time() {
    for http1 in [true, false] {
        let mut sim = Sim::start(&seed());
        if http1 {
            sim.client = client(sim.simulator.ca_pem(), reqwest::ClientBuilder::http1_only);
        }
        let token = sim.app_token(TENANT).await;
        sim.add_fault(json!([{"fault": {"trickle": 1}}, {"fault": {"trickle": 1_000_000}}]))
            .await;
        let mut slow = sim.try_graph(Method::GET, "/v1.0/groups", &token, None).await.unwrap();
        assert_eq!(&slow.chunk().await.unwrap().unwrap()[..], b"{");
        drop(slow);
        assert_eq!(sim.get("/v1.0/groups", &token).await.1["value"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_rule_that_says_nothing_or_too_much_is_refused() {
    let sim = Sim::start(&seed());
    let cases = [
        (json!({"fault": {}}), "nothing in it"),
        (json!({"fault": {"status": 500, "cut": "before"}}), "one of status, cut"),
        (json!({"fault": {"when": "after"}}), "belong to a status"),
        (json!({"fault": {"status": 99}}), "99"),
        (json!({"fault": {"status": 500, "headers": {"not a header": "x"}}}), "not a header"),
        (json!({"fault": {"status": 500, "headers": {"Content-Length": "1"}}}), "truncateAt"),
        (json!({"fault": {"bodyBytes": 5}}), "belong to a status"),
        (json!({"fault": {"trickle": 0}}), "trickle"),
        (json!({"fault": {"trickle": 1, "cut": "before"}}), "trickle"),
        (json!({"match": {"verb": "GET"}, "fault": {"status": 500}}), "verb"),
        (json!({"fault": {"cut": "meanwhile"}}), "meanwhile"),
        (json!({"fault": {"status": 500}, "times": -2}), "-2"),
        (json!([{"fault": {"status": 500}}, {"fault": {"oops": 1}}]), "oops"),
    ];
    for (rule, named) in cases {
        let (status, answer) = sim.control(Method::POST, "/faults", &rule).await;
        assert_eq!(status, 400, "{rule}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(named), "{rule}: {answer}");
    }
    assert_eq!(sim.peek("/faults").await, json!([]));
}
