//! The permit to send one request, and what the budget learns from the answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::graph::budget::counter::FLOOR;
use crate::graph::budget::limits::RequestClass;
use crate::graph::budget::place::Place;
use crate::graph::budget::state::{Admitted, Budget};

/// What a class keeps when the limit is nearly reached.
const NEAR: f64 = 0.8;

/// The used share of a limit, which Graph sends from 0.8 on; it can be above 1. See
/// <https://learn.microsoft.com/graph/throttling>.
const LIMIT_PERCENTAGE: &str = "x-ms-throttle-limit-percentage";

/// The permit to send one request. One that is dropped unused returns to the budget.
pub(crate) struct Permit {
    budget: Arc<Budget>,
    admitted: Admitted,
    /// Takes the place in the line of a permit that was dropped unused.
    unused: fn(Place),
    sent: Option<Instant>,
    /// Graph answered, and not with 429.
    accepted: bool,
    /// Whether the place in the line was taken out of the permit.
    returned: bool,
}

impl Permit {
    /// For a request that the budget has admitted.
    pub(crate) fn new(budget: &Arc<Budget>, admitted: Admitted, unused: fn(Place)) -> Self {
        Self {
            budget: Arc::clone(budget),
            admitted,
            unused,
            sent: None,
            accepted: false,
            returned: false,
        }
    }

    /// The request is sent now. A second call means that it is repeated at once, which counts and does not wait.
    pub(crate) fn send(&mut self) {
        let now = Instant::now();
        if self.sent.replace(now).is_some() {
            let mut state = self.budget.lock();
            let window = &mut state.counter(self.admitted.class).window;
            window.answered(self.admitted.slot, self.accepted, now);
            self.admitted.slot = window.charge();
            self.accepted = false;
        }
    }

    /// Learns from the answer to the request.
    pub(crate) fn learn(&mut self, status: StatusCode, headers: &HeaderMap, retry_after: Option<Duration>) {
        let Some(sent) = self.sent else { return };
        let (class, now) = (self.admitted.class, Instant::now());
        let mut state = self.budget.lock();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let pause = retry_after.unwrap_or(FLOOR);
            let until = state.paused_until.map_or(now + pause, |until| until.max(now + pause));
            state.paused_until = Some(until);
            // Of several requests that were refused side by side, the first one counts; so does its lesson until the pause is over.
            state.counter(class).window.refuse(sent, until, retry_after.is_some(), now);
            drop(state);
            self.budget.observer.throttled(class.as_str(), pause);
            self.budget.changed.notify_waiters();
            return;
        }
        self.accepted = true;
        if limit_percentage(headers).is_some_and(|share| share >= NEAR) {
            state.counter(class).window.warn(NEAR, sent, now);
        }
    }

    pub(crate) const fn ticket(&self) -> u64 {
        self.admitted.ticket
    }

    pub(crate) fn is_of(&self, budget: &Arc<Budget>, class: RequestClass) -> bool {
        Arc::ptr_eq(&self.budget, budget) && self.admitted.class == class
    }

    /// Returns the permit and keeps the place in the line that it was for.
    pub(crate) fn into_place(mut self) -> Place {
        self.returned = true;
        self.back_to_line()
    }

    fn back_to_line(&self) -> Place {
        let Admitted { class, ticket, .. } = self.admitted;
        let waiter = self.admitted.waiter.clone();
        self.budget.lock().counter(class).line.step_aside(ticket, waiter);
        Place::at(&self.budget, class, ticket)
    }
}

fn limit_percentage(headers: &HeaderMap) -> Option<f64> {
    headers.get(LIMIT_PERCENTAGE)?.to_str().ok()?.trim().parse().ok()
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        let window = &mut state.counter(self.admitted.class).window;
        match self.sent {
            Some(_) => window.answered(self.admitted.slot, self.accepted, Instant::now()),
            None => window.give_back(self.admitted.slot),
        }
        drop(state);
        if self.sent.is_none() && !self.returned {
            (self.unused)(self.back_to_line());
        }
        self.budget.changed.notify_waiters();
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("class", &self.admitted.class)
            .finish_non_exhaustive()
    }
}
