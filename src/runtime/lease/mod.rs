//! Work that only one replica may do: it runs under a lease and ends with it.
//!
//! Four rules beyond the election itself: a lost lease ends the process (spawned work cannot be revoked), the lease is released
//! only after the work has ended, it is never released while work may still run, and a lease that cannot be used is reported,
//! while the election goes on trying.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, StatusCode};
use k8s_controller::LeaderElection;
use kube::Client;
use kube::client::Body;
use tower::{BoxError, service_fn};

use crate::base::text::one_line;
use crate::runtime::shutdown::Shutdown;

/// The longest text of a failure that is reported.
const MAX_REASON: usize = 256;

/// How long releasing the lease may take; it expires by itself anyway.
const RELEASE_LIMIT: Duration = Duration::from_secs(5);

/// Which lease, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct LeaseConfig {
    pub namespace: String,
    pub name: String,
    /// Unique for this process. Two processes with the same identity would both lead.
    pub identity: String,
    pub timings: LeaseTimings,
}

/// The times of the election. `renew_deadline` plus the longest write to Graph must stay below `duration`, so that the
/// last write of a leader that lost contact ends before its successor starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeaseTimings {
    /// How long others wait after the last renewal that they saw.
    pub duration: Duration,
    /// After how long without a renewal the leader stops.
    pub renew_deadline: Duration,
    /// How often the lease is renewed, or read by the processes that wait.
    pub retry: Duration,
    /// How long the work may take to end after a shutdown request.
    pub drain: Duration,
}

impl Default for LeaseTimings {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(20),
            renew_deadline: Duration::from_secs(8),
            retry: Duration::from_secs(2),
            drain: Duration::from_secs(25),
        }
    }
}

/// Why the work under the lease did not end well. Each of them is a reason to end the process at once.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LeaseError {
    /// The lease could not be renewed in time or was taken by another process.
    #[error("the lease was lost")]
    Lost,
    /// The work did not end in time after the shutdown request, so the lease was left to expire.
    #[error("the work did not end within {0:?} of the shutdown request; the lease expires by itself")]
    Drain(Duration),
    /// The configuration contradicts itself.
    #[error("the lease cannot work: {0}")]
    Config(&'static str),
}

impl LeaseConfig {
    /// The election library panics on these.
    fn check(&self) -> Result<(), LeaseError> {
        let t = &self.timings;
        if self.identity.is_empty() {
            Err(LeaseError::Config("the identity is empty"))
        } else if t.renew_deadline >= t.duration {
            Err(LeaseError::Config("the renew deadline is not below the lease duration"))
        } else if t.retry >= t.renew_deadline || t.retry.is_zero() {
            Err(LeaseError::Config("the retry period is not below the renew deadline"))
        } else if i32::try_from(t.duration.as_secs()).is_err() {
            Err(LeaseError::Config("the lease duration is too long"))
        } else {
            Ok(())
        }
    }
}

/// Waits for the lease and runs `on_leader` while holding it. Returns when the work has ended and the lease is
/// released, or when a shutdown is requested before the lease was obtained.
///
/// The work gets a shutdown that fires with `shutdown`; it must end then, after waiting for what it has detached.
/// `client` must not retry by itself: a renewal that is late must be seen as late. `report` is called after each request with
/// whether the lease can be used, and otherwise why not.
///
/// # Errors
///
/// See [`LeaseError`]. The work has been dropped; the caller must end the process.
pub(crate) async fn lead<F, W, T>(
    client: &Client,
    config: LeaseConfig,
    shutdown: Shutdown,
    report: T,
    on_leader: F,
) -> Result<(), LeaseError>
where
    F: FnOnce(Shutdown) -> W,
    W: Future<Output = ()>,
    T: Fn(Result<(), String>) + Clone + Send + Sync + 'static,
{
    config.check()?;
    let drain = config.timings.drain;
    let client = heard(client, format!("{}/{}", config.namespace, config.name), report);
    let election = LeaderElection::new(client, &config.namespace, &config.name, &config.identity)
        .with_lease_duration(config.timings.duration)
        .with_renew_deadline(config.timings.renew_deadline)
        .with_retry_period(config.timings.retry);
    let leading = AtomicBool::new(false);
    let work = async {
        leading.store(true, Ordering::Relaxed);
        on_leader(shutdown.clone()).await;
    };
    let patience = async {
        shutdown.cancelled().await;
        if leading.load(Ordering::Relaxed) {
            tokio::time::sleep(drain).await;
        }
    };
    let outcome = tokio::select! {
        // First, so that work that has just ended is not reported as late.
        biased;
        ended = election.with_lease(work) => Some(ended.ok_or(LeaseError::Lost)),
        () = patience => None,
    };
    match outcome {
        Some(result) => result,
        None if leading.load(Ordering::Relaxed) => Err(LeaseError::Drain(drain)),
        None => {
            // A request to obtain the lease may have been under way and succeeded.
            let released = tokio::time::timeout(RELEASE_LIMIT, election.release()).await;
            if released.is_err() {
                tracing::warn!("releasing the lease took too long; it expires by itself");
            }
            Ok(())
        }
    }
}

/// A client that reports the results of its requests for the lease. The election itself only logs them.
fn heard<T>(client: &Client, lease: String, report: T) -> Client
where
    T: Fn(Result<(), String>) + Clone + Send + Sync + 'static,
{
    let inner = client.clone();
    let service = service_fn(move |request: Request<Body>| {
        let (inner, lease, report) = (inner.clone(), lease.clone(), report.clone());
        async move {
            let answer = inner.send(request).await;
            match answer.as_ref().map(|answer| answer.status()) {
                // Not there yet, or another process was quicker.
                Ok(StatusCode::NOT_FOUND | StatusCode::CONFLICT) => {}
                Ok(status) if status.is_success() => report(Ok(())),
                Ok(status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)) => {
                    report(Err(format!(
                        "the controller may not use the lease {lease}: {status}; its Role names the lease"
                    )));
                }
                Ok(status) => report(Err(format!("the lease {lease} cannot be used: {status}"))),
                Err(error) => report(Err(one_line(&format!("the lease {lease} cannot be used: {error}"), MAX_REASON))),
            }
            answer.map_err(BoxError::from)
        }
    });
    Client::new(service, client.default_namespace())
}

#[cfg(test)]
mod tests;
