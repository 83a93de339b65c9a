//! One breaker per tenant: after a failure that concerns the whole tenant (no token, no connection, a list that fails,
//! throttled), the other objects of the tenant wait with it instead of sending the same failing request. When the wait is over,
//! one pass tries; the others follow when it succeeds.
//!
//! The failure of one object's request concerns that object alone, until several objects fail with no success in between.
//! Objects of one namespace hold back that namespace and no other. Objects that had no part in a failure report only its
//! class, status, code and request id: no names, ids or texts of other namespaces' objects.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::graph::{Caller, ErrorKind, GraphError};
use crate::report::failure::{Class, Failure};
use crate::report::stop::Stop;
use crate::runtime::backoff::jitter;
use crate::tenant::suspects::Suspects;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// A person has to correct a refused sign-in; a request more often than this does not help.
const LONGEST_SIGN_IN: Duration = Duration::from_secs(600);
/// How long one try may take before another pass may make one.
const TRY: Duration = Duration::from_secs(30);
/// How soon the passes come back that wait for the outcome of a try.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// An object that failed leaves the try to others for so long.
const OTHERS_FIRST: Duration = Duration::from_secs(3);
/// A namespace without requests for this long is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// So long before the end of a pause that Graph asked for, passes are allowed again: the budget keeps the pause, and then
/// admits the waiting passes in turn.
const EARLY: Duration = Duration::from_secs(2);

/// The subject of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// One object: a write, or a read for this object alone. The [`Caller`] identifies it.
    Object,
    /// Something that all objects share: a list, the tenant itself, a token.
    Tenant,
}

/// The breaker.
#[derive(Default)]
pub(crate) struct Gate(Mutex<State>);

#[derive(Default)]
struct State {
    tenant: Option<Closed>,
    /// The tenant failed, and its own pass has not seen that yet.
    untold: bool,
    namespaces: HashMap<Arc<str>, Closed>,
    suspects: Suspects,
}

struct Closed {
    failures: u32,
    since: Instant,
    until: Instant,
    /// After the wait one pass tries, and the others wait for it.
    one_tries: bool,
    trying: Option<Instant>,
    failure: Failure,
}

/// How a failure closes a gate.
struct Closing {
    failure: Failure,
    longest: Duration,
    asked_for: Option<Duration>,
    throttled: bool,
}

/// The caller, as the gate sees it.
struct Asker {
    namespace: Arc<str>,
    object: Arc<str>,
}

impl Asker {
    fn current() -> Self {
        let caller = Caller::current();
        let (namespace, object) = caller.map_or_else(Default::default, |caller| (Arc::clone(caller.party()), Arc::clone(caller.key())));
        Self { namespace, object }
    }
}

