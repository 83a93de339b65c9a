//! How a pass can end short of success, classified by the decision that follows (design section 3).
//! Success is never a variant here.

use std::time::Duration;

use crate::graph;
use crate::graph::{ErrorKind, GraphError};
use crate::report::reason;
use crate::runtime::backoff::jitter;

/// Why a pass stopped. The class decides what happens next; the text is for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The decision.
    pub class: Class,
    /// One of [`reasons`].
    pub reason: &'static str,
    /// What was tried, what happened, what the user can do.
    pub message: String,
    /// A wait that somebody asked for (`Retry-After`, a settle window); backoff otherwise.
    pub after: Option<Duration>,
    /// The least that a service asked for, below the object's own backoff.
    pub at_least: Option<Duration>,
    /// What was not looked at before it stopped.
    pub unseen: Unseen,
    /// It does not end by itself: a person has to act, though it is tried again.
    pub permanent: bool,
}

/// What a pass had not looked at when it stopped: nothing is said of that.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unseen {
    /// Everything was looked at.
    Nothing,
    /// What Graph holds.
    Graph,
    /// That, and whether there is everything that the spec names.
    References,
}

/// The decision that a failure causes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// Another pass is finding out what this one needs: come back in a moment, nothing is told to anybody.
    Deferred,
    /// A dependency or the service is still working: look again, nobody is alarmed.
    Waiting,
    /// A person must act: no retry until something changes.
    Stalled,
    /// The attempt failed and what Graph holds is known: backoff.
    Retry,
    /// The attempt failed and nothing is known about Graph: backoff, `Ready=Unknown`.
    Unreachable,
}

impl Failure {
    fn new(class: Class, reason: &'static str, message: impl Into<String>) -> Self {
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

    /// The same failure, which a person has to end.
    pub fn permanent(self) -> Self {
        Self { permanent: true, ..self }
    }

    /// A pass that gives its place to others while somebody else asks Graph what it needs to know.
    pub fn deferred() -> Self {
        Self::deferred_for(Duration::from_millis(250))
    }

    /// The same when it is known how long that takes.
    pub fn deferred_for(wait: Duration) -> Self {
        Self {
            after: Some(jitter(wait.max(Duration::from_millis(250)), 40)),
            ..Self::new(Class::Deferred, reason::NOT_CHECKED, "another pass is reading the same")
        }
    }

    /// The same, where something has to be said all the same; any other failure as it is.
    pub fn told(self) -> Self {
        match self.class {
            Class::Deferred => Self {
                class: Class::Waiting,
                ..self
            },
            _ => self,
        }
    }

    /// The same failure, of a pass that had not looked at this.
    pub fn before(self, unseen: Unseen) -> Self {
        Self { unseen, ..self }
    }

    /// A wait for something that appears by itself.
    pub fn waiting(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Class::Waiting, reason, message)
    }

    /// A wait whose end is known.
    pub fn waiting_for(reason: &'static str, message: impl Into<String>, after: Duration) -> Self {
        Self {
            after: Some(after),
            ..Self::waiting(reason, message)
        }
    }

    /// Nothing can go on until a person acts.
    pub fn stalled(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Class::Stalled, reason, message)
    }

    /// An attempt that is worth repeating.
    pub fn retry(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Class::Retry, reason, message)
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let (class, reason) = match error.kind {
            ErrorKind::Token { .. } => (Class::Unreachable, reason::AUTHENTICATION_FAILED),
            ErrorKind::Unauthorized => (Class::Unreachable, reason::AUTHENTICATION_FAILED),
            ErrorKind::Forbidden => (Class::Retry, reason::PERMISSION_DENIED),
            ErrorKind::BadRequest => (Class::Stalled, reason::REFUSED),
            ErrorKind::NotFound | ErrorKind::Conflict => (Class::Retry, reason::CONFLICT),
            ErrorKind::Throttled => (Class::Unreachable, reason::THROTTLED),
            ErrorKind::OverBudget => (Class::Deferred, reason::THROTTLED),
            ErrorKind::Unavailable | ErrorKind::Transport | ErrorKind::Decode => (Class::Unreachable, reason::GRAPH_UNAVAILABLE),
        };
        // What a person has configured does not come right by itself (fact sheet 11).
        let permanent = matches!(error.kind, ErrorKind::Token { transient: false, .. } | ErrorKind::Unauthorized);
        let advice = graph::advice(&error);
        let message = if advice.is_empty() {
            error.to_string()
        } else {
            format!("{error}. {advice}")
        };
        // A service in trouble that asks for a second is not asked each second for ever.
        let (after, at_least) = match error.kind {
            ErrorKind::Unavailable => (None, error.retry_after),
            _ => (error.retry_after, None),
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
                ..Self::retry(reason::KUBERNETES_API, "the object changed during the pass; looking again")
            };
        }
        // kube's own text of an answer repeats the whole Status object.
        let text = match &error {
            kube::Error::Api(status) => format!("{} ({})", status.message, status.code),
            other => other.to_string(),
        };
        Self::retry(reason::KUBERNETES_API, format!("a request to the Kubernetes API failed: {text}"))
    }
}

/// Whether a write lost against a newer version. By code: `is_conflict()` looks at the reason only.
pub fn is_conflict(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 409)
}

/// Whether the object is gone.
pub fn is_gone(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}
