//! What no well-behaved client sends, what every answer carries, and that two simulators answer alike.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use graph_sim::contract::Contract;
use graph_sim::{Simulator, SimulatorOptions};
use reqwest::Method;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::wire::support::{ADMIN, APP, POLICIES, Sim, TENANT, client, policy, seed};

/// A connection without an HTTP library.
pub fn connect(sim: &Sim) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(sim.simulator.ca_pem().as_bytes()).unwrap();
    roots.add(ca).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let socket = TcpStream::connect(sim.simulator.graph_url().trim_start_matches("https://")).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket)
}

/// The answer to bytes that no HTTP library would send, over a connection of its own.
fn raw(sim: &Sim, request: &[u8]) -> String {
    let mut stream = connect(sim);
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // An end without TLS's close_notify is an end, too.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn whatever_is_sent_is_answered_in_graphs_shape() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let request = |line: &str, headers: &[u8], body: &[u8]| {
        let mut request =
            format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {token}\r\n").into_bytes();
        request.extend_from_slice(headers);
        request.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        request.extend_from_slice(body);
        request
    };
    let many: Vec<u8> = (0..400).flat_map(|index| format!("x-{index}: {index}\r\n").into_bytes()).collect();
    let long = format!("x-long: {}\r\n", "a".repeat(100_000)).into_bytes();
    let collection = |rest: &str| format!("GET {POLICIES}{rest}");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (request(&collection("/%ff%fe"), b"", b""), "400 BadRequest"),
        (request(&collection("/%zz"), b"", b""), "4"),
        (request(&collection("/%00"), b"", b""), "4"),
        (request(&collection("?$filter=%ff%zz"), b"", b""), "400"),
        (request(&collection("?%24top=%ff"), b"", b""), "400"),
        (request(&format!("GET /beta/{}", "a/".repeat(20_000)), b"", b""), "404"),
        (request(&format!("GET /beta/{}", "('".repeat(20_000)), b"", b""), "404"),
        (request("OPTIONS /v1.0/groups", b"", b""), "405 MethodNotAllowed"),
        (request("OPTIONS *", b"", b""), "404"),
        (request("TRACE /v1.0/groups", b"", b""), "405 MethodNotAllowed"),
        (request("CONNECT elsewhere.example:443", b"", b""), "404"),
        (request("BREW /v1.0/groups", b"", b""), "405 MethodNotAllowed"),
        (request("GET http://elsewhere.example/v1.0/nothing", b"", b""), "404"),
        (request(&format!("POST {POLICIES}"), b"", b"\xff\xfe{}"), "400 BadRequest"),
        (request(&format!("POST {POLICIES}"), b"", &[b'['; 100_000]), "400 BadRequest"),
        (request("POST /beta/$batch", b"", &[b'{'; 1000]), "400 BadRequest"),
        (
            request(&format!("POST {POLICIES}"), b"", &vec![b' '; 5 * 1024 * 1024]),
            "413 RequestEntityTooLarge",
        ),
        (request(&collection(&format!("/{TENANT}")), &many, b""), "404"),
        (
            request(&collection(&format!("/{TENANT}")), &long, b""),
            "431 RequestHeaderFieldsTooLarge",
        ),
        (
            request(
                &collection(&format!("/{TENANT}")),
                b"prefer: \xff\xfe\r\nclient-request-id: \xc3\xa9\r\n",
                b"",
            ),
            "404",
        ),
        (request("DELETE /_sim/state", b"", b""), "405"),
        (request("TRACE /_sim/clock", b"", b""), "405"),
        (request("PUT /_sim/options", b"", b"{}"), "405"),
        (request("POST /_sim/faults", b"", b"\xff"), "400"),
        (request("POST /_sim/portal", b"", b"[]"), "400"),
        (request("GET /_sim", b"", b""), "404"),
    ];
    for (request, expected) in cases {
        let line = String::from_utf8_lossy(&request[..request.len().min(60)])
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned();
        let answer = raw(&sim, &request);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{line}: {answer}"));
        let (status, code) = expected.split_once(' ').unwrap_or((expected, ""));
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{line}: {head}");
        assert!(head.contains("\r\nrequest-id: "), "{line}: {head}");
        let body: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{line}: {error}: {body}"));
        let sent = body["error"]["code"].as_str().unwrap_or_else(|| panic!("{line}: {body}"));
        assert!(code.is_empty() || sent == code, "{line}: {body}");
    }
    let long = sim
        .client
        .get(sim.url(POLICIES))
        .bearer_auth(&token)
        .header("x-long", "a".repeat(100_000));
    let response = long.send().await.unwrap();
    assert_eq!((response.version(), response.status().as_u16()), (reqwest::Version::HTTP_2, 431));
    assert!(response.headers().contains_key("request-id"));
    let head = raw(&sim, &request("HEAD /v1.0/groups", b"", b""));
    assert!(
        head.starts_with("HTTP/1.1 405") && head.contains("\r\nrequest-id: ") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    assert_eq!(sim.peek("/health").await, json!({"panics": 0, "violations": []}));
    let ledger = sim.peek("/ledger?since=1").await;
    let statuses: Vec<_> = ledger
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["status"].as_u64().unwrap())
        .collect();
    assert!(statuses.contains(&413) && statuses.contains(&431), "{statuses:?}");
}

