//! Access tokens: acquiring one, remembering which one Graph refused, and reading one for
//! diagnostics.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_core::credentials::{Secret, TokenRequestOptions};
use azure_core::http::{ClientMethodOptions, Context};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use crate::graph::auth::renewable::Refused;
use crate::graph::auth::token_error;
use crate::graph::budget::Caller;
use crate::graph::client::Client;
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::request::{answer, retry};
use crate::graph::text;

/// A token, without the token: what it says about itself. Graph's tokens are formally opaque, so
/// this is a hint: because of it less may be written, never more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The application permissions it carries; empty when it has none or cannot be read.
    pub roles: Vec<String>,
    /// The application it was issued to.
    pub app_id: Option<String>,
    /// The application's service principal in the tenant.
    pub object_id: Option<String>,
    /// When it ends.
    pub expires_on: Timestamp,
}

impl Token {
    /// Whether it lets its bearer read Cloud PC objects and write none (fact sheet 10).
    pub fn reads_only(&self) -> bool {
        let has = |role: &str| self.roles.iter().any(|granted| granted == role);
        has("CloudPC.Read.All") && !has("CloudPC.ReadWrite.All")
    }
}

/// A token in use, and since when this client has known it.
#[derive(Clone)]
pub(crate) struct Bearer {
    secret: Secret,
    first_seen: Instant,
    reads_only: bool,
    /// Under which ids Graph may know the application that it was issued to.
    issued_to: Vec<String>,
}

impl Bearer {
    pub(crate) fn secret(&self) -> &str {
        self.secret.secret()
    }

    pub(crate) fn age(&self) -> Duration {
        self.first_seen.elapsed()
    }
}

impl PartialEq for Bearer {
    fn eq(&self, other: &Self) -> bool {
        self.secret == other.secret
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(REDACTED)")
    }
}

/// A refusal this young is handed out to everybody who asks: the tenant's gate lets nobody try before.
const YOUNG: Duration = Duration::from_secs(1);

/// The tokens of a client: one is asked for at a time, and all who wait get that answer.
#[derive(Default)]
pub(crate) struct Tokens {
    memory: Mutex<TokenMemory>,
    asking: tokio::sync::Mutex<()>,
}

/// What a client remembers of its tokens.
#[derive(Default)]
struct TokenMemory {
    last: Option<Bearer>,
    refused: Option<Secret>,
    failed: Option<Failed>,
    /// Counts how often the token was to be forgotten: an answer to a question from before is nobody's any more.
    epoch: u64,
}

/// A question that was answered without a token.
struct Failed {
    at: Instant,
    error: GraphError,
}

/// The most roles of a token that are told. Graph has hundreds, and an application needs three of them.
const MAX_ROLES: usize = 100;

fn role(role: &str) -> String {
    text::bounded_to(role, 128)
}

const NEVER_ANSWERED: ErrorKind = ErrorKind::Token {
    aadsts: None,
    transient: true,
};

impl Client {
    /// A token as Graph calls would use it, decoded.
    pub async fn token(&self) -> Result<Token, GraphError> {
        let (bearer, expires_on) = self.acquire("get a token").await?;
        Ok(decode(bearer.secret(), expires_on))
    }

    /// Whether the token in use lets its bearer read Cloud PC objects and write none. Asks nobody; false before there
    /// is a token, and Graph refuses what such a token may not do anyway.
    pub fn reads_only(&self) -> bool {
        self.tokens().last.as_ref().is_some_and(|bearer| bearer.reads_only)
    }

    /// Whether a token was ever obtained.
    pub fn has_token(&self) -> bool {
        self.tokens().last.is_some()
    }

    /// Whether an id is the application's own, or its service principal's, by the token in use. Nothing before there is one.
    pub fn is_own_application(&self, id: &str) -> Option<bool> {
        let tokens = self.tokens();
        let issued_to = &tokens.last.as_ref()?.issued_to;
        (!issued_to.is_empty()).then(|| issued_to.iter().any(|own| own.eq_ignore_ascii_case(id)))
    }

    /// Never use the token in use again: the next call asks for a new one.
    pub fn forget_token(&self) {
        let mut tokens = self.tokens();
        tokens.refused = tokens.last.as_ref().map(|bearer| bearer.secret.clone());
        tokens.failed = None;
        tokens.epoch += 1;
    }

    pub(crate) async fn bearer(&self, operation: &str) -> Result<Bearer, GraphError> {
        self.acquire(operation).await.map(|(bearer, _)| bearer)
    }

    /// Graph refused this token. A late refusal of a token that was replaced meanwhile changes
    /// nothing.
    pub(crate) fn reject(&self, token: &Bearer) {
        let mut tokens = self.tokens();
        if tokens.last.as_ref() == Some(token) {
            tokens.refused = Some(token.secret.clone());
        }
    }

