//! Runs whose time and chance are given: the same run happens again from the same seed.
//!
//! For programs that explore what the controller does, with simulators in place of the services (`tests/explore`). A thread that
//! has begun a simulation reads its wall clock from tokio's, which may be paused, and draws its random numbers from a seed.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

thread_local! {
    static BEGUN: Cell<Option<Begun>> = const { Cell::new(None) };
}

/// When a simulation began, by both clocks.
#[derive(Clone, Copy)]
struct Begun {
    at: Timestamp,
    by_tokio: Instant,
}

/// From now on the wall clock of this thread shows `at` and goes with tokio's clock, and random numbers follow from `seed`. The
/// runtime of the simulation must have one thread, this one.
pub fn begin(at: Timestamp, seed: u64) {
    let by_tokio = Instant::now();
    BEGUN.set(Some(Begun { at, by_tokio }));
    fastrand::seed(seed);
}

/// The simulation of this thread is over.
pub fn end() {
    BEGUN.set(None);
}

/// The simulated time; `None` on a thread without a simulation.
#[must_use]
pub fn now() -> Option<Timestamp> {
    let Begun { at, by_tokio } = BEGUN.get()?;
    let passed = SignedDuration::try_from(by_tokio.elapsed()).unwrap_or(SignedDuration::MAX);
    Some(at.checked_add(passed).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::{random, wall};

    #[tokio::test(start_paused = true)]
    async fn time_and_chance_are_given() {
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let run = || async {
            begin(at, 7);
            tokio::time::advance(Duration::from_secs(3600)).await;
            (wall::now(), random::uuid(), fastrand::u64(..))
        };
        let first = run().await;
        assert_eq!(first.0.to_string(), "2026-01-01T01:00:00Z");
        assert_eq!(first, run().await);
        assert_eq!(first.1.get_version_num(), 4);
        end();
        assert_ne!(random::uuid(), random::uuid());
    }
}
