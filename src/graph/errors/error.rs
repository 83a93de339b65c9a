//! The one error of this module: what was attempted, what the answer was, whether the same operation may succeed later, and whether
//! a write may have been committed.
//!
//! It never contains a token, an assertion or a header; foreign text passes through [`crate::graph::text`] first.

use std::fmt;
use std::time::Duration;

use crate::graph::text;
use crate::graph::types::operation::OperationKind;

/// [`GraphError::code`] of an [`ErrorKind::Transport`] error that happened before a byte of the request was sent.
pub(crate) const CONNECT: &str = "connect";

/// A Graph operation that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GraphError {
    /// What was attempted, for example `create provisioning policy "x"`.
    pub operation: String,
    /// The same for machines, where an answer of Graph is the error.
    pub attempted: Option<OperationKind>,
    /// The class, by the decision that it causes.
    pub kind: ErrorKind,
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// Graph's `error.code`; for token failures the OAuth error; for transport failures the stage.
    pub code: Option<String>,
    /// The innermost `innerError.code`, often the more specific one.
    pub inner_code: Option<String>,
    /// At most 512 bytes, one line.
    pub message: String,
    /// Graph's `request-id`, or the trace id of the token endpoint: what Microsoft support asks for.
    pub request_id: Option<String>,
    /// The pause that the service asks for, or our own budget.
    pub retry_after: Option<Duration>,
}

/// Classes of failure, by the decision that they cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ErrorKind {
    /// No access token, so nothing was sent to Graph.
    Token {
        /// The number of the `AADSTS…` code, when Entra gave one.
        aadsts: Option<u32>,
        /// Whether the same token request may succeed later.
        transient: bool,
    },
    /// Graph understood the request and will never accept it as it is.
    BadRequest,
    /// 401 also with a fresh token.
    Unauthorized,
    /// 403: a permission or a licence is missing, or a policy forbids it.
    Forbidden,
    /// 404. It does not prove absence: replication lags.
    NotFound,
    /// 409, 412, 423: something else changes the object, or has changed it since it was read.
    Conflict,
    /// 429, or a pause that an earlier one asked for.
    Throttled,
    /// The tenant's own budget of requests is used up for the moment. Nothing was sent.
    OverBudget,
    /// 5xx.
    Unavailable,
    /// No usable answer arrived.
    Transport,
    /// An answer arrived that is not Graph's: not JSON, too large, a redirect, without an id.
    Decode,
}

impl ErrorKind {
    /// No access token, for a reason that may end by itself.
    pub(crate) const NO_TOKEN: Self = Self::Token {
        aadsts: None,
        transient: true,
    };
}

impl GraphError {
    /// Whether the same operation may succeed later without a change by a person.
    pub(crate) fn is_transient(&self) -> bool {
        match self.kind {
            ErrorKind::Token { transient, .. } => transient,
            ErrorKind::Conflict
            | ErrorKind::Throttled
            | ErrorKind::OverBudget
            | ErrorKind::Unavailable
            | ErrorKind::Transport
            | ErrorKind::Decode => true,
            ErrorKind::BadRequest | ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::NotFound => false,
        }
    }

    /// Whether a write that failed like this may nevertheless have been committed.
    pub(crate) fn outcome_unknown(&self) -> bool {
        match self.kind {
            ErrorKind::Unavailable | ErrorKind::Decode => true,
            ErrorKind::Transport => self.code.as_deref() != Some(CONNECT),
            ErrorKind::Token { .. }
            | ErrorKind::BadRequest
            | ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::Throttled
            | ErrorKind::OverBudget => false,
        }
    }

    /// Whether no byte of the request was sent, because there was no connection.
    pub(crate) fn not_connected(&self) -> bool {
        self.kind == ErrorKind::Transport && self.code.as_deref() == Some(CONNECT)
    }

    /// The same error for passes over other objects: class, status, code and request id, without names, ids or texts of the
    /// object that it happened to. The text of a refused token request stays, because it concerns every object.
    pub(crate) fn without_object(&self, operation: &str) -> Self {
        // Of a pause that is not over, the text is ours.
        let is_pause = self.kind == ErrorKind::Throttled && self.status.is_none();
        let keeps_message = is_pause || matches!(self.kind, ErrorKind::Token { .. });
        Self {
            operation: operation.to_owned(),
            message: if keeps_message { self.message.clone() } else { String::new() },
            ..self.clone()
        }
    }

    /// An error without an answer. `message` may be foreign text.
    pub(crate) fn new(operation: impl Into<String>, kind: ErrorKind, message: impl AsRef<str>) -> Self {
        Self {
            operation: operation.into(),
            attempted: None,
            kind,
            status: None,
            code: None,
            inner_code: None,
            message: text::bounded(message.as_ref()),
            request_id: None,
            retry_after: None,
        }
    }

    /// An answer that cannot be understood.
    pub(crate) fn decode(operation: impl Into<String>, message: impl AsRef<str>) -> Self {
        Self::new(operation, ErrorKind::Decode, message)
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.operation)?;
        if let Some(status) = self.status {
            write!(f, " {status}")?;
        }
        match (&self.code, &self.inner_code) {
            (Some(code), Some(inner)) if code != inner => write!(f, " {code} ({inner})")?,
            (Some(code), _) | (None, Some(code)) => write!(f, " {code}")?,
            (None, None) => {}
        }
        if !self.message.is_empty() {
            let separator = if self.status.is_some() || self.code.is_some() { ":" } else { "" };
            write!(f, "{separator} {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request-id {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for GraphError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_everything_support_asks_for() {
        let mut error = GraphError::new("create provisioning policy \"x\"", ErrorKind::BadRequest, "imageId is unknown");
        assert_eq!(error.to_string(), "create provisioning policy \"x\": imageId is unknown");
        error.status = Some(400);
        error.code = Some("badRequest".to_owned());
        error.inner_code = Some("InvalidProperties".to_owned());
        error.request_id = Some("r-1".to_owned());
        assert_eq!(
            error.to_string(),
            "create provisioning policy \"x\": 400 badRequest (InvalidProperties): imageId is unknown (request-id r-1)"
        );
    }

    #[test]
    fn only_a_failed_connect_proves_that_a_write_did_not_happen() {
        let mut lost = GraphError::new("delete user setting", ErrorKind::Transport, "");
        lost.code = Some("timeout".to_owned());
        assert!(lost.outcome_unknown() && lost.is_transient());
        lost.code = Some(CONNECT.to_owned());
        assert!(!lost.outcome_unknown() && lost.is_transient());
    }
}
