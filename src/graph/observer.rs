//! Where metrics listen. The graph module counts nothing itself.

use std::time::Duration;

/// Told about every HTTP attempt at Graph, repeats included.
pub trait Observer: Send + Sync {
    /// `operation` is one of a fixed set of labels; `status` is `None` when no answer arrived.
    fn request(&self, operation: &'static str, status: Option<u16>, elapsed: Duration);
}

/// Nobody listens.
impl Observer for () {
    fn request(&self, _operation: &'static str, _status: Option<u16>, _elapsed: Duration) {}
}
