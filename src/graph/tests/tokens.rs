//! Tokens: from the token file over Entra to the header, and a new one when Graph refuses it.

use std::collections::HashMap;
use std::io::{Seek, Write};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};
use uuid::Uuid;

use crate::graph::http::transport::{SendError, Transport};
use crate::graph::tests::fake::{Fake, LOGIN, ROOT, Reply, application, token};
use crate::graph::{
    Application, Caller, Client, ClientConfig, Collection, ErrorKind, Fence, Limits, Priority, SharedBudget, TokenFile, advice,
};

fn empty_list() -> Reply {
    Reply::json(200, &json!({"value": []}))
}

fn overwrite(file: &mut tempfile::NamedTempFile, content: &str) {
    file.as_file_mut().set_len(0).unwrap();
    file.as_file_mut().rewind().unwrap();
    file.write_all(content.as_bytes()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_assertion_is_trimmed_and_read_anew_for_every_token_request() {
    let mut fake = Fake::new([empty_list(), empty_list(), empty_list()]);
    fake.client.list(Collection::UserSettings).await.unwrap();
    overwrite(&mut fake.token_file, "  assertion-2\r\n\n");
    fake.client.list(Collection::UserSettings).await.unwrap();
    assert_eq!(fake.logged_in().len(), 1, "the token is cached");
    fake.client.forget_token();
    fake.client.list(Collection::UserSettings).await.unwrap();

    let logins = fake.logged_in();
    assert_eq!(logins[0].url.as_str(), format!("{LOGIN}/contoso/oauth2/v2.0/token"));
    let fields = |n: usize| form_urlencoded::parse(&logins[n].body).into_owned().collect::<HashMap<_, _>>();
    assert_eq!(fields(0)["client_assertion"], "assertion-1");
    assert_eq!(fields(0)["client_id"], "client-1");
    assert_eq!(fields(0)["scope"], format!("{ROOT}/.default"));
    assert_eq!(fields(1)["client_assertion"], "assertion-2");
    assert_eq!(fake.sent()[2].header("authorization"), Some("Bearer token-2"));
}

#[tokio::test(start_paused = true)]
async fn a_401_costs_one_token_and_one_repeat_for_writes_too() {
    let fake = Fake::new([Reply::status(401), Reply::json(201, &json!({"id": "u1"}))]);
    let id = Uuid::from_u128(9);
    fake.client
        .create(Collection::UserSettings, &Map::new(), id, fake.permit().await)
        .await
        .unwrap();
    let sent = fake.sent();
    let headers: Vec<_> = sent.iter().map(|sent| sent.header("authorization").unwrap()).collect();
    assert_eq!(headers, ["Bearer token-1", "Bearer token-2"]);
    assert_eq!(sent[0].header("client-request-id"), sent[1].header("client-request-id"));
    assert_eq!(fake.logged_in().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_second_401_is_the_answer() {
    let fake = Fake::new([Reply::status(401), Reply::status(401)]);
    let error = fake.client.list(Collection::UserSettings).await.unwrap_err();
    assert_eq!((error.kind, error.is_transient()), (ErrorKind::Unauthorized, false));
    assert_eq!(fake.logged_in().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn many_401s_at_once_cost_one_new_token() {
    let fake = Fake::new((0..20).map(|_| empty_list())).revoke("token-1");
    let lists = join_all((0..20).map(|_| fake.client.list(Collection::UserSettings))).await;
    assert!(lists.iter().all(Result::is_ok), "{lists:?}");
    assert_eq!(fake.logged_in().len(), 2);
    assert!(fake.sent().len() > 20, "nothing was refused");
}

#[tokio::test(start_paused = true)]
async fn a_403_renews_only_a_token_old_enough_to_hide_a_new_permission() {
    let fake = Fake::new([Reply::status(403), Reply::status(403), Reply::status(403), empty_list()]);
    for _ in 0..2 {
        assert_eq!(
            fake.client.list(Collection::UserSettings).await.unwrap_err().kind,
            ErrorKind::Forbidden
        );
    }
    assert_eq!(fake.logged_in().len(), 1);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(
        fake.client.list(Collection::UserSettings).await.unwrap_err().kind,
        ErrorKind::Forbidden
    );
    fake.client.list(Collection::UserSettings).await.unwrap();
    assert_eq!(fake.logged_in().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn entras_refusal_is_explained_and_the_assertion_is_in_no_error() {
    let refusal = json!({
        "error": "invalid_client",
        "error_description": "AADSTS700213: No matching federated identity record found for presented assertion subject \
            'system:serviceaccount:a:b'. assertion-1 eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln Trace ID: t-1 Correlation ID: c-1 Timestamp: now",
        "error_codes": [700_213], "trace_id": "t-1", "correlation_id": "c-1",
    });
    let fake = Fake::new([]).logins([Reply::json(401, &refusal)]);
    let error = fake.client.list(Collection::UserSettings).await.unwrap_err();
    assert_eq!(
        error.kind,
        ErrorKind::Token {
            aadsts: Some(700_213),
            transient: false
        }
    );
    assert_eq!(
        (error.status, error.code.as_deref(), error.request_id.as_deref()),
        (Some(401), Some("invalid_client"), Some("t-1"))
    );
    assert!(error.message.starts_with("AADSTS700213: No matching"), "{error}");
    assert!(error.message.ends_with("(trace id t-1, correlation id c-1)"), "{error}");
    assert!(!error.message.contains("eyJ"), "{error}");
    assert!(advice(&error).contains("system:serviceaccount"), "{}", advice(&error));
    assert!(!error.outcome_unknown());
    assert_eq!(fake.logged_in().len(), 1, "a refusal is not repeated");
}

#[tokio::test(start_paused = true)]
async fn many_passes_ask_entra_once_and_all_of_them_hear_its_refusal() {
    let said = json!({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret.", "error_codes": [7_000_215]});
    let fake = Fake::new([]).logins((0..100).map(|_| Reply::json(401, &said)));
    let begin = || Arc::new(Caller::new(Priority::Change, "team", "uid"));
    let list = |caller: Arc<Caller>| caller.scope(fake.client.list(Collection::UserSettings));
    let late = begin();
    for failure in join_all((0..65).map(|_| list(begin()))).await {
        let failure = failure.unwrap_err();
        assert!(failure.message.starts_with("AADSTS7000215"), "{failure}");
        assert_eq!(failure.operation, "list user settings");
    }
    assert_eq!((fake.logged_in().len(), fake.reported()), (1, vec!["token failed".to_owned()]));
    // Nor does one ask again that began before the refusal, nor one that comes right after it.
    list(begin()).await.unwrap_err();
    tokio::time::advance(Duration::from_secs(5)).await;
    list(late).await.unwrap_err();
    assert_eq!(fake.logged_in().len(), 1);
    // What begins later asks, once for all.
    join_all((0..65).map(|_| list(begin()))).await;
    assert_eq!(fake.logged_in().len(), 2);
    // And so does one that is requested for a changed configuration.
    fake.client.forget_token();
    list(begin()).await.unwrap_err();
    assert_eq!(fake.logged_in().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_busy_or_unreachable_token_endpoint_is_tried_twice() {
    for (reply, status) in [
        (|| Reply::status(503), Some(503)),
        (|| Reply::text(502, "text/html", "<html>"), Some(502)),
        (|| Reply::Fail(SendError::Connect("refused".to_owned())), None),
        (|| Reply::Hang, None),
        (|| Reply::text(200, "text/html", "<html>"), None),
        (|| token(""), None),
        (|| Reply::json(200, &json!({"access_token": "t", "expires_in": i64::MAX})), None),
    ] as [(fn() -> Reply, Option<u16>); 7]
    {
        let fake = Fake::new([]).logins([reply(), reply()]);
        let error = fake
            .client
            .update(Collection::UserSettings, "u1", &Map::new(), fake.permit().await)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.status),
            (
                ErrorKind::Token {
                    aadsts: None,
                    transient: true
                },
                status
            ),
            "{error}"
        );
        assert_eq!(fake.logged_in().len(), 2, "{error}");
        assert!(!error.outcome_unknown());
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirecting_token_endpoint_is_not_followed() {
    let fake = Fake::new([]).logins([Reply::status(307).with("location", "https://evil.example/")]);
    let error = fake.client.list(Collection::UserSettings).await.unwrap_err();
    assert_eq!(error.status, Some(307));
}

#[tokio::test(start_paused = true)]
async fn a_broken_token_file_is_named_and_nothing_is_sent() {
    for content in ["", "  \n", &"x".repeat(70_000)] {
        let mut fake = Fake::new([]);
        overwrite(&mut fake.token_file, content);
        let error = fake.client.token().await.unwrap_err();
        assert_eq!(
            error.kind,
            ErrorKind::Token {
                aadsts: None,
                transient: false
            }
        );
        assert!(error.message.contains(fake.token_file.path().to_str().unwrap()), "{error}");
        assert!(fake.logged_in().is_empty());
    }
    let fake = Fake::new([]);
    std::fs::remove_file(fake.token_file.path()).unwrap();
    let error = fake.client.token().await.unwrap_err();
    assert!(error.message.contains("cannot be opened"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn roles_are_decoded_and_an_opaque_token_is_fine() {
    use base64::Engine;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json!({"roles": ["CloudPC.Read.All"], "appid": "a1"}).to_string());
    let fake = Fake::new([]).logins([token(&format!("e30.{claims}.c2ln"))]);
    let read = fake.client.token().await.unwrap();
    assert_eq!(
        (read.roles, read.app_id.as_deref()),
        (vec!["CloudPC.Read.All".to_owned()], Some("a1"))
    );
    assert!(read.expires_on > crate::base::wall::now());
    fake.client.forget_token();
    assert_eq!(fake.client.token().await.unwrap().roles, [] as [String; 0]);
}

#[tokio::test]
async fn nothing_but_https_is_configured() {
    let transport = Transport::https(&Fence::always_open()).unwrap();
    let good = application(&transport);
    let nowhere = || Arc::new(TokenFile::new("/nowhere"));
    let http = Url::parse("http://login.example").unwrap();
    for bad in [
        Application {
            authority: http,
            ..good.clone()
        },
        Application {
            tenant_id: "a/b".to_owned(),
            ..good.clone()
        },
        Application {
            client_id: String::new(),
            ..good.clone()
        },
    ] {
        assert!(bad.clone().federated(nowhere()).is_err(), "{bad:?}");
        assert!(bad.clone().certificate(nowhere()).is_err(), "{bad:?}");
        assert!(bad.clone().client_secret(nowhere()).is_err(), "{bad:?}");
    }
    for root in [
        "http://graph.example",
        "https://user@graph.example",
        "https://graph.example/?x=1",
        "https://graph.example/#x",
    ] {
        let config = ClientConfig {
            root: Url::parse(root).unwrap(),
            scope: String::new(),
            credential: good.clone().federated(nowhere()).unwrap(),
            request_timeout: Duration::from_secs(1),
            observer: Arc::new(()),
            clock: Arc::default(),
            budget: SharedBudget::new(&Limits::default(), Arc::new(())),
            mark: [0; 4],
        };
        assert!(Client::with_transport(config, transport.clone()).is_err(), "{root}");
    }
}

#[test]
fn debug_output_holds_no_secret() {
    let fake = Fake::new([]);
    let shown = format!("{:?} {:?}", fake.client, Value::Null);
    assert!(!shown.contains("client-1") && shown.contains(ROOT), "{shown}");
}