impl Gate {
    /// Allows a request, or returns the last failure of the tenant, with the time that is left to wait.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        let (mut state, asker, now) = (self.0.lock(), Asker::current(), Instant::now());
        let state = &mut *state;
        let own = state.suspects.failure(&asker.object);
        let mut gates = [state.tenant.as_mut(), state.namespaces.get_mut(&asker.namespace)];
        for closed in gates.iter().flatten() {
            if let Some(wait) = closed.wait(own.is_some(), now) {
                let failure = closed.failure_for(own).clone();
                return Err(Stop::Failed(Failure {
                    after: Some(jitter(wait, 10)),
                    ..failure
                }));
            }
        }
        for closed in gates.iter_mut().flatten() {
            closed.trying = Some(now);
        }
        Ok(())
    }

    /// Takes the result of a request about one object into account and passes it on. `asked` is when it was made.
    pub(crate) fn record<T>(&self, asked: Instant, result: Result<T, GraphError>) -> Result<T, Stop> {
        self.record_about(About::Object, asked, result)
    }

    /// The same for a request about anything.
    fn record_about<T>(&self, about: About, asked: Instant, result: Result<T, GraphError>) -> Result<T, Stop> {
        match result {
            Ok(value) => {
                self.succeeded(asked);
                Ok(value)
            }
            Err(error) => Err(self.failed_about(about, error)),
        }
    }

    /// The same for a read. A read that Graph refuses as wrong proves nothing about the spec, so it is tried again.
    pub(crate) fn record_read<T>(&self, about: About, asked: Instant, result: Result<T, GraphError>) -> Result<T, Stop> {
        self.record_about(about, asked, result).map_err(|stop| {
            stop.map(|failure| match failure.class {
                Class::Stalled => Failure {
                    class: Class::Retry,
                    ..failure
                },
                Class::Waiting | Class::Retry | Class::Unreachable => failure,
            })
        })
    }

    /// Takes an error of a request about one object into account.
    pub(crate) fn failed(&self, error: GraphError) -> Stop {
        self.failed_about(About::Object, error)
    }

    /// Takes an error into account: one that concerns the whole tenant closes the gate.
    pub(crate) fn failed_about(&self, about: About, error: GraphError) -> Stop {
        if error.kind == ErrorKind::OverBudget {
            // Nothing was sent, so nothing new is known.
            self.release();
            return error.into();
        }
        let Some(longest) = longest(&error) else {
            // Graph answered, and not about the tenant as a whole.
            if error.status.is_some() {
                self.succeeded(Instant::now());
            }
            return error.into();
        };
        let (mut state, now) = (self.0.lock(), Instant::now());
        let (asker, of_tenant) = (Asker::current(), Closing::of_tenant(&error, longest));
        if about == About::Tenant || concerns_all(&error) {
            tracing::warn!(reason = of_tenant.failure.reason.as_str(), %error, "a request failed for a reason that concerns the whole tenant");
            return state.close(of_tenant, now).into();
        }
        let of_namespace = Closing::reporting("requests for several objects of this namespace fail", &error, longest);
        let failure = Failure::from(error);
        state.suspects.add(&asker.namespace, &asker.object, &failure, now);
        if state.suspects.of_several_namespaces(now) {
            tracing::warn!(reason = failure.reason.as_str(), "requests for objects of several namespaces fail");
            state.close(of_tenant, now);
        } else if state.suspects.of_one_namespace(&asker.namespace, now) {
            tracing::warn!(
                namespace = &*asker.namespace,
                reason = failure.reason.as_str(),
                "requests for several objects of a namespace fail"
            );
            let mut gate = state.namespaces.remove(&asker.namespace);
            close(&mut gate, of_namespace, now);
            state
                .namespaces
                .retain(|_, closed| now.saturating_duration_since(closed.until) < FORGOTTEN);
            state.namespaces.extend(gate.map(|closed| (asker.namespace, closed)));
        } else {
            // Perhaps that was a try; then it is another one's turn.
            state.release(&asker.namespace);
        }
        // It has a backoff of its own.
        failure.into()
    }

    /// The failure that holds requests back, with the time that is left to wait; takes no try.
    pub(crate) fn closed(&self) -> Option<Failure> {
        let (state, asker, now) = (self.0.lock(), Asker::current(), Instant::now());
        let mut gates = state.tenant.iter().chain(state.namespaces.get(&asker.namespace));
        let closed = gates.find(|closed| closed.until > now)?;
        let left = closed.until.saturating_duration_since(now) + Duration::from_millis(200);
        let own = state.suspects.failure(&asker.object);
        Some(Failure {
            after: Some(left),
            ..closed.failure_for(own).clone()
        })
    }

    /// Whether the tenant has failed since its own pass saw a failure last; each failure is news once. A pause that Graph asked for
    /// is none: it is over soon, and the requests that wait for it report it.
    pub(crate) fn take_news(&self) -> bool {
        std::mem::take(&mut self.0.lock().untold)
    }

    /// Returns a granted try: nothing was sent.
    pub(crate) fn release(&self) {
        self.0.lock().release(&Asker::current().namespace);
    }

    /// Makes a read through the gate. Returns when it was asked for as well.
    pub(crate) async fn read<T>(&self, about: About, request: impl Future<Output = Result<T, GraphError>>) -> Result<(Instant, T), Stop> {
        self.check()?;
        let asked = Instant::now();
        let value = self.record_read(about, asked, request.await)?;
        Ok((asked, value))
    }

    /// Forgets the failures: the tenant's configuration changed, or a person requested another try.
    pub(crate) fn reset(&self) {
        *self.0.lock() = State::default();
    }

    fn succeeded(&self, asked: Instant) {
        let mut state = self.0.lock();
        state.suspects.clear();
        let asker = Asker::current();
        // A late success of a request from before the failure proves nothing about now.
        state.tenant.take_if(|closed| asked >= closed.since);
        if state.namespaces.get(&asker.namespace).is_some_and(|closed| asked >= closed.since) {
            state.namespaces.remove(&asker.namespace);
        }
    }
}

