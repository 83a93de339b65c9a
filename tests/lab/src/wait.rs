//! Waiting for something that can be seen. This is the only place that sleeps, between two attempts.

use anyhow::{Result, anyhow};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(100);

/// This many seconds.
#[must_use]
pub const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Calls `look` until it gives a value; an error of it means "not yet" and says what was seen instead.
///
/// # Errors
/// When the time is over: what was waited for, and the last error.
pub async fn eventually<T>(timeout: Duration, what: &str, mut look: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    loop {
        let last = match tokio::time::timeout(timeout, look()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(last)) => last,
            Err(_) => anyhow!("looking took too long"),
        };
        if start.elapsed() > timeout {
            return Err(anyhow!("waited {} s in vain: {what}; last seen: {last:#}", timeout.as_secs()));
        }
        tokio::time::sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context, ensure};

    #[tokio::test]
    async fn it_returns_what_is_seen_at_last_and_fails_with_what_was_seen_last() {
        let mut looks = 0;
        let seen = eventually(seconds(60), "three looks", async || {
            looks += 1;
            ensure!(looks == 3, "{looks} looks");
            Ok(looks)
        });
        assert_eq!(seen.await.unwrap(), 3);
        let error = eventually(Duration::ZERO, "a miracle", async || None::<()>.context("nothing"))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "waited 0 s in vain: a miracle; last seen: nothing");
    }
}
