//! Who comes first.

use std::sync::Arc;

use crate::graph::budget::caller::Caller;

/// How urgent the requests of some work are. Ordered: the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// A person changed something and waits for it.
    Change,
    /// Something that was right is looked after.
    Repair,
    /// A look around whether everything is still right.
    Resync,
}

impl Priority {
    /// Every priority, in the order of their declaration.
    pub const ALL: [Self; 3] = [Self::Change, Self::Repair, Self::Resync];

    /// Runs work whose requests have this priority: a part of the surrounding work of a [`Caller`], or else work for no
    /// party in particular.
    pub async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        let Some(caller) = Caller::current() else {
            return Arc::new(Caller::new(self, "", "")).scope(work).await;
        };
        let before = caller.set_priority(self);
        let result = work.await;
        caller.set_priority(before);
        result
    }

    /// The part of a class that this may use up: what is less urgent leaves room for what may come.
    pub(crate) const fn part(self) -> f64 {
        match self {
            Self::Change => 1.0,
            Self::Repair => 0.9,
            Self::Resync => 0.5,
        }
    }
}
