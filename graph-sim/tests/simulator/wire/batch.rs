//! JSON batches: what refuses the whole, what fails a part, and what parts share with single requests.

use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::support::{ADMIN, POLICIES, Sim, TENANT, policy, seed};

const LIST: &str = "deviceManagement/virtualEndpoint/provisioningPolicies";

fn get(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

fn create(id: &str, name: &str) -> Value {
    json!({"id": id, "method": "POST", "url": format!("/{LIST}"), "headers": {"content-type": "application/json"}, "body": policy(name)})
}

async fn send(sim: &Sim, token: &str, requests: Value) -> (u16, Value) {
    sim.graph(Method::POST, "/beta/$batch", token, Some(&json!({"requests": requests})))
        .await
}

fn statuses(answer: &Value) -> Vec<(&str, u64)> {
    let parts = answer["responses"].as_array().unwrap_or_else(|| panic!("no responses: {answer}"));
    parts
        .iter()
        .map(|part| (part["id"].as_str().unwrap(), part["status"].as_u64().unwrap()))
        .collect()
}

#[tokio::test]
async fn parts_are_carried_out_in_order_as_single_requests_are() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let requests = json!([
        create("a", "first"),
        get("b", LIST),
        get("c", "/groups?$filter=displayName eq 'finance'&$select=id"),
        get("d", "groups/99999999-0000-4000-8000-000000000009"),
        {"id": "e", "method": "PATCH", "url": LIST, "headers": {"Content-Type": "application/json"}, "body": {}},
        get("f", "$batch"),
        get("g", "/v1.0/groups"),
        get("h", "/groups?$top=none"),
    ]);
    let (status, answer) = send(&sim, &token, requests).await;
    assert_eq!(status, 200, "{answer}");
    let expected = [
        ("a", 201),
        ("b", 200),
        ("c", 200),
        ("d", 404),
        ("e", 405),
        ("f", 400),
        ("g", 404),
        ("h", 400),
    ];
    assert_eq!(statuses(&answer), expected);
    let parts = answer["responses"].as_array().unwrap();
    assert_eq!(parts[0]["body"]["displayName"], "first");
    assert_eq!(
        parts[1]["body"]["value"][0]["displayName"], "first",
        "a later part sees an earlier write"
    );
    assert_eq!(parts[2]["body"]["value"].as_array().unwrap().len(), 1);
    assert!(
        parts[0]["headers"]["Content-Type"]
            .as_str()
            .unwrap()
            .starts_with("application/json")
    );
    let ids: std::collections::BTreeSet<_> = parts.iter().map(|part| part["headers"]["request-id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), parts.len(), "every part has a request id of its own");
    assert_eq!(
        parts[3]["body"]["error"]["innerError"]["request-id"],
        parts[3]["headers"]["request-id"]
    );

    let ledger = sim.peek("/ledger?since=1").await;
    let seen: Vec<_> = ledger
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["path"].as_str().unwrap(), entry["status"].as_u64().unwrap()))
        .collect();
    assert_eq!(&seen[..3], [("/beta/$batch", 200), (POLICIES, 201), (POLICIES, 200)]);
    assert_eq!((seen.len(), &ledger[1]["committed"]), (9, &json!(true)));
    assert_eq!(ledger[1]["requestId"], parts[0]["headers"]["request-id"]);
    assert_eq!(ledger[3]["query"], "$filter=displayName eq 'finance'&$select=id");
}

