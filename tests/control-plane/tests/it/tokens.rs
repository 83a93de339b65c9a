//! ServiceAccount identities: inside the cluster, and for an outside verifier.

use crate::support::{create_namespace, create_service_account};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use control_plane::{Component, ControlPlane};
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::Api;
use kube::api::PostParams;
use serde_json::Value;
use std::time::Duration;

const AUDIENCE: &str = "api://AzureADTokenExchange";
const TTL: Duration = Duration::from_secs(1200);

fn decode(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}"))
}

/// Checks a token as Entra ID does: discovery at the issuer, its keys, the signature.
async fn verified_claims(plane: &ControlPlane, token: &str) -> Value {
    let ca = std::fs::read(plane.ca_pem_path()).unwrap();
    let http = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
        .no_proxy()
        .build()
        .unwrap();
    let fetch = async |url: String| -> Value {
        let response = http.get(url).send().await.unwrap();
        response.error_for_status().unwrap().json().await.unwrap()
    };
    let issuer = plane.issuer();
    let discovery = fetch(format!("{issuer}/.well-known/openid-configuration")).await;
    assert_eq!(text(&discovery, "issuer"), issuer);
    let keys = fetch(text(&discovery, "jwks_uri").to_owned()).await;

    let mut parts = token.split('.');
    let [header, claims, signature] = [(); 3].map(|()| parts.next().unwrap());
    let signed: Value = serde_json::from_slice(&decode(header)).unwrap();
    assert_eq!(text(&signed, "alg"), "RS256");
    let key = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["kid"] == signed["kid"])
        .expect("the token's key is published");
    RsaPublicKeyComponents {
        n: decode(text(key, "n")),
        e: decode(text(key, "e")),
    }
    .verify(
        &RSA_PKCS1_2048_8192_SHA256,
        format!("{header}.{claims}").as_bytes(),
        &decode(signature),
    )
    .expect("the signature is the issuer's");
    serde_json::from_slice(&decode(claims)).unwrap()
}

#[tokio::test]
async fn a_projected_token_convinces_an_outside_verifier_and_stays_fresh() {
    let plane = ControlPlane::start().await.unwrap();
    let admin = plane.admin_client().await.unwrap();
    create_namespace(&admin, "team").await;
    create_service_account(&admin, "team", "operator").await;
    let token = plane.project_token("team", "operator", AUDIENCE, TTL).await.unwrap();
    let read = || std::fs::read_to_string(token.path()).unwrap();

    let first = read();
    let claims = verified_claims(&plane, &first).await;
    assert_eq!(text(&claims, "iss"), plane.issuer());
    assert_eq!(text(&claims, "sub"), "system:serviceaccount:team:operator");
    assert_eq!(claims["aud"], serde_json::json!([AUDIENCE]));
    let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(lifetime, i64::try_from(TTL.as_secs()).unwrap());

    token.renew_now().await.unwrap();
    let second = read();
    assert_ne!(first, second);
    verified_claims(&plane, &second).await;

    plane.kill(Component::ApiServer).unwrap();
    token.renew_now().await.unwrap_err();
    assert_eq!(read(), second, "a failed renewal keeps the old token");
    plane.restart(Component::ApiServer).await.unwrap();
    token.renew_now().await.unwrap();
    assert_ne!(read(), second);

    let path = token.path().to_owned();
    drop(token);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_service_account_kubeconfig_acts_as_the_service_account() {
    let plane = ControlPlane::start().await.unwrap();
    let admin = plane.admin_client().await.unwrap();
    create_service_account(&admin, "default", "operator").await;
    let kubeconfig = plane.service_account_kubeconfig("default", "operator").await.unwrap();

    let client = plane.client(&kubeconfig).await.unwrap();
    let review = Api::<SelfSubjectReview>::all(client)
        .create(&PostParams::default(), &SelfSubjectReview::default())
        .await
        .unwrap();
    let user = review.status.and_then(|status| status.user_info).unwrap();
    assert_eq!(user.username.as_deref(), Some("system:serviceaccount:default:operator"));

    let unknown = plane.service_account_kubeconfig("default", "nobody").await;
    let error = format!("{:#}", unknown.unwrap_err());
    assert!(error.contains("default/nobody"), "{error}");
}
