//! Federated assertions against a real issuer, with every way in which they can be wrong.

use std::sync::atomic::Ordering;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::wire::issuer::{AUDIENCE, Issuer, SUBJECT, SigningKey, now};
use crate::wire::support::{APP, Sim, TENANT, assertion_form, seed};
use crate::wire::tokens::assert_failure;

const UNREACHABLE: &str = "https://127.0.0.1:1";
const PLAIN: &str = "http://127.0.0.1:1";

/// A simulator whose application is registered for this issuer and for two that cannot be reached.
fn simulator(issuer: &Issuer, trust: bool) -> Sim {
    let mut seed = seed();
    let record = |url: &str| json!({"issuer": url, "subject": SUBJECT, "audiences": [AUDIENCE]});
    seed["tenants"][0]["apps"][0]["federatedCredentials"] = json!([record(&issuer.url), record(UNREACHABLE), record(PLAIN)]);
    if trust {
        seed["trust"] = json!([issuer.ca_pem]);
    }
    Sim::start(&seed)
}

async fn present(sim: &Sim, assertion: &str) -> (u16, Value) {
    sim.token(TENANT, &assertion_form(assertion)).await
}

fn changed(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn an_assertion_gets_a_token_although_the_simulators_clock_is_frozen() {
    let issuer = Issuer::start().await;
    let key = SigningKey::new("one");
    issuer.publish(&[&key]);
    let sim = simulator(&issuer, true);
    let assertion = key.sign(&issuer.claims());
    let (status, answer) = present(&sim, &assertion).await;
    assert_eq!(status, 200, "{answer}");
    let (status, groups) = sim.get("/v1.0/groups", answer["access_token"].as_str().unwrap()).await;
    assert_eq!((status, &groups["value"][0]["displayName"]), (200, &json!("finance")));

    let ledger = sim.peek("/ledger").await.to_string();
    let signature = assertion.rsplit('.').next().unwrap();
    assert!(
        !ledger.contains(signature) && !ledger.contains(&assertion),
        "the ledger holds the assertion"
    );
    assert!(ledger.contains("\"proof\":\"client_assertion\""), "{ledger}");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
async fn each_wrong_assertion_has_its_code() {
    let issuer = Issuer::start().await;
    let key = SigningKey::new("one");
    issuer.publish(&[&key]);
    let sim = simulator(&issuer, true);
    let good = issuer.claims();
    let of_another_key = SigningKey::new("one").sign(&good);
    let unknown_key = SigningKey::new("two").sign(&good);
    let symmetric = encode(&Header::new(Algorithm::HS256), &good, &EncodingKey::from_secret(b"guess")).unwrap();
    let mut tampered: Vec<String> = key.sign(&good).split('.').map(str::to_owned).collect();
    tampered[1] = key
        .sign(&changed(&good, "exp", json!(now() + 9999)))
        .split('.')
        .nth(1)
        .unwrap()
        .to_owned();

    let cases = [
        (
            "issuer",
            key.sign(&changed(&good, "iss", json!(format!("{}/", issuer.url)))),
            401,
            700_211,
        ),
        (
            "audience",
            key.sign(&changed(&good, "aud", json!("https://kubernetes.default.svc"))),
            401,
            700_212,
        ),
        (
            "subject",
            key.sign(&changed(&good, "sub", json!(format!("{SUBJECT}2")))),
            401,
            700_213,
        ),
        (
            "subject's case",
            key.sign(&changed(&good, "sub", json!(SUBJECT.to_uppercase()))),
            401,
            700_213,
        ),
        ("expired", key.sign(&changed(&good, "exp", json!(now() - 1))), 401, 700_024),
        ("not yet valid", key.sign(&changed(&good, "nbf", json!(now() + 300))), 401, 700_024),
        ("another key of the same name", of_another_key, 401, 700_027),
        ("a key that is not published", unknown_key, 401, 700_027),
        ("changed after signing", tampered.join("."), 401, 700_027),
        ("a shared secret", symmetric, 401, 700_027),
        (
            "signed by the application itself",
            key.sign(&changed(&good, "iss", json!(APP))),
            401,
            700_027,
        ),
        (
            "no expiry",
            key.sign(&json!({"iss": issuer.url, "sub": SUBJECT, "aud": AUDIENCE})),
            400,
            50_027,
        ),
        ("not a JWT", "opaque".to_owned(), 400, 50_027),
        ("unreachable", key.sign(&changed(&good, "iss", json!(UNREACHABLE))), 400, 50_166),
        ("not HTTPS", key.sign(&changed(&good, "iss", json!(PLAIN))), 400, 50_166),
    ];
    for (what, assertion, status, code) in cases {
        let answer = present(&sim, &assertion).await;
        let error = if status == 401 { "invalid_client" } else { "invalid_request" };
        assert_failure(what, &answer, status, error, code);
        assert!(
            !answer.1.to_string().contains(&assertion) || assertion == "opaque",
            "{what} is echoed"
        );
    }
    let (status, answer) = present(&sim, &key.sign(&good)).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn an_issuer_whose_ca_is_not_in_the_seed_is_unreachable_until_it_is_merged() {
    let issuer = Issuer::start().await;
    let key = SigningKey::new("one");
    issuer.publish(&[&key]);
    let sim = simulator(&issuer, false);
    let (status, answer) = present(&sim, &key.sign(&issuer.claims())).await;
    assert_eq!((status, &answer["error_codes"]), (400, &json!([50_166])), "{answer}");
    let (status, answer) = sim
        .control(reqwest::Method::POST, "/seed", &json!({"trust": [issuer.ca_pem]}))
        .await;
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = present(&sim, &key.sign(&issuer.claims())).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn keys_are_cached_until_an_unknown_one_is_named() {
    let issuer = Issuer::start().await;
    let (old, new) = (SigningKey::new("old"), SigningKey::new("new"));
    issuer.publish(&[&old]);
    let sim = simulator(&issuer, true);
    for _ in 0..3 {
        assert_eq!(present(&sim, &old.sign(&issuer.claims())).await.0, 200);
    }
    assert_eq!(issuer.fetched.load(Ordering::SeqCst), 2, "one discovery document and one key set");
    issuer.publish(&[&new]);
    assert_eq!(present(&sim, &new.sign(&issuer.claims())).await.0, 200);
    let (_, answer) = present(&sim, &old.sign(&issuer.claims())).await;
    assert_eq!(answer["error_codes"], json!([700_027]), "the key that was withdrawn still counts");
}

#[tokio::test]
async fn the_document_must_be_the_issuers_own() {
    let issuer = Issuer::start().await;
    let key = SigningKey::new("one");
    issuer.publish(&[&key]);
    *issuer.says.lock().unwrap() = "https://issuer.example".to_owned();
    let sim = simulator(&issuer, true);
    let (_, answer) = present(&sim, &key.sign(&issuer.claims())).await;
    assert_eq!(answer["error_codes"], json!([50_166]));
}
