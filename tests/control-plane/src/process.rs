//! One process of the control plane: started into the group, signalled, reaped.
//!
//! Prohibition: a process that is dropped is killed; nothing here leaves a zombie.

use crate::component::Component;
use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// How much of a log an error carries.
const TAIL_LINES: usize = 20;

/// A component ended without being asked to.
#[derive(Debug, thiserror::Error)]
#[error("{component} ended before it was ready ({status}); the last lines of its log:\n{log}")]
pub(crate) struct EndedEarly {
    pub(crate) component: Component,
    pub(crate) status: ExitStatus,
    pub(crate) log: String,
}

impl EndedEarly {
    /// Whether it could not listen because its port was taken meanwhile.
    pub(crate) fn port_taken(&self) -> bool {
        self.log.contains("address already in use")
    }
}

/// A running process.
#[derive(Debug)]
pub(crate) struct Process {
    component: Component,
    child: Child,
    paused: bool,
}

impl Process {
    /// Starts it in the group; its output is appended to `log`.
    pub(crate) fn start(component: Component, program: &Path, arguments: &[String], log: &PathBuf, group: Pid) -> Result<Self> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("open {}", log.display()))?;
        let child = Command::new(program)
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("share the log")?)
            .stderr(output)
            .process_group(group.as_raw())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        Ok(Self {
            component,
            child,
            paused: false,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("look at {}", self.component))
    }

    /// Asks it to end in an orderly way; a paused one has to run for that.
    pub(crate) fn terminate(&mut self) -> Result<()> {
        self.signal(Signal::SIGTERM)?;
        if self.paused {
            self.resume()?;
        }
        Ok(())
    }

    /// Ends it at once and reaps it.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child
            .kill()
            .and_then(|()| self.child.wait())
            .map(drop)
            .with_context(|| format!("kill {}", self.component))
    }

    /// Pauses it, and returns once it is paused.
    pub(crate) fn pause(&mut self) -> Result<()> {
        if self.paused {
            return Ok(());
        }
        self.signal(Signal::SIGSTOP)?;
        let status =
            waitpid(self.pid()?, Some(WaitPidFlag::WUNTRACED)).with_context(|| format!("wait until {} stands still", self.component))?;
        ensure!(
            matches!(status, WaitStatus::Stopped(..)),
            "{} ended instead of standing still",
            self.component
        );
        self.paused = true;
        Ok(())
    }

    pub(crate) fn resume(&mut self) -> Result<()> {
        self.signal(Signal::SIGCONT)?;
        self.paused = false;
        Ok(())
    }

    fn signal(&mut self, signal: Signal) -> Result<()> {
        ensure!(self.ended()?.is_none(), "{} has ended already", self.component);
        kill(self.pid()?, signal).with_context(|| format!("send {signal} to {}", self.component))
    }

    fn pid(&self) -> Result<Pid> {
        let id = i32::try_from(self.id()).context("a process id fits in 32 bits")?;
        Ok(Pid::from_raw(id))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.kill();
    }
}

/// The last lines of a log, for an error.
pub(crate) fn tail(log: &Path) -> String {
    let text = match std::fs::read(log) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => return format!("({}: {error})", log.display()),
    };
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
