//! The simulator as a process: start, pause, stop. Its control API is in `control`.

use crate::binaries;
use crate::directory::Directory;
use crate::process::Process;
use crate::seeds::Federation;
use crate::wait::{eventually, seconds};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

/// Generous, because a busy machine is no reason to fail.
const PATIENCE: Duration = seconds(60);

/// What must not be in its log: answers that violate Graph's description, and bugs of the simulator.
const NEVER: [&str; 2] = ["not as described", "panicked at"];

/// The line that it prints when it is ready.
#[derive(Debug, Deserialize)]
struct Ready {
    graph: String,
    login: String,
    control: String,
    ca: PathBuf,
}

/// A running simulator. Dropping it kills it, and panics when it violated the description, or got a write to an object that no
/// application had created: a test must not pass then.
#[derive(Debug)]
pub struct Simulator {
    pub(crate) http: reqwest::Client,
    pub(crate) federation: Federation,
    ready: Ready,
    process: Process,
}

impl Simulator {
    pub(crate) async fn start(binary: &Path, seeds: &[Value], federation: Federation, directory: &Directory) -> Result<Self> {
        let mut command = Command::new(binaries::existing(binary)?);
        command.env_clear().arg("serve").arg("--dir").arg(directory.folder("graph-sim"));
        if let Some(description) = binaries::graph_description() {
            command.arg("--openapi").arg(description);
        }
        for seed in seeds {
            let path = directory.file("seed", "yaml");
            // JSON is YAML too.
            std::fs::write(&path, serde_json::to_vec_pretty(seed)?).with_context(|| format!("write {}", path.display()))?;
            command.arg("--seed").arg(path);
        }
        let output = directory.file("graph-sim", "json");
        let process = Process::start("graph-sim", command, directory.log("graph-sim"), Some(&output), directory.group())?;
        let line = eventually(PATIENCE, "graph-sim is ready", async || {
            let text = std::fs::read_to_string(&output)?;
            // After the end no line follows, and an error would only be repeated.
            if !text.contains('\n') && process.ended()?.is_some() {
                return Ok(Err(process.check().unwrap_err()));
            }
            let (line, _) = text.split_once('\n').context("it has not printed its line yet")?;
            Ok(Ok(line.to_owned()))
        });
        let ready: Ready = serde_json::from_str(&line.await??).context("the line that graph-sim printed")?;
        Ok(Self {
            http: http(&ready.ca)?,
            federation,
            ready,
            process,
        })
    }

    /// Graph's root, without a version.
    #[must_use]
    pub fn graph_url(&self) -> &str {
        &self.ready.graph
    }

    /// The login authority, without a tenant.
    #[must_use]
    pub fn login_url(&self) -> &str {
        &self.ready.login
    }

    /// The control API's root.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.ready.control
    }

    /// The file with the CA certificate that a client must trust.
    #[must_use]
    pub fn ca_path(&self) -> &Path {
        &self.ready.ca
    }

    /// What it has logged so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn logs(&self) -> Result<String> {
        self.process.log()
    }

    /// Pauses it (SIGSTOP): connections open, nothing answers. Graph and Entra are down then.
    ///
    /// # Errors
    /// When it is not running.
    pub fn pause(&self) -> Result<()> {
        self.process.pause()
    }

    /// Continues it (SIGCONT).
    ///
    /// # Errors
    /// When it is not running.
    pub fn resume(&self) -> Result<()> {
        self.process.resume()
    }

    /// Ends it (SIGTERM) for good: its state is lost, and connections are refused.
    ///
    /// # Errors
    /// When it is not running or does not end.
    pub async fn stop(&self) -> Result<(ExitStatus, Duration)> {
        self.process.terminate(PATIENCE).await
    }
}

fn http(ca: &Path) -> Result<reqwest::Client> {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(ca)?)?;
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([ca]);
    Ok(builder.timeout(seconds(30)).build()?)
}

impl Simulator {
    /// The last read of the ledger. A drop cannot wait for the runtime that it happens on, so this has its own.
    fn judge(&mut self) -> Result<()> {
        if self.process.ended()?.is_some() {
            return Ok(());
        }
        self.process.resume()?;
        self.http = http(&self.ready.ca)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let foreign = runtime.block_on(self.foreign_writes())?;
        ensure!(
            foreign.is_empty(),
            "objects that no application had made were written to: {foreign:#?}"
        );
        Ok(())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let judged = std::thread::scope(|scope| scope.spawn(|| self.judge()).join());
        judged.expect("the judge does not panic").expect("foreign objects are left alone");
        let log = self.process.log().unwrap_or_default();
        let faults: Vec<&str> = log.lines().filter(|line| NEVER.iter().any(|never| line.contains(never))).collect();
        assert!(faults.is_empty(), "graph-sim is not what it simulates:\n{}", faults.join("\n"));
    }
}
