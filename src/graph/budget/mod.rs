//! The requests that one tenant may be sent: counted by class, shared by everything that the process does there.
//!
//! Nothing is sent without a [`Permit`]. Those who have to wait stand in a line in which a user's change comes before a
//! repair and a repair before a look around, and in which parties (the namespaces) take turns; one that would have to wait
//! long is told when to come back instead, so that it holds up no other, and keeps its place. What Graph says of its limits
//! is learned: a 429 pauses everything and teaches how many the class takes, a limit that is nearly reached shrinks it a
//! little, and what is taken beyond that gives it back. It knows no URL and sends nothing.

mod caller;
mod counter;
mod limits;
mod line;
mod parties;
mod permit;
mod place;
mod priority;
mod window;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::graph::budget::caller::TakenUp;
use crate::graph::budget::counter::{CROWD, Counter, PATIENCE, Patience, SHORT_PATIENCE};
use crate::graph::budget::line::Waiter;
use crate::graph::budget::parties::Parties;
use crate::graph::budget::window::Taken;
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::observer::Observer;

pub use crate::graph::budget::caller::Caller;
pub use crate::graph::budget::limits::{Limit, Limits, RequestClass};
pub use crate::graph::budget::permit::Permit;
pub use crate::graph::budget::place::{Place, Waited};
pub use crate::graph::budget::priority::Priority;

/// The pause after a 429 that names none; the caller's backoff is longer when it fails again.
const FLOOR: Duration = Duration::from_secs(1);

/// The budget of one tenant.
pub(crate) struct Budget {
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

/// A budget that several clients share. Clones are the same budget.
#[derive(Clone)]
pub struct SharedBudget(Arc<Budget>);

impl SharedBudget {
    /// A budget with these limits, whose use `observer` is told.
    pub fn new(limits: &Limits, observer: Arc<dyn Observer>) -> Self {
        Self(Arc::new(Budget::new(limits, observer)))
    }

    pub(crate) async fn admit(&self, class: RequestClass, continues: bool, operation: &str) -> Result<Permit, GraphError> {
        self.0.admit(class, continues, operation).await
    }

    pub(crate) fn left(&self, class: RequestClass) -> usize {
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

impl Budget {
    pub(crate) fn new(limits: &Limits, observer: Arc<dyn Observer>) -> Self {
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
    pub(crate) async fn admit(self: &Arc<Self>, class: RequestClass, continues: bool, operation: &str) -> Result<Permit, GraphError> {
        let caller = Caller::current().unwrap_or_else(|| Arc::new(Caller::new(Priority::Change, "", "")));
        self.lock().parties.see(caller.party(), Instant::now());
        // A second write of the same work comes where the first one stood, before what was to come after that: to be cut
        // off between a create and its assignments costs a read more, and leaves half of it in Graph meanwhile.
        let goes_on = caller.last_turn(class).filter(|_| class == RequestClass::Write);
        let place = match (caller.take_up(self, class), goes_on) {
            (TakenUp::Permit(permit), _) => {
                caller.had_turn(class, permit.ticket());
                return Ok(permit);
            }
            (TakenUp::Place(place), _) => {
                place.come_back(&caller);
                place
            }
            (TakenUp::Nothing, Some(ticket)) => {
                let place = Place::at(self, class, ticket);
                place.come_back(&caller);
                place
            }
            (TakenUp::Nothing, None) => Place::enter(self, class, &caller),
        };
        let whole = (continues || goes_on.is_some()).then(|| self.lock().counter(class).window.length() + PATIENCE);
        match self.stand(&place, whole).await {
            Ok(permit) => {
                caller.had_turn(class, permit.ticket());
                Ok(permit)
            }
            Err(obstacle) => {
                place.step_aside(&caller);
                let error = self.turned_away(&place, &obstacle, operation);
                caller.keep(place);
                Err(error)
            }
        }
    }

    /// Stands in the line until the turn of a place has come, or it is clear that it will not come so soon.
    async fn stand(self: &Arc<Self>, place: &Place, patience: Option<Duration>) -> Result<Permit, Obstacle> {
        let (since, class) = (Instant::now(), place.class());
        let mut patience = Patience {
            until: since + patience.unwrap_or(PATIENCE),
            steadfast: patience.is_some(),
        };
        if !patience.steadfast && self.lock().counter(class).line.len() > CROWD {
            patience.until = since + SHORT_PATIENCE;
        }
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
            let (until, given_up) = match obstacle {
                Obstacle::Pause(at) => (at, at > patience.until),
                Obstacle::Limit(at) => (at, self.lock().gives_up(place, at, &patience, now)),
                Obstacle::Others => (patience.until, self.lock().gives_up(place, now, &patience, now)),
            };
            if now >= patience.until || given_up {
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
        Ok(Permit::new(self, class, taken, ticket, waiter))
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
        let mut state = self.lock();
        let several = state.parties.several(now);
        let counter = state.counter(place.class());
        let (_, expected) = counter.expected(place.number(), several, earliest, now);
        counter.book(expected)
    }

    /// How many requests of a class could go out now.
    pub(crate) fn left(&self, class: RequestClass) -> usize {
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

    fn gives_up(&mut self, place: &Place, earliest: Instant, patience: &Patience, now: Instant) -> bool {
        let several = self.parties.several(now);
        self.counter(place.class())
            .gives_up(place.number(), several, earliest, patience, now)
    }

    fn step(&mut self, class: RequestClass, ticket: u64, now: Instant) -> Result<(Taken, Waiter), Obstacle> {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Err(Obstacle::Pause(until));
        }
        let several = self.parties.several(now);
        self.counter(class).step(ticket, several, now)
    }
}
