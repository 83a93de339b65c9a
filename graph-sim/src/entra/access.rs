//! Access tokens: made with a key of this run, and checked on every Graph route.
//!
//! Their lifetime is measured by the simulator's clock, so that moving the clock makes them expire.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, decode, decode_header, encode};
use serde::Serialize;

use super::assertion::signature_only;
use super::claims::{Claims, issuer};
use super::cloud::{GRAPH_APP_ID, accepts_audience};
use super::failure::Failure;
use crate::base::answer::Answer;
use crate::base::caller::{Actor, Caller};
use crate::world::{Tenant, User, World};

/// More tokens than clients use at a time.
const REMEMBERED: usize = 1024;

/// The key pair of this run.
pub(crate) struct AccessTokens {
    private: EncodingKey,
    public: DecodingKey,
    published: Jwk,
    kid: String,
    /// Tokens with a valid signature: every request has one, and checking it each time is slow.
    verified: Mutex<HashMap<String, Arc<Claims>>>,
}

impl AccessTokens {
    /// Makes a key pair.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let pair = rcgen::KeyPair::generate()?;
        let private = EncodingKey::from_ec_der(&pair.serialize_der());
        let mut published = Jwk::from_encoding_key(&private, Algorithm::ES256)?;
        let kid = published.thumbprint(ThumbprintHash::SHA256)?;
        published.common.key_id = Some(kid.clone());
        published.common.public_key_use = Some(PublicKeyUse::Signature);
        let public = DecodingKey::from_jwk(&published)?;
        Ok(Self {
            private,
            public,
            published,
            kid,
            verified: Mutex::default(),
        })
    }

    /// The public key for the keys document.
    pub(crate) fn published(&self) -> &Jwk {
        &self.published
    }

    /// A signed token.
    pub(crate) fn sign<T: Serialize>(&self, claims: &T) -> Result<String, Failure> {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        encode(&header, claims, &self.private).map_err(|_| Failure::new(500, "server_error", 90_033, "Cannot sign a token."))
    }

    /// A signed access token, whose signature need not be checked when it comes back.
    pub(crate) fn issue(&self, claims: Claims) -> Result<String, Failure> {
        let token = self.sign(&claims)?;
        self.remember(&token, &Arc::new(claims));
        Ok(token)
    }

    /// The claims of a request's token, if this run signed it. Their lifetime and audience are not checked.
    pub(crate) fn claims(&self, headers: &HeaderMap) -> Result<Arc<Claims>, Answer> {
        self.verified(bearer(headers)?)
    }

    fn verified(&self, token: &str) -> Result<Arc<Claims>, Answer> {
        let known = self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned();
        if let Some(claims) = known {
            return Ok(claims);
        }
        if decode_header(token).is_err() {
            return Err(unauthorized("The access token is not a well-formed JWT."));
        }
        let decoded = decode::<Claims>(token, &self.public, &signature_only(Algorithm::ES256))
            .map_err(|_| unauthorized("Access token validation failure. The signature is invalid."))?;
        let claims = Arc::new(decoded.claims);
        self.remember(token, &claims);
        Ok(claims)
    }

    fn remember(&self, token: &str, claims: &Arc<Claims>) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(token.to_owned(), Arc::clone(claims));
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Answer> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
        return Err(unauthorized("Access token is empty."));
    }
    Ok(token.trim())
}

/// The sender that a verified token names to the Graph at `root`, or the 401 that it gets.
pub(crate) fn sender(world: &World, root: &str, claims: &Claims) -> Result<Caller, Answer> {
    let now = world.now().as_second();
    if now >= claims.exp {
        return Err(unauthorized("Lifetime validation failed, the token is expired."));
    }
    if now < claims.nbf {
        return Err(unauthorized("Lifetime validation failed, the token is not valid yet."));
    }
    if !accepts_audience(root, &claims.aud) {
        return Err(unauthorized("Access token validation failure. Invalid audience."));
    }
    let Some(tenant) = world.tenants.get(&claims.tid).filter(|tenant| claims.iss == issuer(tenant)) else {
        return Err(unauthorized("Access token validation failure. Invalid issuer."));
    };
    let Some(name) = &claims.upn else {
        return Ok(Caller {
            tenant: tenant.id.clone(),
            actor: Actor::App {
                app_id: claims.appid.clone(),
            },
            application_roles: claims.roles.clone().unwrap_or_default(),
            scopes: Vec::new(),
            directory_roles: Vec::new(),
        });
    };
    let user = tenant.user(name).ok_or_else(|| unauthorized("The token's user does not exist."))?;
    let scopes = claims
        .scp
        .as_deref()
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    Ok(delegated(tenant, user, scopes))
}

/// A user who sends requests with these permissions.
pub(crate) fn delegated(tenant: &Tenant, user: &User, scopes: Vec<String>) -> Caller {
    Caller {
        tenant: tenant.id.clone(),
        actor: Actor::User {
            user_principal_name: user.user_principal_name.clone(),
        },
        application_roles: Vec::new(),
        scopes,
        directory_roles: user.roles.clone(),
    }
}

fn unauthorized(message: &str) -> Answer {
    let mut answer = Answer::error(401, "InvalidAuthenticationToken", message);
    let challenge = format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
         client_id=\"{GRAPH_APP_ID}\""
    );
    answer.headers.push(("www-authenticate".to_owned(), challenge));
    answer
}

#[cfg(test)]
mod tests;
