//! The fields of a token request, in either place: in the form, or id and secret in an `Authorization: Basic` header
//! as RFC 6749, section 2.3.1, has it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::failure::Failure;
use crate::base::uri::decoded;
use crate::wire::exchange::Exchange;

/// Fields by name.
pub(crate) type Form = BTreeMap<String, String>;

/// The fields of a token request that the ledger keeps: the client, the scope and the kind of credential, never the credential.
pub(crate) fn redacted_form(exchange: &Exchange) -> Value {
    let form = fields(exchange).unwrap_or_default();
    let proof = ["client_assertion", "client_secret", "device_code", "refresh_token"]
        .into_iter()
        .find(|name| form.contains_key(*name));
    json!({
        "client_id": form.get("client_id"),
        "grant_type": form.get("grant_type"),
        "scope": form.get("scope"),
        "proof": proof,
    })
}

/// A field that must be there.
pub(crate) fn field<'a>(form: &'a Form, name: &str) -> Result<&'a String, Failure> {
    let given = form.get(name).filter(|value| !value.is_empty());
    given.ok_or_else(|| Failure::missing(name))
}

/// The fields; one that is given twice could mean either value and is refused.
pub(crate) fn fields(exchange: &Exchange) -> Result<Form, Failure> {
    let mut form = Form::new();
    for (name, value) in decoded(text(exchange)) {
        if form.insert(name, value).is_some() {
            return Err(Failure::request(90_023, "A parameter of the request body is given twice."));
        }
    }
    let Some((id, secret)) = basic(&exchange.headers)? else {
        return Ok(form);
    };
    if form.get("client_id").is_some_and(|other| !other.eq_ignore_ascii_case(&id)) {
        return Err(Failure::request(90_023, "The header and the request body name different clients."));
    }
    form.insert("client_id".to_owned(), id);
    if form.insert("client_secret".to_owned(), secret).is_some() {
        return Err(Failure::request(
            90_023,
            "Give the secret in the header or in the request body, not in both.",
        ));
    }
    Ok(form)
}

/// The body when it is a form. One of another type has no fields.
fn text(exchange: &Exchange) -> &str {
    let content_type = exchange.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    });
    std::str::from_utf8(&exchange.body).ok().filter(|_| is_form).unwrap_or_default()
}

/// Id and secret of a Basic header. Other schemes are ignored.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Failure> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((scheme, encoded)) = header.split_once(' ') else {
        return Ok(None);
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let malformed = || Failure::request(90_023, "The Authorization header does not hold a client's id and secret.");
    let pair = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = pair.ok_or_else(malformed)?;
    let (id, secret) = pair.split_once(':').ok_or_else(malformed)?;
    let plain = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().map(String::from).map_err(|_| malformed())
    };
    Ok(Some((plain(id)?, plain(secret)?)))
}
