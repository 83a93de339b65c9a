//! The counters of all classes of one tenant, and the pause that Graph asked for.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::graph::budget::counter::{Counter, Obstacle, Patience};
use crate::graph::budget::limits::{Limits, RequestClass};
use crate::graph::budget::line::Waiter;
use crate::graph::budget::parties::Parties;
use crate::graph::budget::window::Slot;
use crate::graph::http::observer::Observer;

pub(crate) struct Budget {
    state: Mutex<State>,
    /// Wakes the waiters when something changed that one of them may be waiting for.
    pub changed: Notify,
    pub observer: Arc<dyn Observer>,
}

/// The state behind the lock of [`Budget`].
pub(crate) struct State {
    classes: [Counter; RequestClass::ALL.len()],
    pub parties: Parties,
    pub paused_until: Option<Instant>,
}

/// One request that the budget admits, for a ticket in the line of its class.
pub(crate) struct Admitted {
    pub class: RequestClass,
    pub ticket: u64,
    pub slot: Slot,
    pub waiter: Waiter,
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

    /// Admits a request for a ticket, or returns the obstacle.
    pub(crate) fn step(&self, class: RequestClass, ticket: u64, now: Instant) -> Result<Admitted, Obstacle> {
        let mut state = self.lock();
        if let Some(until) = state.paused_until.filter(|until| *until > now) {
            return Err(Obstacle::Pause(until));
        }
        let several = state.parties.several(now);
        let (slot, waiter) = state.counter(class).step(ticket, several, now)?;
        Ok(Admitted {
            class,
            ticket,
            slot,
            waiter,
        })
    }

    /// Whether the holder of a ticket stops waiting, because its turn cannot come before `earliest`.
    pub(crate) fn gives_up(&self, class: RequestClass, ticket: u64, earliest: Instant, patience: &Patience, now: Instant) -> bool {
        let mut state = self.lock();
        let several = state.parties.several(now);
        state.counter(class).gives_up(ticket, several, earliest, patience, now)
    }

    /// In how long the holder of a ticket has to come back, if this obstacle is in its way.
    pub(crate) fn come_back_after(&self, class: RequestClass, ticket: u64, obstacle: &Obstacle) -> Duration {
        let now = Instant::now();
        let earliest = match *obstacle {
            Obstacle::Limit(at) | Obstacle::Pause(at) => at.max(now),
            Obstacle::Others => now,
        };
        let mut state = self.lock();
        let several = state.parties.several(now);
        let counter = state.counter(class);
        let (_, expected) = counter.expected(ticket, several, earliest, now);
        counter.come_back_after(expected)
    }

    /// How many requests of a class could be sent now.
    pub(crate) fn left(&self, class: RequestClass) -> usize {
        self.lock().counter(class).window.left(Instant::now())
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    pub(crate) fn counter(&mut self, class: RequestClass) -> &mut Counter {
        &mut self.classes[class as usize]
    }
}