    async fn acquire(&self, operation: &str) -> Result<(Bearer, Timestamp), GraphError> {
        // Work that began before a failure was known does not ask again; what begins after it has passed the gate.
        let since = Caller::current().map_or_else(Instant::now, |caller| caller.since());
        let _asking = self.inner.tokens.asking.lock().await;
        if let Some(error) = self.failed_since(since) {
            return Err(GraphError {
                operation: operation.to_owned(),
                ..error
            });
        }
        let observer = &self.inner.config.observer;
        let attempt = || async { self.request_token(operation).await.inspect_err(|_| observer.token_failed()) };
        let epoch = self.tokens().epoch;
        let token = retry::token(attempt).await.inspect_err(|error| self.note_failure(error, epoch))?;
        let expires_on = Timestamp::from_second(token.expires_on.unix_timestamp()).unwrap_or(Timestamp::MAX);
        let mut tokens = self.tokens();
        tokens.failed = None;
        if tokens.refused.as_ref() == Some(&token.token) {
            // There is no other one: to ask for it before each request would help nobody. A new refusal asks again.
            tokens.refused = None;
        }
        let known = tokens.last.take().filter(|last| last.secret == token.token);
        let bearer = known.unwrap_or_else(|| {
            observer.token_refreshed();
            let decoded = decode(token.token.secret(), expires_on);
            Bearer {
                reads_only: decoded.reads_only(),
                issued_to: decoded.app_id.into_iter().chain(decoded.object_id).collect(),
                secret: token.token,
                first_seen: Instant::now(),
            }
        });
        tokens.last = Some(bearer.clone());
        Ok((bearer, expires_on))
    }

    /// The failure that was answered to somebody while this work waited, or a moment ago.
    fn failed_since(&self, since: Instant) -> Option<GraphError> {
        let tokens = self.tokens();
        let failed = tokens.failed.as_ref()?;
        (failed.at >= since || failed.at.elapsed() < YOUNG).then(|| failed.error.clone())
    }

    fn note_failure(&self, error: &GraphError, epoch: u64) {
        let mut tokens = self.tokens();
        if tokens.epoch == epoch {
            tokens.failed = Some(Failed {
                at: Instant::now(),
                error: error.clone(),
            });
        }
    }

    async fn request_token(&self, operation: &str) -> Result<azure_core::credentials::AccessToken, GraphError> {
        let mut context = Context::new();
        if let Some(refused) = self.tokens().refused.clone() {
            context.insert(Refused(refused));
        }
        let options = TokenRequestOptions {
            method_options: ClientMethodOptions { context },
        };
        let config = &self.inner.config;
        let scopes = [config.scope.as_str()];
        // A credential is foreign code and may have no deadline of its own.
        let answered = tokio::time::timeout(config.request_timeout, config.credential.get_token(&scopes, Some(options))).await;
        let token = match answered {
            Ok(answer) => answer.map_err(|error| token_error::classify(operation, &error))?,
            Err(_) => {
                return Err(GraphError::new(operation, NEVER_ANSWERED, "no token within the request timeout"));
            }
        };
        if token.token.secret().is_empty() {
            return Err(GraphError::new(
                operation,
                NEVER_ANSWERED,
                "the token endpoint answered without a token",
            ));
        }
        Ok(token)
    }

    fn tokens(&self) -> MutexGuard<'_, TokenMemory> {
        // Nothing panics while it is held, and no half-made state could be in it if something did.
        self.inner.tokens.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn claims(token: &str) -> Value {
    let payload = token
        .split('.')
        .nth(1)
        .and_then(|payload| URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok());
    payload.and_then(|payload| answer::parse(&payload).ok()).unwrap_or_default()
}

/// The id of the tenant that a token says it is for.
pub(crate) fn tenant_of(token: &str) -> Option<String> {
    let tenant = claims(token).get("tid")?.as_str().map(|tenant| text::bounded_to(tenant, 64))?;
    Some(tenant).filter(|tenant| !tenant.is_empty())
}

/// Reads the claims. Whatever cannot be read is absent.
fn decode(token: &str, expires_on: Timestamp) -> Token {
    let claims = claims(token);
    let roles = claims.get("roles").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let app_id = claims.get("appid").or_else(|| claims.get("azp")).and_then(Value::as_str);
    let object_id = claims.get("oid").and_then(Value::as_str);
    Token {
        roles: roles.iter().filter_map(Value::as_str).take(MAX_ROLES).map(role).collect(),
        app_id: app_id.map(|id| text::bounded_to(id, 64)),
        object_id: object_id.map(|id| text::bounded_to(id, 64)),
        expires_on,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_are_hints_and_never_failures() {
        let jwt = |claims: &Value| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let read = decode(
            &jwt(&json!({"roles": ["CloudPC.ReadWrite.All", 7], "appid": "a"})),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(
            (read.roles, read.app_id.as_deref()),
            (vec!["CloudPC.ReadWrite.All".to_owned()], Some("a"))
        );
        for opaque in ["", "opaque", "a.b.c", "..", &jwt(&json!([])), &jwt(&json!({"roles": "x"}))] {
            let read = decode(opaque, Timestamp::UNIX_EPOCH);
            assert_eq!((read.roles.len(), read.app_id), (0, None), "{opaque}");
        }
    }
}
