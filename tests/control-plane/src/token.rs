//! ServiceAccount tokens in files, kept fresh as a kubelet keeps projected volumes.
//!
//! Prohibition: a token goes from the response into the file, and nowhere else.

use crate::background::Background;
use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use kube::{Api, Client};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

/// How long to wait after a renewal that failed; the old token is valid for a while.
const RETRY: Duration = Duration::from_secs(1);

/// A paused API server must not hold a renewal for ever.
const PATIENCE: Duration = Duration::from_secs(30);

type Reply = oneshot::Sender<Result<()>>;

/// A token file like that of a projected volume.
///
/// The file is replaced by renaming, so a reader sees the old token or the new one and never a
/// part. It is renewed when four fifths of its lifetime are over. Dropping this ends the renewal
/// and removes the file.
#[derive(Debug)]
pub struct ProjectedToken {
    path: PathBuf,
    requests: mpsc::Sender<Reply>,
    task: AbortHandle,
}

impl ProjectedToken {
    /// Where the token is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Renews the token now instead of when its time has come.
    ///
    /// # Errors
    /// When the API server does not give a token; the file then keeps the old one.
    pub async fn renew_now(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(reply).await.map_err(|_| anyhow!("the control plane is gone"))?;
        answer.await.context("the control plane is gone")?
    }

    /// Gets the first token, then renews it in the background.
    pub(crate) async fn create(background: &Background, kubeconfig: PathBuf, path: PathBuf, subject: Subject) -> Result<Self> {
        let file = path.clone();
        let (client, first) = background
            .run(async move {
                let client = crate::kubeconfig::client(&kubeconfig).await?;
                let delay = subject.write_token(&client, &file).await?;
                Ok((client, (subject, delay)))
            })
            .await?;
        let (requests, inbox) = mpsc::channel(1);
        let (subject, delay) = first;
        let task = background.spawn(renew(client, subject, path.clone(), delay, inbox)).abort_handle();
        Ok(Self { path, requests, task })
    }
}

impl Drop for ProjectedToken {
    fn drop(&mut self) {
        self.task.abort();
        // Gone already when the whole control plane is.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The service account and the audience of the token.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    /// None: the API server itself.
    pub(crate) audience: Option<String>,
    pub(crate) ttl: Duration,
}

impl Subject {
    /// Requests a token, replaces the file, and says when to renew it.
    async fn write_token(&self, client: &Client, path: &Path) -> Result<Duration> {
        let whose = || format!("token of {}/{}", self.namespace, self.service_account);
        let request = TokenRequest {
            spec: Some(TokenRequestSpec {
                audiences: self.audience.clone().map(|audience| vec![audience]),
                expiration_seconds: Some(i64::try_from(self.ttl.as_secs())?),
                ..TokenRequestSpec::default()
            }),
            ..TokenRequest::default()
        };
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), &self.namespace);
        let status = accounts
            .create_token_request(&self.service_account, &PostParams::default(), &request)
            .await
            .with_context(|| format!("request a {}", whose()))?
            .status;
        let (token, expires) = status
            .and_then(|status| status.token.zip(status.expiration_timestamp))
            .with_context(|| format!("the API server sent no {}", whose()))?;
        replace(path, token.as_bytes()).with_context(|| format!("write {}", path.display()))?;
        Ok(renewal_delay(Timestamp::now(), expires.0))
    }
}

async fn renew(client: Client, subject: Subject, path: PathBuf, mut delay: Duration, mut inbox: mpsc::Receiver<Reply>) {
    loop {
        let reply = tokio::select! {
            () = tokio::time::sleep(delay) => None,
            reply = inbox.recv() => match reply {
                Some(reply) => Some(reply),
                None => return,
            },
        };
        let outcome = tokio::time::timeout(PATIENCE, subject.write_token(&client, &path))
            .await
            .unwrap_or_else(|_| Err(anyhow!("the API server does not answer")))
            .map(|next| delay = next);
        if let Err(error) = &outcome {
            tracing::warn!("renewal failed: {error:#}");
            delay = RETRY;
        }
        if let Some(reply) = reply {
            // The receiver may be gone.
            let _ = reply.send(outcome);
        }
    }
}

/// Four fifths of what is left, as a kubelet does it.
fn renewal_delay(now: Timestamp, expires: Timestamp) -> Duration {
    let left = Duration::try_from(expires.duration_since(now)).unwrap_or(Duration::ZERO);
    left * 4 / 5
}

fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let dir = path.parent().context("a token file is in a folder")?;
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(content)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_at_four_fifths_of_its_lifetime() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let hour = now + jiff::SignedDuration::from_hours(1);
        assert_eq!(renewal_delay(now, hour), Duration::from_secs(48 * 60));
        assert_eq!(renewal_delay(hour, now), Duration::ZERO);
    }

    #[test]
    fn a_reader_that_has_the_old_file_open_keeps_the_old_token() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        replace(&path, b"old").unwrap();
        let mut opened = std::fs::File::open(&path).unwrap();
        replace(&path, b"new token").unwrap();
        let mut read = String::new();
        std::io::Read::read_to_string(&mut opened, &mut read).unwrap();
        assert_eq!(read, "old");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new token");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
