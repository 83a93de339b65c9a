//! The login service: token endpoint, device codes and discovery documents.
//!
//! It proves senders; what they may do is decided by Graph's routes. No assertion, secret or token leaves it except as an answer.

mod device_code;
mod discovery;
mod token;
mod user_tokens;

use axum::response::Response;

use crate::base::answer::Answer;
use crate::service::Service;
use crate::service::ledger::Draft;
use crate::service::perform::respond_without_handler;
use crate::wire::exchange::Exchange;

/// The endpoints of the login service, with the tenant's id or domain as it was sent.
pub(crate) enum LoginRoute<'a> {
    /// The token endpoint.
    Token(&'a str),
    /// Where codes for the device code flow come from.
    DeviceCode(&'a str),
    /// The discovery document of a tenant.
    Configuration(&'a str),
    /// The keys that access tokens are signed with.
    Keys(&'a str),
    /// Which host names belong to this cloud.
    Instance,
}

impl<'a> LoginRoute<'a> {
    /// The tenant in the path.
    pub(crate) fn tenant(&self) -> Option<&'a str> {
        match self {
            Self::Token(tenant) | Self::DeviceCode(tenant) | Self::Configuration(tenant) | Self::Keys(tenant) => Some(tenant),
            Self::Instance => None,
        }
    }
}

/// The route that a path names, if it is one of the login service.
pub(crate) fn route(path: &str) -> Option<LoginRoute<'_>> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    match segments.as_slice() {
        [tenant, "oauth2", "v2.0", "token"] => Some(LoginRoute::Token(tenant)),
        [tenant, "oauth2", "v2.0", "devicecode"] => Some(LoginRoute::DeviceCode(tenant)),
        [tenant, "v2.0", ".well-known", "openid-configuration"] => Some(LoginRoute::Configuration(tenant)),
        [tenant, "discovery", "v2.0", "keys"] => Some(LoginRoute::Keys(tenant)),
        ["common", "discovery", "instance"] => Some(LoginRoute::Instance),
        _ => None,
    }
}

/// Answers a request of the login service and records it.
pub(crate) async fn answer(service: &Service, exchange: &Exchange, route: &LoginRoute<'_>, draft: &Draft) -> Response {
    match route {
        LoginRoute::Token(tenant) => return token::answer(service, exchange, tenant, draft).await,
        LoginRoute::DeviceCode(tenant) => return device_code::answer(service, exchange, tenant, draft),
        LoginRoute::Configuration(_) | LoginRoute::Keys(_) | LoginRoute::Instance => {}
    }
    if exchange.method != http::Method::GET {
        let answer = Answer::error(405, "MethodNotAllowed", "This document can only be read.");
        return respond_without_handler(service, exchange, answer, draft);
    }
    match discovery::document(service, exchange, route) {
        Ok(document) => respond_without_handler(service, exchange, Answer::ok(document), draft),
        Err(failure) => {
            service.record(draft, exchange, service.now(), failure.status(), false);
            failure.response(exchange, service.now())
        }
    }
}
