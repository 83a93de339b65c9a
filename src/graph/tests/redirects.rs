//! SECURITY.md, S11, over real TLS: the token is sent to the configured host and to no other, whatever that host answers.

use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use bytes::Bytes;
use graph_sim::{Simulator, SimulatorOptions};
use http::{Method, Request};
use serde_json::{Map, Value, json};
use url::Url;

use crate::graph::{Client, ClientConfig, Collection, ErrorKind, Fence, Limits, SharedBudget, Transport};

/// Set in the process that is the client; the roots that it trusts come from its environment.
const ROOT: &str = "CLOUDPC_TEST_REDIRECTING_ROOT";
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
struct Canary;

#[async_trait]
impl TokenCredential for Canary {
    async fn get_token(&self, _scopes: &[&str], _options: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new("canary", OffsetDateTime::UNIX_EPOCH))
    }
}

async fn control(transport: &Transport, root: &str, method: Method, path: &str, body: &Value) -> Value {
    let request = Request::builder()
        .method(method)
        .uri(format!("{root}/_sim{path}"))
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()));
    let answer = transport.send(request.unwrap(), PATIENCE).await.unwrap();
    assert!(answer.status().is_success(), "{path}: {answer:?}");
    serde_json::from_slice(answer.body()).unwrap_or_default()
}

/// The client's part: every kind of request meets every kind of redirect.
async fn follow_nothing(root: &str) {
    let transport = Transport::https(&Fence::always_open()).unwrap();
    let client = Client::with_transport(
        ClientConfig {
            root: Url::parse(root).unwrap(),
            scope: String::new(),
            credential: Arc::new(Canary),
            request_timeout: PATIENCE,
            observer: Arc::new(()),
            clock: Arc::default(),
            budget: SharedBudget::new(&Limits::default(), Arc::new(())),
            mark: [0; 4],
        },
        transport.clone(),
    )
    .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let stranger = listener.local_addr().unwrap();
    let port = Url::parse(root).unwrap().port().unwrap();
    let mut sent = 0;
    for status in [301, 302, 307, 308] {
        for location in [
            format!("http://{stranger}/"),
            format!("https://{stranger}/"),
            format!("https://localhost:{port}/v1.0/x"),
            format!("http://127.0.0.1:{port}/v1.0/x"),
        ] {
            let rule = json!([{"times": -1, "fault": {"status": status, "headers": {"Location": location}}}]);
            control(&transport, root, Method::DELETE, "/faults", &Value::Null).await;
            control(&transport, root, Method::POST, "/faults", &rule).await;
            let error = client.list(Collection::UserSettings).await.unwrap_err();
            assert_eq!((error.kind, error.status), (ErrorKind::Decode, Some(status)), "{location}: {error}");
            let error = client
                .create(
                    Collection::UserSettings,
                    &Map::new(),
                    crate::base::random::uuid(),
                    client.permit().await.unwrap(),
                )
                .await
                .unwrap_err();
            assert_eq!((error.kind, error.status), (ErrorKind::Decode, Some(status)), "{location}: {error}");
            sent += 2;
        }
    }
    let ledger = control(&transport, root, Method::GET, "/ledger", &Value::Null).await;
    let entries = ledger.as_array().or_else(|| ledger["entries"].as_array()).expect("entries");
    assert_eq!(entries.len(), sent, "a redirect was followed");
    let connected = listener.accept();
    assert!(connected.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
}

#[tokio::test]
async fn s11_the_token_leaves_for_no_other_host_port_or_scheme() {
    if let Ok(root) = std::env::var(ROOT) {
        return follow_nothing(&root).await;
    }
    let simulator = Simulator::start(SimulatorOptions::default()).unwrap();
    let (root, ca) = (simulator.graph_url().to_owned(), simulator.ca_path().to_owned());
    let client = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "graph::tests::redirects::s11_the_token_leaves_for_no_other_host_port_or_scheme",
            ])
            .env(ROOT, root)
            .env("SSL_CERT_FILE", ca)
            .env_remove("SSL_CERT_DIR")
            .env("NO_PROXY", "*")
            .output()
            .unwrap()
    });
    let client = client.await.unwrap();
    let output = String::from_utf8_lossy(&client.stdout);
    assert!(client.status.success() && output.contains("1 passed"), "{output}");
}
