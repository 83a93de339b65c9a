//! Access tokens: requesting one, remembering the one that Graph refused, and reading one for diagnostics.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::http::{ClientMethodOptions, Context};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::time::Instant;

use crate::graph::auth::renewable::Refused;
use crate::graph::auth::token_error;
use crate::graph::budget::caller::Caller;
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::http::observer::Observer;
use crate::graph::http::{json, retry};
use crate::graph::text;

/// The claims of an access token. Microsoft documents Graph's tokens as opaque, so this is a hint: because of it the
/// controller may write less, never more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The application permissions it carries; empty when it has none or cannot be read.
    pub roles: Vec<String>,
    /// The application it was issued to.
    pub app_id: Option<String>,
    /// The application's service principal in the tenant.
    pub object_id: Option<String>,
    pub expires_on: Timestamp,
}

impl Token {
    /// Whether it allows to read Cloud PC objects and to write none.
    pub(crate) fn reads_only(&self) -> bool {
        let has = |role: &str| self.roles.iter().any(|granted| granted == role);
        has("CloudPC.Read.All") && !has("CloudPC.ReadWrite.All")
    }
}

/// A token in use, and when this client saw it first.
#[derive(Clone)]
pub(crate) struct Bearer {
    secret: Secret,
    first_seen: Instant,
    reads_only: bool,
    /// The ids of the application that it was issued to, and of its service principal.
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

/// A failure this young answers every token request: none is repeated at once.
const YOUNG: Duration = Duration::from_secs(1);

/// The tokens of a client. One token is requested at a time, and all callers that wait get that answer.
pub(crate) struct Tokens {
    credential: Arc<dyn TokenCredential>,
    scope: String,
    timeout: Duration,
    observer: Arc<dyn Observer>,
    memory: Mutex<TokenMemory>,
    requesting: tokio::sync::Mutex<()>,
}

/// What a client remembers of its tokens.
#[derive(Default)]
struct TokenMemory {
    last: Option<Bearer>,
    refused: Option<Secret>,
    failed: Option<Failed>,
    /// How often the token was forgotten: a failure of a request from before counts no more.
    epoch: u64,
}

struct Failed {
    at: Instant,
    error: GraphError,
}

/// The most roles that are read from a token. Graph has hundreds, and an application needs three of them.
const MAX_ROLES: usize = 100;

fn role(role: &str) -> String {
    text::bounded_to(role, 128)
}

impl Tokens {
    /// Tokens of a credential for a scope. One request for a token takes at most `timeout`.
    pub(crate) fn new(credential: Arc<dyn TokenCredential>, scope: String, timeout: Duration, observer: Arc<dyn Observer>) -> Self {
        Self {
            credential,
            scope,
            timeout,
            observer,
            memory: Mutex::default(),
            requesting: tokio::sync::Mutex::default(),
        }
    }

    /// A token as Graph calls would use it, decoded.
    pub(crate) async fn token(&self) -> Result<Token, GraphError> {
        let (bearer, expires_on) = self.acquire("get a token").await?;
        Ok(decode(bearer.secret(), expires_on))
    }

    pub(crate) fn reads_only(&self) -> bool {
        self.memory.lock().last.as_ref().is_some_and(|bearer| bearer.reads_only)
    }

    pub(crate) fn has_token(&self) -> bool {
        self.memory.lock().last.is_some()
    }

    pub(crate) fn is_own_application(&self, id: &str) -> Option<bool> {
        let memory = self.memory.lock();
        let issued_to = &memory.last.as_ref()?.issued_to;
        (!issued_to.is_empty()).then(|| issued_to.iter().any(|own| own.eq_ignore_ascii_case(id)))
    }

    pub(crate) fn forget(&self) {
        let mut memory = self.memory.lock();
        memory.refused = memory.last.as_ref().map(|bearer| bearer.secret.clone());
        memory.failed = None;
        memory.epoch += 1;
    }

    pub(crate) async fn bearer(&self, operation: &str) -> Result<Bearer, GraphError> {
        self.acquire(operation).await.map(|(bearer, _)| bearer)
    }

