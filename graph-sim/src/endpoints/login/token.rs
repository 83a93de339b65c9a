//! The token endpoint: client credentials by secret, by certificate or by federated assertion; people's tokens by device code
//! or refresh token. No other grant.

use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::user_tokens::TokenRequest;
use crate::base::caller::Actor;
use crate::entra::assertion::Assertion;
use crate::entra::claims::{LIFETIME, for_app};
use crate::entra::failure::Failure;
use crate::entra::form::{Form, field, fields};
use crate::entra::scope::{Names, audience};
use crate::entra::{certificate, federation};
use crate::service::Service;
use crate::service::ledger::Draft;
use crate::wire::exchange::Exchange;
use crate::wire::response::{dated, json_response, put};
use crate::world::{App, Tenant};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How a token is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GrantType {
    ClientCredentials,
    DeviceCode,
    RefreshToken,
}

struct Granted {
    actor: Actor,
    body: Value,
}

/// Answers a token request and records it.
pub(super) async fn answer(service: &Service, exchange: &Exchange, tenant: &str, draft: &Draft) -> Response {
    let granted = grant(service, exchange, tenant).await;
    let mut draft = draft.clone();
    let now = service.now();
    match granted {
        Ok(Granted { actor, body }) => {
            draft.actor = Some(actor);
            service.record(&draft, exchange, now, 200, false);
            json_answer(&body, now)
        }
        Err(failure) => {
            service.record(&draft, exchange, now, failure.status(), false);
            failure.response(exchange, now)
        }
    }
}

async fn grant(service: &Service, exchange: &Exchange, tenant: &str) -> Result<Granted, Failure> {
    if exchange.method != http::Method::POST {
        return Err(Failure::request(900_561, "The token endpoint accepts POST requests only."));
    }
    let form = fields(exchange)?;
    let grant_type = GrantType::of(field(&form, "grant_type")?)?;
    let (tenant, app) = client(service, tenant, &form)?;
    if grant_type == GrantType::ClientCredentials {
        return of_application(service, exchange, &form, &tenant, &app).await;
    }
    // Public clients have no credentials, and every application may be one (assumed); given credentials must be valid.
    if form.contains_key("client_secret") || form.contains_key("client_assertion") {
        authenticate(service, exchange, &form, &tenant, &app).await?;
    }
    let asked = TokenRequest {
        service,
        exchange,
        form: &form,
        tenant: &tenant,
        app: &app,
    };
    let (user_principal_name, body) = if grant_type == GrantType::DeviceCode {
        asked.by_device_code()?
    } else {
        asked.by_refresh_token()?
    };
    let actor = Actor::User { user_principal_name };
    Ok(Granted { actor, body })
}

async fn of_application(service: &Service, exchange: &Exchange, form: &Form, tenant: &Tenant, app: &App) -> Result<Granted, Failure> {
    let names = Names {
        root: &exchange.root,
        own_root: service.own_root(),
        tenant,
    };
    let audience = audience(field(form, "scope")?, names)?;
    authenticate(service, exchange, form, tenant, app).await?;
    let claims = for_app(tenant, app, audience, service.now(), service.new_request_id());
    let token = service.tokens.issue(claims)?;
    let app_id = app.app_id.clone();
    Ok(Granted {
        actor: Actor::App { app_id },
        body: json!({"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token}),
    })
}

/// The tenant and the application that a request names. They are copies, because nothing may be locked while an issuer's
/// documents are fetched.
pub(super) fn client(service: &Service, tenant: &str, form: &Form) -> Result<(Tenant, App), Failure> {
    let (tenant, app) = {
        let world = service.world();
        let tenant = world.find_tenant(tenant).ok_or_else(|| Failure::no_tenant(tenant))?;
        let app = form.get("client_id").and_then(|client_id| tenant.app(client_id));
        (tenant.identity(), app.cloned())
    };
    let client_id = field(form, "client_id")?;
    let app = app.ok_or_else(|| {
        let text = format!(
            "Application '{client_id}' was not found in the directory '{}'.",
            tenant.display_name
        );
        Failure::new(400, "unauthorized_client", 700_016, text)
    })?;
    Ok((tenant, app))
}

/// An answer of the login service, not to be cached.
pub(super) fn json_answer(body: &Value, now: Timestamp) -> Response {
    let mut response = json_response(200, "application/json; charset=utf-8", Some(body));
    put(response.headers_mut(), "cache-control", "no-store, no-cache");
    dated(response, now)
}

impl GrantType {
    fn of(text: &str) -> Result<Self, Failure> {
        match text {
            "client_credentials" => Ok(Self::ClientCredentials),
            "urn:ietf:params:oauth:grant-type:device_code" => Ok(Self::DeviceCode),
            "refresh_token" => Ok(Self::RefreshToken),
            other => {
                let text = format!("The grant type '{other}' is not supported.");
                Err(Failure::new(400, "unsupported_grant_type", 70_003, text))
            }
        }
    }
}

/// Whether the client is the application that it says it is.
async fn authenticate(service: &Service, exchange: &Exchange, form: &Form, tenant: &Tenant, app: &App) -> Result<(), Failure> {
    match (form.get("client_secret"), form.get("client_assertion")) {
        (Some(_), Some(_)) => Err(Failure::request(90_023, "Give either client_secret or client_assertion, not both.")),
        (Some(secret), None) => {
            if app.client_secret.as_ref() == Some(secret) {
                return Ok(());
            }
            let text = format!("Invalid client secret provided for application '{}'.", app.app_id);
            Err(Failure::client(7_000_215, text))
        }
        (None, Some(assertion)) => {
            let kind = form
                .get("client_assertion_type")
                .ok_or_else(|| Failure::missing("client_assertion_type"))?;
            if kind != JWT_BEARER {
                return Err(Failure::request(
                    90_023,
                    "The client_assertion_type is not the one for JWT bearer tokens.",
                ));
            }
            let assertion = Assertion::read(assertion)?;
            if assertion.is_self_signed(app) {
                let roots = [exchange.root.as_str(), service.own_root()];
                return certificate::verify(&assertion, roots, tenant, app, service.issuers.real_time());
            }
            federation::verify(&service.issuers, &assertion, tenant, app).await
        }
        (None, None) => {
            let text = "client_assertion or client_secret is required for the client_credentials grant type.";
            Err(Failure::client(7_000_216, text))
        }
    }
}
