//! Sign-ins of people: device codes that wait for a decision, and refresh tokens.
//!
//! Codes expire by the simulator's clock. How fast an application asks is measured by the real time, because its pauses are in real time.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::failure::Failure;
use super::form::{Form, field};
use super::scope::Delegated;

/// Seconds between two requests for the token (documented).
pub(crate) const INTERVAL: i64 = 5;
/// The most codes that are kept; the oldest are dropped.
const REMEMBERED: usize = 1000;

/// Sign-ins of people.
#[derive(Debug, Default)]
pub(crate) struct SignIns {
    pub devices: DeviceCodes,
    /// By the token's text.
    pub refresh_tokens: HashMap<String, RefreshToken>,
}

#[derive(Clone, Debug)]
pub(crate) struct RefreshToken {
    pub tenant: String,
    pub app_id: String,
    pub user: String,
    pub wanted: Delegated,
    pub until: Timestamp,
}

/// Device codes that wait for a decision.
#[derive(Debug, Default)]
pub(crate) struct DeviceCodes {
    codes: Vec<Code>,
}

/// A pair of codes and its state.
#[derive(Debug)]
pub(crate) struct Code {
    pub device_code: String,
    pub user_code: String,
    pub tenant: String,
    pub app_id: String,
    pub wanted: Delegated,
    pub until: Timestamp,
    pub asked: Option<Timestamp>,
    pub decided: Option<Decision>,
}

#[derive(Clone, Debug)]
pub(crate) enum Decision {
    /// By the user with this id.
    Approved(String),
    Declined,
}

/// What an application asks a person for.
#[derive(Debug)]
pub(crate) struct SignInRequest {
    pub tenant: String,
    pub app_id: String,
    pub permissions: Vec<String>,
}

impl DeviceCodes {
    pub(crate) fn add(&mut self, code: Code) {
        if self.codes.len() >= REMEMBERED {
            self.codes.remove(0);
        }
        self.codes.push(code);
    }

    /// The request behind a user code; case does not matter. Not for one that is unknown, expired or used.
    pub(crate) fn asked(&self, user_code: &str, now: Timestamp) -> Result<SignInRequest, String> {
        let code = self.codes.iter().find(|code| code.is_shown_as(user_code));
        match code {
            None => Err(format!("no device code is shown as '{user_code}'")),
            Some(code) if code.until <= now => Err(format!("the code '{user_code}' has expired")),
            Some(code) if code.decided.is_some() => Err(format!("the code '{user_code}' was used before")),
            Some(code) => Ok(SignInRequest {
                tenant: code.tenant.clone(),
                app_id: code.app_id.clone(),
                permissions: code.wanted.permissions.clone(),
            }),
        }
    }

    /// Records the decision: approved by the user with an id, or declined.
    pub(crate) fn decide(&mut self, user_code: &str, approved_by: Option<String>) {
        if let Some(code) = self.codes.iter_mut().find(|code| code.is_shown_as(user_code)) {
            code.decided = Some(approved_by.map_or(Decision::Declined, Decision::Approved));
        }
    }

    /// The user's id and what was asked for, once the person has approved. An application is named by its tenant and its id.
    pub(crate) fn redeem(
        &mut self,
        form: &Form,
        app: (&str, &str),
        now: Timestamp,
        real: Timestamp,
    ) -> Result<(String, Delegated), Failure> {
        let (tenant, app_id) = app;
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
                let before = code.asked.replace(real);
                let is_fast = before.is_some_and(|before| real.duration_since(before) < SignedDuration::from_secs(INTERVAL));
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
