//! People sign in: by device code, and again by refresh token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::support::{ADMIN, APP, OTHER_TENANT, POLICIES, SECRET, Sim, TENANT, USER, answered, policy, seed};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const OTHER_APP: &str = "22222222-2222-2222-2222-333333333333";
const EVERYTHING: &str =
    "https://graph.microsoft.com/CloudPC.ReadWrite.All https://graph.microsoft.com/Group.Read.All openid offline_access";

/// A public client beside the application.
fn public_client() -> Value {
    let mut seed = seed();
    let app = json!({"appId": OTHER_APP, "displayName": "kubectl-cloudpc", "roles": ["CloudPC.Read.All", "Group.Read.All"]});
    seed["tenants"][0]["apps"].as_array_mut().expect("apps").push(app);
    seed
}

async fn begin(sim: &Sim, scope: &str) -> Value {
    let (status, answer) = try_begin(sim, TENANT, &[("client_id", OTHER_APP), ("scope", scope)]).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn try_begin(sim: &Sim, tenant: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = sim.client.post(sim.url(&format!("/{tenant}/oauth2/v2.0/devicecode")));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    answered(request.send().await.expect("an answer")).await
}

async fn poll(sim: &Sim, begun: &Value) -> (u16, Value) {
    let code = begun["device_code"].as_str().expect("a code");
    let form = [
        ("grant_type", DEVICE_CODE),
        ("client_id", OTHER_APP),
        ("device_code", code),
        ("client_info", "1"),
    ];
    sim.token(TENANT, &form).await
}

async fn decide(sim: &Sim, begun: &Value, user: &str, approve: bool) -> (u16, Value) {
    let decision = json!({"userCode": begun["user_code"], "as": user, "approve": approve});
    sim.control(Method::POST, "/devicecode", &decision).await
}

/// The tokens of a user who has approved.
async fn signed_in(sim: &Sim, user: &str, scope: &str) -> Value {
    let begun = begin(sim, scope).await;
    let (status, answer) = decide(sim, &begun, user, true).await;
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = poll(sim, &begun).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn refresh(sim: &Sim, tokens: &Value, more: &[(&str, &str)]) -> (u16, Value) {
    let token = tokens["refresh_token"].as_str().expect("a refresh token");
    let mut form = vec![("grant_type", "refresh_token"), ("client_id", OTHER_APP), ("refresh_token", token)];
    form.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    form.extend(more);
    sim.token(TENANT, &form).await
}

fn failure((status, answer): &(u16, Value)) -> (u16, &str, i64) {
    let code = answer["error_codes"][0].as_i64().unwrap_or_default();
    (*status, answer["error"].as_str().unwrap_or_default(), code)
}

fn claims(token: &Value) -> Value {
    let body = token.as_str().expect("a token").split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).expect("base64")).expect("JSON")
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one course of events")]
async fn a_person_signs_in_with_a_device_code() {
    let sim = Sim::start(&public_client());
    let begun = begin(&sim, EVERYTHING).await;
    let shown = begun["user_code"].as_str().expect("a code");
    assert!(
        shown.len() == 9 && shown.bytes().all(|letter| letter.is_ascii_uppercase()),
        "{shown}"
    );
    assert_eq!((&begun["expires_in"], &begun["interval"]), (&json!(900), &json!(5)));
    for field in ["verification_uri", "message"] {
        assert!(
            begun[field].as_str().is_some_and(|text| text.contains("/_sim/devicecode")),
            "{begun}"
        );
    }
    assert_eq!(failure(&poll(&sim, &begun).await), (400, "authorization_pending", 70_016));
    assert_eq!(failure(&poll(&sim, &begun).await), (400, "slow_down", 70_016), "at once again");
    // As a person types.
    let typed = json!({"userCode": format!(" {} ", shown.to_lowercase()), "as": ADMIN});
    let (status, decided) = sim.control(Method::POST, "/devicecode", &typed).await;
    let expected = json!({
        "tenant": TENANT, "appId": OTHER_APP, "scopes": ["CloudPC.ReadWrite.All", "Group.Read.All", "openid"], "approved": true,
    });
    assert_eq!((status, decided), (200, expected));

    let (status, tokens) = poll(&sim, &begun).await;
    assert_eq!(
        (status, &tokens["token_type"], &tokens["expires_in"]),
        (200, &json!("Bearer"), &json!(3599))
    );
    assert_eq!(
        tokens["scope"],
        "https://graph.microsoft.com/CloudPC.ReadWrite.All https://graph.microsoft.com/Group.Read.All openid"
    );
    let access = claims(&tokens["access_token"]);
    assert_eq!(
        (&access["upn"], &access["appid"], &access["idtyp"]),
        (&json!(ADMIN), &json!(OTHER_APP), &json!("user"))
    );
    assert_eq!(access["scp"], "CloudPC.ReadWrite.All Group.Read.All openid");
    let identity = claims(&tokens["id_token"]);
    assert_eq!(
        (
            &identity["aud"],
            &identity["preferred_username"],
            &identity["oid"],
            &identity["tid"]
        ),
        (&json!(OTHER_APP), &json!(ADMIN), &access["oid"], &json!(TENANT))
    );
    let info = URL_SAFE_NO_PAD
        .decode(tokens["client_info"].as_str().expect("client_info"))
        .expect("base64");
    assert_eq!(
        serde_json::from_slice::<Value>(&info).expect("JSON"),
        json!({"uid": access["oid"], "utid": TENANT})
    );

    let token = tokens["access_token"].as_str().expect("a token");
    let (status, made) = sim.graph(Method::POST, POLICIES, token, Some(&policy("by hand"))).await;
    assert_eq!((status, &made["createdBy"]), (201, &json!(ADMIN)), "{made}");
    assert_eq!(
        sim.get("/v1.0/groups", tokens["id_token"].as_str().expect("a token")).await.0,
        401,
        "no id token"
    );
    assert_eq!(
        failure(&poll(&sim, &begun).await),
        (400, "bad_verification_code", 70_018),
        "a code is used once"
    );
}

#[tokio::test]
async fn a_code_can_be_declined_expire_or_be_another_applications() {
    let sim = Sim::start(&public_client());
    let declined = begin(&sim, EVERYTHING).await;
    assert_eq!(decide(&sim, &declined, ADMIN, false).await.1["approved"], false);
    for _ in 0..2 {
        assert_eq!(failure(&poll(&sim, &declined).await), (400, "authorization_declined", 70_000));
    }
    let (status, answer) = decide(&sim, &declined, ADMIN, true).await;
    assert!(status == 400 && answer.to_string().contains("used before"), "{answer}");

    let late = begin(&sim, EVERYTHING).await;
    let code = late["device_code"].as_str().expect("a code");
    for (tenant, client) in [(TENANT, APP), (OTHER_TENANT, APP)] {
        let form = [("grant_type", DEVICE_CODE), ("client_id", client), ("device_code", code)];
        let answer = sim.token(tenant, &form).await;
        assert_eq!(failure(&answer), (400, "bad_verification_code", 70_018), "{tenant} {client}");
    }
    for (seconds, expected) in [(899, "authorization_pending"), (1, "expired_token")] {
        let advance = json!({"advance": format!("PT{seconds}S")});
        assert_eq!(sim.control(Method::POST, "/clock", &advance).await.0, 200);
        assert_eq!(poll(&sim, &late).await.1["error"], expected);
    }
    assert_eq!(failure(&poll(&sim, &late).await), (400, "expired_token", 70_020));
    let (status, answer) = decide(&sim, &late, ADMIN, true).await;
    assert!(status == 400 && answer.to_string().contains("expired"), "{answer}");
    for (wrong, named) in [
        (json!({"userCode": "NOTACODE", "as": ADMIN}), "NOTACODE"),
        (
            json!({"userCode": begin(&sim, EVERYTHING).await["user_code"], "as": "nobody@contoso.com"}),
            "nobody",
        ),
        (json!({"userCode": begin(&sim, EVERYTHING).await["user_code"]}), "as"),
    ] {
        let (status, answer) = sim.control(Method::POST, "/devicecode", &wrong).await;
        assert!(status == 400 && answer.to_string().contains(named), "{answer}");
    }
}

#[tokio::test]
async fn a_request_for_codes_that_is_wrong_is_refused_as_one_for_a_token() {
    let sim = Sim::start(&public_client());
    let scope = ("scope", EVERYTHING);
    for (tenant, form, expected) in [
        ("common", vec![("client_id", OTHER_APP), scope], (400, "invalid_request", 90_002)),
        (TENANT, vec![("client_id", TENANT), scope], (400, "unauthorized_client", 700_016)),
        (TENANT, vec![scope], (400, "invalid_request", 900_144)),
        (TENANT, vec![("client_id", OTHER_APP)], (400, "invalid_request", 900_144)),
        (
            TENANT,
            vec![("client_id", OTHER_APP), ("scope", "https://vault.azure.net/Secrets.Read")],
            (400, "invalid_resource", 500_011),
        ),
        (
            TENANT,
            vec![
                ("client_id", OTHER_APP),
                ("scope", "https://graph.microsoft.com/.default User.Read"),
            ],
            (400, "invalid_scope", 70_011),
        ),
    ] {
        let answer = try_begin(&sim, tenant, &form).await;
        assert_eq!(failure(&answer), expected, "{form:?}");
    }
    let get = sim
        .client
        .get(sim.url(&format!("/{TENANT}/oauth2/v2.0/devicecode")))
        .send()
        .await
        .expect("an answer");
    assert_eq!(failure(&answered(get).await), (400, "invalid_request", 900_561));
    sim.add_fault(json!({"match": {"path": "*/devicecode"}, "fault": {"token": {"error": "temporarily_unavailable", "aadsts": 90_033}}}))
        .await;
    let answer = try_begin(&sim, TENANT, &[("client_id", OTHER_APP), scope]).await;
    assert_eq!(failure(&answer), (400, "temporarily_unavailable", 90_033));
    // A public client needs no proof; one that is given must be valid.
    let begun = begin(&sim, EVERYTHING).await;
    let code = begun["device_code"].as_str().expect("a code");
    let form = [
        ("grant_type", DEVICE_CODE),
        ("client_id", OTHER_APP),
        ("device_code", code),
        ("client_secret", SECRET),
    ];
    assert_eq!(failure(&sim.token(TENANT, &form).await), (401, "invalid_client", 7_000_215));
}

#[tokio::test]
async fn routes_ask_for_the_scopes_and_the_persons_roles() {
    let sim = Sim::start(&public_client());
    let created = policy("by hand");
    let attempts = [
        // .default means the permissions in the application's roles.
        (ADMIN, "https://graph.microsoft.com/.default", 200, 403),
        (ADMIN, "CloudPC.Read.All", 200, 403),
        (ADMIN, "https://graph.microsoft.com/CloudPC.ReadWrite.All", 200, 201),
        (ADMIN, "Group.Read.All", 403, 403),
        (ADMIN, "openid", 403, 403),
        (USER, "CloudPC.ReadWrite.All", 403, 403),
    ];
    for (user, scope, read, write) in attempts {
        let tokens = signed_in(&sim, user, scope).await;
        let token = tokens["access_token"].as_str().expect("a token");
        assert_eq!(tokens.get("refresh_token"), None, "{scope}: nobody asked for one");
        assert_eq!(tokens.get("id_token").is_some(), scope == "openid", "{scope}");
        assert_eq!(sim.get(POLICIES, token).await.0, read, "{user} {scope}");
        assert_eq!(
            sim.graph(Method::POST, POLICIES, token, Some(&created)).await.0,
            write,
            "{user} {scope}"
        );
    }
}

#[tokio::test]
async fn a_refresh_token_gets_new_tokens_until_it_has_not_been_used_for_long() {
    let sim = Sim::start(&public_client());
    let first = signed_in(&sim, ADMIN, EVERYTHING).await;
    let advance = async |duration: &str| {
        let (status, answer) = sim.control(Method::POST, "/clock", &json!({ "advance": duration })).await;
        assert_eq!(status, 200, "{answer}");
    };
    advance("PT2H").await;
    assert_eq!(sim.get(POLICIES, first["access_token"].as_str().expect("a token")).await.0, 401);
    let (status, second) = refresh(&sim, &first, &[]).await;
    assert_eq!((status, &second["scope"]), (200, &first["scope"]), "{second}");
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(sim.get(POLICIES, second["access_token"].as_str().expect("a token")).await.0, 200);
    // The scopes of the new request count; the old token stays valid.
    let (status, less) = refresh(&sim, &first, &[("scope", "CloudPC.Read.All")]).await;
    assert_eq!((status, &less["scope"]), (200, &json!("CloudPC.Read.All")));
    assert_eq!(claims(&less["access_token"])["scp"], "CloudPC.Read.All");

    for (wrong, expected) in [
        (("client_id", APP), (400, "invalid_grant", 70_000)),
        (("refresh_token", "0.nonsense"), (400, "invalid_grant", 70_000)),
        (("scope", "https://vault.azure.net/.default"), (400, "invalid_resource", 500_011)),
    ] {
        assert_eq!(failure(&refresh(&sim, &first, &[wrong]).await), expected, "{wrong:?}");
    }
    advance("P89D").await;
    let (status, third) = refresh(&sim, &second, &[]).await;
    assert_eq!(status, 200, "{third}");
    advance("P1D").await;
    assert_eq!(failure(&refresh(&sim, &second, &[]).await), (400, "invalid_grant", 700_082));
    assert_eq!(refresh(&sim, &third, &[]).await.0, 200);
}

/// A user is known by the id: a renamed user stays signed in, under the new name.
#[tokio::test]
async fn a_renamed_person_stays_signed_in() {
    let sim = Sim::start(&public_client());
    let tokens = signed_in(&sim, ADMIN, EVERYTHING).await;
    let id = claims(&tokens["access_token"])["oid"].clone();
    let renamed = json!({"id": id, "userPrincipalName": "new@contoso.com", "roles": ["Windows 365 Administrator"]});
    let merge = json!({"tenants": [{"id": TENANT, "users": [renamed]}]});
    assert_eq!(sim.control(Method::POST, "/seed", &merge).await.0, 200);
    let (status, again) = refresh(&sim, &tokens, &[]).await;
    assert_eq!((status, &claims(&again["access_token"])["upn"]), (200, &json!("new@contoso.com")));
}

#[tokio::test]
async fn the_ledger_tells_who_signed_in_and_no_code_or_token() {
    let sim = Sim::start(&public_client());
    let begun = begin(&sim, EVERYTHING).await;
    assert_eq!(poll(&sim, &begun).await.0, 400);
    assert_eq!(decide(&sim, &begun, ADMIN, true).await.0, 200);
    let (_, tokens) = poll(&sim, &begun).await;
    let (_, again) = refresh(&sim, &tokens, &[]).await;
    let ledger = sim.peek("/ledger").await;
    let seen: Vec<_> = ledger
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| {
            json!([
                entry["path"].as_str().and_then(|path| path.rsplit('/').next()),
                entry["status"],
                entry["actor"],
                entry["body"]["proof"]
            ])
        })
        .collect();
    let admin = json!({ "userPrincipalName": ADMIN });
    let expected = [
        json!(["devicecode", 200, null, null]),
        json!(["token", 400, null, "device_code"]),
        json!(["token", 200, admin, "device_code"]),
        json!(["token", 200, admin, "refresh_token"]),
    ];
    assert_eq!(seen, expected);
    let text = ledger.to_string();
    for secret in [
        &begun["device_code"],
        &begun["user_code"],
        &tokens["refresh_token"],
        &tokens["access_token"],
        &again["refresh_token"],
    ] {
        assert!(!text.contains(secret.as_str().expect("a text")), "{secret}");
    }
}
