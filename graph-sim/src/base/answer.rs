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
    /// The version as it is in a path.
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
    /// Whether the request changed the simulator's state.
    pub committed: bool,
}

impl Answer {
    /// An answer without special headers.
    fn new(status: u16, body: Option<Value>, committed: bool) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
            committed,
        }
    }

    /// 200 with a body; nothing changed.
    #[must_use]
    pub fn ok(body: Value) -> Self {
        Self::new(200, Some(body), false)
    }

    /// 201 with the new object.
    #[must_use]
    pub fn created(body: Value) -> Self {
        Self::new(201, Some(body), true)
    }

    /// 204: a change that answers nothing.
    pub(crate) fn no_content() -> Self {
        Self::new(204, None, true)
    }

    /// A status without a body; nothing changed.
    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, None, false)
    }

    /// A failure in Graph's shape. Ids and the date are filled into `innerError` when the answer is sent.
    #[must_use]
    pub fn error(status: u16, code: &str, message: impl Into<String>) -> Self {
        let body = json!({"error": {"code": code, "message": message.into(), "innerError": {}}});
        Self::new(status, Some(body), false)
    }

    /// A failure whose real reason is the inner code, as the Cloud PC service answers it.
    pub(crate) fn error_inner(status: u16, code: &str, inner_code: &str, message: impl Into<String>) -> Self {
        Self::error(status, code, message).inner("code", inner_code)
    }

    /// The same failure with a text in its `innerError`.
    pub(crate) fn inner(mut self, name: &str, text: &str) -> Self {
        if let Some(inner) = self.body.as_mut().and_then(|body| body.pointer_mut("/error/innerError")) {
            inner[name] = json!(text);
        }
        self
    }

    /// The same answer, marked as having changed the world (or not).
    #[must_use]
    pub fn committed(mut self, committed: bool) -> Self {
        self.committed = committed;
        self
    }
}
