//! Bodies as real clients send them: compressed, and batches with more in them than is documented.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::support::{POLICIES, Sim, TENANT, answered, by_secret, policy, seed};

fn zipped(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("it is kept in memory");
    encoder.finish().expect("it is kept in memory")
}

async fn post(sim: &Sim, path: &str, token: &str, encoding: &str, body: Vec<u8>) -> (u16, Value) {
    let request = sim
        .client
        .post(sim.url(path))
        .bearer_auth(token)
        .header("content-encoding", encoding);
    answered(request.body(body).send().await.expect("an answer")).await
}

#[tokio::test]
async fn a_compressed_body_counts_as_what_was_compressed() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let body = policy("zipped").to_string();
    let (status, made) = post(&sim, POLICIES, &token, "gzip", zipped(body.as_bytes())).await;
    assert_eq!((status, &made["displayName"]), (201, &json!("zipped")), "{made}");
    let ledger = sim.peek("/ledger?since=1").await;
    assert_eq!(ledger[0]["body"], policy("zipped"), "the ledger has it as it was");

    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(by_secret())
        .finish();
    let request = sim.client.post(sim.url(&format!("/{TENANT}/oauth2/v2.0/token")));
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-encoding", "gzip");
    assert_eq!(request.body(zipped(form.as_bytes())).send().await.expect("an answer").status(), 200);

    let bomb = zipped(&vec![b' '; 5 * 1024 * 1024]);
    assert!(bomb.len() < 10_000, "it is small on the way");
    for (encoding, body, status, code) in [
        ("gzip", bomb, 413, "RequestEntityTooLarge"),
        ("gzip", body.as_bytes().to_vec(), 400, "BadRequest"),
        ("br", zipped(body.as_bytes()), 415, "UnsupportedMediaType"),
    ] {
        let (found, answer) = post(&sim, POLICIES, &token, encoding, body).await;
        assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{encoding}");
    }
    assert_eq!(sim.policy_names().await, ["zipped"]);
}

/// (captured) A client that meets 415 sends the body again as it is.
#[tokio::test]
async fn compressed_bodies_can_be_refused() {
    let mut seed = seed();
    seed["options"] = json!({"gzipBodies": "refuse"});
    let sim = Sim::start(&seed);
    let token = sim.app_token(TENANT).await;
    let body = policy("plain").to_string().into_bytes();
    let (status, answer) = post(&sim, POLICIES, &token, "gzip", zipped(&body)).await;
    assert_eq!((status, &answer["error"]["code"]), (415, &json!("UnsupportedMediaType")));
    assert_eq!(post(&sim, POLICIES, &token, "identity", body).await.0, 201);
    let ledger = sim.peek("/ledger?since=1").await;
    assert_eq!((&ledger[0]["status"], &ledger[0]["committed"]), (&json!(415), &json!(false)));
}

/// (captured) The SDK for Python sends whole addresses, with two slashes behind the version.
#[tokio::test]
async fn the_url_of_a_part_may_be_an_address_of_the_graph_that_was_called() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    for url in [sim.url("/v1.0//groups?$top=1"), sim.url("/v1.0/groups?$top=1")] {
        let batch = json!({"requests": [{"id": "1", "method": "GET", "url": url}]});
        let (status, answer) = sim.graph(Method::POST, "/v1.0/$batch", &token, Some(&batch)).await;
        assert_eq!((status, &answer["responses"][0]["status"]), (200, &json!(200)), "{answer}");
        assert_eq!(answer["responses"][0]["body"]["value"][0]["displayName"], "finance");
    }
    let ledger = sim.peek("/ledger").await;
    let last = ledger.as_array().expect("a list").last().expect("an entry");
    assert_eq!((&last["path"], &last["query"]), (&json!("/v1.0/groups"), &json!("$top=1")));
}

/// (captured) Unknown keys that a client adds to a part of a batch are ignored; missing ones are refused.
#[tokio::test]
async fn a_part_of_a_batch_may_have_more_in_it() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let mut part =
        json!({"id": "1", "method": "GET", "url": "/groups", "depends_on": ["x"], "additionalData": {"a": 1}, "atomicityGroup": null});
    let batch = |part: &Value| json!({ "requests": [part] });
    let (status, answer) = sim.graph(Method::POST, "/v1.0/$batch", &token, Some(&batch(&part))).await;
    assert_eq!((status, &answer["responses"][0]["status"]), (200, &json!(200)), "{answer}");
    part.as_object_mut().expect("a part").remove("url");
    assert_eq!(sim.graph(Method::POST, "/v1.0/$batch", &token, Some(&batch(&part))).await.0, 400);
}