#[tokio::test]
async fn the_clients_request_id_comes_back_unless_it_says_otherwise() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    for (id, wish, back) in [
        (Some("mine".as_bytes()), None, Some("mine")),
        (Some(b"mine"), Some("true"), Some("mine")),
        (Some(b"mine"), Some("False"), None),
        (Some("é".as_bytes()), None, Some("")),
        (None, None, Some("")),
    ] {
        let mut request = sim.client.get(sim.url("/v1.0/groups")).bearer_auth(&token);
        if let Some(id) = id {
            request = request.header("client-request-id", id);
        }
        if let Some(wish) = wish {
            request = request.header("return-client-request-id", wish);
        }
        let response = request.send().await.unwrap();
        let headers = response.headers();
        assert_eq!(response.status().as_u16(), 200);
        let sent = headers.get("client-request-id").map(|value| value.to_str().unwrap());
        // An id that cannot be returned: the simulator's own is used.
        let own = headers["request-id"].to_str().unwrap();
        assert_eq!(sent, back.map(|back| if back.is_empty() { own } else { back }), "{id:?} {wish:?}");
    }
}

#[tokio::test]
async fn old_property_names_are_announced_to_end_on_accepted_writes_only() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let mut old = policy("old names");
    old["windowsSettings"] = json!({"language": "en-US"});
    let mut refused = old.clone();
    refused["imageType"] = json!("none");
    for (body, status, announced) in [(policy("new names"), 201, false), (old, 201, true), (refused, 400, false)] {
        let response = sim.try_graph(Method::POST, POLICIES, &token, Some(&body)).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        for name in ["deprecation", "sunset", "link"] {
            assert_eq!(response.headers().contains_key(name), announced, "{name} {body}");
        }
    }
}

/// Graph's description in which one property of the organization is called otherwise.
fn altered_description() -> Option<Arc<Contract>> {
    let folder = tempfile::tempdir().unwrap();
    for version in ["v1.0", "beta"] {
        let name = format!("openapi-{version}-cloudpc.yaml");
        let text = std::fs::read_to_string(crate::contract::support::directory()?.join(&name)).unwrap();
        assert!(text.contains("tenantType"), "{name}");
        std::fs::write(folder.path().join(name), text.replace("tenantType", "tenantKind")).unwrap();
    }
    Some(Arc::new(Contract::load(folder.path()).unwrap()))
}

