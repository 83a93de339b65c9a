//! The requests that one tenant may be sent: counted by class, shared by everything that the process does there.
//!
//! Nothing is sent without a [`Permit`]. Whoever has to wait stands in a line in which a user's change comes before a
//! repair and a repair before a look around; whoever would have to wait long is told when to come back instead, so that
//! it holds up nobody else. What Graph says of its limits is learned: a 429 halves the class and pauses all of them, a
//! limit that is nearly reached shrinks it a little, and time gives it back. It knows no URL and sends nothing.

mod limits;
mod line;
mod priority;
mod window;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use self::line::Line;
use self::window::Window;
use super::error::{ErrorKind, GraphError};
use super::observer::Observer;

pub use self::limits::{Limit, Limits, RequestClass};
pub use self::priority::Priority;

/// The longest wait for a turn. A pass has a deadline and makes a handful of requests.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause after a 429 that names none; the caller's backoff is longer when it fails again.
const FLOOR: Duration = Duration::from_secs(1);

/// The furthest time that somebody is told to come back at.
const FURTHEST: Duration = Duration::from_secs(300);

/// What a class keeps of its allowance after a 429.
const REFUSED: f64 = 0.5;

/// What it keeps when the limit is nearly reached.
const NEAR: f64 = 0.8;

/// The share of a limit in use from which Graph tells it, and sometimes beyond 1 (fact sheet 8).
const LIMIT_PERCENTAGE: &str = "x-ms-throttle-limit-percentage";

/// The budget of one tenant.
pub(super) struct Budget {
    state: Mutex<State>,
    /// Something changed that a waiter may be waiting for.
    changed: Notify,
    observer: Arc<dyn Observer>,
}

struct State {
    classes: [Counter; RequestClass::ALL.len()],
    paused_until: Option<Instant>,
}

struct Counter {
    window: Window,
    line: Line,
    /// By priority, until when those who were sent away have been told to come back.
    booked: [Option<Instant>; Priority::ALL.len()],
}

impl Counter {
    fn new(limit: Limit) -> Self {
        Self {
            window: Window::new(limit),
            line: Line::default(),
            booked: [None; Priority::ALL.len()],
        }
    }

    /// When somebody who is sent away shall come back: one after the other, as fast as the class allows, so that they do
    /// not all come at once only to be sent away again.
    fn book(&mut self, priority: Priority, earliest: Instant, now: Instant) -> Duration {
        let booked = &mut self.booked[priority as usize];
        let turn = booked.map_or(earliest, |booked| booked.max(earliest)).min(now + FURTHEST);
        *booked = Some(turn + self.window.spacing(now));
        turn - now
    }
}

/// A budget that several clients share. Clones are the same budget.
#[derive(Clone)]
pub struct SharedBudget(Arc<Budget>);

impl SharedBudget {
    /// A budget with these limits, whose use `observer` is told.
    pub fn new(limits: &Limits, observer: Arc<dyn Observer>) -> Self {
        Self(Arc::new(Budget::new(limits, observer)))
    }

    pub(super) async fn admit(&self, class: RequestClass, continues: bool, operation: &str) -> Result<Permit, GraphError> {
        self.0.admit(class, continues, operation).await
    }

    pub(super) fn left(&self, class: RequestClass) -> usize {
        self.0.left(class)
    }
}

impl fmt::Debug for SharedBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBudget").finish_non_exhaustive()
    }
}

/// What stands between a waiter and its turn.
enum Obstacle {
    /// Others come first, or the answer to a request that is under way.
    Others,
    /// The limit of the class, until then.
    Limit(Instant),
    /// Graph asked for a pause, until then.
    Pause(Instant),
}

/// Leave to send one request. Dropped without having been used, it goes back.
pub struct Permit {
    budget: Arc<Budget>,
    class: RequestClass,
    sent: Option<Instant>,
}

impl Budget {
    pub(super) fn new(limits: &Limits, observer: Arc<dyn Observer>) -> Self {
        Self {
            state: Mutex::new(State {
                classes: RequestClass::ALL.map(|class| Counter::new(limits.of(class))),
                paused_until: None,
            }),
            changed: Notify::new(),
            observer,
        }
    }

