//! Access tokens on Graph's routes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::support::{ADMIN, OTHER_TENANT, POLICIES, Sim, TENANT, USER, answered, seed};

async fn refused(sim: &Sim, authorization: Option<&str>) -> Value {
    let mut request = sim.client.get(sim.url("/v1.0/groups"));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let response = request.send().await.unwrap();
    assert!(response.headers().contains_key("www-authenticate"));
    let request_id = response.headers()["request-id"].to_str().unwrap().to_owned();
    let (status, answer) = answered(response).await;
    let error = &answer["error"];
    assert_eq!(
        (status, &error["code"]),
        (401, &json!("InvalidAuthenticationToken")),
        "{authorization:?}: {answer}"
    );
    assert_eq!(error["innerError"]["request-id"], json!(request_id));
    error["message"].clone()
}

#[tokio::test]
async fn what_is_not_a_good_token_is_refused() {
    let sim = Sim::start(&seed());
    let good = sim.app_token(TENANT).await;
    let of_another_run = Sim::start(&seed()).app_token(TENANT).await;
    let other = sim.app_token(OTHER_TENANT).await;
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    // The other tenant's claims under this tenant's signature.
    let spliced = [parts(&good)[0].clone(), parts(&other)[1].clone(), parts(&good)[2].clone()].join(".");
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts(&good)[1]);

    let empty = json!("Access token is empty.");
    assert_eq!(refused(&sim, None).await, empty);
    assert_eq!(refused(&sim, Some("Bearer ")).await, empty);
    assert_eq!(refused(&sim, Some(&format!("Basic {good}"))).await, empty);
    for garbage in ["opaque", "a.b.c", &unsigned] {
        let message = refused(&sim, Some(&format!("Bearer {garbage}"))).await;
        assert_eq!(message, "The access token is not a well-formed JWT.", "{garbage}");
    }
    for wrong in [&of_another_run, &spliced] {
        let message = refused(&sim, Some(&format!("Bearer {wrong}"))).await;
        assert_eq!(message, "Access token validation failure. The signature is invalid.");
    }
    assert_eq!(sim.get("/v1.0/groups", &good).await.0, 200);
}

#[tokio::test]
async fn moving_the_clock_makes_tokens_expire_and_new_ones_work() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let (_, answer) = sim.control(Method::POST, "/clock", &json!({"advance": "PT59M58S"})).await;
    assert_eq!(answer["now"], "2026-01-05T08:59:58Z");
    assert_eq!(sim.get("/v1.0/groups", &token).await.0, 200);
    sim.control(Method::POST, "/clock", &json!({"advance": "PT2H"})).await;
    let message = refused(&sim, Some(&format!("Bearer {token}"))).await;
    assert_eq!(message, "Lifetime validation failed, the token is expired.");
    let fresh = sim.app_token(TENANT).await;
    assert_eq!(sim.get("/v1.0/groups", &fresh).await.0, 200);
}

#[tokio::test]
async fn a_running_clock_can_be_moved_as_well() {
    let mut seed = seed();
    seed.as_object_mut().unwrap().remove("now");
    let sim = Sim::start(&seed);
    let token = sim.app_token(TENANT).await;
    assert_eq!(sim.get("/v1.0/groups", &token).await.0, 200);
    sim.control(Method::POST, "/clock", &json!({"advance": "PT2H"})).await;
    assert_eq!(sim.get("/v1.0/groups", &token).await.0, 401);
}

#[tokio::test]
async fn a_tenants_token_sees_that_tenant_only() {
    let sim = Sim::start(&seed());
    let (here, elsewhere) = (sim.app_token(TENANT).await, sim.app_token(OTHER_TENANT).await);
    let names = |list: &Value| {
        list["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| group["displayName"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&sim.get("/v1.0/groups", &here).await.1), [json!("finance")]);
    assert_eq!(names(&sim.get("/v1.0/groups", &elsewhere).await.1), [json!("elsewhere")]);
    let ledger = sim.peek("/ledger?since=2").await;
    assert_eq!((&ledger[0]["tenant"], &ledger[1]["tenant"]), (&json!(TENANT), &json!(OTHER_TENANT)));
}

#[tokio::test]
async fn a_users_token_carries_its_scopes() {
    let sim = Sim::start(&seed());
    let token = async |name: &str, scopes: Value| {
        let (status, answer) = sim
            .control(Method::POST, "/token", &json!({"tenant": TENANT, "as": name, "scopes": scopes}))
            .await;
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    };
    let reader = token(ADMIN, json!(["https://graph.microsoft.com/CloudPC.Read.All"])).await;
    assert_eq!(sim.get(POLICIES, &reader).await.0, 200);
    let without = token(USER, json!([])).await;
    assert_eq!(sim.get(POLICIES, &without).await.0, 403);
    let ledger = sim.peek("/ledger").await;
    assert_eq!(ledger[0]["actor"], json!({"userPrincipalName": ADMIN}));
    for (tenant, name) in [(TENANT, "nobody@contoso.com"), (OTHER_TENANT, ADMIN), ("nobody.example", ADMIN)] {
        let asked = json!({"tenant": tenant, "as": name, "scopes": ["CloudPC.Read.All"]});
        let (status, answer) = sim.control(Method::POST, "/token", &asked).await;
        assert_eq!((status, &answer["access_token"]), (400, &Value::Null), "{name} of {tenant}");
    }
    let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(&reader).unwrap();
    assert_eq!(
        (&claims["scp"], &claims["upn"], &claims["tid"], &claims["idtyp"]),
        (&json!("CloudPC.Read.All"), &json!(ADMIN), &json!(TENANT), &json!("user"))
    );
    assert!(claims.get("roles").is_none(), "{claims}");
}
