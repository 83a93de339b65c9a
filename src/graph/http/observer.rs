//! The interface to the metrics. The graph module counts nothing itself.

use std::time::Duration;

use uuid::Uuid;

/// One HTTP attempt at Graph.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    /// One of a fixed set of labels.
    pub operation: &'static str,
    pub write: bool,
    /// `None` when no answer arrived.
    pub status: Option<u16>,
    /// The time to the complete answer, or to the failure.
    pub elapsed: Duration,
    pub client_request_id: Uuid,
    /// Graph's id of the request: foreign text, bounded.
    pub request_id: Option<&'a str>,
}

/// Receives the events between the client and Graph.
pub(crate) trait Observer: Send + Sync {
    /// An attempt has ended. Repeats are attempts of their own.
    fn request(&self, attempt: &Attempt<'_>);

    /// So many requests of the class could be sent now. `class` is one of a fixed set of labels. Called after each admission.
    fn budget(&self, _class: &'static str, _left: usize) {}

    /// A request waited this long for its turn in our own budget.
    fn held_back(&self, _class: &'static str, _waited: Duration) {}

    /// Graph refused a request of the class with 429, and all requests to the tenant pause for this long.
    fn throttled(&self, _class: &'static str, _pause: Duration) {}

    fn token_refreshed(&self) {}

    fn token_failed(&self) {}
}

/// Counts nothing.
impl Observer for () {
    fn request(&self, _attempt: &Attempt<'_>) {}
}
