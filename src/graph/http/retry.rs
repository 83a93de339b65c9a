//! When a read or a token request is repeated within one call. Longer waits belong to the caller's queue.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use crate::graph::errors::error::{ErrorKind, GraphError};

/// The longest `Retry-After` that is waited for inside a call.
const PATIENCE: Duration = Duration::from_secs(30);

const READ: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_factor(2.0)
    .with_max_times(2)
    .with_jitter();

/// One repeat: an unreachable token endpoint must become visible within seconds.
const TOKEN: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .with_max_times(1)
    .with_jitter();

/// Runs a read until it succeeds, three times at most.
pub(crate) async fn read<T, F: Future<Output = Result<T, GraphError>>>(call: impl FnMut() -> F) -> Result<T, GraphError> {
    call.retry(READ).when(is_repeatable).adjust(pause).await
}

/// Asks for a token, twice at most.
pub(crate) async fn token<T, F: Future<Output = Result<T, GraphError>>>(call: impl FnMut() -> F) -> Result<T, GraphError> {
    call.retry(TOKEN).when(GraphError::is_transient).adjust(pause).await
}

fn is_repeatable(error: &GraphError) -> bool {
    // Not a throttled one: all requests to the tenant have to wait, not this read alone.
    matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Transport)
}

/// The pause that the service asks for, unless it is too long to wait here; `None` gives up. `planned` is `None` after the last
/// repeat.
fn pause(error: &GraphError, planned: Option<Duration>) -> Option<Duration> {
    let planned = planned?;
    match error.retry_after {
        Some(asked) if asked > PATIENCE => None,
        Some(asked) => Some(asked),
        None => Some(planned),
    }
}