#[tokio::test]
async fn an_answer_that_is_not_as_described_fails_for_all_to_see() {
    let Some(contract) = altered_description() else { return };
    let options = SimulatorOptions {
        seeds: vec![seed().to_string()],
        contract: Some(contract),
        ..SimulatorOptions::default()
    };
    let simulator = Simulator::start(options).unwrap();
    let client = client(simulator.ca_pem(), |builder| builder);
    let sim = Sim { simulator, client };
    let token = sim.app_token(TENANT).await;
    assert_eq!(sim.get("/v1.0/groups", &token).await.0, 200);
    let (status, answer) = sim.get("/v1.0/organization", &token).await;
    assert_eq!((status, &answer["error"]["code"]), (500, &json!("simulatorContractViolation")));
    // Where, and against which rule.
    let message = answer["error"]["message"].as_str().unwrap();
    for part in ["GET", "/organization", "/value/0/tenantType"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let request = json!({"requests": [{"id": "1", "method": "GET", "url": "organization"}, {"id": "2", "method": "GET", "url": "groups"}]});
    let (status, answer) = sim.graph(Method::POST, "/beta/$batch", &token, Some(&request)).await;
    assert_eq!(status, 200);
    let parts = (&answer["responses"][0]["status"], &answer["responses"][1]["status"]);
    assert_eq!(parts, (&json!(500), &json!(200)));
    let portal = json!({"tenant": TENANT, "as": ADMIN, "method": "GET", "path": "/v1.0/organization"});
    assert_eq!(sim.control(Method::POST, "/portal", &portal).await.0, 500);
    let violations = sim.peek("/health").await["violations"].clone();
    assert_eq!(violations.as_array().unwrap().len(), 3, "{violations}");
    let ledger = sim.peek("/ledger").await;
    assert_eq!(ledger.as_array().unwrap().last().unwrap()["status"], 500);
    // A test with a violation fails: dropping the simulator panics.
    let dropped = std::panic::catch_unwind(AssertUnwindSafe(move || drop(sim)));
    let reason = dropped.unwrap_err().downcast::<String>().unwrap();
    assert!(
        reason.contains("not as described") && reason.contains("/value/0/tenantType"),
        "{reason}"
    );
}

/// Everything that can be compared of some answers.
async fn transcript() -> Vec<(u16, String, String)> {
    let sim = Sim::start(&seed());
    let client = client(sim.simulator.ca_pem(), reqwest::ClientBuilder::http1_only);
    let token = sim.app_token(TENANT).await;
    let batch = json!({"requests": [
        {"id": "1", "method": "POST", "url": "/deviceManagement/virtualEndpoint/provisioningPolicies", "headers": {"Content-Type": "application/json"}, "body": policy("b")},
        {"id": "2", "method": "GET", "url": "groups"},
    ]});
    let requests = [
        (Method::POST, POLICIES, Some(policy("a"))),
        (Method::POST, "/beta/$batch", Some(batch)),
        (Method::GET, POLICIES, None),
        (Method::GET, "/v1.0/nothing", None),
        (Method::GET, "/v1.0/groups?$top=1", None),
    ];
    let mut seen = Vec::new();
    for (method, path, body) in requests {
        // The port is another one in every run, and is part of links unless the client used a host name without it.
        let mut request = client
            .request(method, sim.url(path))
            .header("host", "graph.microsoft.com")
            .bearer_auth(&token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let id = response.headers()["request-id"].to_str().unwrap().to_owned();
        seen.push((response.status().as_u16(), id, response.text().await.unwrap()));
    }
    let mut ledger = sim.peek("/ledger").await;
    ledger[0]["path"] = Value::Null;
    seen.push((0, APP.to_owned(), ledger.to_string()));
    seen
}

#[tokio::test]
async fn two_simulators_answer_the_same_requests_with_the_same_bytes() {
    let (one, other) = (transcript().await, transcript().await);
    assert_eq!(one, other);
    assert_eq!(one.iter().map(|answer| answer.0).collect::<Vec<_>>(), [201, 200, 200, 404, 200, 0]);
}
