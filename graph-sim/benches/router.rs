//! Prints how many requests a second one core answers in process, with the description of Graph where `GRAPH_OPENAPI_DIR` names it and
//! without it. It asserts nothing about times. `cargo bench -p graph-sim --bench router --profile dev` is what tests are built with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use graph_sim::contract::{self, Contract};
use graph_sim::{Router, Treatment};
use http::Request;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
const APP: &str = "22222222-2222-2222-2222-222222222222";
const GROUP: &str = "33333333-3333-4333-8333-333333333333";
const ISSUER: &str = "https://issuer.example";
const POLICIES: &str = "/beta/deviceManagement/virtualEndpoint/provisioningPolicies";
const START: &str = "2026-01-05T08:00:00Z";
/// How long each line is measured.
const MEASURED: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure("without the description", None))?;
    if let Some(folder) = contract::directory() {
        runtime.block_on(measure("with the description", Some(Arc::new(Contract::load(&folder)?))))?;
    }
    Ok(())
}

async fn measure(how: &str, contract: Option<Arc<Contract>>) -> Result<()> {
    println!("{how}, per second:");
    let start: Timestamp = START.parse()?;
    let template = Router::new(&[seed().to_string()], Arc::new(move || start), contract)?;
    let (key, assertion) = assertion(start)?;
    template.trust_issuer(ISSUER, vec![key]);
    let copy = || template.copy(Arc::new(move || start));
    repeat("copies", async || {
        std::hint::black_box(copy());
        Ok(())
    })
    .await?;

    let router = copy();
    let secret = form("client_secret=s3cret");
    let federated = form(&format!(
        "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion={assertion}"
    ));
    repeat("tokens by secret", async || token(&router, &secret).await.map(drop)).await?;
    repeat("tokens by assertion", async || token(&router, &federated).await.map(drop)).await?;
    let token_text = token(&router, &secret).await?;
    for number in 0..10 {
        create(&router, &token_text, number).await?;
    }
    repeat("lists of ten policies", async || {
        send(&router, "GET", POLICIES, &token_text, None).await.map(drop)
    })
    .await?;
    let list: Value = serde_json::from_slice(&send(&router, "GET", POLICIES, &token_text, None).await?)?;
    let one = format!("{POLICIES}/{}", list["value"][0]["id"].as_str().context("an id")?);
    repeat("reads of one policy", async || {
        send(&router, "GET", &one, &token_text, None).await.map(drop)
    })
    .await?;
    let change = json!({"description": "changed"});
    repeat("changes", async || {
        send(&router, "PATCH", &one, &token_text, Some(&change)).await.map(drop)
    })
    .await?;
    let router = copy();
    repeat("creates", async || create(&router, &token_text, 1).await.map(drop)).await?;
    repeat("runs: a copy, a token, 5 creates and assigns, 20 lists, the ledger", async || {
        run(&copy(), &federated).await
    })
    .await
}

/// What a short simulation does.
async fn run(router: &Router, form: &str) -> Result<()> {
    let token = token(router, form).await?;
    for number in 0..5 {
        let policy: Value = serde_json::from_slice(&create(router, &token, number).await?)?;
        let assign = format!("{POLICIES}/{}/assign", policy["id"].as_str().context("an id")?);
        let target = json!({"@odata.type": "#microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": GROUP});
        send(router, "POST", &assign, &token, Some(&json!({"assignments": [{"target": target}]}))).await?;
    }
    for _ in 0..20 {
        send(router, "GET", POLICIES, &token, None).await?;
    }
    ensure!(router.ledger(0).len() == 31, "{} entries", router.ledger(0).len());
    ensure!(router.violations().is_empty() && router.panics() == 0);
    Ok(())
}

async fn repeat(what: &str, mut act: impl AsyncFnMut() -> Result<()>) -> Result<()> {
    let (start, mut done) = (Instant::now(), 0_u32);
    while start.elapsed() < MEASURED {
        act().await?;
        done += 1;
    }
    println!("  {:>8.0} {what}", f64::from(done) / start.elapsed().as_secs_f64());
    Ok(())
}

async fn create(router: &Router, token: &str, number: usize) -> Result<Bytes> {
    let policy = json!({
        "displayName": format!("policy-{number}"), "provisioningType": "dedicated", "imageType": "gallery",
        "imageId": "microsoftwindowsdesktop_windows-ent-cpc_win11-24H2-ent-cpc-m365",
        "imageDisplayName": "Windows 11 Enterprise + Microsoft 365 Apps 24H2", "windowsSetting": {"locale": "en-US"},
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
    });
    send(router, "POST", POLICIES, token, Some(&policy)).await
}

async fn send(router: &Router, method: &str, path: &str, token: &str, body: Option<&Value>) -> Result<Bytes> {
    let request = Request::builder()
        .method(method)
        .uri(format!("https://graph.microsoft.com{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    answered(
        router,
        request.body(body.map(|body| Bytes::from(body.to_string())).unwrap_or_default())?,
    )
    .await
}

async fn token(router: &Router, form: &str) -> Result<String> {
    let request = Request::post(format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(form.to_owned()))?;
    let answer: Value = serde_json::from_slice(&answered(router, request).await?)?;
    Ok(answer["access_token"].as_str().context("no token")?.to_owned())
}

async fn answered(router: &Router, request: Request<Bytes>) -> Result<Bytes> {
    let response = router.answer_with(request, &Treatment::default()).await.ok().context("cut")?;
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    Ok(body)
}

fn form(credential: &str) -> String {
    format!("grant_type=client_credentials&client_id={APP}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&{credential}")
}

/// The public key of an issuer and an assertion that is signed with it.
fn assertion(now: Timestamp) -> Result<(Value, String)> {
    let pair = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)?;
    let private = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes())?;
    let mut public = Jwk::from_encoding_key(&private, Algorithm::RS256)?;
    public.common.key_id = Some("one".to_owned());
    let header = Header {
        kid: Some("one".to_owned()),
        ..Header::new(Algorithm::RS256)
    };
    let claims = json!({"iss": ISSUER, "sub": "operator", "aud": ["api://AzureADTokenExchange"], "exp": now.as_second() + 3600});
    Ok((json!(public), encode(&header, &claims, &private)?))
}

fn seed() -> Value {
    let federated = json!([{"issuer": ISSUER, "subject": "operator", "audiences": ["api://AzureADTokenExchange"]}]);
    json!({"tenants": [{
        "id": TENANT, "displayName": "Contoso", "verifiedDomains": ["contoso.com"],
        "apps": [{
            "appId": APP, "clientSecret": "s3cret", "federatedCredentials": federated,
            "roles": ["CloudPC.ReadWrite.All", "Group.Read.All"],
        }],
        "users": [{"userPrincipalName": "ada@contoso.com", "licences": ["CPC_E_2C_8GB_128GB"]}],
        "groups": [{"id": GROUP, "displayName": "finance", "members": ["ada@contoso.com"]}],
    }]})
}
