//! The shapes of error answers.

use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::error;
use crate::graph::errors::advice::advice;
use crate::graph::errors::error::{ErrorKind, GraphError};

fn of(status: u16, body: &Value) -> GraphError {
    error(
        "get user setting u1",
        StatusCode::from_u16(status).unwrap(),
        &HeaderMap::new(),
        body.to_string().as_bytes(),
    )
}

#[test]
fn the_innermost_text_and_code_win() {
    let error = of(
        400,
        &json!({"error": {"code": "badRequest", "message": "Bad request", "innerError": {
            "code": "Outer", "request-id": "r-0", "innererror": {"code": "InvalidProperties", "message": "imageId is unknown", "request-id": "r-1"}}}}),
    );
    assert_eq!(error.kind, ErrorKind::BadRequest);
    assert_eq!(
        (error.code.as_deref(), error.inner_code.as_deref()),
        (Some("badRequest"), Some("InvalidProperties"))
    );
    assert_eq!(
        (error.message.as_str(), error.request_id.as_deref()),
        ("imageId is unknown", Some("r-1"))
    );
}

#[test]
fn intunes_document_in_a_text_is_unpacked() {
    let document = json!({
        "_version": 3,
        "Message": "Application must have one of the following scopes: CloudPC.Read.All, CloudPC.ReadWrite.All - Operation ID (for customer support): x",
        "CustomApiErrorPhrase": "", "RetryAfter": null,
    });
    let error = of(403, &json!({"error": {"code": "Forbidden", "message": document.to_string()}}));
    assert_eq!(
        error.message,
        "Application must have one of the following scopes: CloudPC.Read.All, CloudPC.ReadWrite.All"
    );
    assert!(
        advice(&error).contains("CloudPC.Read.All or CloudPC.ReadWrite.All"),
        "{}",
        advice(&error)
    );
    let error = of(403, &json!({"error": {"code": "", "message": "{not json"}}));
    assert_eq!((error.message.as_str(), error.code), ("{not json", None));
}

#[test]
fn odd_bodies_keep_their_status_and_are_not_quoted() {
    for body in [
        "",
        "<html>secret page</html>",
        "null",
        "[]",
        "{\"error\": null}",
        "{\"error\": 7}",
        "{\"error\": {\"innerError\": \"x\"}}",
    ] {
        let error = error("x", StatusCode::BAD_GATEWAY, &HeaderMap::new(), body.as_bytes());
        assert_eq!((error.kind, error.status), (ErrorKind::Unavailable, Some(502)), "{body}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn the_headers_id_wins_and_the_pause_is_kept() {
    let mut headers = HeaderMap::new();
    headers.insert("request-id", HeaderValue::from_static("r-header"));
    headers.insert("retry-after", HeaderValue::from_static("0"));
    let body = json!({"error": {"code": "TooManyRequests", "message": "slow", "innerError": {"code": "429", "request-id": "r-body"}}});
    let error = error("x", StatusCode::TOO_MANY_REQUESTS, &headers, body.to_string().as_bytes());
    assert_eq!((error.kind, error.request_id.as_deref()), (ErrorKind::Throttled, Some("r-header")));
    assert_eq!(error.retry_after, Some(std::time::Duration::from_secs(1)));
}

#[test]
fn statuses_become_kinds() {
    for (status, kind) in [
        (400, ErrorKind::BadRequest),
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (405, ErrorKind::BadRequest),
        (408, ErrorKind::Unavailable),
        (409, ErrorKind::Conflict),
        (412, ErrorKind::Conflict),
        (422, ErrorKind::BadRequest),
        (423, ErrorKind::Conflict),
        (429, ErrorKind::Throttled),
        (500, ErrorKind::Unavailable),
        (504, ErrorKind::Unavailable),
        (301, ErrorKind::Decode),
    ] {
        assert_eq!(of(status, &json!({"error": {"code": "c"}})).kind, kind, "{status}");
    }
}

#[test]
fn s17_hostile_bodies_are_cut_and_escaped() {
    let error = of(
        400,
        &json!({"error": {"code": "c\u{1b}[2J".repeat(1000), "message": format!("line\r\nline {}", "y\u{1b}[31m".repeat(1_000_000))}}),
    );
    let shown = error.to_string();
    assert!(
        error.message.len() <= 512 && error.code.as_ref().is_some_and(|code| code.len() <= 128),
        "{shown}"
    );
    assert!(!shown.chars().any(char::is_control), "{shown}");
    let mut deep = json!({"code": "bottom"});
    for _ in 0..50 {
        deep = json!({"innerError": deep});
    }
    assert_eq!(of(400, &json!({"error": deep})).inner_code, None);
}
