//! Running work so that its panic, its slowness or the end of whoever waits for it stays contained.
//!
//! The controller runtime unwraps a panic of a reconcile, which ends all controllers, and drops running reconciles
//! when it stops, which makes every await a place where work may end. Work that must not end half-way is detached.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::base::text::one_line;

/// The longest panic text that is passed on.
const MAX_PANIC_TEXT: usize = 200;

/// Why guarded work has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// It panicked; the text is the first line of the message, shortened.
    #[error("panicked: {0}")]
    Panicked(String),
    /// It did not finish within its limit and was dropped.
    #[error("did not finish in time")]
    TimedOut,
    /// The runtime ended before the work did.
    #[error("was cancelled because the process ends")]
    Cancelled,
}

/// Runs `fut` for at most `limit`, turning a panic into a value.
///
/// # Errors
///
/// [`Fault::Panicked`] or [`Fault::TimedOut`].
pub(crate) async fn guarded<T>(limit: Duration, fut: impl Future<Output = T>) -> Result<T, Fault> {
    // The state that the work shares with us is behind locks that tolerate poisoning, and the work itself is dropped.
    let caught = AssertUnwindSafe(fut).catch_unwind();
    match tokio::time::timeout(limit, caught).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(panic)) => Err(Fault::Panicked(panic_text(panic.as_ref()))),
        Err(_elapsed) => Err(Fault::TimedOut),
    }
}

/// Counts detached work, so that a shutdown can wait for it. Clones share the count.
#[derive(Clone, Debug, Default)]
pub(crate) struct InFlight(TaskTracker);

impl InFlight {
    /// Runs `fut` in a task of its own and waits for it. When the waiter is dropped, the task goes on to its end, and is counted
    /// until then.
    ///
    /// # Errors
    ///
    /// [`Fault::Panicked`], or [`Fault::Cancelled`] when the runtime ends first.
    pub(crate) async fn detached<T>(&self, fut: impl Future<Output = T> + Send + 'static) -> Result<T, Fault>
    where
        T: Send + 'static,
    {
        match self.0.spawn(fut.in_current_span()).await {
            Ok(value) => Ok(value),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => Err(Fault::Panicked(panic_text(panic.as_ref()))),
                Err(_cancelled) => Err(Fault::Cancelled),
            },
        }
    }

    /// How many pieces of work are running.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Waits until nothing is running; false if that did not happen within `limit`.
    pub(crate) async fn wait_idle(&self, limit: Duration) -> bool {
        // A tracker that is open is never idle. Closing it keeps nothing out.
        self.0.close();
        tokio::time::timeout(limit, self.0.wait()).await.is_ok()
    }
}

/// The first line of a panic message. The rest is cut because it may quote whole values.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text");
    let line = text.lines().next().unwrap_or_default();
    one_line(line, MAX_PANIC_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_panic_is_a_value_with_a_short_text() {
        let long = "é".repeat(MAX_PANIC_TEXT);
        let fault = guarded(LIMIT, async { panic!("{long}\nsecond line") }).await;
        let Err::<(), _>(Fault::Panicked(text)) = fault else {
            panic!("{fault:?}")
        };
        assert_eq!(text, "é".repeat(MAX_PANIC_TEXT / 2));
        assert_eq!(guarded(LIMIT, async { 7 }).await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn slow_work_times_out_at_its_limit() {
        let before = tokio::time::Instant::now();
        let outcome = guarded(LIMIT, std::future::pending::<()>()).await;
        assert_eq!(outcome, Err(Fault::TimedOut));
        assert_eq!(before.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn detached_work_survives_its_waiter_and_is_counted() {
        let in_flight = InFlight::default();
        let (go, gate) = oneshot::channel::<()>();
        let (done, finished) = oneshot::channel::<()>();
        let work = async move {
            gate.await.expect("the gate opens");
            done.send(()).expect("somebody waits");
        };
        assert_eq!(guarded(LIMIT, in_flight.detached(work)).await, Err(Fault::TimedOut));
        assert_eq!(in_flight.count(), 1);
        assert!(!in_flight.wait_idle(LIMIT).await);

        go.send(()).expect("the work still runs");
        assert!(in_flight.wait_idle(LIMIT).await);
        finished.await.expect("it ran to its end");
    }

    #[tokio::test]
    async fn a_panic_of_detached_work_is_reported_and_no_longer_counted() {
        let in_flight = InFlight::default();
        let outcome = in_flight.detached(async { panic!("broken") }).await;
        assert_eq!(outcome, Err::<(), _>(Fault::Panicked("broken".to_owned())));
        assert_eq!(in_flight.count(), 0);
    }
}
