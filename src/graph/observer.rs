//! Where metrics listen. The graph module counts nothing itself.

use std::time::Duration;

/// Told about every HTTP attempt at Graph, repeats included, and about what is held back. A class is one of
/// [`super::RequestClass`].
pub trait Observer: Send + Sync {
    /// `operation` is one of a fixed set of labels; `status` is `None` when no answer arrived.
    fn request(&self, operation: &'static str, status: Option<u16>, elapsed: Duration);

    /// So many requests of the class could still go out now. Told whenever one is let go.
    fn budget(&self, _class: &'static str, _left: usize) {}

    /// A request waited so long for its turn, within our own budget.
    fn held_back(&self, _class: &'static str, _waited: Duration) {}

    /// Graph refused a request of the class with 429, and everything that goes to the tenant pauses for so long.
    fn throttled(&self, _class: &'static str, _pause: Duration) {}
}

/// Nobody listens.
impl Observer for () {
    fn request(&self, _operation: &'static str, _status: Option<u16>, _elapsed: Duration) {}
}
