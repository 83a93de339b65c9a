//! Graph's error answers, in the shapes they really have: nested inner errors, Intune's JSON inside
//! a text, and no JSON at all.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::request::answer;
use crate::graph::request::retry_after::retry_after;
use crate::graph::text;

/// Inner errors nest; no service nests them deeper than this.
const MAX_DEPTH: usize = 8;

/// The error an unsuccessful answer stands for.
pub(crate) fn answered(operation: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> GraphError {
    let said = answer::parse(body).ok();
    let mut error = match said.as_ref().and_then(|value| value.get("error")) {
        Some(said) => unpacked(operation, said),
        None => GraphError::new(operation, ErrorKind::Decode, foreign(status, headers, body)),
    };
    error.kind = kind(status);
    error.status = Some(status.as_u16());
    error.request_id = request_id(headers).or(error.request_id);
    error.retry_after = retry_after(headers, Timestamp::now());
    error
}

/// Graph's id of the request, from the header.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("request-id")?.to_str().ok()?;
    Some(text::bounded_to(id, 64)).filter(|id| !id.is_empty())
}

/// What a body that was not understood looks like, without quoting it.
pub(crate) fn describe(headers: &HeaderMap, body: &[u8]) -> String {
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
        // A request timeout is the service's, and so is everything from 500 on.
        408 | 500.. => ErrorKind::Unavailable,
        400..=499 => ErrorKind::BadRequest,
        _ => ErrorKind::Decode,
    }
}

/// Reads `{"code", "message", "innerError": {…}}`. The outer code is often a generic `badRequest`;
/// the inner ones tell more.
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

/// Intune's neighbours put a JSON document into the message; its `Message` is the sentence, with
/// support ids behind it.
fn intune(message: &str) -> String {
    let document = message
        .trim_start()
        .starts_with('{')
        .then(|| answer::parse(message.as_bytes()).ok())
        .flatten();
    let sentence = document.as_ref().and_then(|document| non_empty(document, "Message"));
    sentence
        .map_or(message, |sentence| sentence.split(" - Operation ID").next().unwrap_or(sentence))
        .to_owned()
}

#[cfg(test)]
mod tests;
