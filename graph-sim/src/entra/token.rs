//! The token endpoint: client credentials by secret, by certificate or by federated assertion. No other grant.

use axum::response::Response;
use serde_json::json;

use super::assertion::Assertion;
use super::claims::{LIFETIME, for_app};
use super::form::{Form, fields};
use super::scope::audience;
use super::{Failure, certificate, federation};
use crate::exchange::{Exchange, dated, json_response, put};
use crate::ledger::Draft;
use crate::service::Service;
use crate::world::{Actor, App, Tenant};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a verified client gets.
struct Granted {
    app_id: String,
    token: String,
}

/// Answers a token request and records it.
pub async fn answer(service: &Service, exchange: &Exchange, tenant: &str, draft: &Draft) -> Response {
    let granted = grant(service, exchange, tenant).await;
    let mut draft = draft.clone();
    let now = service.now();
    match granted {
        Ok(Granted { app_id, token }) => {
            draft.actor = Some(Actor::App { app_id });
            draft.record(service, exchange, now, 200, false);
            let body = json!({
                "token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token,
            });
            let mut response = json_response(200, "application/json; charset=utf-8", Some(&body));
            put(response.headers_mut(), "cache-control", "no-store, no-cache");
            dated(response, now)
        }
        Err(failure) => {
            draft.record(service, exchange, now, failure.status(), false);
            failure.response(service, exchange)
        }
    }
}

async fn grant(service: &Service, exchange: &Exchange, tenant: &str) -> Result<Granted, Failure> {
    if exchange.method != http::Method::POST {
        return Err(Failure::request(900_561, "The token endpoint accepts POST requests only."));
    }
    let form = fields(exchange)?;
    let field = |name: &str| {
        form.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Failure::missing(name))
    };
    let grant_type = field("grant_type")?;
    if grant_type != "client_credentials" {
        let text = format!("The grant type '{grant_type}' is not supported.");
        return Err(Failure::new(400, "unsupported_grant_type", 70_003, text));
    }
    // Copies, because nothing may be locked while the issuer's documents are fetched.
    let (tenant, app) = {
        let world = service.world();
        let tenant = world.find_tenant(tenant).ok_or_else(|| Failure::no_tenant(tenant))?;
        let app = form.get("client_id").and_then(|client_id| tenant.app(client_id));
        (tenant.identity(), app.cloned())
    };
    let client_id = field("client_id")?;
    let app = app.ok_or_else(|| {
        let text = format!(
            "Application '{client_id}' was not found in the directory '{}'.",
            tenant.display_name
        );
        Failure::new(400, "unauthorized_client", 700_016, text)
    })?;
    let audience = audience(field("scope")?, &exchange.root, service.own_root(), &tenant)?;
    prove(service, exchange, &form, &tenant, &app).await?;
    let claims = for_app(&tenant, &app, audience, service.now(), service.new_request_id());
    Ok(Granted {
        token: service.tokens.sign(&claims)?,
        app_id: app.app_id,
    })
}

/// Whether the client is the application that it says it is.
async fn prove(service: &Service, exchange: &Exchange, form: &Form, tenant: &Tenant, app: &App) -> Result<(), Failure> {
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
                return certificate::verify(&assertion, [&exchange.root, service.own_root()], tenant, app);
            }
            federation::verify(&service.issuers, &assertion, tenant, app).await
        }
        (None, None) => {
            let text = "client_assertion or client_secret is required for the client_credentials grant type.";
            Err(Failure::client(7_000_216, text))
        }
    }
}