    /// Waits for the turn of a request with the priority of the surrounding work. The error says that nothing was sent, and
    /// when to come back. One that `continues` what has begun waits for a whole window, because to begin anew costs more.
    pub(super) async fn admit(self: &Arc<Self>, class: RequestClass, continues: bool, operation: &str) -> Result<Permit, GraphError> {
        let (priority, since) = (Priority::current(), Instant::now());
        let window = self.lock().counter(class).window.length();
        let patience = since + if continues { window + PATIENCE } else { PATIENCE };
        let place = Place {
            ticket: self.lock().counter(class).line.enter(priority),
            budget: self,
            class,
        };
        let mut waited = false;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on a change is noticed, also one between the look and the wait.
            changed.as_mut().enable();
            let now = Instant::now();
            let obstacle = self.lock().step(class, place.ticket, now);
            let Some(obstacle) = obstacle else {
                if waited {
                    self.observer.held_back(class.as_str(), now - since);
                }
                self.observer.budget(class.as_str(), self.left(class));
                return Ok(Permit {
                    budget: Arc::clone(self),
                    class,
                    sent: None,
                });
            };
            let until = match obstacle {
                Obstacle::Limit(at) | Obstacle::Pause(at) => at,
                Obstacle::Others => patience,
            };
            if now >= patience || until > patience {
                return Err(self.turned_away(class, priority, &obstacle, operation, now));
            }
            waited = true;
            tokio::select! {
                () = &mut changed => {}
                () = sleep_until(until) => {}
            }
        }
    }

    fn turned_away(&self, class: RequestClass, priority: Priority, obstacle: &Obstacle, operation: &str, now: Instant) -> GraphError {
        let (kind, message, after) = match *obstacle {
            Obstacle::Pause(until) => {
                let message = "Graph asked for a pause that is not over, so nothing was sent".to_owned();
                (ErrorKind::Throttled, message, until - now)
            }
            Obstacle::Limit(_) | Obstacle::Others => {
                let earliest = if let Obstacle::Limit(at) = *obstacle { at } else { now };
                let after = self.lock().counter(class).book(priority, earliest, now);
                let message = format!(
                    "the tenant's budget of {} requests is used up for the moment, so nothing was sent",
                    class.as_str()
                );
                (ErrorKind::OverBudget, message, after.max(FLOOR))
            }
        };
        GraphError {
            retry_after: Some(after),
            ..GraphError::new(operation, kind, message)
        }
    }

    /// How many requests of a class could go out now.
    pub(super) fn left(&self, class: RequestClass) -> usize {
        self.lock().counter(class).window.left(Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn counter(&mut self, class: RequestClass) -> &mut Counter {
        &mut self.classes[class as usize]
    }

    /// Takes the turn of a ticket, or says what is in the way.
    fn step(&mut self, class: RequestClass, ticket: u64, now: Instant) -> Option<Obstacle> {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Some(Obstacle::Pause(until));
        }
        let counter = self.counter(class);
        let Some(part) = counter.line.turn(ticket) else {
            return Some(Obstacle::Others);
        };
        match counter.window.take(part, now) {
            Ok(()) => {
                counter.line.served(ticket);
                None
            }
            Err(Some(at)) => Some(Obstacle::Limit(at)),
            Err(None) => Some(Obstacle::Others),
        }
    }
}

impl Permit {
    /// The request goes out. A second time means that it is repeated at once, which counts and does not wait.
    pub(super) fn send(&mut self) {
        let now = Instant::now();
        if self.sent.replace(now).is_some() {
            let mut state = self.budget.lock();
            let window = &mut state.counter(self.class).window;
            window.answered(now);
            window.charge();
        }
    }

    /// What the answer says about limits.
    pub(super) fn heard(&self, status: StatusCode, headers: &HeaderMap, retry_after: Option<Duration>) {
        let Some(sent) = self.sent else { return };
        let now = Instant::now();
        let mut state = self.budget.lock();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let pause = retry_after.unwrap_or(FLOOR);
            let until = state.paused_until.map_or(now + pause, |until| until.max(now + pause));
            state.paused_until = Some(until);
            // Of all that were refused side by side, one teaches; a lesson that is learned holds until its pause is over.
            state.counter(self.class).window.shrink(REFUSED, sent, until, now);
            drop(state);
            self.budget.observer.throttled(self.class.as_str(), pause);
            self.budget.changed.notify_waiters();
        } else if limit_percentage(headers).is_some_and(|share| share >= NEAR) {
            let window = &mut state.counter(self.class).window;
            let until = now + window.length();
            window.shrink(NEAR, sent, until, now);
        }
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
            Some(_) => window.answered(Instant::now()),
            None => window.give_back(),
        }
        drop(state);
        self.budget.changed.notify_waiters();
    }
}

/// A place in a line; left when the wait ends, however it ends.
struct Place<'a> {
    budget: &'a Budget,
    class: RequestClass,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.budget.lock().counter(self.class).line.leave(self.ticket);
        self.budget.changed.notify_waiters();
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("class", &self.class).finish_non_exhaustive()
    }
}
