//! Managed identity against fakes of the two documented protocols: the metadata service of a machine (IMDS)
//! in place of the transport's service, and App Service's endpoint over real HTTP, in a process whose environment names it.

use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Request, Response};
use serde_json::{Value, json};
use tower::service_fn;
use url::Url;

use crate::graph::auth::token::Token;
use crate::graph::managed_identity;
use crate::graph::{Client, ClientConfig, Cloud, Fence, GraphError, Limits, SharedBudget, Transport};

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
const USER_ASSIGNED: &str = "22222222-2222-2222-2222-222222222222";

/// What both protocols answer: every value is a text.
fn answer(tenant: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.encode(json!({"tid": tenant, "appid": USER_ASSIGNED, "roles": ["CloudPC.Read.All"]}).to_string());
    let end = crate::base::wall::now().as_second() + 86_400;
    json!({"access_token": format!("e30.{claims}.c2ln"), "client_id": USER_ASSIGNED, "expires_in": "86400",
        "expires_on": end.to_string(), "resource": Cloud::Public.graph(), "token_type": "Bearer"})
}

fn client(transport: Transport, client_id: Option<&str>) -> Client {
    let credential = managed_identity(transport.clone(), TENANT, client_id, Arc::default()).unwrap();
    let config = ClientConfig {
        root: Url::parse(Cloud::Public.graph()).unwrap(),
        scope: Cloud::Public.scope(),
        credential,
        request_timeout: Duration::from_secs(10),
        observer: Arc::new(()),
        clock: Arc::default(),
        budget: SharedBudget::new(&Limits::default(), Arc::new(())),
        mark: [0; 4],
    };
    Client::with_transport(config, transport).unwrap()
}

/// Requests a token from a metadata service that answers like this. Returns the requests, too.
async fn imds(client_id: Option<&str>, status: u16, body: Value) -> (Result<Token, GraphError>, Vec<(Url, Option<String>)>) {
    let asked = Arc::<Mutex<Vec<_>>>::default();
    let seen = Arc::clone(&asked);
    let transport = Transport::new(service_fn(move |request: Request<Bytes>| {
        let header = request.headers().get("metadata").map(|value| value.to_str().unwrap().to_owned());
        seen.lock().unwrap().push((Url::parse(&request.uri().to_string()).unwrap(), header));
        let body = stream::iter([Ok(Bytes::from(body.to_string()))]).boxed();
        async move { Ok(Response::builder().status(status).body(body).unwrap()) }
    }));
    let token = client(transport, client_id).token().await;
    let asked = asked.lock().unwrap().clone();
    (token, asked)
}

#[tokio::test(start_paused = true)]
async fn the_metadata_service_is_asked_as_documented() {
    for client_id in [None, Some(USER_ASSIGNED)] {
        let (token, asked) = imds(client_id, 200, answer(TENANT)).await;
        assert!(token.unwrap().reads_only());
        let [(url, metadata)] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!((url.scheme(), url.host_str()), ("http", Some("169.254.169.254")));
        assert_eq!((url.path(), metadata.as_deref()), ("/metadata/identity/oauth2/token", Some("true")));
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(query["resource"], Cloud::Public.graph(), "a resource, not a scope");
        assert_eq!(query.get("client_id").map(String::as_str), client_id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_has_no_other_token_is_asked_once_for_one() {
    let asked = Arc::<Mutex<u32>>::default();
    let seen = Arc::clone(&asked);
    let transport = Transport::new(service_fn(move |_request: Request<Bytes>| {
        *seen.lock().unwrap() += 1;
        let body = stream::iter([Ok(Bytes::from(answer(TENANT).to_string()))]).boxed();
        async move { Ok(Response::new(body)) }
    }));
    let client = client(transport, None);
    client.token().await.unwrap();
    client.forget_token();
    for _ in 0..5 {
        client.token().await.unwrap();
    }
    assert_eq!(*asked.lock().unwrap(), 2, "once, and once more because the token was refused");
}

#[tokio::test(start_paused = true)]
async fn an_identity_of_another_tenant_or_none_is_explained() {
    let (token, _) = imds(None, 200, answer("eeeeeeee-0000-4000-8000-000000000001")).await;
    let error = token.unwrap_err().to_string();
    assert!(
        error.contains("spec.tenantId is 1111") && error.contains("belongs to tenant eeeeeeee"),
        "{error}"
    );

    let refusal = json!({"error": "invalid_request", "error_description": "Identity not found"});
    let (token, asked) = imds(Some(USER_ASSIGNED), 400, refusal).await;
    let error = token.unwrap_err();
    assert!(error.message.contains("Identity not found") && !error.is_transient(), "{error}");
    assert_eq!(asked.len(), 1);
}

/// Set in the process that plays the controller on App Service.
const PLAYS: &str = "CLOUDPC_TEST_PLAYS_APP_SERVICE";
const HEADER: &str = "app-service-canary";

type Asked = Arc<Mutex<Vec<(HashMap<String, String>, HeaderMap)>>>;

async fn app_service(State(asked): State<Asked>, Query(query): Query<HashMap<String, String>>, headers: HeaderMap) -> impl IntoResponse {
    asked.lock().unwrap().push((query, headers));
    axum::Json(answer(TENANT))
}

/// azure_identity reads the environment of the process, which a test must not change; so the test runs itself again.
#[tokio::test]
async fn app_service_is_asked_where_the_environment_says() {
    if std::env::var_os(PLAYS).is_some() {
        let token = client(Transport::metadata(&Fence::always_open()), Some(USER_ASSIGNED))
            .token()
            .await
            .unwrap();
        assert_eq!(token.app_id.as_deref(), Some(USER_ASSIGNED));
        return;
    }
    let asked = Asked::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new()
        .route("/msi/token", axum::routing::get(app_service))
        .with_state(Arc::clone(&asked));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let again = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "graph::tests::managed_identity::app_service_is_asked_where_the_environment_says",
            ])
            .env(PLAYS, "1")
            .env("IDENTITY_ENDPOINT", format!("http://{address}/msi/token"))
            .env("IDENTITY_HEADER", HEADER)
            .env("HTTP_PROXY", "http://127.0.0.1:9")
            .output()
            .unwrap()
    });
    let again = again.await.unwrap();
    let output = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && output.contains("1 passed"), "{output}");
    assert!(!output.contains(HEADER));
    let asked = asked.lock().unwrap();
    let [(query, headers)] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(headers["x-identity-header"], HEADER);
    assert_eq!(query["client_id"], USER_ASSIGNED);
    assert_eq!(
        (query["resource"].as_str(), query["api-version"].as_str()),
        (Cloud::Public.graph(), "2019-08-01")
    );
}
