//! The login service: token endpoint, discovery documents and the tokens themselves.
//!
//! It proves senders; what they may do is the routes' business. No assertion, secret or token leaves this module except as an answer.

mod access;
mod assertion;
mod certificate;
mod claims;
mod cloud;
mod device;
mod discovery;
mod failure;
mod federation;
mod form;
mod issuers;
mod people;
mod scope;
mod token;

use axum::response::Response;

pub use access::{AccessTokens, delegated};
pub use claims::{Delegation, LIFETIME, for_user};
pub use failure::Failure;
pub use form::harmless_form;
pub use issuers::Issuers;
pub use people::People;

use crate::answer::Answer;
use crate::exchange::Exchange;
use crate::ledger::Draft;
use crate::pipeline::refuse;
use crate::service::Service;

/// Where a path of the login service leads.
pub enum LoginRoute<'a> {
    /// The token endpoint.
    Token {
        /// The tenant's id or domain as it was sent.
        tenant: &'a str,
    },
    /// Where codes for the device code flow come from.
    DeviceCode {
        /// The tenant's id or domain as it was sent.
        tenant: &'a str,
    },
    /// The discovery document of a tenant.
    Configuration {
        /// The tenant's id or domain as it was sent.
        tenant: &'a str,
    },
    /// The keys that access tokens are signed with.
    Keys {
        /// The tenant's id or domain as it was sent.
        tenant: &'a str,
    },
    /// Which host names belong to this cloud.
    Instance,
}

impl<'a> LoginRoute<'a> {
    /// The tenant in the path.
    pub fn tenant(&self) -> Option<&'a str> {
        match self {
            Self::Token { tenant } | Self::DeviceCode { tenant } | Self::Configuration { tenant } | Self::Keys { tenant } => Some(tenant),
            Self::Instance => None,
        }
    }
}

/// The route that a path names, if it is one of the login service.
pub fn route(path: &str) -> Option<LoginRoute<'_>> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    match segments.as_slice() {
        [tenant, "oauth2", "v2.0", "token"] => Some(LoginRoute::Token { tenant }),
        [tenant, "oauth2", "v2.0", "devicecode"] => Some(LoginRoute::DeviceCode { tenant }),
        [tenant, "v2.0", ".well-known", "openid-configuration"] => Some(LoginRoute::Configuration { tenant }),
        [tenant, "discovery", "v2.0", "keys"] => Some(LoginRoute::Keys { tenant }),
        ["common", "discovery", "instance"] => Some(LoginRoute::Instance),
        _ => None,
    }
}

/// Answers a request of the login service and records it.
pub async fn answer(service: &Service, exchange: &Exchange, route: &LoginRoute<'_>, draft: &Draft) -> Response {
    if let LoginRoute::Token { tenant } = route {
        return token::answer(service, exchange, tenant, draft).await;
    }
    if let LoginRoute::DeviceCode { tenant } = route {
        return device::answer(service, exchange, tenant, draft);
    }
    if exchange.method != http::Method::GET {
        let answer = Answer::error(405, "MethodNotAllowed", "This document can only be read.");
        return refuse(service, exchange, answer, draft);
    }
    match discovery::document(service, exchange, route) {
        Ok(document) => refuse(service, exchange, Answer::ok(document), draft),
        Err(failure) => {
            draft.record(service, exchange, service.now(), failure.status(), false);
            failure.response(service, exchange)
        }
    }
}
