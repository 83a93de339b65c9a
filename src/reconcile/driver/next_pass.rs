//! How a pass ended: the label for metrics, the text of the log line, and the time of the object's next pass.

use std::time::Duration;

use tokio::time::Instant;

use crate::reconcile::context::Context;
use crate::reconcile::memory::Uid;
use crate::report::conditions::Verdict;
use crate::report::failure::{Class, Failure};
use crate::report::reason::Reason;
use crate::runtime::backoff::jitter;

/// When an object without events gets its next pass. The poller sees drift long before.
const IDLE: Duration = Duration::from_secs(1800);
/// How soon a pass follows one that reported a change before making it.
pub(crate) const SOON: Duration = Duration::from_secs(1);
/// The longest time between two lookups of something that is expected to appear.
const LOOKS: Duration = Duration::from_secs(60);
/// How long a pass waits for something that may appear by itself, before the status asks a person to act. The lookups
/// continue all the same.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A pass that was deferred for others; not worth a line.
pub(crate) const DEFERRED: &str = "deferred";
/// A pass that has written, and was deferred before it saw the effect.
pub(crate) const WROTE: &str = "working";

/// How a pass ended.
pub(crate) struct End {
    pub outcome: &'static str,
    pub reason: Option<Reason>,
    pub message: String,
    /// `None`: never again, unless something happens.
    pub next: Option<Duration>,
}

impl End {
    /// The object was not ours, or is not any more.
    pub(crate) fn last(outcome: &'static str, reason: Option<Reason>, message: &str) -> Self {
        Self {
            outcome,
            reason,
            message: message.to_owned(),
            next: None,
        }
    }

    /// The pass was deferred: its turn has not come.
    pub(crate) fn deferred(after: Duration) -> Self {
        Self {
            outcome: DEFERRED,
            reason: Some(Reason::Throttled),
            message: String::new(),
            next: Some(after),
        }
    }
}

/// The end that follows from a result, and what it means for the object's backoff.
pub(crate) fn ended(result: &Result<Verdict, Failure>, wrote: bool, uid: &Uid, context: &Context) -> End {
    let verdict = match result {
        Ok(Verdict::Failed(failure)) | Err(failure) => return failed(failure, uid, context),
        Ok(verdict) => verdict,
    };
    context.backoff.success(uid);
    let (outcome, reason, message, next) = match verdict {
        Verdict::Ready { message } if wrote => ("changed", Reason::Synced, message.clone(), IDLE),
        Verdict::Ready { message } => ("unchanged", Reason::Synced, message.clone(), IDLE),
        Verdict::Working { reason, message } => ("working", *reason, message.clone(), SOON),
        Verdict::Pending { message } => ("waiting", Reason::AssignmentsPending, message.clone(), IDLE),
        Verdict::Observed { message } => ("held", Reason::Observed, message.clone(), IDLE),
        Verdict::Held { reason, message } => ("held", *reason, message.clone(), IDLE),
        Verdict::Suspended => ("suspended", Reason::Suspended, String::new(), IDLE),
        Verdict::Failed(failure) => return failed(failure, uid, context),
    };
    End {
        outcome,
        reason: Some(reason),
        message,
        next: Some(sooner(if next == SOON { next } else { jitter(next, 10) }, uid, context)),
    }
}

/// The time of the next pass, or of a check that is due before.
pub(crate) fn sooner(next: Duration, uid: &Uid, context: &Context) -> Duration {
    let look = context.memory.get(uid).asked.next_look;
    look.map_or(next, |look| next.min(look.saturating_duration_since(Instant::now())))
        .max(Duration::from_millis(100))
}

fn failed(failure: &Failure, uid: &Uid, context: &Context) -> End {
    let (outcome, next) = match failure.class {
        Class::Stalled => ("stalled", failure.after.unwrap_or_else(|| jitter(IDLE, 10))),
        Class::Waiting => (
            "waiting",
            failure.after.unwrap_or_else(|| context.backoff.failure(uid).min(jitter(LOOKS, 10))),
        ),
        Class::Retry | Class::Unreachable => {
            let backoff = || context.backoff.failure(uid).max(failure.at_least.unwrap_or_default());
            ("failed", failure.after.unwrap_or_else(backoff))
        }
    };
    End {
        outcome,
        reason: Some(failure.reason),
        message: failure.message.clone(),
        next: Some(sooner(next, uid, context)),
    }
}
