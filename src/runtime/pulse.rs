//! Tells whether the process has run without standing still (a stopped container, a frozen machine, a starved runtime).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the pulse is taken.
const BEAT: Duration = Duration::from_millis(500);

/// The pulse of this process. Clones share it.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<State>);

#[derive(Debug)]
struct State {
    longest: Duration,
    /// The last beat; `None` from the moment a gap was longer than allowed, for good.
    last: Mutex<Option<Instant>>,
}

impl Pulse {
    /// Starts taking the pulse; a gap longer than `longest` is remembered for ever. Must be called inside a tokio runtime.
    pub fn start(longest: Duration) -> Self {
        let pulse = Self(Arc::new(State {
            longest,
            last: Mutex::new(Some(Instant::now())),
        }));
        let beating = Arc::downgrade(&pulse.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(BEAT).await;
                let Some(state) = beating.upgrade() else { break };
                state.beat(Instant::now());
            }
        });
        pulse
    }

    /// Waits until there was a gap: a reason to end the process.
    pub async fn lost(&self) {
        while self.steady() {
            tokio::time::sleep(BEAT).await;
        }
    }

    /// Whether there was no gap, up to this moment.
    pub fn steady(&self) -> bool {
        self.0.beat(Instant::now())
    }
}

impl State {
    fn beat(&self, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let steady = last.is_some_and(|last| now.saturating_duration_since(last) <= self.longest);
        *last = steady.then_some(now);
        steady
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_never_forgotten() {
        let start = Instant::now();
        let state = State {
            longest: Duration::from_secs(8),
            last: Mutex::new(Some(start)),
        };
        assert!(state.beat(start + Duration::from_secs(8)));
        assert!(!state.beat(start + Duration::from_secs(17)));
        assert!(!state.beat(start + Duration::from_secs(17)));
    }
}
