//! One breaker per tenant: after a failure that concerns the whole tenant (no token, no answer, throttled), the
//! other objects of the tenant wait with it instead of asking the same question a thousand times. When the wait is
//! over, one pass tries; the others follow when it succeeds.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::outcome::{Class, Failure};
use crate::graph::{ErrorKind, GraphError};
use crate::runtime::backoff::jitter;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// A refused sign-in is a matter for people; asking more often than this helps nobody (reliability.md F22).
const LONGEST_SIGN_IN: Duration = Duration::from_secs(600);
/// How long one try may take before another pass may make one.
const TRY: Duration = Duration::from_secs(30);
/// How soon those look again that wait for the outcome of a try.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The breaker.
#[derive(Default)]
pub struct Gate(Mutex<Option<Closed>>);

struct Closed {
    failures: u32,
    since: Instant,
    until: Instant,
    trying: Option<Instant>,
    failure: Failure,
}

impl Gate {
    /// Lets a request through, or hands out the failure that the tenant had last, with the time that is left to wait.
    pub fn check(&self) -> Result<(), Failure> {
        let (mut gate, now) = (self.lock(), Instant::now());
        let Some(closed) = gate.as_mut() else { return Ok(()) };
        let wait = if closed.until > now {
            closed.until.saturating_duration_since(now) + Duration::from_millis(200)
        } else if closed.trying.is_some_and(|since| now.saturating_duration_since(since) < TRY) {
            LOOK_AGAIN
        } else {
            closed.trying = Some(now);
            return Ok(());
        };
        Err(Failure {
            after: Some(jitter(wait, 10)),
            ..closed.failure.clone()
        })
    }

    /// Takes the result of a write into account and passes it on. `asked` is when the request was made.
    pub fn record<T>(&self, asked: Instant, result: Result<T, GraphError>) -> Result<T, Failure> {
        match result {
            Ok(value) => {
                let mut gate = self.lock();
                // A late success of a request from before the failure says nothing about now.
                if gate.as_ref().is_some_and(|closed| asked >= closed.since) {
                    *gate = None;
                }
                Ok(value)
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// The same for a read. A read that Graph calls wrong says nothing about the spec, so it is tried again.
    pub fn record_read<T>(&self, asked: Instant, result: Result<T, GraphError>) -> Result<T, Failure> {
        self.record(asked, result).map_err(|failure| {
            if failure.class == Class::Stalled {
                Failure {
                    class: Class::Retry,
                    ..failure
                }
            } else {
                failure
            }
        })
    }

    /// Takes an error into account: one that concerns the whole tenant closes the gate.
    pub fn failed(&self, error: GraphError) -> Failure {
        if error.kind == ErrorKind::OverBudget {
            // Nothing was sent, so nothing was found out.
            self.release();
            return error.into();
        }
        let longest = longest(&error);
        let answered = error.status.is_some();
        let asked_for = error.retry_after;
        let text = error.to_string();
        let mut failure = Failure::from(error);
        if let Some(longest) = longest {
            tracing::warn!(
                reason = failure.reason,
                error = text,
                "a request failed for a reason that concerns the whole tenant"
            );
            failure.message = format!("the tenant's requests fail, the first one was: {}", failure.message);
            return self.close(failure, longest, asked_for.unwrap_or_default());
        }
        if answered {
            self.reset();
        }
        failure
    }

    /// What the tenant failed with, while requests are held back, with the time that is left to wait; takes no try.
    pub fn closed(&self) -> Option<Failure> {
        let (gate, now) = (self.lock(), Instant::now());
        let closed = gate.as_ref().filter(|closed| closed.until > now)?;
        let left = closed.until.saturating_duration_since(now) + Duration::from_millis(200);
        Some(Failure {
            after: Some(left),
            ..closed.failure.clone()
        })
    }

    /// Gives a granted try back: nothing was sent after all.
    pub fn release(&self) {
        if let Some(closed) = self.lock().as_mut() {
            closed.trying = None;
        }
    }

    /// Forgets what failed: the tenant's configuration changed, or somebody asked for another try.
    pub fn reset(&self) {
        *self.lock() = None;
    }

    /// Closes for a while. Returns the failure that everybody is told: the first one of its kind, as long as it lasts, so
    /// that an outage is told once and not with every try.
    fn close(&self, failure: Failure, longest: Duration, asked_for: Duration) -> Failure {
        let (mut gate, now) = (self.lock(), Instant::now());
        if let Some(closed) = gate.as_mut().filter(|closed| closed.until > now) {
            // Passes that failed side by side count as one failure; the longest wait that Graph asked for holds.
            closed.until = closed.until.max(now + asked_for);
            return closed.failure.clone();
        }
        let failures = gate.as_ref().map_or(0, |closed| closed.failures);
        let first = gate
            .take()
            .map(|closed| closed.failure)
            .filter(|first| first.reason == failure.reason)
            .unwrap_or(failure);
        let backoff = FIRST.saturating_mul(1 << failures.min(16)).min(longest);
        *gate = Some(Closed {
            failures: failures + 1,
            since: now,
            until: now + asked_for.max(backoff),
            trying: None,
            failure: first.clone(),
        });
        Failure { after: None, ..first }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Closed>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The longest pause after an error that concerns the whole tenant; nothing for any other.
pub(super) fn longest(error: &GraphError) -> Option<Duration> {
    match error.kind {
        // Entra was not asked, and looking again at what is broken here costs nobody anything.
        ErrorKind::Token { .. } if error.status.is_none() => Some(LONGEST),
        ErrorKind::Token { transient: false, .. } | ErrorKind::Unauthorized => Some(LONGEST_SIGN_IN),
        ErrorKind::Token { .. } | ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::Transport => Some(LONGEST),
        // Graph answered, and not about the tenant as a whole; or nobody asked it.
        ErrorKind::BadRequest
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Decode
        | ErrorKind::OverBudget => None,
    }
}
