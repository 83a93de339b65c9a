//! The device code flow: an application asks for two codes, shows one of them to a person, and asks for its token with the
//! other one until the person has decided. Here the person decides by `POST /_sim/devicecode`.

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::token::{client, json_answer};
use crate::entra::failure::Failure;
use crate::entra::form::{field, fields};
use crate::entra::scope::{Names, delegated};
use crate::entra::sign_ins::{Code, INTERVAL};
use crate::service::Service;
use crate::service::ledger::Draft;
use crate::wire::exchange::Exchange;

/// Seconds that a person has (documented).
const LIFETIME: i64 = 900;
/// The letters of user codes: no vowels, none that looks like a digit.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Answers a request for codes and records it.
pub(super) fn answer(service: &Service, exchange: &Exchange, tenant: &str, draft: &Draft) -> Response {
    let begun = begin(service, exchange, tenant);
    let now = service.now();
    match begun {
        Ok(body) => {
            service.record(draft, exchange, now, 200, false);
            json_answer(&body, now)
        }
        Err(failure) => {
            service.record(draft, exchange, now, failure.status(), false);
            failure.response(exchange, now)
        }
    }
}

fn begin(service: &Service, exchange: &Exchange, tenant: &str) -> Result<Value, Failure> {
    if exchange.method != http::Method::POST {
        return Err(Failure::request(900_561, "The device code endpoint accepts POST requests only."));
    }
    let form = fields(exchange)?;
    let (tenant, app) = client(service, tenant, &form)?;
    let names = Names {
        root: &exchange.root,
        own_root: service.own_root(),
        tenant: &tenant,
    };
    let wanted = delegated(field(&form, "scope")?, names, &app)?;
    let (device_code, user_code) = (service.new_request_id(), user_code(&service.new_request_id()));
    let address = format!("{}/_sim/devicecode", exchange.root);
    let body = json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": address,
        "expires_in": LIFETIME,
        "interval": INTERVAL,
        "message": format!(
            "To sign in, send {{\"userCode\": \"{user_code}\", \"as\": the user's principal name, \"approve\": true}} to {address}."
        ),
    });
    let until = SignedDuration::from_secs(LIFETIME);
    let until = service.now().checked_add(until).unwrap_or(Timestamp::MAX);
    service.sign_ins().devices.add(Code {
        device_code,
        user_code,
        tenant: tenant.id,
        app_id: app.app_id,
        wanted,
        until,
        asked: None,
        decided: None,
    });
    Ok(body)
}

/// A user code, derived from an id.
fn user_code(id: &str) -> String {
    let bytes = id.bytes().filter(u8::is_ascii_hexdigit).map(usize::from).collect::<Vec<_>>();
    let letters = bytes
        .chunks_exact(3)
        .take(9)
        .map(|part| part.iter().fold(0, |sum, byte| sum * 7 + byte));
    letters.map(|number| char::from(LETTERS[number % LETTERS.len()])).collect()
}
