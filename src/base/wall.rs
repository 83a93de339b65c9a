//! The wall clock, read in this one place; clippy.toml refuses every other read. What only lasts is measured with
//! [`tokio::time::Instant`]. In a [simulation](crate::base::simulation) it shows the simulated time.
//!
//! In the tests of this crate it goes on with tokio's clock, also while that is paused or advanced.

#![allow(clippy::disallowed_methods, reason = "the one read")]

use jiff::Timestamp;

use crate::base::simulation;

/// What the clock of this machine says, steps included.
pub(crate) fn now() -> Timestamp {
    simulation::now().unwrap_or_else(real)
}

#[cfg(not(test))]
fn real() -> Timestamp {
    Timestamp::now()
}

/// The time when this was called first, and what has passed since by tokio's clock.
#[cfg(test)]
fn real() -> Timestamp {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<(Timestamp, Instant)> = LazyLock::new(|| (Timestamp::now(), Instant::now()));
    let (wall, start) = *START;
    let instant = tokio::time::Instant::now().into_std();
    // A clock may have been paused before the first call.
    wall + instant.saturating_duration_since(start) - start.saturating_duration_since(instant)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn the_wall_clock_of_a_test_stands_and_goes_with_tokios() {
        let before = super::now();
        assert_eq!(super::now(), before);
        tokio::time::advance(Duration::from_secs(86_400)).await;
        assert_eq!(super::now(), before + Duration::from_secs(86_400));
    }
}
