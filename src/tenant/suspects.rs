//! The objects whose requests failed lately, with no success since: one of them has a problem of its own, many have a
//! common one. Pure: the time is an argument.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::report::failure::Failure;

/// A failure this old proves nothing about now.
const LATELY: Duration = Duration::from_secs(30);
/// So many objects of one namespace do not fail by chance.
const OF_ONE: usize = 3;
/// From each namespace no more than so many count for the tenant, and it takes so many of all.
const OF_EACH: usize = 2;
const OF_ALL: usize = 4;

/// The failure of an object is remembered for so long: longer than it waits until it tries again.
const REMEMBERED: Duration = Duration::from_secs(1200);

#[derive(Debug, Default)]
pub(crate) struct Suspects(HashMap<Arc<str>, Suspect>);

#[derive(Debug)]
struct Suspect {
    namespace: Arc<str>,
    at: Instant,
    failure: Failure,
}

impl Suspect {
    fn is_recent(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) < LATELY
    }
}

impl Suspects {
    /// A request for this object failed.
    pub(crate) fn add(&mut self, namespace: &Arc<str>, object: &Arc<str>, failure: &Failure, now: Instant) {
        self.0.retain(|_, suspect| now.saturating_duration_since(suspect.at) < REMEMBERED);
        let suspect = Suspect {
            namespace: Arc::clone(namespace),
            at: now,
            failure: failure.clone(),
        };
        self.0.insert(Arc::clone(object), suspect);
    }

    /// A request succeeded.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The failure of the last request for this object.
    pub(crate) fn failure(&self, object: &str) -> Option<&Failure> {
        self.0.get(object).map(|suspect| &suspect.failure)
    }

    /// Whether so many objects of a namespace fail that its other objects wait, too.
    pub(crate) fn of_one_namespace(&self, namespace: &str, now: Instant) -> bool {
        self.recent(now).filter(|of| ***of == *namespace).count() >= OF_ONE
    }

    /// Whether objects of so many namespaces fail that the tenant has the problem. One namespace alone never has so many.
    pub(crate) fn of_several_namespaces(&self, now: Instant) -> bool {
        let namespaces: HashSet<&Arc<str>> = self.recent(now).collect();
        let counted = namespaces.iter().map(|namespace| {
            let all = self.recent(now).filter(|of| of == namespace);
            all.take(OF_EACH).count()
        });
        counted.sum::<usize>() >= OF_ALL
    }

    /// The namespace of each.
    fn recent(&self, now: Instant) -> impl Iterator<Item = &Arc<str>> {
        let recent = self.0.values().filter(move |suspect| suspect.is_recent(now));
        recent.map(|suspect| &suspect.namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(suspects: &mut Suspects, namespace: &str, object: usize, now: Instant) {
        let failure = Failure::retry(crate::report::reason::Reason::GraphUnavailable, "no");
        suspects.add(&namespace.into(), &format!("{namespace}-{object}").into(), &failure, now);
    }

    #[test]
    fn one_object_counts_once_and_one_namespace_never_stands_for_the_tenant() {
        let (mut suspects, now) = (Suspects::default(), Instant::now());
        (0..10).for_each(|_| add(&mut suspects, "hostile", 0, now));
        assert!(!suspects.of_one_namespace("hostile", now));
        (0..12).for_each(|object| add(&mut suspects, "hostile", object, now));
        assert!(suspects.of_one_namespace("hostile", now) && !suspects.of_one_namespace("other", now));
        add(&mut suspects, "other", 0, now);
        assert!(!suspects.of_several_namespaces(now), "nor with the bad luck of another one");
        add(&mut suspects, "other", 1, now);
        assert!(suspects.of_several_namespaces(now));
        assert!(suspects.failure("hostile-0").is_some());
        suspects.clear();
        assert!(suspects.failure("hostile-0").is_none());
    }

    #[test]
    fn failures_are_forgotten() {
        let (mut suspects, now) = (Suspects::default(), Instant::now());
        for namespace in ["a", "b", "c", "d"] {
            add(&mut suspects, namespace, 0, now);
        }
        assert!(suspects.of_several_namespaces(now) && !suspects.of_several_namespaces(now + LATELY));
        add(&mut suspects, "a", 0, now + REMEMBERED);
        assert_eq!(suspects.0.len(), 1);
    }
}
