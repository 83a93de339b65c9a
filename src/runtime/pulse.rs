//! Detects that the process was paused (a stopped container, a frozen machine, a starved runtime), and ends it then.
//!
//! The holder of a lease depends on it: after a gap another process may lead. No work may be finished then, so a lost pulse
//! stays lost and there is no grace period.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How often the pulse is taken.
const BEAT: Duration = Duration::from_millis(500);

/// The pulse of this process. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Pulse(Arc<State>);

struct State {
    longest: Duration,
    /// Monotonic, and going on while the process is stopped.
    now: Box<dyn Fn() -> Instant + Send + Sync>,
    end: Box<dyn Fn() + Send + Sync>,
    /// The last beat; `None` for ever once a gap was longer than allowed.
    last: Mutex<Option<Instant>>,
}

impl Pulse {
    /// Starts taking the pulse. A gap longer than `longest` is remembered for ever, and `end` is called by the first caller that
    /// notices it. Must be called inside a tokio runtime.
    pub(crate) fn start(longest: Duration, end: impl Fn() + Send + Sync + 'static) -> Self {
        let pulse = Self::with_clock(longest, Instant::now, end);
        let beating = Arc::downgrade(&pulse.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(BEAT).await;
                let Some(state) = beating.upgrade() else { break };
                state.beat();
            }
        });
        pulse
    }

    /// For a process that no other process takes over from: no gap matters.
    pub(crate) fn unheeded() -> Self {
        Self::with_clock(Duration::MAX, Instant::now, || {})
    }

    /// A pulse by another clock, which beats only when it is asked.
    pub(crate) fn with_clock(
        longest: Duration,
        now: impl Fn() -> Instant + Send + Sync + 'static,
        end: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let last = Mutex::new(Some(now()));
        Self(Arc::new(State {
            longest,
            now: Box::new(now),
            end: Box::new(end),
            last,
        }))
    }

    /// Whether there was no gap, up to this moment.
    pub(crate) fn steady(&self) -> bool {
        self.0.beat()
    }

    /// Makes the pulse count as lost, without ending the process: its owner is about to.
    pub(crate) fn give_up(&self) {
        *self.0.last.lock() = None;
    }
}

impl State {
    fn beat(&self) -> bool {
        let mut last = self.last.lock();
        let Some(before) = *last else { return false };
        // Read as late as possible: the caller acts on the result.
        let now = (self.now)();
        if now.saturating_duration_since(before) <= self.longest {
            *last = Some(now);
            return true;
        }
        *last = None;
        drop(last);
        (self.end)();
        false
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("longest", &self.longest).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    #[test]
    fn f57_a_gap_is_never_forgotten_and_ends_the_process_once() {
        let (start, seconds, ended) = (Instant::now(), Arc::<AtomicU64>::default(), Arc::<AtomicUsize>::default());
        let (clock, ends) = (Arc::clone(&seconds), Arc::clone(&ended));
        let pulse = Pulse::with_clock(
            Duration::from_secs(8),
            move || start + Duration::from_secs(clock.load(Ordering::SeqCst)),
            move || {
                ends.fetch_add(1, Ordering::SeqCst);
            },
        );
        for (now, steady, ended_by_now) in [(8, true, 0), (16, true, 0), (25, false, 1), (25, false, 1), (26, false, 1)] {
            seconds.store(now, Ordering::SeqCst);
            assert_eq!((pulse.steady(), ended.load(Ordering::SeqCst)), (steady, ended_by_now), "at {now} s");
        }
    }

    #[test]
    fn what_was_given_up_stays_so_and_what_is_unheeded_is_never_lost() {
        let pulse = Pulse::with_clock(Duration::from_secs(8), Instant::now, || panic!("its owner ends the process"));
        pulse.give_up();
        assert!(!pulse.steady() && !pulse.clone().steady());
        assert!(Pulse::unheeded().steady());
    }
}
