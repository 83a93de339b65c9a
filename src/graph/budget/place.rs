//! A place in the line of a class. A caller that has to come back later keeps it: its next attempt does not begin at the end
//! of the line, and asks Graph nothing before its turn has come.

use std::fmt;
use std::sync::Arc;

use crate::graph::budget::limits::RequestClass;
use crate::graph::budget::line::{Line, Waiter};
use crate::graph::budget::state::Budget;

/// A place in a line. The line forgets it when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Place(Arc<Ticket>);

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

impl Place {
    /// The end of the line.
    pub(crate) fn enter(budget: &Arc<Budget>, class: RequestClass, waiter: Waiter) -> Self {
        let number = budget.lock().counter(class).line.enter(waiter);
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

    pub(crate) fn come_back(&self, waiter: Waiter) {
        self.line(|line, number| line.come_back(number, waiter));
    }

    pub(crate) fn step_aside(&self, waiter: Waiter) {
        self.line(|line, number| line.step_aside(number, waiter));
        self.0.budget.changed.notify_waiters();
    }

    fn line(&self, change: impl FnOnce(&mut Line, u64)) {
        let mut state = self.0.budget.lock();
        change(&mut state.counter(self.0.class).line, self.0.number);
    }

    pub(crate) fn is_of(&self, budget: &Arc<Budget>, class: RequestClass) -> bool {
        Arc::ptr_eq(&self.0.budget, budget) && self.0.class == class
    }

    pub(crate) fn budget(&self) -> &Arc<Budget> {
        &self.0.budget
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
