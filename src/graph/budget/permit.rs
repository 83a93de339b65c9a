//! Leave to send one request, and what its answer teaches.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::graph::budget::limits::RequestClass;
use crate::graph::budget::line::Waiter;
use crate::graph::budget::place::Place;
use crate::graph::budget::window::Taken;
use crate::graph::budget::{Budget, Caller, FLOOR};

/// What a class keeps when the limit is nearly reached.
const NEAR: f64 = 0.8;

/// The share of a limit in use from which Graph tells it, and sometimes beyond 1 (fact sheet 8).
const LIMIT_PERCENTAGE: &str = "x-ms-throttle-limit-percentage";

/// Leave to send one request. Dropped without having been used, it goes back.
pub struct Permit {
    budget: Arc<Budget>,
    class: RequestClass,
    taken: Taken,
    /// The place in the line that it was given for.
    ticket: u64,
    waiter: Waiter,
    sent: Option<Instant>,
    /// Graph answered and did not refuse it as too many.
    accepted: bool,
    /// Its place in the line is kept already.
    returned: bool,
}

impl Permit {
    /// For a request of a class that the window has let go, in the turn of a ticket.
    pub(crate) fn new(budget: &Arc<Budget>, class: RequestClass, taken: Taken, ticket: u64, waiter: Waiter) -> Self {
        Self {
            budget: Arc::clone(budget),
            class,
            taken,
            ticket,
            waiter,
            sent: None,
            accepted: false,
            returned: false,
        }
    }

    /// The request goes out. A second time means that it is repeated at once, which counts and does not wait.
    pub(in crate::graph) fn send(&mut self) {
        let now = Instant::now();
        if self.sent.replace(now).is_some() {
            let mut state = self.budget.lock();
            let window = &mut state.counter(self.class).window;
            window.answered(self.taken, self.accepted, now);
            self.taken = window.charge();
            self.accepted = false;
        }
    }

    /// What the answer says about limits.
    pub(in crate::graph) fn heard(&mut self, status: StatusCode, headers: &HeaderMap, retry_after: Option<Duration>) {
        let Some(sent) = self.sent else { return };
        let now = Instant::now();
        let mut state = self.budget.lock();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let pause = retry_after.unwrap_or(FLOOR);
            let until = state.paused_until.map_or(now + pause, |until| until.max(now + pause));
            state.paused_until = Some(until);
            // Of all that were refused side by side, one teaches; a lesson that is learned holds until its pause is over.
            state.counter(self.class).window.refuse(sent, until, retry_after.is_some(), now);
            drop(state);
            self.budget.observer.throttled(self.class.as_str(), pause);
            self.budget.changed.notify_waiters();
            return;
        }
        self.accepted = true;
        if limit_percentage(headers).is_some_and(|share| share >= NEAR) {
            state.counter(self.class).window.warn(NEAR, sent, now);
        }
    }

    pub(crate) const fn ticket(&self) -> u64 {
        self.ticket
    }

    pub(crate) fn is_of(&self, budget: &Arc<Budget>, class: RequestClass) -> bool {
        Arc::ptr_eq(&self.budget, budget) && self.class == class
    }

    /// Gives it back and keeps the place in the line that it was given for.
    pub(crate) fn into_place(mut self) -> Place {
        self.returned = true;
        self.back_to_line()
    }

    fn back_to_line(&self) -> Place {
        let mut state = self.budget.lock();
        let line = &mut state.counter(self.class).line;
        line.step_aside(self.ticket, self.waiter.clone());
        drop(state);
        Place::at(&self.budget, self.class, self.ticket)
    }
}

fn limit_percentage(headers: &HeaderMap) -> Option<f64> {
    headers.get(LIMIT_PERCENTAGE)?.to_str().ok()?.trim().parse().ok()
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        let window = &mut state.counter(self.class).window;
        match self.sent {
            Some(_) => window.answered(self.taken, self.accepted, Instant::now()),
            None => window.give_back(self.taken),
        }
        drop(state);
        if self.sent.is_none()
            && !self.returned
            && let Some(caller) = Caller::current()
        {
            caller.keep_unused(self.back_to_line());
        }
        self.budget.changed.notify_waiters();
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("class", &self.class).finish_non_exhaustive()
    }
}
