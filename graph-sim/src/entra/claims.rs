//! The claims of access tokens: Graph's claims of version 1.0 for an application or a user.
//!
//! `access` signs and checks them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cloud::PUBLIC;
use crate::base::ids::stable_id;
use crate::world::{App, Tenant, User};

/// Seconds that a token is valid.
pub(crate) const LIFETIME: i64 = 3599;
/// The application that users of `POST /_sim/token` sign in with: Microsoft's public command line client.
const USERS_CLIENT: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(super) aud: String,
    pub(super) iss: String,
    pub(super) iat: i64,
    pub(super) nbf: i64,
    pub(super) exp: i64,
    pub(super) appid: String,
    pub(super) idtyp: String,
    pub(super) oid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) roles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scp: Option<String>,
    pub(super) sub: String,
    pub(super) tid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) upn: Option<String>,
    pub(super) uti: String,
    pub(super) ver: String,
}

/// The claims of an application's token. Roles are those that it has now: a later grant shows only in later tokens.
pub(crate) fn for_app(tenant: &Tenant, app: &App, audience: &str, now: Timestamp, unique: String) -> Claims {
    let service_principal = stable_id(&[&tenant.id, "servicePrincipal", &app.app_id]);
    Claims {
        roles: (!app.roles.is_empty()).then(|| app.roles.clone()),
        appid: app.app_id.clone(),
        idtyp: "app".to_owned(),
        sub: service_principal.clone(),
        ..base(tenant, service_principal, audience, now, unique)
    }
}

/// What a user permits an application.
#[derive(Clone, Copy)]
pub(crate) struct Delegation<'a> {
    pub client: &'a str,
    pub audience: &'a str,
    pub scopes: &'a [String],
}

impl<'a> Delegation<'a> {
    /// To Microsoft's public command line client, in the public cloud.
    pub(crate) fn to_command_line(scopes: &'a [String]) -> Self {
        Self {
            client: USERS_CLIENT,
            audience: PUBLIC.graph[0],
            scopes,
        }
    }
}

/// The claims of a user's token.
pub(crate) fn for_user(tenant: &Tenant, user: &User, delegation: &Delegation<'_>, now: Timestamp, unique: String) -> Claims {
    Claims {
        appid: delegation.client.to_owned(),
        scp: Some(delegation.scopes.join(" ")),
        upn: Some(user.user_principal_name.clone()),
        ..base(tenant, user.id.clone(), delegation.audience, now, unique)
    }
}

/// The claims of an id token: who signed in to an application. Graph accepts none.
#[derive(Debug, Serialize)]
pub(crate) struct Identity {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    name: String,
    oid: String,
    preferred_username: String,
    sub: String,
    tid: String,
    uti: String,
    ver: String,
}

/// The claims of an id token for an application.
pub(crate) fn identity(tenant: &Tenant, user: &User, client: &str, root: &str, now: Timestamp, unique: String) -> Identity {
    let now = now.as_second();
    Identity {
        aud: client.to_owned(),
        iss: format!("{root}/{}/v2.0", tenant.id),
        iat: now,
        nbf: now,
        exp: now + LIFETIME,
        name: user.display_name.clone(),
        oid: user.id.clone(),
        preferred_username: user.user_principal_name.clone(),
        sub: stable_id(&[&user.id, "at", client]),
        tid: tenant.id.clone(),
        uti: unique,
        ver: "2.0".to_owned(),
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
pub(crate) fn issuer(tenant: &Tenant) -> String {
    format!("https://sts.windows.net/{}/", tenant.id)
}
