//! The device code flow: an application asks for two codes, shows one of them to a person, and asks for its token with the
//! other one until the person has decided. The person is `POST /_sim/devicecode` here.
//!
//! Codes expire by the simulator's clock. How fast an application asks is measured by the real one, which its pauses go by.

use std::time::{Duration, Instant};

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Failure;
use super::form::{Form, field, fields};
use super::scope::{Delegated, Names, delegated};
use super::token::{client, json_answer};
use crate::exchange::Exchange;
use crate::ledger::Draft;
use crate::service::Service;

/// Seconds that a person has (documented).
const LIFETIME: i64 = 900;
/// Seconds between two requests for the token (documented).
const INTERVAL: u64 = 5;
/// The codes that are remembered at most; the oldest are forgotten.
const REMEMBERED: usize = 1000;
/// The letters of codes that are shown: none that looks like a digit, no vowels.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Sign-ins that wait for a person.
#[derive(Debug, Default)]
pub struct DeviceCodes {
    codes: Vec<Code>,
}

#[derive(Debug)]
struct Code {
    device_code: String,
    user_code: String,
    tenant: String,
    app_id: String,
    wanted: Delegated,
    until: Timestamp,
    asked: Option<Instant>,
    decided: Option<Decision>,
}

#[derive(Clone, Debug)]
enum Decision {
    /// By the user with this id.
    Approved(String),
    Declined,
}

/// What a person was asked for, for whoever decides.
#[derive(Debug)]
pub struct Decided {
    /// The tenant's id.
    pub tenant: String,
    /// The application.
    pub app_id: String,
    /// What it asks for.
    pub permissions: Vec<String>,
}

/// Answers a request for codes and records it.
pub fn answer(service: &Service, exchange: &Exchange, tenant: &str, draft: &Draft) -> Response {
    let begun = begin(service, exchange, tenant);
    let now = service.now();
    match begun {
        Ok(body) => {
            draft.record(service, exchange, now, 200, false);
            json_answer(&body, now)
        }
        Err(failure) => {
            draft.record(service, exchange, now, failure.status(), false);
            failure.response(service, exchange)
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
    service.people().devices.add(Code {
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

/// A code that can be typed, made of an id.
fn user_code(id: &str) -> String {
    let bytes = id.bytes().filter(u8::is_ascii_hexdigit).map(usize::from).collect::<Vec<_>>();
    let letters = bytes
        .chunks_exact(3)
        .take(9)
        .map(|part| part.iter().fold(0, |sum, byte| sum * 7 + byte));
    letters.map(|number| char::from(LETTERS[number % LETTERS.len()])).collect()
}

impl DeviceCodes {
    fn add(&mut self, code: Code) {
        if self.codes.len() >= REMEMBERED {
            self.codes.remove(0);
        }
        self.codes.push(code);
    }

    /// What the person is asked who has this code; the case of its letters does not matter.
    ///
    /// # Errors
    /// A code that is unknown, expired or used.
    pub fn asked(&self, user_code: &str, now: Timestamp) -> Result<Decided, String> {
        let code = self.codes.iter().find(|code| code.is_shown_as(user_code));
        match code {
            None => Err(format!("no device code is shown as '{user_code}'")),
            Some(code) if code.until <= now => Err(format!("the code '{user_code}' has expired")),
            Some(code) if code.decided.is_some() => Err(format!("the code '{user_code}' was used before")),
            Some(code) => Ok(Decided {
                tenant: code.tenant.clone(),
                app_id: code.app_id.clone(),
                permissions: code.wanted.permissions.clone(),
            }),
        }
    }

    /// Notes what the person decided: approved by the user with an id, or declined.
    pub fn decide(&mut self, user_code: &str, approved_by: Option<String>) {
        if let Some(code) = self.codes.iter_mut().find(|code| code.is_shown_as(user_code)) {
            code.decided = Some(approved_by.map_or(Decision::Declined, Decision::Approved));
        }
    }

    /// The user's id and what was asked for, once the person has approved.
    pub fn redeem(&mut self, form: &Form, tenant: &str, app_id: &str, now: Timestamp) -> Result<(String, Delegated), Failure> {
        let given = field(form, "device_code")?;
        let is_given = |code: &Code| code.device_code == *given && code.tenant == tenant && code.app_id == app_id;
        let refused = |error: &str, number, text: &str| Failure::new(400, error, number, text);
        let Some(place) = self.codes.iter().position(is_given) else {
            return Err(refused("bad_verification_code", 70_018, "The device code is not known."));
        };
        let code = &mut self.codes[place];
        if code.until <= now {
            return Err(refused("expired_token", 70_020, "The device code has expired."));
        }
        match code.decided.clone() {
            Some(Decision::Approved(user)) => Ok((user, self.codes.remove(place).wanted)),
            Some(Decision::Declined) => Err(refused("authorization_declined", 70_000, "The user has declined.")),
            None => {
                let before = code.asked.replace(Instant::now());
                let is_fast = before.is_some_and(|before| before.elapsed() < Duration::from_secs(INTERVAL));
                Err(if is_fast {
                    refused("slow_down", 70_016, "The device code is asked for too often.")
                } else {
                    refused("authorization_pending", 70_016, "The user has not decided yet.")
                })
            }
        }
    }
}

impl Code {
    fn is_shown_as(&self, text: &str) -> bool {
        self.user_code.eq_ignore_ascii_case(text.trim())
    }
}
