//! Tokens of people: after a device code was approved, or for a refresh token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::entra::claims::{Delegation, LIFETIME, for_user, identity};
use crate::entra::failure::Failure;
use crate::entra::form::{Form, field};
use crate::entra::scope::{Delegated, Names, delegated};
use crate::entra::sign_ins::RefreshToken;
use crate::service::Service;
use crate::wire::exchange::Exchange;
use crate::world::{App, Tenant, User};

/// How long an unused refresh token is valid (documented).
const REFRESHABLE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A token request of a known application.
pub(super) struct TokenRequest<'a> {
    pub service: &'a Service,
    pub exchange: &'a Exchange,
    pub form: &'a Form,
    pub tenant: &'a Tenant,
    pub app: &'a App,
}

/// The user's sign-in name and the answer.
pub(super) type Signed = (String, Value);

impl TokenRequest<'_> {
    /// The answer to a device code.
    pub(super) fn by_device_code(&self) -> Result<Signed, Failure> {
        let now = self.service.now();
        let (app, real) = (
            (self.tenant.id.as_str(), self.app.app_id.as_str()),
            self.service.issuers.real_time(),
        );
        let redeemed = self.service.sign_ins().devices.redeem(self.form, app, now, real);
        let (user, wanted) = redeemed?;
        let lasts = wanted.refresh_token;
        self.sign(&user, wanted, lasts)
    }

    /// The answer to a refresh token. It stays valid, and the answer has another one (documented).
    pub(super) fn by_refresh_token(&self) -> Result<Signed, Failure> {
        let given = field(self.form, "refresh_token")?;
        let known = self.service.sign_ins().refresh_tokens.get(given).cloned();
        let known = known.filter(|known| known.tenant == self.tenant.id && known.app_id == self.app.app_id);
        let known = known.ok_or_else(|| invalid_grant(70_000, "The refresh token is not valid."))?;
        if known.until <= self.service.now() {
            return Err(invalid_grant(700_082, "The refresh token has expired due to inactivity."));
        }
        let names = Names {
            root: &self.exchange.root,
            own_root: self.service.own_root(),
            tenant: self.tenant,
        };
        let wanted = match self.form.get("scope") {
            Some(scope) => delegated(scope, names, self.app)?,
            None => known.wanted,
        };
        self.sign(&known.user, wanted, true)
    }

    /// The tokens of the user with an id.
    fn sign(&self, user: &str, wanted: Delegated, lasts: bool) -> Result<Signed, Failure> {
        let (service, now) = (self.service, self.service.now());
        let user = user_of(service, &self.tenant.id, user)?;
        let delegation = Delegation {
            client: &self.app.app_id,
            audience: wanted.audience,
            scopes: &wanted.permissions,
        };
        let claims = for_user(self.tenant, &user, &delegation, now, service.new_request_id());
        let mut body = json!({
            "token_type": "Bearer",
            "scope": wanted.shown.join(" "),
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": service.tokens.issue(claims)?,
        });
        if wanted.id_token {
            let claims = identity(
                self.tenant,
                &user,
                &self.app.app_id,
                &self.exchange.root,
                now,
                service.new_request_id(),
            );
            body["id_token"] = json!(service.tokens.sign(&claims)?);
        }
        // Microsoft's libraries request it, to distinguish accounts (captured).
        if self.form.get("client_info").is_some_and(|wish| wish == "1") {
            let info = json!({"uid": user.id, "utid": self.tenant.id}).to_string();
            body["client_info"] = json!(URL_SAFE_NO_PAD.encode(info));
        }
        if lasts {
            let token = format!("0.{}.{}", service.new_request_id(), service.new_request_id());
            let lasting = RefreshToken {
                tenant: self.tenant.id.clone(),
                app_id: self.app.app_id.clone(),
                user: user.id.clone(),
                wanted,
                until: now.checked_add(REFRESHABLE).unwrap_or(Timestamp::MAX),
            };
            service.sign_ins().refresh_tokens.insert(token.clone(), lasting);
            body["refresh_token"] = json!(token);
        }
        Ok((user.user_principal_name, body))
    }
}

/// The user, also after a change of the sign-in name.
fn user_of(service: &Service, tenant: &str, id: &str) -> Result<User, Failure> {
    let world = service.world();
    let mut users = world.tenants.get(tenant).into_iter().flat_map(|tenant| &tenant.users);
    let found = users.find(|user| user.id.eq_ignore_ascii_case(id)).cloned();
    found.ok_or_else(|| invalid_grant(50_034, "The user account does not exist in the directory."))
}

fn invalid_grant(code: u32, text: &str) -> Failure {
    Failure::new(400, "invalid_grant", code, text)
}
