//! What was sent to Graph for an object, and what Graph refused.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::graph::AssignmentTarget;
use crate::reconcile::key::Key;
use crate::reconcile::plan::Change;
use crate::reconcile::replaced::Replaced;
use crate::reconcile::trial::Trial;
use crate::tenant::fingerprint::fingerprint;

/// How long a removal has to be wanted, by every pass, before it is sent.
const REMOVAL_HELD: Duration = Duration::from_secs(3);

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    /// The last write whose effect was not seen yet.
    pub write: Option<Write>,
    /// Since when the effect of a write is waited for: only reads that were requested after that count.
    pub confirm: Option<Instant>,
    /// Changes that Graph refused, with its message: they are not sent again until they change.
    refused: Vec<(u64, String)>,
    /// Which of the Assignments Graph refuses.
    pub trial: Trial,
    /// The set of assignments that Graph refused, before the cause is known.
    pub assign_refused: Option<u64>,
    /// Graph refuses entries of groups that are gone: ours are left out.
    pub drop_dead: bool,
    /// The set of assignments that was sent last, and accepted or left without an answer; when Graph refused the first, the set that
    /// it was to replace.
    pub assigned: Option<(Instant, BTreeSet<Key>)>,
    /// Sets of assignments that were replaced: whether another writer's change was lost with one.
    pub replaced: Vec<Replaced>,
    /// What an earlier process recorded of such sets is among them.
    pub restored: bool,
    /// Foreign entries that have to be assigned again.
    pub put_back: BTreeMap<Key, AssignmentTarget>,
    /// Which groups the passes want to remove, and since when.
    removal_wanted: Option<Wanted>,
    /// Since when the object was to be created, and waited for its Assignments to arrive.
    create_wanted: Option<Instant>,
    /// The create attempt that this process made itself.
    pub attempt: Option<String>,
    /// When the product of a pending create was last searched for before the settle window was over.
    pub looked_early: Option<Instant>,
    /// When a complete list first contained no object for a pending create.
    pub not_created_since: Option<Instant>,
    /// A DELETE for this id was accepted in this process.
    pub deleted: Option<(String, Instant)>,
    /// Since when Graph refuses the DELETE: the object is read again.
    pub delete_refused: Option<Instant>,
}

/// A write that was sent: accepted, or with an answer that was lost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write {
    /// The state that the write should cause.
    pub desired: u64,
    /// What was sent.
    pub plan: u64,
    /// When.
    pub at: Instant,
    /// The state in Graph before, by [`crate::tenant::fingerprint::judged`]. A read that shows it again within the
    /// settle window is an old one.
    pub before: u64,
    /// Its effect was seen.
    pub seen: bool,
    /// Graph accepted it. Otherwise the answer was lost, and sending the same again does no harm.
    pub accepted: bool,
}

/// After so long without a pass that had its say, a removal is a new one.
const UNSAID: Duration = Duration::from_secs(60);

/// A removal that passes want.
#[derive(Clone, Debug)]
struct Wanted {
    /// The fingerprint of the groups.
    removal: u64,
    /// Since when every pass has wanted it.
    since: Instant,
    /// When a pass wanted it last.
    last: Instant,
}

impl Sent {
    /// The last write, if Graph accepted it and may not show it yet.
    pub(crate) fn unsettled(&self, settle: Duration) -> Option<Write> {
        self.write.filter(|write| write.accepted && write.at.elapsed() < settle)
    }

    /// Graph has the state that the write should cause.
    pub(crate) fn reached(&mut self, settle: Duration) {
        let young = self.write.filter(|write| write.at.elapsed() < settle);
        self.write = young.map(|write| Write { seen: true, ..write });
        self.refused.clear();
    }

    /// Graph refused a change.
    pub(crate) fn refuse(&mut self, change: &Change, message: &str) {
        self.refused.push((fingerprint(change), message.to_owned()));
    }

    /// Graph's message for a change that it refused before.
    pub(crate) fn refusal(&self, change: &Change) -> Option<&str> {
        let current = fingerprint(change);
        let found = self.refused.iter().find(|(refused, _)| *refused == current);
        found.map(|(_, message)| message.as_str())
    }

    /// Keeps the refusals of these changes only: a change that is not wanted any more may be sent again later.
    pub(crate) fn keep_refusals(&mut self, changes: &[Change]) {
        let current: Vec<u64> = changes.iter().map(fingerprint).collect();
        self.refused.retain(|(refused, _)| current.contains(refused));
    }

    /// A person asks for a new attempt: what Graph refused is sent again.
    pub(crate) fn forget_refusals(&mut self) {
        self.refused.clear();
        self.forget_trial();
    }

    /// What is known of refused Assignments counts no more.
    pub(crate) fn forget_trial(&mut self) {
        self.trial.forget();
        self.assign_refused = None;
    }

    /// Notes which groups a pass wants to remove; how long it has to wait until they may be. Other groups, none, and a time in which
    /// no pass said so begin again.
    pub(crate) fn hold_removals(&mut self, wanted: Option<u64>) -> Duration {
        let now = Instant::now();
        self.removal_wanted = wanted.map(|removal| {
            let earlier = self.removal_wanted.as_ref().filter(|earlier| earlier.removal == removal);
            let since = earlier.filter(|earlier| now - earlier.last <= UNSAID).map(|earlier| earlier.since);
            Wanted {
                removal,
                since: since.unwrap_or(now),
                last: now,
            }
        });
        let since = self.removal_wanted.as_ref().map(|wanted| wanted.since);
        since.map_or(Duration::ZERO, |since| REMOVAL_HELD.saturating_sub(now - since))
    }

    /// How long a create has been wanted; the first call begins the time.
    pub(crate) fn create_wanted(&mut self) -> Duration {
        self.create_wanted.get_or_insert_with(Instant::now).elapsed()
    }

    /// A new attempt to create is about to be sent: what was known of an earlier one is over.
    pub(crate) fn attempt(&mut self, attempt: String) {
        self.attempt = Some(attempt);
        self.not_created_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_removal_waits_from_when_this_one_was_wanted_first() {
        let mut sent = Sent::default();
        let wait = async |seconds| tokio::time::advance(Duration::from_secs(seconds)).await;
        assert_eq!(sent.hold_removals(Some(1)), REMOVAL_HELD);
        wait(3).await;
        assert_eq!(sent.hold_removals(Some(1)), Duration::ZERO);
        // The group came back, and is to be removed again.
        assert_eq!(sent.hold_removals(None), Duration::ZERO);
        wait(7).await;
        assert_eq!(sent.hold_removals(Some(1)), REMOVAL_HELD);
        wait(2).await;
        assert_eq!(sent.hold_removals(Some(2)), REMOVAL_HELD, "another group");
        wait(61).await;
        assert_eq!(sent.hold_removals(Some(2)), REMOVAL_HELD, "no pass wanted it for a minute");
    }
}
