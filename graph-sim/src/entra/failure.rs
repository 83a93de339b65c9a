//! Failures in Entra's shape. Texts are this simulator's own; clients may rely on the codes only.

use axum::response::Response;
use jiff::Timestamp;
use serde_json::json;

use crate::wire::exchange::Exchange;
use crate::wire::response::{dated, json_response, put};

/// Why the login service refuses.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    status: u16,
    error: String,
    code: u32,
    text: String,
}

impl Failure {
    /// A failure with any status; the text must hold nothing secret.
    pub(crate) fn new(status: u16, error: &str, code: u32, text: impl Into<String>) -> Self {
        Self {
            status,
            error: error.to_owned(),
            code,
            text: text.into(),
        }
    }

    pub(crate) fn request(code: u32, text: impl Into<String>) -> Self {
        Self::new(400, "invalid_request", code, text)
    }

    /// The client is not authenticated.
    pub(crate) fn client(code: u32, text: impl Into<String>) -> Self {
        Self::new(401, "invalid_client", code, text)
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::request(900_144, format!("The request body must contain the parameter '{parameter}'."))
    }

    pub(crate) fn no_tenant(tenant: &str) -> Self {
        Self::request(90_002, format!("Tenant '{tenant}' not found. Check the tenant id and the cloud."))
    }

    /// The same failure with another `error`.
    pub(crate) fn with_error(mut self, error: &str) -> Self {
        error.clone_into(&mut self.error);
        self
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The failure as an HTTP response.
    pub(crate) fn response(&self, exchange: &Exchange, now: Timestamp) -> Response {
        let timestamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let trace = &exchange.request_id;
        let correlation = exchange.client_request_id.as_ref().unwrap_or(trace);
        let body = json!({
            "error": self.error,
            "error_description": format!(
                "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
                self.code, self.text
            ),
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("{}/error?code={}", exchange.root, self.code),
        });
        let mut response = json_response(self.status, "application/json; charset=utf-8", Some(&body));
        put(response.headers_mut(), "x-ms-request-id", trace);
        put(response.headers_mut(), "cache-control", "no-store, no-cache");
        dated(response, now)
    }
}
