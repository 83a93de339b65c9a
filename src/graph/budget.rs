//! The requests that one tenant may be sent: counted by class, shared by everything that the process does there.
//!
//! Nothing is sent without a [`Permit`]. Those who have to wait stand in a line in which a user's change comes before a
//! repair and a repair before a look around, and in which parties (the namespaces) take turns; one that would have to wait
//! long is told when to come back instead, so that it holds up no other, and keeps its place. What Graph says of its limits
//! is learned: a 429 pauses everything and teaches how many the class takes, a limit that is nearly reached shrinks it a
//! little, and what is taken beyond that gives it back. It knows no URL and sends nothing.

mod caller;
mod limits;
mod line;
mod parties;
mod place;
mod priority;
mod window;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use self::caller::TakenUp;
use self::line::{Line, Pace, Turn, Waiter};
use self::parties::Parties;
use self::window::{Taken, Window};
use super::error::{ErrorKind, GraphError};
use super::observer::Observer;

pub use self::caller::Caller;
pub use self::limits::{Limit, Limits, RequestClass};
pub use self::place::{Place, Waited};
pub use self::priority::Priority;

/// The longest wait for a turn. A pass has a deadline and makes a handful of requests.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause after a 429 that names none; the caller's backoff is longer when it fails again.
const FLOOR: Duration = Duration::from_secs(1);

/// One that is sent away is told to come back after so long at the latest: by then the limit may be another one.
const SOONEST_LOOK: Duration = Duration::from_secs(5);

/// It comes back so long before its turn: those who are there when the class has room again share it.
const EARLY: Duration = Duration::from_secs(1);

/// In a long line those looks are rarer, so that one comes back in so long.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a class keeps when the limit is nearly reached.
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
    parties: Parties,
    paused_until: Option<Instant>,
}

struct Counter {
    window: Window,
    line: Line,
    class: RequestClass,
}

impl Counter {
    fn new(class: RequestClass, limit: Limit) -> Self {
        Self {
            window: Window::new(limit),
            line: Line::default(),
            class,
        }
    }

    /// Takes the turn of a ticket, where there are `several` parties or one alone.
    fn step(&mut self, ticket: u64, several: bool, now: Instant) -> Result<(Taken, Waiter), Obstacle> {
        let spacing = self.window.spacing(now);
        let at_once = match self.class {
            // Made for all, whoever makes it.
            RequestClass::List => None,
            // What one party reads is a look before a write, mostly; a part of the window leaves enough for the others.
            RequestClass::Get | RequestClass::Directory => Some((self.window.believed(now) / 4).max(2)),
            // Few are under way when another party comes. The second makes up for time that was lost.
            RequestClass::Write => Some(2),
        };
        let at_once = at_once.filter(|_| several);
        let pace = at_once.map(|at_once| Pace {
            spacing,
            at_once: u32::try_from(at_once).unwrap_or(u32::MAX),
        });
        let part = match self.line.turn(ticket, pace, now) {
            Turn::Now(part) => part,
            Turn::Others => return Err(Obstacle::Others),
            Turn::At(at) => return Err(Obstacle::Limit(at)),
        };
        match self.window.take(part, now) {
            Ok(taken) => Ok((taken, self.line.served(ticket, spacing, now).ok_or(Obstacle::Others)?)),
            Err(Some(at)) => Err(Obstacle::Limit(at)),
            Err(None) => Err(Obstacle::Others),
        }
    }

