//! azure_core's HTTP client over our transport: the token endpoint gets the same TLS roots, deadline, size limit and refusal
//! of redirects as Graph. (azure_core is built without its own client and panics unless it is given one.)

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, RawResponse, Request, StatusCode};
use azure_core::{Error, Result};
use bytes::Bytes;
use serde_json::Value;

use crate::base::wall;
use crate::graph::http::clock_skew::ClockSkew;
use crate::graph::http::json;
use crate::graph::http::transport::{SendError, Transport};

/// Which endpoint answers: each reports the lifetime of a token in another form.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answers {
    /// `expires_in`, a number of seconds.
    Entra,
    /// `expires_on`, seconds since 1970 as a text.
    Metadata,
}

#[derive(Debug)]
pub(crate) struct TokenHttp {
    transport: Transport,
    timeout: Duration,
    answers: Answers,
    clock: Arc<ClockSkew>,
}

impl TokenHttp {
    pub(crate) fn new(transport: Transport, timeout: Duration, answers: Answers, clock: Arc<ClockSkew>) -> Self {
        Self {
            transport,
            timeout,
            answers,
            clock,
        }
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
        // The metadata service is on this machine, whose clock is to be compared.
        if matches!(self.answers, Answers::Entra) {
            self.clock.observe(&parts.headers);
        }
        let status = StatusCode::from(parts.status.as_u16());
        let mut headers = Headers::new();
        for (name, value) in &parts.headers {
            if let Ok(value) = value.to_str() {
                headers.insert(HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value.to_owned()));
            }
        }
        let said = json::parse(&body);
        // azure_identity would read an answer without a token as an empty token, and cache that.
        if status.is_success() && !said.as_ref().is_ok_and(|said| self.answers.hold_token(said)) {
            return Err(Error::with_message(ErrorKind::DataConversion, "no token in the answer"));
        }
        // azure_identity reads every refusal as JSON and would lose the status of one that is not.
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

/// Longer than any Entra token is valid, and short enough to be added to the present without overflow.
const MAX_LIFETIME: i64 = 7 * 24 * 3600;

impl Answers {
    fn hold_token(self, answer: &Value) -> bool {
        let token = answer.get("access_token").and_then(Value::as_str).unwrap_or_default();
        !token.is_empty() && (1..=MAX_LIFETIME).contains(&self.lifetime(answer).unwrap_or_default())
    }

    fn lifetime(self, answer: &Value) -> Option<i64> {
        match self {
            Self::Entra => answer.get("expires_in")?.as_i64(),
            Self::Metadata => {
                let end: i64 = answer.get("expires_on")?.as_str()?.parse().ok()?;
                end.checked_sub(wall::now().as_second())
            }
        }
    }
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
