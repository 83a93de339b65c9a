//! Graph's answers: a successful one, and the error in another one. Error bodies come in several shapes: nested inner errors,
//! Intune's JSON inside a text, and no JSON at all.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use crate::base::wall;
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::http::json;
use crate::graph::http::retry_after::retry_after;
use crate::graph::text;
use crate::graph::types::operation::Operation;

/// The deepest nesting of inner errors that is read.
const MAX_DEPTH: usize = 8;

/// A successful answer, complete.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// The answer, or the error that an unsuccessful one means.
    pub(crate) fn read(operation: &Operation, response: Response<Bytes>) -> Result<Self, GraphError> {
        let (parts, body) = response.into_parts();
        let (status, headers) = (parts.status, parts.headers);
        if status.is_success() {
            return Ok(Self { status, headers, body });
        }
        Err(GraphError {
            attempted: Some(operation.kind),
            ..error(&operation.text, status, &headers, &body)
        })
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        request_id(&self.headers)
    }

    /// The size of the body in bytes.
    pub(crate) fn size(&self) -> usize {
        self.body.len()
    }

    /// The body as JSON, or what is wrong with it.
    pub(crate) fn json(&self) -> Result<Value, String> {
        json::parse(&self.body).map_err(|error| format!("{}: {error}", describe(&self.headers, &self.body)))
    }

    /// The error for an answer that lacks required content, with the request id.
    pub(crate) fn unusable(&self, operation: &Operation, problem: &str) -> GraphError {
        GraphError {
            status: Some(self.status.as_u16()),
            request_id: self.request_id(),
            ..GraphError::decode(operation.text.clone(), problem)
        }
    }
}

/// The error that an unsuccessful answer means.
fn error(operation: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> GraphError {
    let said = json::parse(body).ok();
    let mut error = match said.as_ref().and_then(|value| value.get("error")) {
        Some(said) => unpacked(operation, said),
        None => GraphError::new(operation, ErrorKind::Decode, foreign(status, headers, body)),
    };
    error.kind = kind(status);
    error.status = Some(status.as_u16());
    error.request_id = request_id(headers).or(error.request_id);
    error.retry_after = retry_after(headers, wall::now());
    error
}

/// Graph's id of the request, from the header.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("request-id")?.to_str().ok()?;
    Some(text::bounded_to(id, 64)).filter(|id| !id.is_empty())
}

/// Describes a body that was not understood, without quoting it.
fn describe(headers: &HeaderMap, body: &[u8]) -> String {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("no content type");
    format!(
        "an answer of {} bytes ({}) is not understood",
        body.len(),
        text::bounded_to(content_type, 64)
    )
}

fn foreign(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> String {
    match (status.is_redirection(), body.is_empty()) {
        (true, _) => "a redirect, which is never followed".to_owned(),
        (false, true) => status.canonical_reason().unwrap_or_default().to_owned(),
        (false, false) => describe(headers, body),
    }
}

fn kind(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        409 | 412 | 423 => ErrorKind::Conflict,
        429 => ErrorKind::Throttled,
        // 408 is a timeout of the service.
        408 | 500.. => ErrorKind::Unavailable,
        400..=499 => ErrorKind::BadRequest,
        _ => ErrorKind::Decode,
    }
}

/// Reads `{"code", "message", "innerError": {…}}`. The outer code is often a generic `badRequest`; the inner codes are specific.
fn unpacked(operation: &str, said: &Value) -> GraphError {
    let levels: Vec<&Value> = std::iter::successors(Some(said), |level| inner(level)).take(MAX_DEPTH).collect();
    let innermost = |name: &str| levels.iter().skip(1).rev().find_map(|level| non_empty(level, name));
    let message = innermost("message").or_else(|| non_empty(said, "message")).unwrap_or_default();
    GraphError {
        code: non_empty(said, "code").map(|code| text::bounded_to(code, 128)),
        inner_code: innermost("code").map(|code| text::bounded_to(code, 128)),
        request_id: innermost("request-id").map(|id| text::bounded_to(id, 64)),
        ..GraphError::new(operation, ErrorKind::Decode, intune(message))
    }
}

fn inner(level: &Value) -> Option<&Value> {
    level
        .get("innerError")
        .or_else(|| level.get("innererror"))
        .filter(|inner| inner.is_object())
}

fn non_empty<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Services behind Intune put a JSON document into the message; its `Message` is the sentence, followed by support ids.
fn intune(message: &str) -> String {
    let document = message
        .trim_start()
        .starts_with('{')
        .then(|| json::parse(message.as_bytes()).ok())
        .flatten();
    let sentence = document.as_ref().and_then(|document| non_empty(document, "Message"));
    sentence
        .map_or(message, |sentence| sentence.split(" - Operation ID").next().unwrap_or(sentence))
        .to_owned()
}

#[cfg(test)]
mod tests;
