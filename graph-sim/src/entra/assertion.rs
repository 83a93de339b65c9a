//! What certificate and federated assertions have in common: a JWT that is read and compared with the **real** time.
//!
//! Not with the simulator's clock: the client or its issuer made the assertion by a real clock.

use jiff::Timestamp;
use jsonwebtoken::crypto::verify;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode_header};
use serde::Deserialize;

use super::failure::Failure;
use crate::world::App;

/// Seconds by which a client's clock may be ahead (assumed). That some are allowed is captured: MSAL for Node.js rounds `nbf` up.
const SKEW: f64 = 60.0;

/// An assertion that is not verified yet.
pub(crate) struct Assertion<'a> {
    pub header: Header,
    pub claims: Claims,
    /// As it was sent.
    pub text: &'a str,
}

/// The claims that matter. Dates may have fractions: MSAL for Python sends them.
#[derive(Deserialize)]
pub(crate) struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: Audiences,
    pub jti: Option<String>,
    exp: f64,
    nbf: Option<f64>,
}

/// One audience or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Audiences {
    One(String),
    Many(Vec<String>),
}

impl Audiences {
    pub(crate) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(audience) => std::slice::from_ref(audience),
            Self::Many(audiences) => audiences,
        }
    }
}

impl<'a> Assertion<'a> {
    /// Reads an assertion. One whose header has an unknown algorithm, such as `none`, is no JWT here. Its parts may be padded, as
    /// the Azure SDK for Python pads them (captured); what is signed is then the padded text.
    pub(crate) fn read(text: &'a str) -> Result<Self, Failure> {
        let malformed = |_| Failure::request(50_027, "The assertion is not a well-formed JWT with iss, sub, aud and exp.");
        let parts: Vec<&str> = text.split('.').map(|part| part.trim_end_matches('=')).collect();
        let plain = parts.join(".");
        Ok(Self {
            header: decode_header(&plain).map_err(malformed)?,
            claims: jsonwebtoken::dangerous::insecure_decode_claims(&plain).map_err(malformed)?,
            text,
        })
    }

    /// Whether the application signed it itself. Federated issuers are URLs and not the application's id (assumed).
    pub(crate) fn is_self_signed(&self, app: &App) -> bool {
        self.claims.iss.eq_ignore_ascii_case(&app.app_id) || !self.claims.iss.contains("://")
    }

    /// Whether this key signed it with the algorithm that its header names. The caller decides which algorithms are accepted.
    pub(crate) fn is_signed_by(&self, key: &DecodingKey) -> bool {
        let Some((message, signature)) = self.text.rsplit_once('.') else {
            return false;
        };
        let signature = signature.trim_end_matches('=');
        verify(signature, message.as_bytes(), key, self.header.alg).unwrap_or(false)
    }

    /// Whether it is valid at this real time. `nbf` may be missing, as MSAL for Python leaves it out; `exp` may not.
    pub(crate) fn in_time(&self, now: Timestamp) -> Result<(), Failure> {
        let now = now.as_second();
        let Claims { exp, nbf, .. } = self.claims;
        if (now as f64) < exp && nbf.is_none_or(|start| start <= now as f64 + SKEW) {
            return Ok(());
        }
        let shown = |second: f64| Timestamp::from_second(second as i64).map_or_else(|_| second.to_string(), |time| time.to_string());
        let text = format!(
            "The assertion is not within its valid time range: now {}, valid from {}, expires {}.",
            shown(now as f64),
            nbf.map_or_else(|| "its issue".to_owned(), shown),
            shown(exp)
        );
        Err(Failure::client(700_024, text))
    }
}

/// The refusal of an assertion whose signature is not valid.
pub(crate) fn invalid_signature(reason: &str) -> Failure {
    Failure::client(700_027, format!("The assertion failed signature validation: {reason}."))
}

/// A validation of nothing but the signature: lifetimes are compared with different clocks, and each claim has its own error.
pub(crate) fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