#[tokio::test]
async fn a_part_without_content_has_no_body_and_the_sender_is_that_of_the_batch() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let (_, created) = sim.graph(Method::POST, POLICIES, &token, Some(&policy("old"))).await;
    let delete = json!({"id": "1", "method": "DELETE", "url": format!("{LIST}/{}", created["id"].as_str().unwrap())});
    let request = json!({"tenant": TENANT, "as": ADMIN, "scopes": ["CloudPC.Read.All"]});
    let reader = sim.control(Method::POST, "/token", &request).await.1["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, answer) = send(&sim, &reader, json!([get("0", LIST), delete, get("2", "groups")])).await;
    assert_eq!(statuses(&answer), [("0", 200), ("1", 403), ("2", 403)]);
    let (_, answer) = send(&sim, &token, json!([delete])).await;
    assert_eq!(statuses(&answer), [("1", 204)]);
    let part = answer["responses"][0].as_object().unwrap();
    assert!(
        !part.contains_key("body") && part["headers"].get("Content-Type").is_none(),
        "{answer}"
    );
    let (status, answer) = send(&sim, "none", json!([get("0", LIST)])).await;
    assert_eq!((status, &answer["error"]["code"]), (401, &json!("InvalidAuthenticationToken")));
}

#[tokio::test]
async fn a_malformed_batch_is_refused_as_a_whole() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let with = |changes: Value| {
        let mut step = create("a", "never");
        for (name, value) in changes.as_object().unwrap() {
            step[name] = value.clone();
        }
        step
    };
    let twenty_one: Vec<Value> = (0..21).map(|index| get(&index.to_string(), LIST)).collect();
    let cases = [
        (json!([]), "1 to 20"),
        (json!(twenty_one), "21"),
        (json!([create("a", "never"), get("A", LIST)]), "'A'"),
        (json!([with(json!({"id": ""}))]), "id"),
        (json!([with(json!({"id": 1}))]), "requests[0].id"),
        (json!([with(json!({"url": null}))]), "requests[0].url"),
        (json!([with(json!({"method": "NO SUCH"}))]), "method"),
        (json!([with(json!({"url": "https://elsewhere.example/beta/groups"}))]), "relative"),
        (json!([with(json!({"url": "//elsewhere.example/beta/groups"}))]), "relative"),
        (json!([with(json!({"url": sim.url("/v1.0/groups")}))]), "version"),
        (json!([with(json!({"url": sim.url("/_sim/state")}))]), "relative"),
        (json!([with(json!({"headers": null}))]), "Content-Type"),
        (json!([with(json!({"body": null}))]), "body"),
        (json!([with(json!({"headers": {"Content-Type": 1}}))]), "requests[0].headers"),
        (json!([create("a", "never"), with(json!({"id": "b", "dependsOn": ["c"]}))]), "'c'"),
        (json!([with(json!({"dependsOn": ["b"]})), create("b", "never")]), "'b'"),
        (json!([with(json!({"dependsOn": ["a"]}))]), "'a'"),
        (json!("all"), "requests"),
    ];
    for (requests, named) in cases {
        let (status, answer) = send(&sim, &token, requests.clone()).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!("BadRequest")), "{requests}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(named), "{requests}: {message}");
    }
    assert_eq!(sim.get("/v1.0/$batch", &token).await.0, 405);
    assert_eq!(sim.policy_names().await, [""; 0]);
}

#[tokio::test]
async fn what_depends_on_a_failure_fails_with_424_and_is_not_carried_out() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let after = |mut step: Value, on: &[&str]| {
        step["dependsOn"] = json!(on);
        step
    };
    let requests = json!([
        create("a", "kept"),
        get("b", "groups/99999999-0000-4000-8000-000000000009"),
        after(create("c", "lost"), &["a", "B"]),
        after(create("d", "lost too"), &["c"]),
        after(create("e", "kept too"), &["a"]),
    ]);
    let (_, answer) = send(&sim, &token, requests).await;
    assert_eq!(statuses(&answer), [("a", 201), ("b", 404), ("c", 424), ("d", 424), ("e", 201)]);
    assert_eq!(answer["responses"][2]["body"]["error"]["code"], "FailedDependency");
    assert_eq!(sim.policy_names().await, ["kept", "kept too"]);
    let ledger = sim.peek("/ledger?since=2").await;
    assert_eq!((&ledger[2]["status"], &ledger[2]["committed"]), (&json!(424), &json!(false)));
}