impl State {
    fn close(&mut self, closing: Closing, now: Instant) -> Failure {
        let known = self
            .tenant
            .as_ref()
            .is_some_and(|closed| closed.failure.reason == closing.failure.reason);
        self.untold |= !known && !closing.throttled;
        close(&mut self.tenant, closing, now)
    }

    fn release(&mut self, namespace: &Arc<str>) {
        for closed in self.tenant.iter_mut().chain(self.namespaces.get_mut(namespace)) {
            closed.trying = None;
        }
    }
}

impl Closed {
    /// The failure for an object that may have failed itself: it keeps reporting its own as long as the cause is the same.
    fn failure_for<'a>(&'a self, own: Option<&'a Failure>) -> &'a Failure {
        own.filter(|own| own.reason == self.failure.reason).unwrap_or(&self.failure)
    }

    /// How long a caller has to wait; nothing when it may try.
    fn wait(&self, suspected: bool, now: Instant) -> Option<Duration> {
        if self.until > now {
            return Some(self.until.saturating_duration_since(now) + Duration::from_millis(200));
        }
        let tried = self.trying.is_some_and(|since| now.saturating_duration_since(since) < TRY);
        let others_first = suspected && now.saturating_duration_since(self.until) < OTHERS_FIRST;
        (self.one_tries && (tried || others_first)).then_some(LOOK_AGAIN)
    }
}

impl Closing {
    fn of_tenant(error: &GraphError, longest: Duration) -> Self {
        let signs_in = !matches!(error.kind, ErrorKind::Token { .. } | ErrorKind::Unauthorized);
        let what = if signs_in {
            "the tenant's requests fail"
        } else {
            "the tenant cannot sign in"
        };
        Self::reporting(what, error, longest)
    }

    fn reporting(what: &str, error: &GraphError, longest: Duration) -> Self {
        Self {
            failure: Failure::from(error.without_object(what)),
            longest,
            asked_for: error.retry_after,
            throttled: error.kind == ErrorKind::Throttled,
        }
    }
}

/// Closes a gate for a while. Returns the failure that all objects report: the first one of its kind, as long as it lasts, so
/// that an outage is reported once and not with every try.
fn close(gate: &mut Option<Closed>, closing: Closing, now: Instant) -> Failure {
    let asked_for = closing.asked_for.unwrap_or_default();
    // The budget keeps a pause that Graph named, and admits tries one after the other by itself.
    let kept_elsewhere = closing.throttled && closing.asked_for.is_some();
    let asked_for = if kept_elsewhere {
        asked_for.saturating_sub(EARLY)
    } else {
        asked_for
    };
    if let Some(closed) = gate.as_mut().filter(|closed| closed.until > now) {
        // Passes that failed side by side count as one failure; the longest wait that Graph asked for counts.
        closed.until = closed.until.max(now + asked_for);
        return closed.failure.clone();
    }
    let before = gate.take();
    let failures = before.as_ref().map_or(0, |closed| closed.failures);
    let same = |first: &Failure| first.reason == closing.failure.reason;
    let first = before.map(|closed| closed.failure).filter(same).unwrap_or(closing.failure);
    let backoff = FIRST.saturating_mul(1 << failures.min(16)).min(closing.longest);
    let wait = if kept_elsewhere { asked_for } else { asked_for.max(backoff) };
    *gate = Some(Closed {
        failures: failures + 1,
        since: Instant::now(),
        until: now + wait,
        one_tries: !kept_elsewhere,
        trying: None,
        failure: first.clone(),
    });
    Failure { after: None, ..first }
}

/// Whether an error is one of the whole tenant, whatever its request was about.
fn concerns_all(error: &GraphError) -> bool {
    matches!(error.kind, ErrorKind::Token { .. } | ErrorKind::Unauthorized | ErrorKind::Throttled) || error.not_connected()
}

/// The longest pause after an error that may concern the whole tenant; nothing for any other.
pub(crate) fn longest(error: &GraphError) -> Option<Duration> {
    match error.kind {
        // Entra was not asked, and another check of the local configuration costs nothing.
        ErrorKind::Token { .. } if error.status.is_none() => Some(LONGEST),
        ErrorKind::Token { transient: false, .. } | ErrorKind::Unauthorized => Some(LONGEST_SIGN_IN),
        ErrorKind::Token { .. } | ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::Transport => Some(LONGEST),
        // Graph answered, and not about the tenant as a whole; or no request was sent.
        ErrorKind::BadRequest
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Decode
        | ErrorKind::OverBudget => None,
    }
}
