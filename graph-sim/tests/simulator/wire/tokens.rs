//! The token endpoint by secret, its refusals, and the documents around it.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::wire::support::{APP, SCOPE, SECRET, Sim, TENANT, answered, by_secret, client, seed};

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

/// (captured) MSAL for Go asks for them on behalf of applications, too.
#[tokio::test]
async fn what_is_about_people_is_passed_over_beside_one_resource() {
    let sim = Sim::start(&seed());
    for scope in [
        format!("{SCOPE} openid offline_access profile"),
        format!("openid {SCOPE} profile"),
        format!("offline_access {SCOPE}"),
    ] {
        let (status, answer) = sim.token(TENANT, &with(&[("scope", &scope)])).await;
        assert_eq!(status, 200, "{scope}: {answer}");
        let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(names, ["token_type", "expires_in", "ext_expires_in", "access_token"], "{scope}");
    }
    for scope in [
        "openid offline_access profile".to_owned(),
        format!("{SCOPE} {SCOPE} openid"),
        format!("{SCOPE} openid User.Read"),
    ] {
        let answer = sim.token(TENANT, &with(&[("scope", &scope)])).await;
        assert_failure(&scope, &answer, 400, "invalid_scope", 70_011);
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table")]
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
            with(&[("grant_type", "urn:ietf:params:oauth:grant-type:device_code")]),
            400,
            "invalid_request",
            900_144,
        ),
        (TENANT, with(&[("grant_type", "refresh_token")]), 400, "invalid_request", 900_144),
        (TENANT, with(&[("client_secret", "")]), 401, "invalid_client", 7_000_215),
        (
            TENANT,
            [without("client_secret").as_slice(), &[("client_assertion", "a.b.c")]].concat(),
            400,
            "invalid_request",
            900_144,
        ),
        (
            TENANT,
            with(&[("scope", "https://graph.microsoft.com/User.Read")]),
            400,
            "invalid_scope",
            1_002_012,
        ),
        (
            TENANT,
            with(&[("scope", "https://graph.microsoft.com/.default email")]),
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
        let answer = sim.token(tenant, &form).await;
        assert_failure(&format!("{form:?}"), &answer, status, error, code);
    }
    let address = sim.url(&format!("/{TENANT}/oauth2/v2.0/token"));
    let answer = answered(sim.client.get(address).send().await.unwrap()).await;
    assert_failure("GET", &answer, 400, "invalid_request", 900_561);
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
async fn id_and_secret_may_come_in_a_header() {
    let mut seed = seed();
    let secret = "canary+%:/~ü";
    seed["tenants"][0]["apps"][0]["clientSecret"] = json!(secret);
    let sim = Sim::start(&seed);
    let send = async |header: &str, form: &str| {
        let request = sim.client.post(sim.url(&format!("/{TENANT}/oauth2/v2.0/token")));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        answered(request.header("authorization", header).body(form.to_owned()).send().await.unwrap()).await
    };
    let basic = |id: &str, secret: &str| {
        let plain = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        format!("Basic {}", STANDARD.encode(format!("{}:{}", plain(id), plain(secret))))
    };
    let good = basic(APP, secret);
    let form = format!("grant_type=client_credentials&scope={SCOPE}");
    for body in [form.clone(), format!("{form}&client_id={APP}")] {
        let (status, answer) = send(&good, &body).await;
        assert_eq!(status, 200, "{answer}");
    }
    let no_colon = format!("Basic {}", STANDARD.encode("canary"));
    let cases = [
        ("wrong secret", basic(APP, "canary"), "", 401, "invalid_client", 7_000_215),
        ("another scheme", "Bearer canary".to_owned(), "", 400, "invalid_request", 900_144),
        ("not base64", "Basic canary!".to_owned(), "", 400, "invalid_request", 90_023),
        ("no colon", no_colon, "", 400, "invalid_request", 90_023),
        (
            "secret twice",
            good.clone(),
            "&client_secret=canary",
            400,
            "invalid_request",
            90_023,
        ),
        (
            "two proofs",
            good.clone(),
            "&client_assertion=canary",
            400,
            "invalid_request",
            90_023,
        ),
        ("two clients", good, "&client_id=x", 400, "invalid_request", 90_023),
    ];
    for (what, header, more, status, error, code) in cases {
        let answer = send(&header, &format!("{form}{more}")).await;
        assert_failure(what, &answer, status, error, code);
        assert!(!answer.1.to_string().contains("canary"), "{what} is echoed");
    }
    let ledger = sim.peek("/ledger").await;
    assert_eq!(
        (&ledger[0]["body"]["client_id"], &ledger[0]["body"]["proof"]),
        (&json!(APP), &json!("client_secret"))
    );
    assert!(!ledger.to_string().contains("canary"), "{ledger}");
}

#[tokio::test]
async fn a_clouds_login_makes_tokens_for_its_own_graph_only() {
    let sim = Sim::start(&seed());
    let address: SocketAddr = sim.simulator.graph_url().trim_start_matches("https://").parse().unwrap();
    let roots = [
        "graph.microsoft.com",
        "graph.microsoft.us",
        "dod-graph.microsoft.us",
        "microsoftgraph.chinacloudapi.cn",
    ];
    let logins = [
        ("login.microsoftonline.com", &roots[..1]),
        ("login.microsoftonline.us", &roots[1..3]),
        ("login.chinacloudapi.cn", &roots[3..]),
        ("login.partner.microsoftonline.cn", &roots[3..]),
    ];
    let hosts = roots.iter().copied().chain(logins.map(|(login, _)| login));
    let client = client(sim.simulator.ca_pem(), |builder| {
        hosts.clone().fold(builder, |builder, host| builder.resolve(host, address))
    });
    let port = address.port();
    for (login, own) in logins {
        for scope in roots {
            let scope_text = format!("https://{scope}/.default");
            let form = with(&[("scope", &scope_text)]);
            let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            let request = client.post(format!("https://{login}:{port}/{TENANT}/oauth2/v2.0/token"));
            let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
            let answer = answered(request.send().await.unwrap()).await;
            if !own.contains(&scope) {
                assert_failure(&format!("{scope} at {login}"), &answer, 400, "invalid_resource", 500_011);
                continue;
            }
            assert_eq!(answer.0, 200, "{scope} at {login}: {}", answer.1);
            let token = answer.1["access_token"].as_str().unwrap();
            for root in roots {
                let request = client.get(format!("https://{root}:{port}/v1.0/groups")).bearer_auth(token);
                let (status, answer) = answered(request.send().await.unwrap()).await;
                let expected = if root == scope { 200 } else { 401 };
                assert_eq!(status, expected, "a token for {scope} at {root}: {answer}");
            }
            // The simulator's own name is valid for any cloud.
            assert_eq!(sim.get("/v1.0/groups", token).await.0, 200, "{scope}");
        }
        let path = format!("https://{login}:{port}/{TENANT}/v2.0/.well-known/openid-configuration");
        let (_, configuration) = answered(client.get(path).send().await.unwrap()).await;
        assert_eq!(configuration["msgraph_host"], own[0], "{login}");
    }
}

#[tokio::test]
async fn discovery_knows_the_tenants_and_the_names_for_any() {
    let sim = Sim::start(&seed());
    for (name, issuer) in [
        (TENANT, TENANT),
        ("contoso.com", TENANT),
        ("common", "{tenantid}"),
        ("organizations", "{tenantid}"),
    ] {
        let (status, document) = discovery(&sim, &format!("/{name}/v2.0/.well-known/openid-configuration")).await;
        assert_eq!((status, &document["issuer"]), (200, &json!(sim.url(&format!("/{issuer}/v2.0")))));
        let methods = &document["token_endpoint_auth_methods_supported"];
        assert_eq!(*methods, json!(["client_secret_post", "private_key_jwt", "client_secret_basic"]));
        let (status, keys) = discovery(&sim, &format!("/{name}/discovery/v2.0/keys")).await;
        assert_eq!((status, keys["keys"].as_array().unwrap().len()), (200, 1));
    }
    let authorize = "https://login.microsoftonline.com/nobody.example/oauth2/v2.0/authorize";
    for path in [
        "/nobody.example/v2.0/.well-known/openid-configuration".to_owned(),
        "/nobody.example/discovery/v2.0/keys".to_owned(),
        format!("/common/discovery/instance?api-version=1.1&authorization_endpoint={authorize}"),
    ] {
        assert_failure(&path, &discovery(&sim, &path).await, 400, "invalid_tenant", 90_002);
    }
    let china = "https://login.chinacloudapi.cn/common/oauth2/v2.0/authorize";
    let (_, document) = discovery(&sim, &format!("/common/discovery/instance?authorization_endpoint={china}")).await;
    assert_eq!(
        document["metadata"][0]["aliases"],
        json!(["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"])
    );
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
    for unknown in [
        "https://login.example/x/oauth2/v2.0/authorize",
        "https://graph.microsoft.com/x/authorize",
        "nowhere",
    ] {
        let answer = discovery(&sim, &ask(unknown.to_owned())).await;
        assert_failure(unknown, &answer, 400, "invalid_instance", 50_049);
    }
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

/// A refusal with all fields that Entra gives.
pub fn assert_failure(what: &str, (status, answer): &(u16, Value), expected: u16, error: &str, code: u64) {
    assert_eq!(
        (*status, &answer["error"], &answer["error_codes"]),
        (expected, &json!(error), &json!([code])),
        "{what}: {answer}"
    );
    let text = answer["error_description"].as_str().unwrap();
    assert!(text.starts_with(&format!("AADSTS{code}: ")), "{what}: {answer}");
    for field in ["trace_id", "correlation_id", "timestamp"] {
        assert!(text.contains(answer[field].as_str().unwrap()), "{what}: {answer}");
    }
    let uri = answer["error_uri"].as_str().unwrap();
    assert!(uri.ends_with(&format!("/error?code={code}")), "{what}: {answer}");
}

async fn discovery(sim: &Sim, path: &str) -> (u16, Value) {
    answered(sim.client.get(sim.url(path)).send().await.unwrap()).await
}

/// The valid form with other values for some fields.
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