    /// Remembers that Graph refused this token. A late refusal of a token that was replaced meanwhile changes nothing.
    pub(crate) fn reject(&self, token: &Bearer) {
        let mut memory = self.memory.lock();
        if memory.last.as_ref() == Some(token) {
            memory.refused = Some(token.secret.clone());
        }
    }

    async fn acquire(&self, operation: &str) -> Result<(Bearer, Timestamp), GraphError> {
        // Work that began before a failure was known does not repeat the request; later work has passed the tenant's gate.
        let since = Caller::current().map_or_else(Instant::now, |caller| caller.since);
        let _requesting = self.requesting.lock().await;
        if let Some(error) = self.failed_since(since) {
            return Err(GraphError {
                operation: operation.to_owned(),
                ..error
            });
        }
        let attempt = || async { self.request(operation).await.inspect_err(|_| self.observer.token_failed()) };
        let epoch = self.memory.lock().epoch;
        let token = retry::token(attempt).await.inspect_err(|error| self.note_failure(error, epoch))?;
        let expires_on = Timestamp::from_second(token.expires_on.unix_timestamp()).unwrap_or(Timestamp::MAX);
        let mut memory = self.memory.lock();
        memory.failed = None;
        if memory.refused.as_ref() == Some(&token.token) {
            // There is no other token: to request one before each call would not help. A new refusal requests again.
            memory.refused = None;
        }
        let known = memory.last.take().filter(|last| last.secret == token.token);
        let bearer = known.unwrap_or_else(|| {
            self.observer.token_refreshed();
            let decoded = decode(token.token.secret(), expires_on);
            Bearer {
                reads_only: decoded.reads_only(),
                issued_to: decoded.app_id.into_iter().chain(decoded.object_id).collect(),
                secret: token.token,
                first_seen: Instant::now(),
            }
        });
        memory.last = Some(bearer.clone());
        Ok((bearer, expires_on))
    }

    /// The failure that became known while this work waited, or a moment ago.
    fn failed_since(&self, since: Instant) -> Option<GraphError> {
        let memory = self.memory.lock();
        let failed = memory.failed.as_ref()?;
        (failed.at >= since || failed.at.elapsed() < YOUNG).then(|| failed.error.clone())
    }

    fn note_failure(&self, error: &GraphError, epoch: u64) {
        let mut memory = self.memory.lock();
        if memory.epoch == epoch {
            memory.failed = Some(Failed {
                at: Instant::now(),
                error: error.clone(),
            });
        }
    }

    async fn request(&self, operation: &str) -> Result<AccessToken, GraphError> {
        let mut context = Context::new();
        if let Some(refused) = self.memory.lock().refused.clone() {
            context.insert(Refused(refused));
        }
        let options = TokenRequestOptions {
            method_options: ClientMethodOptions { context },
        };
        let scopes = [self.scope.as_str()];
        // A credential is a library's code and may have no deadline of its own.
        let answer = tokio::time::timeout(self.timeout, self.credential.get_token(&scopes, Some(options))).await;
        let never = |problem: &str| Err(GraphError::new(operation, ErrorKind::NO_TOKEN, problem));
        match answer {
            Ok(Ok(token)) if token.token.secret().is_empty() => never("the token endpoint answered without a token"),
            Ok(answer) => answer.map_err(|error| token_error::classify(operation, &error)),
            Err(_) => never("no token within the request timeout"),
        }
    }
}

fn claims(token: &str) -> Value {
    let payload = token
        .split('.')
        .nth(1)
        .and_then(|payload| URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok());
    payload.and_then(|payload| json::parse(&payload).ok()).unwrap_or_default()
}

/// The id of the tenant that a token is for, by its claims.
pub(crate) fn tenant_of(token: &str) -> Option<String> {
    let tenant = claims(token).get("tid")?.as_str().map(|tenant| text::bounded_to(tenant, 64))?;
    Some(tenant).filter(|tenant| !tenant.is_empty())
}

/// Reads the claims. A claim that cannot be read is absent.
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
