//! From answers to HTTP responses.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::Value;

use crate::base::answer::Answer;

/// The content type of Graph's answers.
pub(crate) const GRAPH_JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// Sets a header of an answer; the case of its name does not matter.
pub(crate) fn set(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    match headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, old)) => value.clone_into(old),
        None => headers.push((name.to_owned(), value.to_owned())),
    }
}

/// The HTTP response of a completed answer.
pub(crate) fn response(answer: &Answer) -> Response {
    let mut response = Response::new(body(answer.body.as_ref()));
    *response.status_mut() = status(answer.status);
    for (name, value) in &answer.headers {
        put(response.headers_mut(), name, value);
    }
    response
}

/// A response whose body is JSON, or that has none.
pub(crate) fn json_response(code: u16, content_type: &str, json: Option<&Value>) -> Response {
    let mut response = Response::new(body(json));
    *response.status_mut() = status(code);
    if json.is_some() {
        put(response.headers_mut(), CONTENT_TYPE.as_str(), content_type);
    }
    response
}

fn body(json: Option<&Value>) -> Body {
    json.map_or_else(Body::empty, |json| Body::from(json.to_string()))
}

/// The status with this number; 500 when there is none.
pub(crate) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The same response with the simulator's time as its date.
pub(crate) fn dated(mut response: Response, now: Timestamp) -> Response {
    if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
        put(response.headers_mut(), DATE.as_str(), &date);
    }
    response
}

/// Sets a header; one that cannot be sent is left out.
pub(crate) fn put(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}
