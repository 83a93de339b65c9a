//! The answers that faults give instead of the real ones.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use jiff::Timestamp;
use serde_json::Value;

use super::body::padded;
use super::{Fault, RouteKind};
use crate::base::answer::Answer;
use crate::entra::failure::Failure;
use crate::wire::exchange::Exchange;
use crate::wire::response::{GRAPH_JSON, put, set, status as code};

/// The response of a fault with a status or a token error.
pub(crate) fn fault_response(exchange: &Exchange, kind: RouteKind, fault: &Fault, now: Timestamp) -> Response {
    let status = fault.status.unwrap_or(400);
    let (mut response, default) = match (&fault.token, kind) {
        (Some(token), _) => {
            let failure = Failure::new(token.status(), &token.error, token.aadsts, "A fault rule asked for this error.");
            return failure.response(exchange, now);
        }
        (None, RouteKind::Token) => (entra_default(status).response(exchange, now), Value::Null),
        (None, _) => {
            let answer = exchange.completed(graph_default(status), now);
            let body = answer.body.clone().unwrap_or_default();
            (exchange.graph_response(answer, now), body)
        }
    };
    let body = fault.body.as_ref().or(Some(&default).filter(|_| fault.body_bytes.is_some()));
    if let Some(body) = body {
        let text = match body {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            json => json.to_string(),
        };
        let headers = response.headers_mut();
        if !headers.contains_key(CONTENT_TYPE) {
            put(headers, CONTENT_TYPE.as_str(), GRAPH_JSON);
        }
        let length = fault.body_bytes.unwrap_or_default().max(text.len());
        put(headers, CONTENT_LENGTH.as_str(), &length.to_string());
        *response.body_mut() = if length > text.len() {
            padded(text, length)
        } else {
            Body::from(text)
        };
    }
    *response.status_mut() = code(status);
    for (name, value) in &fault.headers {
        put(response.headers_mut(), name, value);
    }
    response
}

/// The answer of a fault with a status to one part of a batch.
pub(crate) fn fault_answer(exchange: &Exchange, fault: &Fault, now: Timestamp) -> Answer {
    let default = graph_default(fault.status.unwrap_or(400));
    let mut answer = exchange.completed(default, now);
    if let Some(body) = &fault.body {
        answer.body = Some(body.clone());
        set(&mut answer.headers, "Content-Type", GRAPH_JSON);
    }
    for (name, value) in &fault.headers {
        set(&mut answer.headers, name, value);
    }
    answer
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
        424 => "FailedDependency",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        _ => "UnknownError",
    };
    if status < 300 {
        return Answer::empty(status);
    }
    let status_text = status.to_string();
    Answer::error_inner(status, code, &status_text, "A fault rule asked for this answer.").inner("status", &status_text)
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
