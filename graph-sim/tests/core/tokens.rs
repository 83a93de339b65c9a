//! The token endpoint by secret, its refusals, and the documents around it.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::support::{APP, SCOPE, SECRET, Sim, TENANT, answered, by_secret, seed};

#[tokio::test]
async fn a_secret_gets_a_token_that_the_published_keys_verify() {
    let sim = Sim::start(&seed());
    // By domain, as clients may.
    let (status, answer) = sim.token("contoso.com", &by_secret()).await;
    assert_eq!(
        (status, &answer["token_type"], &answer["expires_in"]),
        (200, &json!("Bearer"), &json!(3599))
    );
    let token = answer["access_token"].as_str().unwrap();

    let (_, configuration) = discovery(&sim, &format!("/{TENANT}/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(configuration["token_endpoint"], sim.url(&format!("/{TENANT}/oauth2/v2.0/token")));
    let keys = sim.client.get(configuration["jwks_uri"].as_str().unwrap()).send().await.unwrap();
    let keys: JwkSet = keys.json().await.unwrap();
    let key = keys
        .find(&decode_header(token).unwrap().kid.unwrap())
        .expect("the key is published");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["https://graph.microsoft.com"]);
    validation.validate_exp = false;
    let claims = decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation)
        .unwrap()
        .claims;
    assert_eq!(
        (&claims["tid"], &claims["appid"], &claims["idtyp"]),
        (&json!(TENANT), &json!(APP), &json!("app"))
    );
    assert_eq!(claims["roles"], seed()["tenants"][0]["apps"][0]["roles"]);
    // 2026-01-05T08:00:00Z, the simulator's time.
    assert_eq!(
        (claims["nbf"].as_i64(), claims["exp"].as_i64()),
        (Some(1_767_600_000), Some(1_767_603_599))
    );
}

#[tokio::test]
async fn graph_goes_by_three_names_and_no_other() {
    let sim = Sim::start(&seed());
    let own = format!("{}/.default", sim.simulator.graph_url());
    for scope in [SCOPE, &own, "00000003-0000-0000-c000-000000000000/.default"] {
        let (status, answer) = sim.token(TENANT, &with(&[("scope", scope)])).await;
        assert_eq!(status, 200, "{scope}: {answer}");
        let (status, answer) = sim.get("/v1.0/groups", answer["access_token"].as_str().unwrap()).await;
        assert_eq!(status, 200, "{scope}: {answer}");
    }
}

