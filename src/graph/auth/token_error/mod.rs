//! Why Entra issued no token, read from azure_identity's error.
//!
//! The AADSTS number only decides the advice and whether the request is repeated: Microsoft may renumber. The result contains
//! nothing of the request, so no assertion.

use std::error::Error;

use azure_core::error::ErrorKind as AzureKind;
use azure_core::http::RawResponse;
use http::StatusCode;
use serde_json::Value;

use crate::base::wall;
use crate::graph::auth::material::CredentialError;
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::http::retry_after;
use crate::graph::text;

/// No request was sent, and none will be until the credential is corrected.
const UNUSABLE: ErrorKind = ErrorKind::Token {
    aadsts: None,
    transient: false,
};

/// AADSTS numbers of failures that end by themselves.
const TRANSIENT: [u32; 3] = [90033, 50196, 90055];

/// The error for a failed token request.
pub(crate) fn classify(operation: &str, error: &azure_core::Error) -> GraphError {
    let causes = || std::iter::successors(Some(error as &(dyn Error + 'static)), |&cause| cause.source());
    if let Some(broken) = causes().find_map(|cause| cause.downcast_ref::<CredentialError>()) {
        let transient = broken.is_transient();
        return GraphError::new(operation, ErrorKind::Token { aadsts: None, transient }, broken.to_string());
    }
    let azure = || causes().filter_map(|cause| cause.downcast_ref::<azure_core::Error>());
    let answer = azure().find_map(|error| {
        let AzureKind::HttpResponse { status, raw_response, .. } = error.kind() else {
            return None;
        };
        Some((u16::from(*status), raw_response.as_deref()))
    });
    if let Some((status, raw)) = answer {
        return refused(operation, status, raw);
    }
    // The outer errors repeat the innermost one.
    let innermost = causes().last().map(ToString::to_string).unwrap_or_default();
    match azure().last().map(azure_core::Error::kind) {
        Some(AzureKind::Connection | AzureKind::Io) => {
            let message = format!("the token endpoint cannot be reached: {innermost}");
            GraphError::new(operation, ErrorKind::NO_TOKEN, message)
        }
        // A parser's error may quote the text, which could be the token.
        Some(AzureKind::DataConversion) => GraphError::new(operation, ErrorKind::NO_TOKEN, "the token endpoint's answer is not understood"),
        _ => GraphError::new(operation, UNUSABLE, innermost),
    }
}

fn refused(operation: &str, status: u16, raw: Option<&RawResponse>) -> GraphError {
    let said: Value = raw
        .and_then(|raw| serde_json::from_slice(raw.body().as_ref()).ok())
        .unwrap_or_default();
    let said_text = |name: &str| said.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let description = said_text("error_description").unwrap_or_default();
    let aadsts = said
        .pointer("/error_codes/0")
        .and_then(Value::as_u64)
        .and_then(|code| u32::try_from(code).ok())
        .or_else(|| code_in(description));
    let transient = status == 429 || status >= 500 || aadsts.is_some_and(|code| TRANSIENT.contains(&code));
    let retry_after = raw.and_then(|raw| {
        let header = raw
            .headers()
            .iter()
            .find(|(name, _)| name.as_str().eq_ignore_ascii_case("retry-after"))?;
        retry_after::parse(header.1.as_str(), wall::now())
    });
    GraphError {
        status: Some(status),
        code: said_text("error").map(|code| text::bounded_to(code, 64)),
        request_id: said_text("trace_id").map(|id| text::bounded_to(id, 64)),
        retry_after,
        ..GraphError::new(
            operation,
            ErrorKind::Token { aadsts, transient },
            message(status, aadsts, description, &said_text),
        )
    }
}

/// `AADSTS…: sentence (trace id …, correlation id …)`, the ids kept whole whatever the sentence's
/// length.
fn message<'a>(status: u16, aadsts: Option<u32>, description: &str, said: &impl Fn(&str) -> Option<&'a str>) -> String {
    let sentence = description.split("Trace ID:").next().unwrap_or_default().trim();
    let sentence = match (sentence.is_empty(), aadsts) {
        (true, Some(code)) => format!("AADSTS{code}"),
        (true, None) => {
            let reason = StatusCode::from_u16(status)
                .ok()
                .and_then(|status| status.canonical_reason())
                .unwrap_or("an unusual status");
            format!("the token endpoint answered {status} {reason} and no reason")
        }
        (false, _) => text::bounded_to(sentence, 320),
    };
    let ids = [("trace id", said("trace_id")), ("correlation id", said("correlation_id"))];
    let ids: Vec<String> = ids
        .into_iter()
        .filter_map(|(name, id)| Some(format!("{name} {}", text::bounded_to(id?, 64))))
        .collect();
    if ids.is_empty() {
        sentence
    } else {
        format!("{sentence} ({})", ids.join(", "))
    }
}

/// The number in `AADSTS700213: …`.
fn code_in(description: &str) -> Option<u32> {
    let digits = description.split_once("AADSTS")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests;
