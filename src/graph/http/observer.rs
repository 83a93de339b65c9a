//! Where metrics listen. The graph module counts nothing itself.

use std::time::Duration;

use uuid::Uuid;

/// One HTTP attempt at Graph.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    /// One of a fixed set of labels.
    pub operation: &'static str,
    /// Whether it asks for a change.
    pub write: bool,
    /// `None` when no answer arrived.
    pub status: Option<u16>,
    /// Until the answer was there, or the attempt was given up.
    pub elapsed: Duration,
    /// Our name for the request.
    pub client_request_id: Uuid,
    /// Graph's name for it: foreign text, bounded.
    pub request_id: Option<&'a str>,
}

/// Told about what happens between us and Graph.
pub(crate) trait Observer: Send + Sync {
    /// An attempt has ended. Repeats are attempts of their own.
    fn request(&self, attempt: &Attempt<'_>);

    /// So many requests of the class could still go out now. `class` is one of a fixed set of labels. Told whenever one
    /// is let go.
    fn budget(&self, _class: &'static str, _left: usize) {}

    /// A request waited so long for its turn, within our own budget.
    fn held_back(&self, _class: &'static str, _waited: Duration) {}

    /// Graph refused a request of the class with 429, and everything that goes to the tenant pauses for so long.
    fn throttled(&self, _class: &'static str, _pause: Duration) {}

    /// A new access token was obtained.
    fn token_refreshed(&self) {}

    /// An attempt at an access token failed.
    fn token_failed(&self) {}
}

/// Nobody listens.
impl Observer for () {
    fn request(&self, _attempt: &Attempt<'_>) {}
}
