//! Why a pass stops without a verdict: it is deferred, or it failed. A wait is not an error.

use std::time::Duration;

use crate::graph::{ErrorKind, GraphError};
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::runtime::backoff::jitter;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stop {
    /// It is deferred, because its turn has not come or another pass reads what this one needs; nothing is reported.
    Later(Later),
    /// It is blocked, or it failed.
    Failed(Failure),
}

/// When a deferred pass comes back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Later {
    pub after: Duration,
    /// The message of a wait for the budget's turn, if it is reported; nothing when another pass is at work.
    pub turn: Option<String>,
}

/// How soon a pass comes back that waits for another one.
const SOON: Duration = Duration::from_millis(250);

impl Stop {
    /// A pass that is deferred while another one asks Graph what it needs to know.
    pub(crate) fn soon() -> Self {
        Self::later(SOON)
    }

    /// The same when it is known how long that takes.
    pub(crate) fn later(wait: Duration) -> Self {
        Self::Later(Later {
            after: jitter(wait.max(SOON), 40),
            turn: None,
        })
    }

    /// See [`Failure::waiting`].
    pub(crate) fn waiting(reason: Reason, message: impl Into<String>) -> Self {
        Self::Failed(Failure::waiting(reason, message))
    }

    /// See [`Failure::waiting_for`].
    pub(crate) fn waiting_for(reason: Reason, message: impl Into<String>, after: Duration) -> Self {
        Self::Failed(Failure::waiting_for(reason, message, after))
    }

    /// See [`Failure::stalled`].
    pub(crate) fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self::Failed(Failure::stalled(reason, message))
    }

    /// See [`Failure::retry`].
    pub(crate) fn retry(reason: Reason, message: impl Into<String>) -> Self {
        Self::Failed(Failure::retry(reason, message))
    }

    /// Whether it is deferred.
    pub(crate) const fn is_later(&self) -> bool {
        matches!(self, Self::Later(_))
    }

    /// The failure, if it is one.
    pub(crate) const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Later(_) => None,
            Self::Failed(failure) => Some(failure),
        }
    }

    /// Whether it failed in this way.
    pub(crate) fn is(&self, class: Class) -> bool {
        self.failure().is_some_and(|failure| failure.class == class)
    }

    /// Whether it failed for this reason.
    pub(crate) fn because(&self, reason: Reason) -> bool {
        self.failure().is_some_and(|failure| failure.reason == reason)
    }

    /// The failure that is reported for it.
    pub(crate) fn reported(self) -> Failure {
        match self {
            Self::Later(later) => later.reported(),
            Self::Failed(failure) => failure,
        }
    }

    /// Changes the failure, if it is one.
    pub(crate) fn map(self, change: impl FnOnce(Failure) -> Failure) -> Self {
        match self {
            Self::Later(_) => self,
            Self::Failed(failure) => Self::Failed(change(failure)),
        }
    }
}

impl Later {
    /// The same as a wait that is reported.
    pub(crate) fn reported(self) -> Failure {
        let message = self.turn.unwrap_or_else(|| "another pass is reading the same".to_owned());
        Failure::waiting_for(Reason::Throttled, message, self.after)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<GraphError> for Stop {
    fn from(error: GraphError) -> Self {
        if error.kind != ErrorKind::OverBudget {
            return Self::Failed(error.into());
        }
        // Nothing was sent.
        let failure = Failure::from(error);
        Self::Later(Later {
            after: failure.after.unwrap_or(SOON),
            turn: Some(failure.message),
        })
    }
}

impl From<kube::Error> for Stop {
    fn from(error: kube::Error) -> Self {
        Self::Failed(error.into())
    }
}
