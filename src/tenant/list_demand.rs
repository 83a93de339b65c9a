//! Which passes wait for a list of a collection, and when that list is worth its requests.
//!
//! A pass that is alone is answered at once. For many passes, a list for each would cost more than all writes; so a list is
//! delayed until no new pass has joined for a moment, or the first one has waited long enough. A tenant with more pages waits
//! longer, so that lists stay a few percent of the writes. Nothing here decides what is safe; each waiting pass decides itself
//! how new its list has to be.

use std::collections::HashMap;

use parking_lot::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// With so few passes at work, none waits for others.
const FEW: usize = 3;
/// A list is due when no pass has joined for so long, for each page.
const QUIET: Duration = Duration::from_secs(1);
/// The longest wait for other passes to join, for each page.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest wait, however many pages there are.
const LONGEST: Duration = Duration::from_secs(60);
/// A pass that has not come back for so long is not counted any more. Each comes back when the list is due at the latest.
const PRESENT: Duration = Duration::from_secs(90);

/// The passes that work on one collection, by the UID of their object.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<HashMap<String, Place>>);

#[derive(Debug)]
struct Place {
    /// Since when it waits: it needs a list that was asked for after this. None while it works.
    since: Option<Instant>,
    /// When it was last here.
    touched: Instant,
}

impl Waiting {
    /// Takes a place unless it has one; since when it waits stays as it is.
    pub(crate) fn enter(&self, uid: &str, now: Instant) {
        let mut places = self.present(now);
        places.entry(uid.to_owned()).or_insert(Place { since: None, touched: now }).touched = now;
    }

    /// Is at work: nothing is waited for.
    pub(crate) fn work(&self, uid: &str, now: Instant) {
        let place = Place { since: None, touched: now };
        self.present(now).insert(uid.to_owned(), place);
    }

    /// Takes a place, waiting for a list that was asked for after `since`.
    pub(crate) fn wait(&self, uid: &str, since: Instant, now: Instant) {
        let place = Place {
            since: Some(since),
            touched: now,
        };
        self.present(now).insert(uid.to_owned(), place);
    }

    /// Since when it waits. A pass that was deferred keeps the time of its request, so that one list serves all.
    pub(crate) fn since(&self, uid: &str) -> Option<Instant> {
        self.0.lock().get(uid).and_then(|place| place.since)
    }

    /// Removes the place.
    pub(crate) fn leave(&self, uid: &str) {
        self.0.lock().remove(uid);
    }

    /// Whether there are so few that each may ask Graph on its own.
    pub(crate) fn few(&self, now: Instant) -> bool {
        self.present(now).len() <= FEW
    }

    /// How many wait for a list that is newer than the last one.
    pub(crate) fn unserved(&self, listed: Option<Instant>) -> usize {
        self.0.lock().values().filter_map(|place| unserved(place, listed)).count()
    }

    /// How long the next list has to wait for other passes; nothing when it is due.
    pub(crate) fn due(&self, listed: Option<Instant>, pages: u32, now: Instant) -> Duration {
        let places = self.present(now);
        if places.len() <= FEW {
            return Duration::ZERO;
        }
        let waiting = || places.values().filter_map(|place| unserved(place, listed));
        let (Some(first), Some(last)) = (waiting().min(), waiting().max()) else {
            return Duration::ZERO;
        };
        let complete = last + (QUIET * pages).min(LONGEST);
        let enough = first + (PATIENCE * pages).min(LONGEST);
        complete.min(enough).saturating_duration_since(now)
    }

    fn present(&self, now: Instant) -> MutexGuard<'_, HashMap<String, Place>> {
        let mut places = self.0.lock();
        places.retain(|_, place| now.saturating_duration_since(place.touched) < PRESENT);
        places
    }
}

fn unserved(place: &Place, listed: Option<Instant>) -> Option<Instant> {
    place.since.filter(|since| listed.is_none_or(|listed| listed < *since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_waits_for_a_crowd_to_be_complete_and_for_nobody_else() {
        let (waiting, start) = (Waiting::default(), Instant::now());
        let at = |second: u64| start + Duration::from_secs(second);
        let join = |who: u64, second: u64| waiting.wait(&format!("uid-{who}"), at(second), at(second));
        join(0, 0);
        assert_eq!(waiting.due(None, 10, at(0)), Duration::ZERO, "alone");
        join(1, 0);
        join(2, 0);
        assert!(waiting.few(at(0)) && waiting.due(None, 10, at(0)).is_zero(), "a few");
        join(3, 0);
        assert!(!waiting.few(at(0)));
        assert_eq!(waiting.due(None, 1, at(0)), QUIET);
        assert_eq!(waiting.due(None, 3, at(0)), QUIET * 3);
        // One joins each second: the first one has waited long enough at last.
        (1..=9).for_each(|second| join(3 + second, second));
        assert_eq!(waiting.due(None, 1, at(9)), QUIET);
        assert_eq!(waiting.due(None, 1, at(10)), Duration::ZERO);
        assert_eq!(waiting.due(None, 100, at(10)), LONGEST - Duration::from_secs(10));
        // A list serves those who came before it was asked for, and only them.
        assert_eq!(waiting.unserved(Some(at(8))), 1);
        assert_eq!(waiting.due(Some(at(8)), 1, at(9)), QUIET);
    }

    #[test]
    fn who_works_is_company_and_who_is_gone_is_not() {
        let (waiting, start) = (Waiting::default(), Instant::now());
        for uid in ["a", "b", "c", "d"] {
            waiting.work(uid, start);
        }
        assert!(!waiting.few(start));
        assert_eq!(waiting.unserved(None), 0);
        assert_eq!(waiting.since("a"), None);
        waiting.wait("a", start, start);
        waiting.enter("a", start);
        assert_eq!(waiting.since("a"), Some(start), "the place in time is kept");
        waiting.leave("b");
        assert!(waiting.few(start));
        waiting.work("b", start + PRESENT);
        assert_eq!(waiting.since("a"), None, "who has not come back is forgotten");
    }
}
