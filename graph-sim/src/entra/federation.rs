//! Federated assertions: tokens of another issuer, such as a cluster's service account tokens, that stand for an application.
//!
//! They are verified for real. Their lifetime is checked against the **real** time, not the simulator's clock: they come from
//! a real issuer, which knows nothing of that clock. An issuer's documents are fetched only when an application is registered
//! for it, so that no request can make the simulator call an address that the seed does not name.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::{Failure, Issuers};
use crate::world::{App, Tenant};

/// The claims that matter, before anything about them is believed.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audiences,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Many(Vec<String>),
}

impl Audiences {
    fn as_slice(&self) -> &[String] {
        match self {
            Self::One(audience) => std::slice::from_ref(audience),
            Self::Many(audiences) => audiences,
        }
    }
}

/// Whether the assertion proves that its bearer is the application.
pub async fn verify(issuers: &Issuers, assertion: &str, tenant: &Tenant, app: &App) -> Result<(), Failure> {
    let malformed = || Failure::request(50_027, "The assertion is not a well-formed JWT with iss, sub, aud and exp.");
    let claims: Claims = jsonwebtoken::dangerous::insecure_decode_claims(assertion).map_err(|_| malformed())?;
    // Whatever does not even parse as a header has no algorithm that could be accepted.
    let header = decode_header(assertion).map_err(|_| malformed())?;
    if claims.iss.eq_ignore_ascii_case(&app.app_id) {
        let text = format!(
            "Application '{}' signed the assertion itself, with a key that is not registered.",
            app.app_id
        );
        return Err(Failure::client(700_027, text));
    }
    matching(&claims, tenant, app)?;
    let unsigned = |reason: &str| Failure::client(700_027, format!("The assertion failed signature validation: {reason}."));
    // Entra promises RS256 only for external issuers; anything else may or may not work there, so it does not here.
    if header.alg != Algorithm::RS256 {
        return Err(unsigned("only RS256 is accepted"));
    }
    let kid = header.kid.ok_or_else(|| unsigned("it names no key"))?;
    let key = issuers.key(&claims.iss, &kid).await.map_err(|reason| {
        tracing::warn!(issuer = %claims.iss, %reason, "cannot get a federated issuer's keys");
        Failure::request(50_166, "Request to the external OIDC endpoint failed.")
    })?;
    let key = key.ok_or_else(|| unsigned("the issuer does not publish the key that it names"))?;
    let key = DecodingKey::from_jwk(&key).map_err(|_| unsigned("the issuer's key cannot be used"))?;
    decode::<serde::de::IgnoredAny>(assertion, &key, &signature_only(Algorithm::RS256)).map_err(|_| unsigned("the signature is wrong"))?;
    in_time(&claims)
}

/// A validation of nothing but the signature: lifetimes are compared with different clocks, and each claim has its own error.
pub fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn matching(claims: &Claims, tenant: &Tenant, app: &App) -> Result<(), Failure> {
    let none = |code, what: &str, value: &str| {
        let text = "No matching federated identity record found for the assertion's";
        let place = format!("application '{}' in the directory '{}'", app.app_id, tenant.display_name);
        Failure::client(code, format!("{text} {what} '{value}' at {place}."))
    };
    let issuer: Vec<_> = app
        .federated_credentials
        .iter()
        .filter(|record| record.issuer == claims.iss)
        .collect();
    if issuer.is_empty() {
        return Err(none(700_211, "issuer", &claims.iss));
    }
    let subject: Vec<_> = issuer.into_iter().filter(|record| record.subject == claims.sub).collect();
    if subject.is_empty() {
        return Err(none(700_213, "subject", &claims.sub));
    }
    let audiences = claims.aud.as_slice();
    if subject
        .into_iter()
        .any(|record| record.audiences.iter().any(|audience| audiences.contains(audience)))
    {
        return Ok(());
    }
    Err(none(700_212, "audience", &audiences.join(" ")))
}

fn in_time(claims: &Claims) -> Result<(), Failure> {
    let now = Timestamp::now().as_second();
    if now < claims.exp && claims.nbf.is_none_or(|start| start <= now) {
        return Ok(());
    }
    let shown = |second: i64| Timestamp::from_second(second).map_or_else(|_| second.to_string(), |time| time.to_string());
    let text = format!(
        "The assertion is not within its valid time range: now {}, valid from {}, expires {}.",
        shown(now),
        claims.nbf.map_or_else(|| "its issue".to_owned(), shown),
        shown(claims.exp)
    );
    Err(Failure::client(700_024, text))
}
