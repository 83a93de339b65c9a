//! The caller of requests: the object that they are made for. A caller is set once, where the work begins (a task-local), and is not handed down
//! through every call.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::graph::budget::limits::RequestClass;
use crate::graph::budget::line::Waiter;
use crate::graph::budget::permit::Permit;
use crate::graph::budget::place::Place;
use crate::graph::budget::priority::Priority;
use crate::graph::budget::state::Budget;

/// The work that makes requests, and what it has in the budget.
pub(crate) struct Caller {
    priority: Mutex<Priority>,
    party: Arc<str>,
    key: Arc<str>,
    pub since: Instant,
    kept: Mutex<Kept>,
    /// The class and the ticket of its last permit.
    turn: Mutex<Option<(RequestClass, u64)>>,
}

/// What a caller has in the budget while it does not wait there.
#[derive(Default)]
pub(crate) enum Kept {
    #[default]
    Nothing,
    /// The caller has to come back later.
    Place(Place),
    /// The caller's turn came before it knew its request.
    Permit(Permit),
}

tokio::task_local! {
    static CURRENT: Arc<Caller>;
}

impl Caller {
    /// Work of this priority. Parties take turns within a priority; `key` names the one object that the work is about. Both are
    /// opaque to the budget.
    pub(crate) fn new(priority: Priority, party: &str, key: &str) -> Self {
        Self {
            priority: Mutex::new(priority),
            party: party.into(),
            key: key.into(),
            since: Instant::now(),
            kept: Mutex::default(),
            turn: Mutex::default(),
        }
    }

    /// Runs work whose requests are made for this caller.
    pub(crate) fn scope<T>(self: Arc<Self>, work: impl Future<Output = T>) -> impl Future<Output = T> {
        CURRENT.scope(self, work)
    }

    /// The caller of the current task, if it has one.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// The party: the namespace of the object.
    pub(crate) fn party(&self) -> &Arc<str> {
        &self.party
    }

    pub(crate) fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// With the place in a line that earlier work for the same object kept.
    pub(crate) fn with_place(self, place: Place) -> Self {
        *self.kept.lock() = Kept::Place(place);
        self
    }

    /// With a permit for its first request.
    pub(crate) fn with_permit(self, permit: Permit) -> Self {
        *self.kept.lock() = Kept::Permit(permit);
        self
    }

    /// The place in a line that the work has kept at its end: it has to come back later, or did not use its permit.
    pub(crate) fn leave_place(&self) -> Option<Place> {
        match std::mem::take(&mut *self.kept.lock()) {
            Kept::Nothing => None,
            Kept::Place(place) => Some(place),
            Kept::Permit(permit) => Some(permit.into_place()),
        }
    }

    pub(crate) fn waiter(&self) -> Waiter {
        Waiter {
            priority: *self.priority.lock(),
            party: Arc::clone(&self.party),
        }
    }

    /// Keeps a place until the caller comes back. What it had before is dropped.
    pub(crate) fn keep(&self, place: Place) {
        let before = std::mem::replace(&mut *self.kept.lock(), Kept::Place(place));
        // Not under the lock: a permit that is dropped unused calls `keep_unused`.
        drop(before);
    }

    /// Keeps the place of a permit that was not used with the current caller, unless that has another one.
    pub(crate) fn keep_unused(place: Place) {
        if let Some(caller) = Self::current() {
            let mut kept = caller.kept.lock();
            if matches!(*kept, Kept::Nothing) {
                *kept = Kept::Place(place);
            }
        }
    }

    /// Notes the ticket of a permit in a class.
    pub(crate) fn had_turn(&self, class: RequestClass, ticket: u64) {
        *self.turn.lock() = Some((class, ticket));
    }

    /// The ticket of the last permit, if that was in this class: the next request continues what began with it.
    pub(crate) fn last_turn(&self, class: RequestClass) -> Option<u64> {
        let turn = self.turn.lock();
        turn.filter(|(last, _)| *last == class).map(|(_, ticket)| ticket)
    }

    /// Takes what this caller has in the budget for a class.
    pub(crate) fn take(&self, budget: &Arc<Budget>, class: RequestClass) -> Kept {
        let mut kept = self.kept.lock();
        let fits = match &*kept {
            Kept::Permit(permit) => permit.is_of(budget, class),
            Kept::Place(place) => place.is_of(budget, class),
            Kept::Nothing => false,
        };
        if fits { std::mem::take(&mut *kept) } else { Kept::Nothing }
    }
}

impl Priority {
    /// Runs work whose requests have this priority: as a part of the current [`Caller`]'s work, or else for no party.
    pub(crate) async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        let Some(caller) = Caller::current() else {
            return Arc::new(Caller::new(self, "", "")).scope(work).await;
        };
        let before = std::mem::replace(&mut *caller.priority.lock(), self);
        let result = work.await;
        *caller.priority.lock() = before;
        result
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("priority", &*self.priority.lock())
            .field("party", &self.party)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
