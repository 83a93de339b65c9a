//! How a pass can end short of success, classified by the decision that follows: see "Failure and retry" in docs/concepts.md.
//! Success is never a variant here.

use std::time::Duration;

use crate::graph;
use crate::graph::{ErrorKind, GraphError};
use crate::report::reason::Reason;

/// Why a pass stopped. The class decides what happens next; the text is for people.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    pub class: Class,
    pub reason: Reason,
    /// What was tried, what happened, what the user can do.
    pub message: String,
    /// A wait that was requested (`Retry-After`, a settle window); backoff otherwise.
    pub after: Option<Duration>,
    /// The least that a service asked for, below the object's own backoff.
    pub at_least: Option<Duration>,
    /// What was not checked before it stopped.
    pub unseen: Unseen,
    /// It does not end by itself: a person has to act, though it is tried again.
    pub permanent: bool,
}

/// What a pass had not checked when it stopped: nothing is reported of that.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unseen {
    /// Everything was checked.
    Nothing,
    /// The state in Graph.
    Graph,
    /// That, and whether everything that the spec names exists.
    References,
}

/// The decision that a failure causes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Class {
    /// A dependency or the service is still working: check again, without a Warning.
    Waiting,
    /// A person must act: no retry until something changes.
    Stalled,
    /// The attempt failed and the state in Graph is known: backoff.
    Retry,
    /// The attempt failed and nothing is known about Graph: backoff, `Ready=Unknown`.
    Unreachable,
}

impl Failure {
    fn new(class: Class, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            class,
            reason,
            message: message.into(),
            after: None,
            at_least: None,
            unseen: Unseen::Nothing,
            permanent: false,
        }
    }

    /// The same failure, which a person has to correct.
    pub(crate) fn permanent(self) -> Self {
        Self { permanent: true, ..self }
    }

    /// The same failure, of a pass that had not checked this.
    pub(crate) fn before(self, unseen: Unseen) -> Self {
        Self { unseen, ..self }
    }

    /// A wait for something that appears by itself.
    pub(crate) fn waiting(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(Class::Waiting, reason, message)
    }

    /// A wait whose end is known.
    pub(crate) fn waiting_for(reason: Reason, message: impl Into<String>, after: Duration) -> Self {
        Self {
            after: Some(after),
            ..Self::waiting(reason, message)
        }
    }

    /// Nothing can continue until a person acts.
    pub(crate) fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(Class::Stalled, reason, message)
    }

    /// Whether Graph refused a write for good. A read that Graph refuses is repeated: it proves nothing about the spec.
    pub(crate) fn is_refusal(&self) -> bool {
        self.reason == Reason::Refused && self.class == Class::Stalled
    }

    /// An attempt that is worth repeating.
    pub(crate) fn retry(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(Class::Retry, reason, message)
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let (class, reason) = match error.kind {
            ErrorKind::Token { .. } => (Class::Unreachable, Reason::AuthenticationFailed),
            ErrorKind::Unauthorized => (Class::Unreachable, Reason::AuthenticationFailed),
            ErrorKind::Forbidden => (Class::Retry, Reason::PermissionDenied),
            ErrorKind::BadRequest => (Class::Stalled, Reason::Refused),
            ErrorKind::NotFound | ErrorKind::Conflict => (Class::Retry, Reason::Conflict),
            ErrorKind::Throttled | ErrorKind::OverBudget => (Class::Unreachable, Reason::Throttled),
            ErrorKind::Unavailable | ErrorKind::Transport | ErrorKind::Decode => (Class::Unreachable, Reason::GraphUnavailable),
        };
        // A wrong configuration does not correct itself.
        let permanent = matches!(error.kind, ErrorKind::Token { transient: false, .. } | ErrorKind::Unauthorized);
        let advice = graph::advice(&error);
        let message = if advice.is_empty() {
            error.to_string()
        } else {
            format!("{error}. {advice}")
        };
        // A failing service that asks for a pause of one second does not get a request each second for ever.
        let (after, at_least) = if error.kind == ErrorKind::Unavailable {
            (None, error.retry_after)
        } else {
            (error.retry_after, None)
        };
        Self {
            after,
            at_least,
            permanent,
            ..Self::new(class, reason, message)
        }
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        if is_conflict(&error) {
            // Our copy was stale; the next pass sees the newer one.
            return Self {
                after: Some(Duration::from_millis(500)),
                ..Self::retry(Reason::KubernetesApi, "the object changed during the pass; reading it again")
            };
        }
        // kube's own text of an answer repeats the whole Status object.
        let text = if let kube::Error::Api(status) = &error {
            format!("{} ({})", status.message, status.code)
        } else {
            error.to_string()
        };
        Self::retry(Reason::KubernetesApi, format!("a request to the Kubernetes API failed: {text}"))
    }
}

/// Whether a write had a conflict with a newer version. By code: `is_conflict()` checks the reason only.
pub(crate) fn is_conflict(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 409)
}

/// Whether the object is gone.
pub(crate) fn is_gone(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}
