//! Access tokens: made with a key of this run, and checked on every Graph route.
//!
//! Their lifetime is measured by the simulator's clock, so that moving the clock makes them expire.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, decode, encode};
use serde::{Deserialize, Serialize};

use super::Failure;
use super::federation::signature_only;
use super::scope::{GRAPH_APP_ID, GRAPH_URL};
use crate::answer::Answer;
use crate::world::{Actor, App, Caller, Tenant, User, World, stable_id};

/// Seconds that a token is good for.
pub const LIFETIME: i64 = 3599;
/// The application that users of `POST /_sim/token` sign in with: Microsoft's public command line client.
const USERS_CLIENT: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    appid: String,
    idtyp: String,
    oid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scp: Option<String>,
    sub: String,
    tid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    upn: Option<String>,
    uti: String,
    ver: String,
}

/// The key pair of this run.
pub struct AccessTokens {
    private: EncodingKey,
    public: DecodingKey,
    published: Jwk,
    kid: String,
}

impl AccessTokens {
    /// Makes a key pair.
    ///
    /// # Errors
    /// The cryptographic library cannot make one.
    pub fn new() -> anyhow::Result<Self> {
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
        })
    }

    /// The public key for the keys document.
    pub fn published(&self) -> &Jwk {
        &self.published
    }

    /// A signed token.
    pub fn sign(&self, claims: &Claims) -> Result<String, Failure> {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        encode(&header, claims, &self.private).map_err(|_| Failure::new(500, "server_error", 90_033, "Cannot sign a token."))
    }

    /// The sender of a Graph request, or the 401 that it gets.
    pub fn caller(&self, world: &World, headers: &HeaderMap) -> Result<Caller, Answer> {
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
            return Err(unauthorized("Access token is empty."));
        }
        let token = token.trim();
        if jsonwebtoken::decode_header(token).is_err() {
            return Err(unauthorized("The access token is not a well-formed JWT."));
        }
        let claims = decode::<Claims>(token, &self.public, &signature_only(Algorithm::ES256))
            .map_err(|_| unauthorized("Access token validation failure. The signature is invalid."))?
            .claims;
        let now = world.clock.now().as_second();
        if now >= claims.exp {
            return Err(unauthorized("Lifetime validation failed, the token is expired."));
        }
        if now < claims.nbf {
            return Err(unauthorized("Lifetime validation failed, the token is not valid yet."));
        }
        if claims.aud != GRAPH_URL && claims.aud != GRAPH_APP_ID {
            return Err(unauthorized("Access token validation failure. Invalid audience."));
        }
        sender(world, claims)
    }
}

fn sender(world: &World, claims: Claims) -> Result<Caller, Answer> {
    let Some(tenant) = world.tenants.get(&claims.tid).filter(|tenant| claims.iss == issuer(tenant)) else {
        return Err(unauthorized("Access token validation failure. Invalid issuer."));
    };
    let Some(name) = claims.upn else {
        return Ok(Caller {
            tenant: tenant.id.clone(),
            actor: Actor::App { app_id: claims.appid },
            application_roles: claims.roles.unwrap_or_default(),
            scopes: Vec::new(),
            directory_roles: Vec::new(),
        });
    };
    let user = tenant.user(&name).ok_or_else(|| unauthorized("The token's user does not exist."))?;
    let scopes = claims.scp.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    Ok(delegated(tenant, user, scopes))
}

/// A user who sends requests with these permissions.
pub fn delegated(tenant: &Tenant, user: &User, scopes: Vec<String>) -> Caller {
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

/// The claims of an application's token. Roles are those that it has now: a later grant shows only in later tokens.
pub fn for_app(tenant: &Tenant, app: &App, audience: &str, now: Timestamp, unique: String) -> Claims {
    let service_principal = stable_id(&[&tenant.id, "servicePrincipal", &app.app_id]);
    Claims {
        roles: (!app.roles.is_empty()).then(|| app.roles.clone()),
        appid: app.app_id.clone(),
        idtyp: "app".to_owned(),
        sub: service_principal.clone(),
        ..base(tenant, service_principal, audience, now, unique)
    }
}

/// The claims of a user's token.
pub fn for_user(tenant: &Tenant, user: &User, scopes: &[String], now: Timestamp, unique: String) -> Claims {
    Claims {
        scp: Some(scopes.join(" ")),
        upn: Some(user.user_principal_name.clone()),
        ..base(tenant, user.id.clone(), GRAPH_URL, now, unique)
    }
}

fn base(tenant: &Tenant, object: String, audience: &str, now: Timestamp, unique: String) -> Claims {
    let now = now.as_second();
    Claims {
        aud: audience.to_owned(),
        iss: issuer(tenant),
        iat: now,
        nbf: now,
        exp: now + LIFETIME,
        appid: USERS_CLIENT.to_owned(),
        idtyp: "user".to_owned(),
        sub: object.clone(),
        oid: object,
        roles: None,
        scp: None,
        tid: tenant.id.clone(),
        upn: None,
        uti: unique,
        ver: "1.0".to_owned(),
    }
}

/// Graph's tokens are of version 1.0, whose issuer is not the one in the v2.0 discovery document.
fn issuer(tenant: &Tenant) -> String {
    format!("https://sts.windows.net/{}/", tenant.id)
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
