//! One process of the lab: started into the control plane's group, signalled, reaped.
//!
//! Prohibition: a process that is dropped is killed; nothing here leaves a zombie.

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How often an end is checked for.
const POLL: Duration = Duration::from_millis(20);
/// How much of a log an error carries.
const TAIL_LINES: usize = 40;

/// A process and the file that it logs to.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    log: PathBuf,
    started: SystemTime,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    child: Child,
    paused: bool,
}

impl Process {
    /// Starts it in the group. Standard error goes to `log`, standard output too unless there is another file for it.
    pub(crate) fn start(name: &str, mut command: Command, log: PathBuf, output: Option<&Path>, group: Pid) -> Result<Self> {
        let errors = create(&log)?;
        let output = match output {
            Some(path) => create(path)?,
            None => errors.try_clone().context("share the log")?,
        };
        let program = command.get_program().to_os_string();
        let started = SystemTime::now();
        let child = command
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(group.as_raw())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        Ok(Self {
            name: name.to_owned(),
            log,
            started,
            state: Mutex::new(State { child, paused: false }),
        })
    }

    pub(crate) fn started(&self) -> SystemTime {
        self.started
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn id(&self) -> u32 {
        self.with(|state| state.child.id())
    }

    pub(crate) fn log_path(&self) -> &Path {
        &self.log
    }

    /// All that it has logged so far.
    pub(crate) fn log(&self) -> Result<String> {
        let bytes = std::fs::read(&self.log).with_context(|| format!("read {}", self.log.display()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The end of its log, for an error.
    pub(crate) fn log_tail(&self) -> String {
        let log = self.log().unwrap_or_else(|error| format!("({error:#})"));
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> Result<Option<ExitStatus>> {
        self.with(|state| state.child.try_wait())
            .with_context(|| format!("look at {}", self.name))
    }

    /// Fails, with the end of the log, when it is not running any more.
    pub(crate) fn check(&self) -> Result<()> {
        match self.ended()? {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}); the last lines of its log:\n{}", self.name, self.log_tail()),
        }
    }

    /// Ends it at once (SIGKILL) and reaps it.
    pub(crate) fn kill(&self) -> Result<()> {
        self.with(|state| state.child.kill().and_then(|()| state.child.wait()))
            .map(drop)
            .with_context(|| format!("kill {}", self.name))
    }

    /// Asks it to end (SIGTERM) and waits for that; a paused one has to run for it.
    pub(crate) async fn terminate(&self, patience: Duration) -> Result<(ExitStatus, Duration)> {
        let start = Instant::now();
        self.signal(Signal::SIGTERM)?;
        if self.with(|state| state.paused) {
            self.resume()?;
        }
        loop {
            if let Some(status) = self.ended()? {
                return Ok((status, start.elapsed()));
            }
            ensure!(
                start.elapsed() < patience,
                "{} runs on {patience:?} after SIGTERM; the last lines of its log:\n{}",
                self.name,
                self.log_tail()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Pauses it (SIGSTOP), and returns once it is paused.
    pub(crate) fn pause(&self) -> Result<()> {
        if self.with(|state| state.paused) {
            return Ok(());
        }
        self.signal(Signal::SIGSTOP)?;
        let status =
            waitpid(self.pid()?, Some(WaitPidFlag::WUNTRACED)).with_context(|| format!("wait until {} stands still", self.name))?;
        ensure!(
            matches!(status, WaitStatus::Stopped(..)),
            "{} ended instead of standing still",
            self.name
        );
        self.with(|state| state.paused = true);
        Ok(())
    }

    /// Continues it (SIGCONT).
    pub(crate) fn resume(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)?;
        self.with(|state| state.paused = false);
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        // The id of a reaped process may belong to another one.
        ensure!(self.ended()?.is_none(), "{} has ended already", self.name);
        kill(self.pid()?, signal).with_context(|| format!("send {signal} to {}", self.name))
    }

    fn pid(&self) -> Result<Pid> {
        Ok(Pid::from_raw(i32::try_from(self.id()).context("a process id fits in 32 bits")?))
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the last lines of the log of {}:\n{}", self.name, self.log_tail());
        }
        // Fails only when it has ended already.
        let _ = self.kill();
    }
}

fn create(path: &Path) -> Result<File> {
    File::create_new(path).with_context(|| format!("create {}", path.display()))
}