    /// When one that is sent away shall come back: when its turn may have come, as fast as the class goes, so that they do
    /// not all come at once only to be sent away again; and soon in any case.
    fn book(&self, ticket: u64, earliest: Instant, now: Instant) -> Duration {
        let many = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let earliest = (earliest - now).saturating_sub(EARLY);
        let turn = self.window.spacing(now).saturating_mul(many(self.line.ahead(ticket))) + earliest;
        let look = LOOK_EVERY.saturating_mul(many(self.line.len())).max(SOONEST_LOOK);
        let after = if turn < look {
            turn
        } else {
            look.mul_f64(0.5 + 0.5 * fastrand::f64())
        };
        after.max(FLOOR)
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

impl Budget {
    pub(super) fn new(limits: &Limits, observer: Arc<dyn Observer>) -> Self {
        Self {
            state: Mutex::new(State {
                classes: RequestClass::ALL.map(|class| Counter::new(class, limits.of(class))),
                parties: Parties::default(),
                paused_until: None,
            }),
            changed: Notify::new(),
            observer,
        }
    }

    /// Waits for the turn of a request of the surrounding work's [`Caller`]. The error says that nothing was sent, and when
    /// to come back. One that `continues` what has begun waits for a whole window, because to begin anew costs more.
    pub(super) async fn admit(self: &Arc<Self>, class: RequestClass, continues: bool, operation: &str) -> Result<Permit, GraphError> {
        let caller = Caller::current().unwrap_or_else(|| Arc::new(Caller::new(Priority::Change, "", "")));
        self.lock().parties.see(caller.party(), Instant::now());
        let place = match caller.take_up(self, class) {
            TakenUp::Permit(permit) => return Ok(permit),
            TakenUp::Place(place) => {
                place.come_back(&caller);
                place
            }
            TakenUp::Nothing => Place::enter(self, class, &caller),
        };
        let window = self.lock().counter(class).window.length();
        let patience = if continues { window + PATIENCE } else { PATIENCE };
        match self.stand(&place, Instant::now() + patience).await {
            Ok(permit) => Ok(permit),
            Err(obstacle) => {
                place.step_aside(&caller);
                let error = self.turned_away(&place, &obstacle, operation);
                caller.keep(place);
                Err(error)
            }
        }
    }

    /// Stands in the line until the turn of a place has come, or it is clear that it will not come until then.
    async fn stand(self: &Arc<Self>, place: &Place, patience: Instant) -> Result<Permit, Obstacle> {
        let (since, class) = (Instant::now(), place.class());
        let mut waited = false;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on a change is noticed, also one between the look and the wait.
            changed.as_mut().enable();
            let now = Instant::now();
            let obstacle = match self.step(place, now) {
                Ok(permit) => {
                    if waited {
                        self.observer.held_back(class.as_str(), now - since);
                    }
                    self.observer.budget(class.as_str(), self.left(class));
                    return Ok(permit);
                }
                Err(obstacle) => obstacle,
            };
            let until = match obstacle {
                Obstacle::Limit(at) | Obstacle::Pause(at) => at,
                Obstacle::Others => patience,
            };
            if now >= patience || until > patience {
                return Err(obstacle);
            }
            waited = true;
            tokio::select! {
                () = &mut changed => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// Takes the turn of a place, or says what is in the way.
    fn step(self: &Arc<Self>, place: &Place, now: Instant) -> Result<Permit, Obstacle> {
        let (class, ticket) = (place.class(), place.number());
        let (taken, waiter) = self.lock().step(class, ticket, now)?;
        Ok(Permit {
            budget: Arc::clone(self),
            class,
            taken,
            ticket,
            waiter,
            sent: None,
            accepted: false,
            returned: false,
        })
    }

    fn turned_away(&self, place: &Place, obstacle: &Obstacle, operation: &str) -> GraphError {
        let (kind, message, after) = match *obstacle {
            Obstacle::Pause(until) => {
                let message = "Graph asked for a pause that is not over, so nothing was sent".to_owned();
                (ErrorKind::Throttled, message, until - Instant::now())
            }
            Obstacle::Limit(_) | Obstacle::Others => {
                let message = format!(
                    "the tenant's budget of {} requests is used up for the moment, so nothing was sent",
                    place.class().as_str()
                );
                (ErrorKind::OverBudget, message, self.book(place, obstacle))
            }
        };
        GraphError {
            retry_after: Some(after),
            ..GraphError::new(operation, kind, message)
        }
    }

    /// When one that an obstacle sends away from its place shall come back.
    fn book(&self, place: &Place, obstacle: &Obstacle) -> Duration {
        let now = Instant::now();
        let earliest = match *obstacle {
            Obstacle::Limit(at) | Obstacle::Pause(at) => at.max(now),
            Obstacle::Others => now,
        };
        self.lock().counter(place.class()).book(place.number(), earliest, now)
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

    fn step(&mut self, class: RequestClass, ticket: u64, now: Instant) -> Result<(Taken, Waiter), Obstacle> {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Err(Obstacle::Pause(until));
        }
        let several = self.parties.several(now);
        self.counter(class).step(ticket, several, now)
    }
}

impl Permit {
    /// The request goes out. A second time means that it is repeated at once, which counts and does not wait.
    pub(super) fn send(&mut self) {
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
    pub(super) fn heard(&mut self, status: StatusCode, headers: &HeaderMap, retry_after: Option<Duration>) {
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

    fn is_of(&self, budget: &Arc<Budget>, class: RequestClass) -> bool {
        Arc::ptr_eq(&self.budget, budget) && self.class == class
    }

    /// Gives it back and keeps the place in the line that it was given for.
    fn into_place(mut self) -> Place {
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