#[tokio::test]
async fn faults_strike_parts_as_they_strike_single_requests_and_the_batch_as_a_whole() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let on = |fault: Value| json!({"match": {"method": "POST", "path": POLICIES}, "fault": fault});
    sim.add_fault(json!([
        // A part has no connection: these wait for a request that has one.
        on(json!({"cut": "before"})),
        on(json!({"truncateAt": 3})),
        on(json!({"status": 429, "headers": {"retry-after": "2.128"}})),
        on(json!({"status": 504, "when": "after", "latencyMs": 1, "body": {"odd": 1}, "headers": {"content-type": "text/html"}})),
        on(json!({"replay": true})),
    ]))
    .await;
    let requests = json!([
        create("a", "before"),
        create("b", "after"),
        create("c", "twice"),
        create("d", "once")
    ]);
    let (_, answer) = send(&sim, &token, requests).await;
    assert_eq!(statuses(&answer), [("a", 429), ("b", 504), ("c", 201), ("d", 201)]);
    assert_eq!(answer["responses"][0]["headers"]["retry-after"], "2.128");
    assert_eq!(answer["responses"][0]["body"]["error"]["code"], "TooManyRequests");
    let odd = &answer["responses"][1];
    assert_eq!(
        (&odd["body"], &odd["headers"]["Content-Type"]),
        (&json!({"odd": 1}), &json!("text/html"))
    );
    assert_eq!(sim.policy_names().await, ["after", "twice", "twice", "once"]);
    assert!(
        sim.try_graph(Method::POST, POLICIES, &token, Some(&policy("cut"))).await.is_err(),
        "the rule was used up by a part"
    );

    sim.control(Method::DELETE, "/faults", &Value::Null).await;
    sim.add_fault(json!([
        {"match": {"path": "/beta/$batch"}, "fault": {"status": 503}},
        {"match": {"path": "*/$batch"}, "fault": {"cut": "after"}},
    ]))
    .await;
    assert_eq!(send(&sim, &token, json!([create("a", "never")])).await.0, 503);
    let body = json!({"requests": [create("a", "unheard")]});
    assert!(sim.try_graph(Method::POST, "/beta/$batch", &token, Some(&body)).await.is_err());
    let names = sim.policy_names().await;
    assert_eq!((names.len(), names.last().unwrap().as_str()), (5, "unheard"));
}

/// A token is where it belongs, in a header, or where it does not: in a query or in the parts of a batch.
#[tokio::test]
async fn no_token_reaches_the_ledger_from_a_query_or_a_batch() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let bearer = format!("Bearer {token}");
    let part =
        |id: &str, url: String| json!({"id": id, "method": "GET", "url": url, "headers": {"authorization": bearer, "Cookie": "canary=1"}});
    let wrong = json!({"id": "1", "Url": format!("/groups?access_token={token}"), "Headers": {"X-Token": token}});
    let requests = json!([
        part("1", "/groups?$top=1".to_owned()),
        part("2", format!("/groups?access%5Ftoken={token}"))
    ]);
    for (path, body, status) in [
        (format!("/v1.0/groups?$top=1&access_token={token}"), None, 400),
        ("/beta/$batch".to_owned(), Some(json!({ "requests": requests })), 200),
        ("/beta/$batch".to_owned(), Some(json!({ "requests": [wrong] })), 400),
    ] {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        assert_eq!(sim.graph(method, &path, &token, body.as_ref()).await.0, status, "{path}");
    }
    let kept = sim.peek("/ledger").await;
    let text = kept.to_string();
    assert!(!text.contains(&token) && !text.contains("canary"), "{text}");
    assert_eq!(kept[1]["query"], "$top=1&access_token=[removed]", "what is harmless stays");
    assert_eq!(kept[2]["body"]["requests"][0]["url"], "/groups?$top=1");
}
