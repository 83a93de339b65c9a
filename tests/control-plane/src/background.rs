//! The control plane's own runtime. Renewals and readiness polls run here, so that they depend
//! neither on the caller's runtime being alive nor on its clock (a test may have paused it).
//!
//! Prohibition: nothing here may block on drop, because a drop can happen inside another runtime.

use anyhow::{Context, Result};
use std::future::Future;
use tokio::runtime::{Builder, Handle, Runtime};

/// One worker thread whose tasks end when this is dropped.
pub(crate) struct Background {
    // An Option only because shutting a runtime down consumes it.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Background {
    pub(crate) fn new() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("control-plane")
            .enable_all()
            .build()
            .context("start the control plane's runtime")?;
        let handle = runtime.handle().clone();
        Ok(Self {
            runtime: Some(runtime),
            handle,
        })
    }

    /// Starts a task that lives at most as long as this runtime.
    pub(crate) fn spawn<F>(&self, future: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Runs a future here and waits for it from any runtime.
    pub(crate) async fn run<F, T>(&self, future: F) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.spawn(future).await.context("the control plane's task ended early")?
    }

    /// Asks every task to end, without waiting.
    pub(crate) fn shut_down(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.shut_down();
    }
}
