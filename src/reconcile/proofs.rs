//! When pinned references are looked up again, between the passes of one object.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::api::Resolved;
use crate::runtime::backoff::jitter;

/// How often pins without a sign of a problem are proved.
const ROUND: Duration = Duration::from_secs(24 * 3600);
/// How often one that is gone is looked up.
const LOOK_AGAIN: Duration = Duration::from_secs(600);

/// The proofs of one object's pins, between passes.
#[derive(Clone, Debug)]
pub(crate) struct Proofs {
    /// When the next round begins.
    due: Instant,
    /// The references that this round still has to prove.
    left: BTreeSet<String>,
    /// When a reference was first found to be gone, and whether a later lookup has confirmed that.
    gone: BTreeMap<String, (Instant, bool)>,
}

impl Default for Proofs {
    fn default() -> Self {
        Self {
            // Not all at once after a start.
            due: Instant::now() + jitter(ROUND / 2, 90),
            left: BTreeSet::new(),
            gone: BTreeMap::new(),
        }
    }
}

impl Proofs {
    /// Begins a round when one is due. `at_once`: a person asked, or Graph refused something.
    pub(crate) fn begin(&mut self, pinned: &Resolved, at_once: bool, now: Instant) {
        if !at_once && now < self.due {
            return;
        }
        let images = pinned.image.iter().map(|image| &image.reference);
        let groups = pinned.groups.iter().map(|group| &group.reference);
        let names = pinned.connections.iter().chain(&pinned.service_plans).map(|name| &name.name);
        self.left = images.chain(groups).chain(names).cloned().collect();
        let gone = pinned.image.iter().any(|image| image.gone == Some(true))
            || pinned.groups.iter().any(|group| group.gone == Some(true))
            || pinned
                .connections
                .iter()
                .chain(&pinned.service_plans)
                .any(|name| name.gone == Some(true));
        self.due = now + jitter(if gone { LOOK_AGAIN } else { ROUND }, 10);
    }

    /// Whether this reference has to be proved.
    pub(crate) fn wants(&self, reference: &str) -> bool {
        self.left.contains(reference)
    }

    /// This reference was proved, or was reported as gone.
    pub(crate) fn done(&mut self, reference: &str) {
        self.left.remove(reference);
    }

    /// This reference was found.
    pub(crate) fn found(&mut self, reference: &str) {
        self.done(reference);
        self.gone.remove(reference);
    }

    /// This reference was not found. One answer of a service proves nothing: it is gone when a lookup at least
    /// `apart` later agrees.
    pub(crate) fn missed(&mut self, reference: &str, apart: Duration, now: Instant) {
        self.done(reference);
        let (since, confirmed) = self.gone.entry(reference.to_owned()).or_insert((now, false));
        *confirmed = *confirmed || now.saturating_duration_since(*since) >= apart;
        let again = if *confirmed { jitter(LOOK_AGAIN, 10) } else { apart };
        self.due = self.due.min(now + again);
    }

    /// Whether two lookups agree that the reference is gone.
    pub(crate) fn is_gone(&self, reference: &str) -> bool {
        self.gone.get(reference).is_some_and(|(_, confirmed)| *confirmed)
    }

    /// When the lookup is due that confirms, or refutes, that something is gone.
    pub(crate) fn confirmation(&self) -> Option<Instant> {
        self.gone.values().any(|(_, confirmed)| !confirmed).then_some(self.due)
    }

    /// Something was reported as gone: it is looked up sooner.
    pub(crate) fn look_again(&mut self, now: Instant) {
        self.due = self.due.min(now + jitter(LOOK_AGAIN, 10));
    }

    /// Ends the round: the references that are left are not in any spec, or only in specs that cannot be judged now.
    pub(crate) fn close(&mut self) {
        self.left.clear();
    }

    /// Whether there are references left to prove in this round.
    pub(crate) fn is_open(&self) -> bool {
        !self.left.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ResolvedGroup;

    fn pinned(gone: Option<bool>) -> Resolved {
        Resolved {
            groups: vec![ResolvedGroup {
                reference: "displayName=a".to_owned(),
                id: "g1".to_owned(),
                display_name: None,
                gone,
            }],
            ..Resolved::default()
        }
    }

    #[test]
    fn f58_pins_are_proved_on_request_and_once_a_day_and_sooner_when_they_are_gone() {
        let start = Instant::now();
        let mut proofs = Proofs::default();
        proofs.begin(&pinned(None), false, start);
        assert!(!proofs.is_open(), "not at every start");
        proofs.begin(&pinned(None), true, start);
        assert!(proofs.wants("displayName=a") && !proofs.wants("displayName=b"));
        proofs.done("displayName=a");
        proofs.begin(&pinned(None), false, start + ROUND / 2);
        assert!(!proofs.is_open());
        proofs.begin(&pinned(None), false, start + ROUND * 2);
        assert!(proofs.is_open(), "once a day");
        proofs.done("displayName=a");
        proofs.begin(&pinned(Some(true)), true, start);
        proofs.done("displayName=a");
        proofs.begin(&pinned(Some(true)), false, start + LOOK_AGAIN * 2);
        assert!(proofs.is_open());
    }

    #[test]
    fn a_round_ends_with_a_pass_that_has_reached_everything() {
        let start = Instant::now();
        let mut proofs = Proofs::default();
        proofs.begin(&pinned(None), true, start);
        assert!(proofs.is_open());
        proofs.close();
        assert!(
            !proofs.is_open(),
            "what only a frozen Assignment names is not looked up each second"
        );
    }

    #[test]
    fn f58_a_pin_is_gone_when_two_looks_agree_that_are_apart() {
        let (start, apart) = (Instant::now(), Duration::from_secs(120));
        let mut proofs = Proofs::default();
        proofs.missed("g", apart, start);
        assert!(!proofs.is_gone("g") && proofs.confirmation() == Some(start + apart));
        proofs.missed("g", apart, start + apart / 2);
        assert!(!proofs.is_gone("g"), "too soon");
        proofs.missed("g", apart, start + apart);
        assert!(proofs.is_gone("g") && proofs.confirmation().is_none());
        proofs.found("g");
        assert!(!proofs.is_gone("g"));
        proofs.missed("g", apart, start + apart * 2);
        assert!(!proofs.is_gone("g"), "from the beginning");
    }
}
