//! Which Assignment Graph refuses. `assign` takes all groups of an object or none, and its refusal rarely names
//! one; so the Assignments that add something are halved until the refused one is alone. The others are applied without it.
//! Pure; what was learned is kept for the process.

use std::collections::{BTreeMap, BTreeSet};

/// What is known of the Assignments of one object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trial {
    /// Those that Graph refused by themselves, each with a fingerprint of what was refused and Graph's message.
    refused: BTreeMap<String, (u64, String)>,
    /// Those that are left out for the moment while the others are tried, the last halves last: when the others are accepted,
    /// the refused one is among these.
    waiting: Vec<BTreeSet<String>>,
}

/// The result of a refusal.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// The groups of this Assignment are what Graph refuses.
    Found(String),
    /// Some are left out now; the rest is tried next.
    Halved,
    /// No Assignment adds anything, so none of them is the cause.
    None,
}

impl Trial {
    /// Graph refused a set to which these Assignments would have added something. `fingerprint` identifies what one of them
    /// asks for.
    pub(crate) fn refused(&mut self, adding: &BTreeSet<String>, message: &str, fingerprint: impl Fn(&str) -> u64) -> Verdict {
        if let Some(only) = adding.first().filter(|_| adding.len() == 1) {
            self.refused.insert(only.clone(), (fingerprint(only), message.to_owned()));
            self.waiting.clear();
            return Verdict::Found(only.clone());
        }
        if adding.is_empty() {
            return Verdict::None;
        }
        self.waiting.push(adding.iter().skip(adding.len().div_ceil(2)).cloned().collect());
        Verdict::Halved
    }

    /// Graph accepted a set, or nothing is left to send: the Assignments that were left out are tried next. False when there are none.
    pub(crate) fn accepted(&mut self) -> bool {
        self.waiting.pop().is_some()
    }

    /// Graph's message on what an Assignment asks for, if it refused exactly that.
    pub(crate) fn refusal(&self, assignment: &str, fingerprint: u64) -> Option<&str> {
        let (refused, message) = self.refused.get(assignment)?;
        (*refused == fingerprint).then_some(message)
    }

    /// Whether an Assignment is left out while others are tried.
    pub(crate) fn is_waiting(&self, assignment: &str) -> bool {
        self.waiting.iter().any(|half| half.contains(assignment))
    }

    /// Tries everything again: a person requested it.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many sets are sent until all but the bad ones are on the object, and which are found to be bad.
    fn run(all: &BTreeSet<String>, bad: &BTreeSet<String>) -> (usize, BTreeSet<String>) {
        let (mut trial, mut on_object, mut sent) = (Trial::default(), BTreeSet::<String>::new(), 0);
        loop {
            let counts = |name: &&String| trial.refusal(name, 0).is_none() && !trial.is_waiting(name);
            let adding: BTreeSet<String> = all
                .iter()
                .filter(counts)
                .filter(|name| !on_object.contains(*name))
                .cloned()
                .collect();
            if adding.is_empty() {
                if trial.accepted() {
                    continue;
                }
                break;
            }
            sent += 1;
            if adding.is_disjoint(bad) {
                on_object.extend(adding);
                trial.accepted();
            } else {
                assert_ne!(trial.refused(&adding, "no", |_| 0), Verdict::None);
            }
        }
        let found = all.iter().filter(|name| trial.refusal(name, 0).is_some()).cloned().collect();
        assert!(on_object.iter().all(|name| !bad.contains(name)) && on_object.len() + bad.len() == all.len());
        (sent, found)
    }

    #[test]
    fn f59_one_refused_assignment_of_many_is_found_by_halving_and_the_rest_is_assigned() {
        let all: BTreeSet<String> = (0..64).map(|index| format!("a{index:02}")).collect();
        for bad in ["a00", "a31", "a63"] {
            let bad = BTreeSet::from([bad.to_owned()]);
            let (sent, found) = run(&all, &bad);
            assert_eq!(found, bad);
            assert!(sent <= 14, "{sent} sets for one of 64");
        }
        let three: BTreeSet<String> = ["a05", "a06", "a40"].map(str::to_owned).into();
        assert_eq!(run(&all, &three).1, three);
        assert_eq!(run(&all, &all).1, all, "all of them");
        assert_eq!(Trial::default().refused(&BTreeSet::new(), "no", |_| 0), Verdict::None);
    }

    #[test]
    fn what_was_refused_is_tried_again_when_it_asks_for_something_else() {
        let mut trial = Trial::default();
        trial.refused(&BTreeSet::from(["a".to_owned()]), "no such plan", |_| 1);
        assert_eq!(trial.refusal("a", 1), Some("no such plan"));
        assert_eq!(trial.refusal("a", 2), None);
        trial.forget();
        assert_eq!(trial.refusal("a", 1), None);
    }
}
