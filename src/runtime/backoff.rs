//! How long to wait after an object has failed several times in a row.
//!
//! The error policy of the controller runtime does not see earlier failures, so they are counted here, by UID: an
//! object that is deleted and created again starts afresh.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

const BASE: Duration = Duration::from_secs(2);
const CAP: Duration = Duration::from_secs(600);
/// The waiting time is shortened by up to a fifth, never lengthened, so that the cap is a cap.
const SPREAD_PERCENT: u32 = 20;

/// Failures in a row, per object. Clones share the counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backoff(Arc<Mutex<HashMap<String, u32>>>);

impl Backoff {
    /// Counts a failure and returns how long to wait: doubling from 2 s to 10 min, with jitter.
    pub(crate) fn failure(&self, uid: &str) -> Duration {
        let failures = {
            let mut counters = self.0.lock();
            let counter = counters.entry(uid.to_owned()).or_insert(0);
            *counter = counter.saturating_add(1);
            *counter
        };
        let full = ceiling(failures);
        let at_most = full.as_millis() as u64 * u64::from(SPREAD_PERCENT) / 100;
        full - Duration::from_millis(fastrand::u64(0..=at_most))
    }

    /// The object succeeded: its next failure is a first one.
    pub(crate) fn success(&self, uid: &str) {
        self.0.lock().remove(uid);
    }

    /// The object is gone, so its counter is not needed any more.
    pub(crate) fn forget(&self, uid: &str) {
        self.0.lock().remove(uid);
    }

    /// Forgets every object that is not in `alive`.
    pub(crate) fn retain(&self, alive: &HashSet<String>) {
        self.0.lock().retain(|uid, _| alive.contains(uid));
    }
}

/// The longest wait after so many failures.
fn ceiling(failures: u32) -> Duration {
    // Ten doublings pass the cap, so the power cannot overflow.
    let doublings = failures.saturating_sub(1).min(10);
    (BASE * 2_u32.pow(doublings)).min(CAP)
}

/// A duration up to `percent` shorter or longer than `d`, so that equal intervals do not fall into step.
pub(crate) fn jitter(d: Duration, percent: u32) -> Duration {
    let share = f64::from(percent.min(100)) / 100.0;
    d.mul_f64(1.0 + share * (fastrand::f64() * 2.0 - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_to_the_cap_and_starts_afresh_after_success() {
        let backoff = Backoff::default();
        for expected in [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600] {
            let wait = backoff.failure("a");
            let full = Duration::from_secs(expected);
            assert!(wait <= full && wait >= full * 4 / 5, "{wait:?} of {full:?}");
        }
        assert_eq!(backoff.0.lock().get("a"), Some(&12));
        assert!(backoff.failure("b") <= BASE, "objects are independent");

        backoff.success("a");
        assert_eq!(backoff.0.lock().get("a"), None);
        assert!(backoff.failure("a") <= BASE);
        backoff.forget("a");
        backoff.forget("b");
        assert!(backoff.0.lock().is_empty(), "nothing is kept for ever");
    }

    #[test]
    fn equal_failures_do_not_wait_equally() {
        let backoff = Backoff::default();
        let waits: std::collections::BTreeSet<_> = (0..50).map(|n| backoff.failure(&n.to_string())).collect();
        assert!(waits.len() > 5, "{waits:?}");
    }

    proptest! {
        #[test]
        fn jitter_stays_within_its_percentage(seconds in 0_u64..100_000, percent in 0_u32..=100) {
            let d = Duration::from_secs(seconds);
            let got = jitter(d, percent).as_secs_f64();
            let share = d.as_secs_f64() * f64::from(percent) / 100.0;
            prop_assert!((got - d.as_secs_f64()).abs() <= share + 1e-6);
        }

        #[test]
        fn no_count_exceeds_the_cap(failures in 0_u32..) {
            prop_assert!(ceiling(failures) <= CAP);
            prop_assert!(ceiling(failures) >= BASE);
        }
    }
}
