//! The operator's binary as a process: with the rights and the environment of a pod, and without the caller's environment.

use crate::exposition::{self, Sample};
use crate::process::Process;
use crate::wait::{eventually, seconds};
use anyhow::{Context, Result, anyhow, ensure};
use control_plane::ProjectedToken;
use serde_json::Value;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, SystemTime};

/// Generous, because a busy machine is no reason to fail.
const PATIENCE: Duration = seconds(60);

/// How one replica differs from the others.
#[derive(Clone, Debug, Default)]
pub struct OperatorOptions {
    /// The name of its pod; left out, `cloudpc-operator-N`.
    pub pod_name: Option<String>,
    /// Further arguments of `run`. One that the lab gives already wins over the lab's when it stands here.
    pub arguments: Vec<String>,
    /// Further environment, or another value than the lab's.
    pub environment: Vec<(String, String)>,
}

/// A running replica. Dropping it kills it.
#[derive(Debug)]
pub struct Operator {
    pub(crate) process: Process,
    pub(crate) http: reqwest::Client,
    /// Kept fresh as long as the process lives.
    pub(crate) token: ProjectedToken,
}

impl Operator {
    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// When the process was started.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        self.process.started()
    }

    /// The token that Entra exchanges, as the process finds it.
    #[must_use]
    pub fn token(&self) -> &ProjectedToken {
        &self.token
    }

    /// Waits until it says that it is ready.
    ///
    /// # Errors
    /// When it ends, or is not ready in time; the error carries the last lines of its log.
    pub async fn wait_ready(&self) -> Result<()> {
        self.wait("it is ready", async || {
            let (status, text) = self.get("health", "/readyz").await?;
            ensure!(status == 200, "{status}: {text}");
            Ok(())
        })
        .await
    }

    /// Waits until it holds the lease and works.
    ///
    /// # Errors
    /// See [`Operator::wait_ready`].
    pub async fn wait_leading(&self) -> Result<()> {
        self.wait("it leads", async || self.line("leading").map(drop)).await
    }

    /// Whether it is still running.
    ///
    /// # Errors
    /// When the system does not report it.
    pub fn is_running(&self) -> Result<bool> {
        Ok(self.process.ended()?.is_none())
    }

    /// Kills it (SIGKILL). It is gone when this returns.
    ///
    /// # Errors
    /// When it is not running.
    pub fn kill(&self) -> Result<()> {
        self.process.kill()
    }

    /// Asks it to end (SIGTERM), waits for that, and returns how it ended and how long that took.
    ///
    /// # Errors
    /// When it is not running, or does not end within a minute.
    pub async fn terminate(&self) -> Result<(ExitStatus, Duration)> {
        self.process.terminate(PATIENCE).await
    }

    /// Pauses it (SIGSTOP).
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

    /// What it has logged so far: one JSON object a line.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn logs(&self) -> Result<String> {
        self.process.log()
    }

    /// The file that it logs to.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        self.process.log_path()
    }

    /// The lines of the log that are complete.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log_lines(&self) -> Result<Vec<Value>> {
        Ok(self.logs()?.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// All metrics, in the text format.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn metrics(&self) -> Result<String> {
        let (status, text) = self.get("metrics", "/metrics").await?;
        ensure!(status == 200, "/metrics: {status}: {text}");
        Ok(text)
    }

    /// The sum of a metric over those of its series that carry all the `labels` (`name="value"`); 0 when there is none.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn metric(&self, name: &str, labels: &[&str]) -> Result<f64> {
        let families = exposition::parse(&self.metrics().await?)?;
        let has = |sample: &Sample, label: &str| sample.labels.iter().any(|(name, value)| format!("{name}={value:?}") == label);
        let series = families.iter().flat_map(|family| &family.samples);
        let series = series.filter(|sample| sample.name == name && labels.iter().all(|label| has(sample, label)));
        Ok(series.map(|sample| sample.value).sum())
    }

    /// An answer of the probes, such as `/livez`: status and text.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn probe(&self, path: &str) -> Result<(u16, String)> {
        self.get("health", path).await
    }

    /// Memory that it uses now, in KiB. Only where there is `/proc`.
    ///
    /// # Errors
    /// When it is not running, or the system has no `/proc`.
    pub fn rss_kib(&self) -> Result<u64> {
        self.memory("VmRSS:")
    }

    /// The most memory that it has used, in KiB.
    ///
    /// # Errors
    /// See [`Operator::rss_kib`].
    pub fn peak_rss_kib(&self) -> Result<u64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, field: &str) -> Result<u64> {
        let path = format!("/proc/{}/status", self.id());
        let status = std::fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let line = line.with_context(|| format!("{path} names no {field}"))?;
        line.trim()
            .trim_end_matches("kB")
            .trim()
            .parse()
            .with_context(|| format!("{path}: {field} is {line}"))
    }

    /// Waits for something that never comes once the process has ended.
    async fn wait<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Result<T>) -> Result<T> {
        let seen = eventually(PATIENCE, what, async || {
            let seen = look().await;
            match (seen, self.process.check()) {
                (Err(_), Err(ended)) => Ok(Err(ended)),
                (seen, _) => seen.map(Ok),
            }
        });
        seen.await.and_then(|seen| seen).map_err(|error| {
            anyhow!(
                "{}: {error:#}; the last lines of its log:\n{}",
                self.process.name(),
                self.process.log_tail()
            )
        })
    }

    async fn get(&self, server: &str, path: &str) -> Result<(u16, String)> {
        let listening = self.line("listening")?;
        let address = listening[server]
            .as_str()
            .with_context(|| format!("the log names no address for {server}"))?;
        let answer = self
            .http
            .get(format!("http://{address}{path}"))
            .send()
            .await
            .with_context(|| format!("GET {path}"))?;
        let status = answer.status().as_u16();
        Ok((status, answer.text().await.with_context(|| format!("GET {path}"))?))
    }

    fn line(&self, message: &str) -> Result<Value> {
        let line = self.log_lines()?.into_iter().find(|line| line["message"] == message);
        line.with_context(|| format!("{} has not logged \"{message}\"", self.process.name()))
    }
}
