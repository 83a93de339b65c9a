//! One breaker per tenant: after a failure that concerns the whole tenant (no token, no answer, throttled), the
//! other objects of the tenant wait with it instead of asking the same question a thousand times.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::outcome::{Class, Failure};
use crate::graph::{ErrorKind, GraphError};
use crate::runtime::backoff::jitter;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// A refused sign-in is a matter for people; asking more often than this helps nobody (reliability.md F22).
const LONGEST_SIGN_IN: Duration = Duration::from_secs(600);

/// The breaker.
#[derive(Default)]
pub struct Gate(Mutex<State>);

#[derive(Default)]
struct State {
    failures: u32,
    closed: Option<(Instant, Failure)>,
}

impl Gate {
    /// Lets a pass through, or hands it the failure that the tenant had last, with the time that is left to wait.
    pub fn check(&self) -> Result<(), Failure> {
        let state = self.lock();
        match &state.closed {
            Some((until, failure)) if *until > Instant::now() => {
                let left = until.saturating_duration_since(Instant::now());
                Err(Failure { after: Some(jitter(left + Duration::from_millis(200), 10)), ..failure.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Takes the result of a Graph request into account and passes it on.
    pub fn record<T>(&self, result: Result<T, GraphError>) -> Result<T, Failure> {
        match result {
            Ok(value) => {
                *self.lock() = State::default();
                Ok(value)
            }
            Err(error) => {
                let signing_in = matches!(error.kind, ErrorKind::Token { transient: false, .. });
                let asked_for = error.retry_after;
                let failure = Failure::from(error);
                if failure.class == Class::Unreachable {
                    self.close(&failure, if signing_in { LONGEST_SIGN_IN } else { LONGEST }, asked_for);
                }
                Err(failure)
            }
        }
    }

    /// Forgets what failed: the tenant's configuration changed, or somebody asked for another try.
    pub fn reset(&self) {
        *self.lock() = State::default();
    }

    fn close(&self, failure: &Failure, longest: Duration, asked_for: Option<Duration>) {
        let mut state = self.lock();
        // Passes that failed side by side count as one failure.
        if state.closed.as_ref().is_some_and(|(until, _)| *until > Instant::now()) {
            return;
        }
        let backoff = FIRST.saturating_mul(1 << state.failures.min(16)).min(longest);
        state.failures += 1;
        let wait = asked_for.unwrap_or_default().max(backoff);
        state.closed = Some((Instant::now() + wait, failure.clone()));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
