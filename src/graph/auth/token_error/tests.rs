//! Failed token requests, as azure_identity reports them.

use azure_core::Error;
use azure_core::error::ErrorKind as AzureKind;
use azure_core::http::headers::Headers;
use azure_core::http::{RawResponse, StatusCode};
use serde_json::{Value, json};

use super::{classify, code_in};
use crate::graph::errors::error::{ErrorKind, GraphError};

/// As a credential wraps it: the refusal inside of an authentication error that repeats its text.
fn refusal(status: StatusCode, headers: &[(&'static str, &'static str)], body: &Value) -> GraphError {
    let mut sent = Headers::new();
    for (name, value) in headers {
        sent.insert(*name, *value);
    }
    let raw_response = Some(Box::new(RawResponse::from_bytes(status, sent, body.to_string())));
    let inner = Error::with_message(
        AzureKind::HttpResponse {
            status,
            error_code: None,
            raw_response,
        },
        "text",
    );
    classify(
        "get a token",
        &Error::with_error(AzureKind::Credential, inner, "authentication failed. text"),
    )
}

#[test]
fn the_number_comes_from_the_codes_or_else_the_text() {
    for (body, aadsts) in [
        (json!({"error_codes": [7_000_215, 1]}), Some(7_000_215)),
        (json!({"error_description": "AADSTS90002: Tenant 'x' not found."}), Some(90002)),
        (json!({"error_codes": ["7"], "error_description": "AADSTS: none"}), None),
        (json!({"error_codes": [u64::MAX]}), None),
        (json!([]), None),
    ] {
        let error = refusal(StatusCode::BadRequest, &[], &body);
        assert_eq!(error.kind, ErrorKind::Token { aadsts, transient: false }, "{body}");
        assert!(!error.message.is_empty(), "{body}");
    }
    assert_eq!(code_in("AADSTS99999999999: x"), None);
}

#[test]
fn only_what_passes_is_transient() {
    for (status, code, transient) in [
        (StatusCode::BadRequest, 90033, true),
        (StatusCode::BadRequest, 50196, true),
        (StatusCode::Unauthorized, 90055, true),
        (StatusCode::TooManyRequests, 1, true),
        (StatusCode::ServiceUnavailable, 1, true),
        (StatusCode::Unauthorized, 700_024, false),
    ] {
        let error = refusal(status, &[("retry-after", "7")], &json!({"error_codes": [code]}));
        assert_eq!(
            error.kind,
            ErrorKind::Token {
                aadsts: Some(code),
                transient
            }
        );
        assert_eq!(error.retry_after, Some(std::time::Duration::from_secs(7)));
    }
}

#[test]
fn the_ids_survive_an_endless_description() {
    let body = json!({"error_description": format!("AADSTS700027: {}", "z".repeat(100_000)), "trace_id": "t-1", "correlation_id": "c-1"});
    let error = refusal(StatusCode::Unauthorized, &[], &body);
    assert!(
        error.message.len() <= 512 && error.message.ends_with("(trace id t-1, correlation id c-1)"),
        "{error}"
    );
}

#[test]
fn parser_errors_do_not_quote_what_they_choked_on() {
    let parser = serde_json::from_str::<u64>("\"the-access-token\"").unwrap_err();
    assert!(parser.to_string().contains("the-access-token"));
    let error = classify(
        "get a token",
        &Error::with_error(AzureKind::Credential, Error::from(parser), "wrapped"),
    );
    assert!(!error.to_string().contains("the-access-token"), "{error}");
    assert_eq!(
        error.kind,
        ErrorKind::Token {
            aadsts: None,
            transient: true
        }
    );
}
