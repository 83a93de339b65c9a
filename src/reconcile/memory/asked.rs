//! The requests to reconcile an object, what it waits for, and when it is checked again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::graph::Place;
use crate::reconcile::risk::count::AtRisk;
use crate::report::reason::Reason;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// The requests to reconcile that were handled, by the annotations' values.
    pub handled: Vec<String>,
    /// Assignments for which a person requested a reconcile: their references whose ids are gone are resolved again.
    pub assignments: BTreeSet<String>,
    /// Since when the object waits, and for what.
    waiting: Option<(Reason, Instant)>,
    /// Since when an Assignment waits for something that may appear by itself.
    unresolved: BTreeMap<String, Instant>,
    /// When it was last woken by an object that waits for it.
    pub woken: Option<Instant>,
    /// What has to be checked whatever a pass finds, and when.
    pub next_look: Option<Instant>,
    /// What this loss of assignments costs.
    risk: Option<Box<Counting>>,
    /// The place in the budget's line of a pass that was deferred.
    pub place: Option<Box<Kept>>,
}

/// How far the counting of a loss is: in lists that began after the loss was wanted, and where the groups were changed lately in two of
/// them, a settle window apart, because a list may show the past.
#[derive(Clone, Debug)]
pub(crate) struct Counting {
    wanted: u64,
    /// Since when it is wanted.
    pub(crate) since: Instant,
    /// When the first list was counted, and what was at risk by it; until a second one agrees.
    pub(crate) first: Option<(Instant, Arc<[AtRisk]>)>,
    /// When the second one was counted.
    pub(crate) twice: Option<Instant>,
}

impl Counting {
    /// Whether two lists were counted a moment ago.
    pub(crate) fn is_settled(&self) -> bool {
        const MOMENT: Duration = Duration::from_secs(30);
        self.twice.is_some_and(|at| at.elapsed() < MOMENT)
    }
}

/// The place of a pass that was deferred.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) place: Place,
    /// The generation of that pass. Another generation may want something that needs no turn.
    pub(crate) generation: Option<i64>,
}

impl Asked {
    /// The object has to be checked by then, if not before.
    pub(crate) fn look_by(&mut self, at: Option<Instant>) {
        self.next_look = self.next_look.into_iter().chain(at).min();
    }

    /// The counting of what is wanted; something else begins anew.
    pub(crate) fn counting(&mut self, wanted: u64) -> &mut Counting {
        let known = self.risk.take().filter(|known| known.wanted == wanted);
        self.risk.insert(known.unwrap_or_else(|| {
            Box::new(Counting {
                wanted,
                since: Instant::now(),
                first: None,
                twice: None,
            })
        }))
    }

    /// Whether what a loss costs is being counted.
    pub(crate) fn is_counting(&self) -> bool {
        self.risk.is_some()
    }

    /// Nothing is taken away.
    pub(crate) fn stop_counting(&mut self) {
        self.risk = None;
    }

    /// The object waits for this reason, or for none; whether it has waited as long as `longest`. Another reason begins again.
    pub(crate) fn waits_too_long(&mut self, reason: Option<Reason>, longest: Duration) -> bool {
        let now = Instant::now();
        self.waiting = reason.map(|reason| match self.waiting {
            Some((known, since)) if known == reason => (known, since),
            _ => (reason, now),
        });
        let Some((_, since)) = self.waiting else { return false };
        if now.saturating_duration_since(since) >= longest {
            return true;
        }
        self.look_by(Some(since + longest));
        false
    }

    /// These Assignments wait for something that may appear by itself; which of them have not waited as long as `longest`.
    pub(crate) fn still_waited_for(&mut self, waiting: &[&String], longest: Duration) -> Vec<String> {
        let now = Instant::now();
        self.unresolved.retain(|name, _| waiting.contains(&name));
        let mut young = Vec::new();
        for name in waiting {
            let since = *self.unresolved.entry((*name).clone()).or_insert(now);
            if now.saturating_duration_since(since) < longest {
                young.push((*name).clone());
                self.look_by(Some(since + longest));
            }
        }
        young
    }
}
