//! azure_core's HTTP client, over this module's transport: the token endpoint gets the same TLS
//! roots, deadline, size limit and refusal of redirects as Graph. (Built without its own,
//! azure_core panics unless it is given one.)

use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, RawResponse, Request, StatusCode};
use azure_core::{Error, Result};
use bytes::Bytes;
use serde_json::Value;

use super::transport::{SendError, Transport};

/// Sends token requests.
#[derive(Debug)]
pub(super) struct TokenHttp {
    transport: Transport,
    timeout: Duration,
}

impl TokenHttp {
    pub(super) fn new(transport: Transport, timeout: Duration) -> Self {
        Self { transport, timeout }
    }
}

#[async_trait]
impl HttpClient for TokenHttp {
    async fn execute_request(&self, request: &Request) -> Result<AsyncRawResponse> {
        let response = self.transport.send(converted(request)?, self.timeout).await.map_err(|error| {
            let kind = if matches!(error, SendError::Connect(_)) {
                ErrorKind::Connection
            } else {
                ErrorKind::Io
            };
            Error::new(kind, error)
        })?;
        let (parts, body) = response.into_parts();
        let status = StatusCode::from(parts.status.as_u16());
        let mut headers = Headers::new();
        for (name, value) in &parts.headers {
            if let Ok(value) = value.to_str() {
                headers.insert(HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value.to_owned()));
            }
        }
        let said = serde_json::from_slice::<Value>(&body);
        // azure_identity would take an answer without a token for an empty token, and keep it for
        // as long as it says.
        if status.is_success() && !said.as_ref().is_ok_and(holds_token) {
            return Err(Error::with_message(ErrorKind::DataConversion, "no token in the answer"));
        }
        // It reads every refusal as JSON and would lose the status of one that is not.
        if !status.is_success() && said.is_err() {
            let raw_response = Some(Box::new(RawResponse::from_bytes(status, headers, Bytes::new())));
            return Err(Error::with_message(
                ErrorKind::HttpResponse {
                    status,
                    error_code: None,
                    raw_response,
                },
                "no JSON in the answer",
            ));
        }
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}

/// Longer than any Entra token lives. A date that far ahead is also safe to add to now.
const MAX_LIFETIME: i64 = 7 * 24 * 3600;

fn holds_token(answer: &Value) -> bool {
    let token = answer.get("access_token").and_then(Value::as_str).unwrap_or_default();
    let lifetime = answer.get("expires_in").and_then(Value::as_i64).unwrap_or_default();
    !token.is_empty() && (1..=MAX_LIFETIME).contains(&lifetime)
}

fn converted(request: &Request) -> Result<http::Request<Bytes>> {
    let Body::Bytes(body) = request.body() else {
        return Err(Error::with_message(ErrorKind::Other, "a token request has no streamed body"));
    };
    let mut converted = http::Request::builder()
        .method(request.method().as_ref())
        .uri(request.url().as_str());
    for (name, value) in request.headers().iter() {
        converted = converted.header(name.as_str(), value.as_str());
    }
    converted.body(body.clone()).map_err(|error| Error::new(ErrorKind::Other, error))
}