#[tokio::test]
async fn each_wrong_request_has_its_code() {
    let sim = Sim::start(&seed());
    let unknown = "33333333-3333-3333-3333-333333333333";
    let cases = [
        (unknown, with(&[]), 400, "invalid_request", 90_002),
        ("common", with(&[]), 400, "invalid_request", 90_002),
        (TENANT, with(&[("client_id", unknown)]), 400, "unauthorized_client", 700_016),
        (TENANT, without("client_id"), 400, "invalid_request", 900_144),
        (TENANT, without("grant_type"), 400, "invalid_request", 900_144),
        (TENANT, without("scope"), 400, "invalid_request", 900_144),
        (TENANT, with(&[("grant_type", "password")]), 400, "unsupported_grant_type", 70_003),
        (
            TENANT,
            with(&[("scope", "https://graph.microsoft.com/User.Read")]),
            400,
            "invalid_scope",
            1_002_012,
        ),
        (
            TENANT,
            with(&[("scope", "https://graph.microsoft.com/.default openid")]),
            400,
            "invalid_scope",
            70_011,
        ),
        (
            TENANT,
            with(&[("scope", "https://vault.azure.net/.default")]),
            400,
            "invalid_resource",
            500_011,
        ),
        (
            TENANT,
            with(&[("scope", "https://graph.microsoft.us/.default")]),
            400,
            "invalid_resource",
            500_011,
        ),
        (TENANT, without("client_secret"), 401, "invalid_client", 7_000_216),
        (TENANT, with(&[("client_secret", "another")]), 401, "invalid_client", 7_000_215),
        (TENANT, with(&[("client_assertion", "a.b.c")]), 400, "invalid_request", 90_023),
        (
            TENANT,
            [by_secret().as_slice(), &[("scope", SCOPE)]].concat(),
            400,
            "invalid_request",
            90_023,
        ),
        (TENANT, vec![], 400, "invalid_request", 900_144),
    ];
    for (tenant, form, status, error, code) in cases {
        let (got, answer) = sim.token(tenant, &form).await;
        assert_eq!(
            (got, &answer["error"], &answer["error_codes"]),
            (status, &json!(error), &json!([code])),
            "{form:?}"
        );
    }
    let (status, answer) = answered(
        sim.client
            .get(sim.url(&format!("/{TENANT}/oauth2/v2.0/token")))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((status, &answer["error_codes"]), (400, &json!([900_561])));
}

#[tokio::test]
async fn a_failure_has_all_of_entras_fields() {
    let sim = Sim::start(&seed());
    let (_, answer) = sim.token(TENANT, &with(&[("client_secret", "another")])).await;
    let text = answer["error_description"].as_str().unwrap();
    assert!(text.starts_with("AADSTS7000215: "), "{text}");
    for (label, field) in [
        ("Trace ID: ", "trace_id"),
        ("Correlation ID: ", "correlation_id"),
        ("Timestamp: ", "timestamp"),
    ] {
        assert!(text.contains(&format!("{label}{}", answer[field].as_str().unwrap())), "{text}");
    }
    assert_eq!(answer["timestamp"], "2026-01-05 08:00:00Z");
    assert!(answer["error_uri"].as_str().unwrap().ends_with("/error?code=7000215"));
    assert!(!answer.to_string().contains("another"), "the secret is echoed");
}

#[tokio::test]
async fn instances_that_are_not_known_are_refused() {
    let sim = Sim::start(&seed());
    let ask = |authority: String| format!("/common/discovery/instance?api-version=1.1&authorization_endpoint={authority}");
    let (status, own) = discovery(&sim, &ask(sim.url(&format!("/{TENANT}/oauth2/v2.0/authorize")))).await;
    assert_eq!(status, 200);
    assert_eq!(
        own["tenant_discovery_endpoint"],
        sim.url(&format!("/{TENANT}/v2.0/.well-known/openid-configuration"))
    );
    let (status, answer) = discovery(&sim, &ask("https://login.example/x/oauth2/v2.0/authorize".to_owned())).await;
    assert_eq!((status, &answer["error_codes"]), (400, &json!([50_049])));
    let (status, answer) = discovery(&sim, "/nobody.example/v2.0/.well-known/openid-configuration").await;
    assert_eq!((status, &answer["error_codes"]), (400, &json!([90_002])));
}

#[tokio::test]
async fn the_ledger_and_the_state_never_hold_the_secret() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    sim.token(TENANT, &with(&[("client_secret", "canary-wrong")])).await;
    sim.client
        .post(sim.url(&format!("/{TENANT}/oauth2/v2.0/token?client_secret={SECRET}")))
        .send()
        .await
        .unwrap();
    sim.get("/v1.0/organization", &token).await;
    let ledger = sim.peek("/ledger").await;
    let kept = format!("{ledger}{}", sim.peek("/state").await);
    assert!(!kept.contains("canary") && !kept.contains(&token), "{kept}");
    let first = &ledger[0];
    assert_eq!(
        (&first["seq"], &first["tenant"], &first["actor"]),
        (&json!(1), &json!(TENANT), &json!({"appId": APP}))
    );
    assert_eq!(
        first["body"],
        json!({"client_id": APP, "grant_type": "client_credentials", "scope": SCOPE, "proof": "client_secret"})
    );
    assert_eq!((&ledger[1]["status"], &ledger[1]["actor"]), (&json!(401), &Value::Null));
    assert_eq!(ledger.as_array().unwrap().len(), 4);
}

async fn discovery(sim: &Sim, path: &str) -> (u16, Value) {
    answered(sim.client.get(sim.url(path)).send().await.unwrap()).await
}

/// The good form with other values for some fields.
fn with<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form: Vec<_> = by_secret()
        .into_iter()
        .filter(|(name, _)| changed.iter().all(|(other, _)| other != name))
        .collect();
    form.extend_from_slice(changed);
    form
}

fn without(field: &str) -> Vec<(&'static str, &'static str)> {
    by_secret().into_iter().filter(|(name, _)| *name != field).collect()
}
