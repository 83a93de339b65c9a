//! Whether this process may write at all.

use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::runtime::pulse::Pulse;

/// What a process may write.
pub(crate) struct WriteAccess {
    /// Whether this process writes nothing to Graph, whatever the objects say.
    pub read_only: bool,
    /// Whether the process has run without standing still.
    pub pulse: Pulse,
}

impl WriteAccess {
    /// Refuses a write to Graph after the process was paused for so long that another one may be the leader by now.
    /// The lease notices that too, but perhaps a moment after a pass that was in the middle of its work.
    pub(crate) fn may_write(&self) -> Result<(), Failure> {
        if self.pulse.steady() {
            return Ok(());
        }
        Err(Failure::retry(
            Reason::InternalError,
            "the process was paused for longer than its lease allows, so it writes nothing any more",
        ))
    }

    /// Refuses every change of Graph in a read-only process. Plans are held back long before; this is the last check.
    pub(crate) fn may_change_graph(&self) -> Result<(), Failure> {
        self.may_write()?;
        if self.read_only {
            let message = "the controller runs with --read-only, so nothing is changed or deleted in Graph";
            return Err(Failure::waiting(Reason::ReadOnly, message));
        }
        Ok(())
    }
}
