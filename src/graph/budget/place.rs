//! A place in the line of a class. Work that is sent away keeps it, so that its next attempt neither begins at the end of
//! the line nor asks Graph anything before its turn has come.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::graph::budget::{Budget, Caller, Obstacle, Permit, RequestClass};

/// A place in a line; left when the last one who holds it lets go of it.
#[derive(Clone)]
pub struct Place(Arc<Ticket>);

struct Ticket {
    budget: Arc<Budget>,
    class: RequestClass,
    number: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.budget.lock().counter(self.class).line.leave(self.number);
        self.budget.changed.notify_waiters();
    }
}

/// What a wait at a place came to.
pub enum Waited {
    /// Its turn has come.
    Turn(Permit),
    /// It is not its turn; when to come back.
    Later(Duration),
    /// Something else than the line is in the way; the work finds out what.
    Unknown,
}

impl Place {
    /// The end of the line.
    pub(crate) fn enter(budget: &Arc<Budget>, class: RequestClass, caller: &Caller) -> Self {
        let number = budget.lock().counter(class).line.enter(caller.waiter());
        Self::at(budget, class, number)
    }

    /// The place of this ticket.
    pub(crate) fn at(budget: &Arc<Budget>, class: RequestClass, number: u64) -> Self {
        Self(Arc::new(Ticket {
            budget: Arc::clone(budget),
            class,
            number,
        }))
    }

    /// Waits for the turn for a moment, as this caller.
    pub async fn wait(&self, caller: &Caller) -> Waited {
        let budget = &self.0.budget;
        self.come_back(caller);
        match budget.stand(self, None).await {
            Ok(permit) => Waited::Turn(permit),
            Err(obstacle) => {
                self.step_aside(caller);
                match obstacle {
                    Obstacle::Pause(_) => Waited::Unknown,
                    Obstacle::Others | Obstacle::Limit(_) => Waited::Later(budget.book(self, &obstacle)),
                }
            }
        }
    }

    pub(crate) fn come_back(&self, caller: &Caller) {
        self.line(|line, number| line.come_back(number, caller.waiter()));
    }

    pub(crate) fn step_aside(&self, caller: &Caller) {
        self.line(|line, number| line.step_aside(number, caller.waiter()));
        self.0.budget.changed.notify_waiters();
    }

    fn line(&self, change: impl FnOnce(&mut crate::graph::budget::line::Line, u64)) {
        let mut state = self.0.budget.lock();
        change(&mut state.counter(self.0.class).line, self.0.number);
    }

    pub(crate) fn is_of(&self, budget: &Arc<Budget>, class: RequestClass) -> bool {
        Arc::ptr_eq(&self.0.budget, budget) && self.0.class == class
    }

    pub(crate) fn class(&self) -> RequestClass {
        self.0.class
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("class", &self.0.class)
            .field("ticket", &self.0.number)
            .finish_non_exhaustive()
    }
}
