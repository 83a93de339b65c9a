//! One answer to "should we stop?", shared by everything in the process.
//!
//! Prohibition: nothing else installs signal handlers; two handlers would disagree about who ends first.

use std::sync::Arc;

use tokio::sync::watch;

/// Turns true once and stays true. Clones observe the same request.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

/// Requests the shutdown that it was created with. Dropping it requests nothing.
#[derive(Clone, Debug)]
pub(crate) struct Trigger(Arc<watch::Sender<bool>>);

impl Trigger {
    /// Requests the shutdown. Repeating it changes nothing.
    pub(crate) fn fire(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// A shutdown that only the returned trigger requests.
    pub(crate) fn manual() -> (Self, Trigger) {
        let (sender, receiver) = watch::channel(false);
        (Self(receiver), Trigger(Arc::new(sender)))
    }

    /// A shutdown that SIGTERM or SIGINT requests. Must be called inside a tokio runtime.
    ///
    /// The handlers are in place when this returns. If the system refuses them, the default action stays: the signal
    /// ends the process without a hand-over.
    pub(crate) fn on_signals() -> Self {
        let (shutdown, trigger) = Self::manual();
        match signals() {
            Ok(received) => {
                tokio::spawn(async move {
                    let signal = received.await;
                    tracing::info!(signal, "shutdown requested");
                    trigger.fire();
                });
            }
            Err(error) => tracing::error!(%error, "signal handlers cannot be installed"),
        }
        shutdown
    }

    /// Completes when the shutdown is requested, at once if it already is. Safe to cancel and to repeat.
    pub(crate) async fn wait(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|requested| *requested).await.is_err() {
            // The trigger is gone without having fired, so the request can never come.
            std::future::pending::<()>().await;
        }
    }

    /// Whether the shutdown has been requested.
    pub(crate) fn requested(&self) -> bool {
        *self.0.borrow()
    }
}

#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = &'static str> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

#[cfg(not(unix))]
fn signals() -> std::io::Result<impl Future<Output = &'static str> + Send + 'static> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "ctrl-c"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn wakes_every_waiter_and_stays_requested() {
        let (shutdown, trigger) = Shutdown::manual();
        let early: Vec<_> = (0..3)
            .map(|_| {
                let shutdown = shutdown.clone();
                tokio::spawn(async move { shutdown.wait().await })
            })
            .collect();
        assert!(!shutdown.requested());
        // A wait that is given up must not swallow the request.
        assert!(shutdown.wait().now_or_never().is_none());

        trigger.fire();
        trigger.fire();
        drop(trigger);

        for waiter in early {
            waiter.await.expect("no panic");
        }
        assert!(shutdown.requested());
        assert!(shutdown.wait().now_or_never().is_some());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_signal_of_the_kubelet_requests_a_shutdown() {
        let shutdown = Shutdown::on_signals();
        assert!(!shutdown.requested());
        let command = format!("kill -TERM {}", std::process::id());
        let sent = std::process::Command::new("sh").args(["-c", &command]).status();
        assert!(sent.expect("a shell").success());
        shutdown.wait().await;
        assert!(shutdown.requested());
    }

    #[tokio::test]
    async fn a_dropped_trigger_is_no_request() {
        let (shutdown, trigger) = Shutdown::manual();
        drop(trigger);
        assert!(shutdown.wait().now_or_never().is_none());
        assert!(!shutdown.requested());
    }
}
