//! What was seen of an object, in Graph and in Kubernetes.

use std::collections::BTreeSet;

use tokio::time::Instant;

use crate::api::Resolved;
use crate::reconcile::proofs::Proofs;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The state of Graph that the last pass judged; the poller wakes the object when the state differs.
    pub judged: Option<u64>,
    /// When the object was first not found, though it was there before.
    missing_since: Option<(String, Instant)>,
    /// Since when a list is wanted, and when it was last asked for.
    pub list_wanted: Option<(Instant, Instant)>,
    /// The object was to be read afresh, and that failed: an older list is no answer.
    pub look_afresh: bool,
    /// What to report about objects that are perhaps surplus products of our own request.
    pub surplus: Option<String>,
    /// Which pins have to be proved anew.
    pub proofs: Option<Proofs>,
    /// Graph refused something that may follow from a pin, so all of them are proved.
    pub prove_pins: bool,
    /// References that were looked up by a pass that could not record them.
    pub resolved: Option<Box<Resolved>>,
    /// The Assignments that the pass under way works with: none of them may go before it has ended.
    pub collected: BTreeSet<String>,
    /// Our finalizer is on it, whether or not the cache shows it.
    pub held: bool,
    /// A status was sent and its answer lost: others may not have been told of it.
    pub untold: bool,
    /// The status that was written last, and when: a cache that does not show it yet is behind.
    pub written: Option<(u64, Instant)>,
    /// The resourceVersion that the API server has replaced, as a refused write showed, and when: a cache that still shows it is behind.
    pub replaced: Option<(String, Instant)>,
}

impl Seen {
    /// A read did not find the object; since when that is so.
    pub(crate) fn missing(&mut self, id: &str) -> Instant {
        let known = self.missing_since.take().filter(|(missing, _)| missing == id);
        let since = known.map_or_else(Instant::now, |(_, since)| since);
        self.missing_since = Some((id.to_owned(), since));
        since
    }

    /// A read found the object.
    pub(crate) fn found(&mut self) {
        self.missing_since = None;
    }
}
