//! Tokens of service accounts: signed as a real server signs them, with a key that is made once per process.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::SignedDuration;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use parking_lot::Mutex;
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
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

/// The key of this process. RSA, because Entra ID accepts only RS256 from a foreign issuer.
struct SigningKey {
    private: EncodingKey,
    public: Value,
    id: String,
}

fn key() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::new().expect("a new key"));
    &KEY
}

impl SigningKey {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let private = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes())?;
        let mut public = Jwk::from_encoding_key(&private, Algorithm::RS256)?;
        let id = public.thumbprint(ThumbprintHash::SHA256)?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            private,
            public: serde_json::to_value(public)?,
            id,
        })
    }
}

/// The public key.
pub(crate) fn jwk() -> Value {
    key().public.clone()
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

/// Signing takes most of the time of a request, and the same claims give the same token.
fn signed(claims: &Value) -> String {
    const MOST: usize = 1000;
    static SIGNED: LazyLock<Mutex<HashMap<Value, String>>> = LazyLock::new(Mutex::default);
    if let Some(token) = SIGNED.lock().get(claims) {
        return token.clone();
    }
    let token = sign(claims);
    let mut signed = SIGNED.lock();
    if signed.len() < MOST {
        signed.insert(claims.clone(), token.clone());
    }
    token
}

fn sign(claims: &Value) -> String {
    let header = Header {
        kid: Some(key().id.clone()),
        ..Header::new(Algorithm::RS256)
    };
    encode(&header, claims, &key().private).expect("a working key")
}
