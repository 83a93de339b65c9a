//! On whose behalf requests are made. It belongs to the work that surrounds a request, so it is not handed down through
//! every call: the one who starts the work says it once.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::graph::budget::line::Waiter;
use crate::graph::budget::place::Place;
use crate::graph::budget::{Budget, Permit, Priority, RequestClass};

/// The one whose work makes requests, and its place in the budget's line.
pub struct Caller {
    priority: Mutex<Priority>,
    party: Arc<str>,
    key: Arc<str>,
    since: Instant,
    held: Mutex<Held>,
    /// The last turn that it had, and in which class.
    turn: Mutex<Option<(RequestClass, u64)>>,
}

/// What a caller has in the budget while it does not wait there.
#[derive(Default)]
enum Held {
    #[default]
    Nothing,
    /// It was told to come back later.
    Place(Place),
    /// Its turn came before it knew what for.
    Permit(Permit),
}

tokio::task_local! {
    static CURRENT: Arc<Caller>;
}

impl Caller {
    /// Work of this priority. Parties take turns within a priority; `key` names the one object that the work is about. To
    /// the budget both are only texts.
    pub fn new(priority: Priority, party: &str, key: &str) -> Self {
        Self {
            priority: Mutex::new(priority),
            party: party.into(),
            key: key.into(),
            since: Instant::now(),
            held: Mutex::default(),
            turn: Mutex::default(),
        }
    }

    /// Runs work whose requests are made for this caller.
    pub fn scope<T>(self: Arc<Self>, work: impl Future<Output = T>) -> impl Future<Output = T> {
        CURRENT.scope(self, work)
    }

    /// The caller of the work that asks; nothing outside of any.
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// The party.
    pub fn party(&self) -> &Arc<str> {
        &self.party
    }

    /// The object.
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// When the work began.
    pub(in crate::graph) fn since(&self) -> Instant {
        self.since
    }

    /// Has the place in a line that earlier work for the same object was sent away from.
    pub fn with_place(self, place: Place) -> Self {
        *self.lock() = Held::Place(place);
        self
    }

    /// Has leave to send already.
    pub fn with_permit(self, permit: Permit) -> Self {
        *self.lock() = Held::Permit(permit);
        self
    }

    /// The place in a line that is left when the work ends: it was sent away, or did not use its turn.
    pub fn leave_place(&self) -> Option<Place> {
        match std::mem::take(&mut *self.lock()) {
            Held::Nothing => None,
            Held::Place(place) => Some(place),
            Held::Permit(permit) => Some(permit.into_place()),
        }
    }

    fn priority(&self) -> Priority {
        *self.priority.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with another priority. Gives the one before.
    pub(crate) fn set_priority(&self, priority: Priority) -> Priority {
        std::mem::replace(&mut *self.priority.lock().unwrap_or_else(PoisonError::into_inner), priority)
    }

    pub(crate) fn waiter(&self) -> Waiter {
        Waiter {
            priority: self.priority(),
            party: Arc::clone(&self.party),
        }
    }

    /// Keeps a place that the caller was sent away from. What it had before is given up.
    pub(crate) fn keep(&self, place: Place) {
        let before = std::mem::replace(&mut *self.lock(), Held::Place(place));
        // Not under the lock: a permit that goes tries to leave its place here.
        drop(before);
    }

    /// Keeps the place of a permit that was not used, unless there is another one.
    pub(crate) fn keep_unused(&self, place: Place) {
        let mut held = self.lock();
        if matches!(*held, Held::Nothing) {
            *held = Held::Place(place);
        }
    }

    /// Notes that it had a turn in a class, with this ticket.
    pub(crate) fn had_turn(&self, class: RequestClass, ticket: u64) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = Some((class, ticket));
    }

    /// The ticket of its last turn, if that was in this class: the next request belongs to what has begun with it.
    pub(crate) fn last_turn(&self, class: RequestClass) -> Option<u64> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.filter(|(last, _)| *last == class).map(|(_, ticket)| ticket)
    }

    /// What this caller has in the budget for a class.
    pub(crate) fn take_up(&self, budget: &Arc<Budget>, class: RequestClass) -> TakenUp {
        let held = std::mem::take(&mut *self.lock());
        match held {
            Held::Permit(permit) if permit.is_of(budget, class) => TakenUp::Permit(permit),
            Held::Place(place) if place.is_of(budget, class) => TakenUp::Place(place),
            held => {
                *self.lock() = held;
                TakenUp::Nothing
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Every critical section moves one value.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Caller::take_up`].
pub(crate) enum TakenUp {
    Nothing,
    Place(Place),
    Permit(Permit),
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("priority", &self.priority())
            .field("party", &self.party)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
