//! Which requests come first.

/// How urgent the requests of some work are. Ordered: the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Priority {
    /// A person changed a resource and waits for the result.
    Change,
    /// Drift of a resource is corrected.
    Repair,
    /// A periodic check for drift.
    Resync,
}

impl Priority {
    /// The part of a class's limit that requests of this priority may use: the less urgent ones leave room for those to come.
    pub(crate) const fn part(self) -> f64 {
        match self {
            Self::Change => 1.0,
            Self::Repair => 0.9,
            Self::Resync => 0.5,
        }
    }
}
