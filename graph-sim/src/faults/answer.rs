//! The answers that faults give instead of the real ones.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::{Fault, RouteKind};
use crate::answer::Answer;
use crate::entra::Failure;
use crate::exchange::{Exchange, put};
use crate::service::Service;

/// The response of a fault with a status or a token error.
pub fn fault_response(service: &Service, exchange: &Exchange, kind: RouteKind, fault: &Fault) -> Response {
    let status = fault.status.unwrap_or(400);
    let mut response = match (&fault.token, kind) {
        (Some(token), _) => {
            let failure = Failure::new(token.status(), &token.error, token.aadsts, "A fault rule asked for this error.");
            failure.response(service, exchange)
        }
        (None, RouteKind::Token) => entra_default(status).response(service, exchange),
        (None, _) => exchange.graph_response(graph_default(status), service.now()),
    };
    if let Some(body) = &fault.body {
        let text = match body {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        *response.body_mut() = Body::from(text);
    }
    if fault.token.is_none() {
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    }
    for (name, value) in &fault.headers {
        put(response.headers_mut(), name, value);
    }
    response
}

fn graph_default(status: u16) -> Answer {
    let code = match status {
        400 => "BadRequest",
        401 => "InvalidAuthenticationToken",
        403 => "Forbidden",
        404 => "ResourceNotFound",
        409 => "Conflict",
        412 => "PreconditionFailed",
        423 => "Locked",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        _ => "UnknownError",
    };
    if status < 300 {
        return Answer {
            status,
            headers: Vec::new(),
            body: None,
            committed: false,
        };
    }
    Answer::error_inner(status, code, &status.to_string(), "A fault rule asked for this answer.")
}

fn entra_default(status: u16) -> Failure {
    let (error, code) = match status {
        429 => ("temporarily_unavailable", 90_055),
        401 => ("invalid_client", 7_000_216),
        500.. => ("temporarily_unavailable", 90_033),
        _ => ("invalid_request", 90_023),
    };
    Failure::new(status, error, code, "A fault rule asked for this answer.")
}
