//! The tenant's audit log as all passes share it: read when a pass needs it, and then for all that wait.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use tokio::time::Instant;

use crate::graph::{AuditEvent, Client, ErrorKind};
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::tenant::gate::{About, Gate};

/// How long after a write its event may still be missing. Minutes have been observed; no limit is documented.
pub(crate) const LONGEST_LAG: SignedDuration = SignedDuration::from_mins(15);

/// A log that could not be read is not asked for again before this.
const PAUSE: Duration = Duration::from_secs(600);

/// What was read last.
#[derive(Debug, Default)]
pub(crate) struct AuditLog(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    read: Option<Read>,
    refused: Option<Instant>,
}

#[derive(Debug)]
struct Read {
    /// From when on the events are known.
    from: Timestamp,
    asked: Instant,
    events: Arc<Vec<AuditEvent>>,
}

impl AuditLog {
    /// The events from `from` on, as the log shows them to a request that was made after `not_before`. Nothing when the
    /// log cannot be read at all, which proves nothing.
    pub(crate) async fn events(
        &self,
        client: &Client,
        gate: &Gate,
        from: Timestamp,
        not_before: Instant,
    ) -> Result<Option<Arc<Vec<AuditEvent>>>, Stop> {
        let mut known = self.0.try_lock().map_err(|_taken| Stop::soon())?;
        if let Some(read) = known.read.as_ref().filter(|read| read.from <= from && read.asked >= not_before) {
            return Ok(Some(Arc::clone(&read.events)));
        }
        if known.refused.is_some_and(|refused| refused.elapsed() < PAUSE) {
            return Ok(None);
        }
        // Other passes that ask soon ask for about the same time.
        let from = known.read.as_ref().map_or(from, |read| from.min(read.from.max(from - LONGEST_LAG)));
        let asked = Instant::now();
        gate.check()?;
        let result = client.audit_events(from).await;
        let closed_to_us = |kind| matches!(kind, ErrorKind::Forbidden | ErrorKind::BadRequest | ErrorKind::NotFound);
        if let Err(error) = &result
            && closed_to_us(error.kind)
        {
            tracing::warn!(%error, "the audit log cannot be read; what it would prove stays open");
            known.refused = Some(Instant::now());
            gate.release();
            return Ok(None);
        }
        let events = Arc::new(gate.record_read(About::Tenant, asked, result)?);
        known.read = Some(Read {
            from,
            asked,
            events: Arc::clone(&events),
        });
        Ok(Some(events))
    }
}

/// A wait for the audit log.
pub(crate) fn waiting(message: impl Into<String>, after: Duration) -> Stop {
    Stop::waiting_for(Reason::CreateUnconfirmed, message, after)
}
