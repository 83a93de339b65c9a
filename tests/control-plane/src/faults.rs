//! Disturbs a control plane on purpose: components that end, are killed, are paused and are restarted.
//!
//! Prohibition: no function returns before its effect has happened.

use crate::component::Component;
use crate::plane::ControlPlane;
use crate::process::Process;
use crate::ready::Processes;
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// How long an orderly end may take before it is forced.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

impl ControlPlane {
    /// Ends a component in an orderly way (SIGTERM) and waits for its end.
    ///
    /// # Errors
    /// When it is not running.
    pub async fn stop(&self, component: Component) -> Result<()> {
        self.in_process(component, Process::terminate)?;
        let processes = self.parts.processes.clone();
        self.background.run(async move { until_ended(&processes, component).await }).await
    }

    /// Kills a component (SIGKILL). It is gone when this returns.
    ///
    /// # Errors
    /// When it is not running.
    pub fn kill(&self, component: Component) -> Result<()> {
        self.in_process(component, Process::kill)?;
        self.parts.processes.with(|processes| processes.remove(&component));
        Ok(())
    }

    /// Pauses a component (SIGSTOP): connections open, nothing answers.
    ///
    /// # Errors
    /// When it is not running.
    pub fn pause(&self, component: Component) -> Result<()> {
        self.in_process(component, Process::pause)
    }

    /// Continues a paused component (SIGCONT).
    ///
    /// # Errors
    /// When it is not running.
    pub fn resume(&self, component: Component) -> Result<()> {
        self.in_process(component, Process::resume)
    }

    /// Starts a component again on the same port with the same data, and waits until it is
    /// ready. One that runs is stopped first. After etcd, a running API server is waited for too.
    ///
    /// # Errors
    /// When it does not come up again; the error carries the last lines of its log.
    pub async fn restart(&self, component: Component) -> Result<()> {
        if self.process_id(component).is_some() {
            self.stop(component).await?;
        }
        self.parts.start_process(component)?;
        let probe = self.parts.probe();
        let api_server_runs = self
            .parts
            .processes
            .with(|processes| processes.get(&Component::ApiServer).is_some_and(|process| !process.is_paused()));
        self.background
            .run(async move {
                probe.until_ready(component).await?;
                if component == Component::Etcd && api_server_runs {
                    probe.until_ready(Component::ApiServer).await?;
                }
                Ok(())
            })
            .await
    }

    fn in_process(&self, component: Component, f: impl FnOnce(&mut Process) -> Result<()>) -> Result<()> {
        self.parts.processes.with(|processes| {
            let process = processes
                .get_mut(&component)
                .with_context(|| format!("{component} is not running"))?;
            f(process)
        })
    }
}

async fn until_ended(processes: &Processes, component: Component) -> Result<()> {
    let start = Instant::now();
    loop {
        let ended = processes.with(|processes| match processes.get_mut(&component) {
            Some(process) if start.elapsed() > STOP_PATIENCE => process.kill().map(|()| true),
            Some(process) => process.ended().map(|status| status.is_some()),
            None => Ok(true),
        })?;
        if ended {
            processes.with(|processes| processes.remove(&component));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
