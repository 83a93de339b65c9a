//! What goes into a Graph handler and what comes out of it.
//!
//! Handlers know nothing of HTTP connections, tokens or the ledger: they get a verified caller and give an answer.

use serde_json::{Value, json};

use super::caller::Caller;

/// The two published versions of Microsoft Graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiVersion {
    /// `v1.0`
    V1,
    /// `beta`
    Beta,
}

impl ApiVersion {
    /// The version as it stands in a path.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// A Graph request whose sender is known.
#[derive(Debug)]
pub struct GraphRequest<'a> {
    /// The version in the path.
    pub version: ApiVersion,
    /// The method.
    pub method: http::Method,
    /// The path after the version, still percent-encoded.
    pub path: &'a str,
    /// Decoded query options in their order.
    pub query: Vec<(String, String)>,
    /// Values of the `Prefer` headers, one each.
    pub prefer: Vec<String>,
    /// The body.
    pub body: &'a [u8],
    /// The verified sender.
    pub caller: &'a Caller,
    /// The id that this request was given.
    pub request_id: String,
    /// The id that the client gave.
    pub client_request_id: Option<String>,
    /// `https://host:port`, the beginning of links in answers.
    pub root: String,
}

/// A handler's answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside those that every answer has.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Value>,
    /// Whether the request changed the world.
    pub committed: bool,
}

impl Answer {
    /// 200 with a body; nothing changed.
    #[must_use]
    pub fn ok(body: Value) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Some(body),
            committed: false,
        }
    }

    /// 201 with the new object.
    #[must_use]
    pub fn created(body: Value) -> Self {
        Self {
            status: 201,
            headers: Vec::new(),
            body: Some(body),
            committed: true,
        }
    }

    /// 204: a change that answers nothing.
    #[must_use]
    pub fn no_content() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: None,
            committed: true,
        }
    }

    /// A failure in Graph's shape. Ids and the date are filled into `innerError` when the answer is sent.
    #[must_use]
    pub fn error(status: u16, code: &str, message: impl Into<String>) -> Self {
        let body = json!({"error": {"code": code, "message": message.into(), "innerError": {}}});
        Self {
            status,
            headers: Vec::new(),
            body: Some(body),
            committed: false,
        }
    }

    /// A failure whose real reason is the inner code, as the Cloud PC service answers it.
    #[must_use]
    pub fn error_inner(status: u16, code: &str, inner_code: &str, message: impl Into<String>) -> Self {
        let mut answer = Self::error(status, code, message);
        if let Some(inner) = answer.body.as_mut().and_then(|body| body.pointer_mut("/error/innerError")) {
            inner["code"] = json!(inner_code);
        }
        answer
    }

    /// The same answer, marked as having changed the world (or not).
    #[must_use]
    pub fn committed(mut self, committed: bool) -> Self {
        self.committed = committed;
        self
    }
}
