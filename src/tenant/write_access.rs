//! Whether this process may write at all.

use kube::runtime::reflector::{ObjectRef, Store};

use crate::api::{EntraTenant, Mode};
use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::report::stop::Stop;
use crate::runtime::pulse::Pulse;

/// What a process may write.
pub(crate) struct WriteAccess {
    /// Whether this process writes nothing to Graph, whatever the objects say.
    pub read_only: bool,
    /// Whether the process has run without standing still.
    pub pulse: Pulse,
    /// The EntraTenants, as the watch shows them now.
    pub described: Store<EntraTenant>,
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

    /// The same for a change in one tenant, directly before it is sent: a person may have set `mode: Observe` or `suspend` since the pass began.
    pub(crate) fn may_change(&self, tenant: &str) -> Result<(), Stop> {
        self.may_change_graph()?;
        let stopped = |tenant: &EntraTenant| tenant.spec.mode == Some(Mode::Observe) || tenant.spec.suspend == Some(true);
        match self.described.get(&ObjectRef::new(tenant)) {
            // The next pass sees it, and reports it.
            Some(described) if stopped(&described) => Err(Stop::soon()),
            _ => Ok(()),
        }
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

#[cfg(test)]
mod tests {
    use kube::runtime::{reflector, watcher};

    use super::*;
    use crate::tenant::tests::sign_in::{client_secret, tenant};

    #[test]
    fn a_tenant_that_is_only_observed_from_now_on_gets_no_further_write() {
        let (described, mut writer) = reflector::store();
        let access = WriteAccess {
            read_only: false,
            pulse: Pulse::unheeded(),
            described,
        };
        let mut set = |change: fn(&mut EntraTenant)| {
            let mut contoso = tenant("contoso", client_secret("app"));
            change(&mut contoso);
            writer.apply_watcher_event(&watcher::Event::Apply(contoso));
            access.may_change("contoso").is_ok()
        };
        assert!(set(|_| {}));
        assert!(!set(|tenant| tenant.spec.mode = Some(Mode::Observe)));
        assert!(!set(|tenant| tenant.spec.suspend = Some(true)));
        assert!(set(|tenant| tenant.spec.mode = Some(Mode::Enforce)));
        assert!(access.may_change("fabrikam").is_ok(), "another tenant");
    }
}
