//! Who comes first. The priority belongs to the work that surrounds a request, so it is not handed down through every
//! call: whoever starts the work says it once.

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

tokio::task_local! {
    static CURRENT: Priority;
}

impl Priority {
    /// Every priority, in the order of their declaration.
    pub const ALL: [Self; 3] = [Self::Change, Self::Repair, Self::Resync];

    /// Runs work whose requests have this priority.
    pub fn scope<T>(self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        CURRENT.scope(self, work)
    }

    /// The priority of the work that asks. Work that nobody classified is somebody's.
    pub(super) fn current() -> Self {
        CURRENT.try_with(|priority| *priority).unwrap_or(Self::Change)
    }

    /// The part of a class that this may use up: what is less urgent leaves room for what may come.
    pub(super) const fn part(self) -> f64 {
        match self {
            Self::Change => 1.0,
            Self::Repair => 0.9,
            Self::Resync => 0.5,
        }
    }
}
