//! One answer to "should we stop?", shared by everything in the process.
//!
//! Prohibition: nothing else installs signal handlers; two handlers would disagree about who ends first.

use tokio_util::sync::CancellationToken;

/// Cancelled once, for good. Clones observe the same request; to drop one requests nothing.
pub type Shutdown = CancellationToken;

/// A shutdown that SIGTERM or SIGINT requests. Must be called inside a tokio runtime.
///
/// The handlers are in place when this returns. If the system refuses them, the default action stays: the signal
/// ends the process without a hand-over.
pub(crate) fn on_signals() -> Shutdown {
    let shutdown = Shutdown::new();
    match signals() {
        Ok(received) => {
            let trigger = shutdown.clone();
            tokio::spawn(async move {
                let signal = received.await;
                tracing::info!(signal, "shutdown requested");
                trigger.cancel();
            });
        }
        Err(error) => tracing::error!(%error, "signal handlers cannot be installed"),
    }
    shutdown
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_signal_of_the_kubelet_requests_a_shutdown() {
        let shutdown = on_signals();
        assert!(!shutdown.is_cancelled());
        let command = format!("kill -TERM {}", std::process::id());
        let sent = std::process::Command::new("sh").args(["-c", &command]).status();
        assert!(sent.expect("a shell").success());
        shutdown.cancelled().await;
    }
}
