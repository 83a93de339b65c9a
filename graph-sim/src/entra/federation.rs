//! Federated assertions: tokens of another issuer, such as a cluster's service account tokens, as credentials of an application.
//!
//! The signature is verified. An issuer's documents are fetched only when an application is registered for it, so that no request
//! can make the simulator call an address that the seed does not name.

use jsonwebtoken::{Algorithm, DecodingKey};

use super::assertion::{Assertion, Claims, invalid_signature};
use super::failure::Failure;
use super::issuers::Issuers;
use crate::world::{App, Tenant};

/// Whether the assertion proves that its bearer is the application.
pub(crate) async fn verify(issuers: &Issuers, assertion: &Assertion<'_>, tenant: &Tenant, app: &App) -> Result<(), Failure> {
    let Assertion { header, claims, .. } = assertion;
    matching(claims, tenant, app)?;
    // Entra documents RS256 only for external issuers, so other algorithms are refused.
    if header.alg != Algorithm::RS256 {
        return Err(invalid_signature("only RS256 is accepted of another issuer"));
    }
    let kid = header.kid.as_ref().ok_or_else(|| invalid_signature("it names no key"))?;
    let key = issuers.key(&claims.iss, kid).await.map_err(|reason| {
        tracing::warn!(issuer = %claims.iss, %reason, "cannot get a federated issuer's keys");
        Failure::request(50_166, "Request to the external OIDC endpoint failed.")
    })?;
    let key = key.ok_or_else(|| invalid_signature("the issuer does not publish the key that it names"))?;
    if !issuers.is_proven(assertion.text, &key) {
        let public = DecodingKey::from_jwk(&key).map_err(|_| invalid_signature("the issuer's key cannot be used"))?;
        if !assertion.is_signed_by(&public) {
            return Err(invalid_signature("the signature is wrong"));
        }
        issuers.note_proven(assertion.text, key);
    }
    assertion.in_time(issuers.real_time())
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
