//! When a request arrived and when it was carried out, as the ledger has it.

use std::io::{BufRead, BufReader, Write};

use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::robust::connect;
use crate::wire::support::{ADMIN, POLICIES, Sim, TENANT, policy, seed};

async fn advance(sim: &Sim, duration: &str) {
    let (status, answer) = sim.control(Method::POST, "/clock", &json!({ "advance": duration })).await;
    assert_eq!(status, 200, "{answer}");
}

/// The requests to Graph: the path, when it arrived, when it was done, and whether it changed anything.
async fn entries(sim: &Sim) -> Vec<[Value; 4]> {
    let ledger = sim.peek("/ledger").await;
    let of_graph = ledger.as_array().expect("a list").iter().filter(|entry| entry["api"] != "entra");
    of_graph
        .map(|entry| ["path", "requestArrived", "time", "committed"].map(|name| entry[name].clone()))
        .collect()
}

#[tokio::test]
async fn a_request_whose_body_comes_late_arrived_before_it_was_done() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let body = policy("late").to_string();
    let mut connection = BufReader::new(connect(&sim));
    let head = format!(
        "POST {POLICIES} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.get_mut().write_all(head.as_bytes()).expect("it is sent");
    // The simulator waits for the body now.
    let mut line = String::new();
    connection.read_line(&mut line).expect("an answer");
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");
    advance(&sim, "PT30S").await;
    connection.get_mut().write_all(body.as_bytes()).expect("it is sent");
    while !line.starts_with("HTTP/1.1 201") {
        line.clear();
        assert_ne!(connection.read_line(&mut line).expect("an answer"), 0, "the connection was closed");
    }
    let arrived_and_done = [json!("2026-01-05T08:00:00Z"), json!("2026-01-05T08:00:30Z")];
    assert_eq!(
        entries(&sim).await,
        [[
            json!(POLICIES),
            arrived_and_done[0].clone(),
            arrived_and_done[1].clone(),
            json!(true)
        ]]
    );
}

#[tokio::test]
async fn every_kind_of_request_has_both_times() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    advance(&sim, "PT10S").await;
    let batch = json!({"requests": [{"id": "1", "method": "GET", "url": "/groups"}]});
    assert_eq!(sim.graph(Method::POST, "/v1.0/$batch", &token, Some(&batch)).await.0, 200);
    sim.add_fault(json!({"fault": {"status": 503}})).await;
    assert_eq!(sim.get("/v1.0/users", &token).await.0, 503);
    assert_eq!(sim.get("/v1.0/groups", "nonsense").await.0, 401);
    let portal = json!({"tenant": TENANT, "as": ADMIN, "method": "POST", "path": POLICIES, "body": policy("by hand")});
    assert_eq!(sim.control(Method::POST, "/portal", &portal).await.0, 201);
    let now = json!("2026-01-05T08:00:10Z");
    let done: Vec<_> = entries(&sim).await;
    let paths = ["/v1.0/$batch", "/v1.0/groups", "/v1.0/users", "/v1.0/groups", POLICIES];
    let expected: Vec<_> = paths
        .iter()
        .map(|path| [json!(path), now.clone(), now.clone(), json!(*path == POLICIES)])
        .collect();
    assert_eq!(done, expected);
    let token_request = &sim.peek("/ledger").await[0];
    assert_eq!(
        (&token_request["requestArrived"], &token_request["time"]),
        (&json!("2026-01-05T08:00:00Z"), &json!("2026-01-05T08:00:00Z"))
    );
}

#[tokio::test]
async fn a_request_that_its_client_breaks_off_is_noted_without_an_answer_and_does_nothing() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let mut connection = connect(&sim);
    let part = format!(
        "POST {POLICIES} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: 1000\r\n\r\n{{\"displayName\": "
    );
    connection.write_all(part.as_bytes()).expect("it is sent");
    connection.flush().expect("it is sent");
    drop(connection);
    let noted = loop {
        let ledger = sim.peek("/ledger").await;
        let of_graph = |entry: &&Value| entry["path"] == POLICIES;
        if let Some(entry) = ledger.as_array().expect("a list").iter().find(of_graph) {
            break entry.clone();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((&noted["status"], &noted["committed"]), (&Value::Null, &json!(false)), "{noted}");
}
