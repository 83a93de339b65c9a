//! Tokens of service accounts: signed as a real server signs them, with a key that is made once per process.

use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::paths::Target;
use crate::request::Asked;
use crate::status::{Answer, FieldError, Refusal};
use crate::store::{Key, State, seconds, text, uid};

/// Who signs.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// The shortest lifetime that is granted, and the one without a wish.
const SHORTEST: i64 = 600;
const USUAL: i64 = 3600;

fn key() -> &'static EcdsaKeyPair {
    static KEY: OnceLock<EcdsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a new key"))
}

fn key_id() -> String {
    BASE64.encode(digest(&SHA256, key().public_key().as_ref()))
}

/// The public key.
pub(crate) fn jwk() -> Value {
    // One byte for the form of the point, then its coordinates.
    let point = key().public_key().as_ref();
    let (x, y) = point[1..].split_at(32);
    json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": key_id(),
        "x": BASE64.encode(x), "y": BASE64.encode(y),
    })
}

/// Answers a TokenRequest.
pub(crate) fn token(state: &mut State, target: &Target, asked: &Asked) -> Answer<Value> {
    asked.query.only(&["fieldManager", "fieldValidation"])?;
    let (namespace, name) = (target.space().to_owned(), target.name.clone().unwrap_or_default());
    let account: Key = (namespace.clone(), name.clone());
    let account = state.get("serviceaccounts", &account);
    let account = account.ok_or_else(|| Refusal::not_found(&target.resource, &name))?;
    let request = asked.json()?;
    let spec = &request["spec"];
    if !spec["boundObjectRef"].is_null() {
        return Err(Refusal::unsupported("tokens that are bound to an object"));
    }
    let lifetime = spec["expirationSeconds"].as_i64().unwrap_or(USUAL);
    if lifetime < SHORTEST {
        let why = "may not specify a duration less than 10 minutes";
        let error = FieldError::invalid("spec.expirationSeconds", &json!(lifetime), why);
        return Err(Refusal::invalid("authentication.k8s.io", "TokenRequest", "", &[error]));
    }
    let audiences = match &spec["audiences"] {
        Value::Array(audiences) if !audiences.is_empty() => Value::from(audiences.clone()),
        _ => json!([ISSUER]),
    };
    let now = state.now();
    let ends = now + SignedDuration::from_secs(lifetime);
    let number = state.next();
    let claims = json!({
        "aud": audiences,
        "exp": ends.as_second(),
        "iat": now.as_second(),
        "iss": ISSUER,
        "jti": uid(number),
        "kubernetes.io": {
            "namespace": namespace,
            "serviceaccount": {"name": name, "uid": text(&account["metadata"]["uid"])},
        },
        "nbf": now.as_second(),
        "sub": format!("system:serviceaccount:{namespace}:{name}"),
    });
    let fields = json!({"f:spec": {"f:audiences": {}, "f:expirationSeconds": {}}});
    let owner = json!({
        "manager": asked.manager, "operation": "Update", "apiVersion": "authentication.k8s.io/v1", "time": state.time(),
        "fieldsType": "FieldsV1", "fieldsV1": fields, "subresource": "token",
    });
    let metadata = json!({
        "name": name, "namespace": namespace, "uid": account["metadata"]["uid"], "creationTimestamp": state.time(),
        "managedFields": [owner],
    });
    Ok(json!({
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": metadata,
        "spec": {"audiences": audiences, "expirationSeconds": lifetime, "boundObjectRef": null},
        "status": {"token": signed(&claims), "expirationTimestamp": seconds(ends)},
    }))
}

fn signed(claims: &Value) -> String {
    let part = |json: &Value| BASE64.encode(json.to_string());
    let header = json!({"alg": "ES256", "kid": key_id()});
    let message = format!("{}.{}", part(&header), part(claims));
    let signature = key().sign(&SystemRandom::new(), message.as_bytes()).expect("a working key");
    format!("{message}.{}", BASE64.encode(signature.as_ref()))
}
