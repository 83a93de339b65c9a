//! When a pinned reference is looked up again. A name is resolved once; the id it was resolved to is proved anew when
//! Graph refused a request, when a person asks for a reconcile, and once a day. An id that is gone is reported;
//! an object that has its name now is another one, which any writer may have created, and is used only when a person requests
//! a reconcile after that report.

use std::time::Duration;

use tokio::time::Instant;

use crate::api::{Resolved, ResolvedName};
use crate::reconcile::memory::seen::Seen;
use crate::reconcile::pass::{Kind, Pass};
use crate::reconcile::proofs::Proofs;
use crate::report::failure::Failure;
use crate::report::reason::Reason;
use crate::tenant::shared::Tenant;

/// What a pass may do with the pins of its object.
pub(crate) struct Pins<'a> {
    /// What names were resolved to.
    pub resolved: &'a Resolved,
    /// A person requested this pass: references whose ids are known to be gone are resolved again.
    pub requested: bool,
    /// What has to be proved.
    pub proofs: Proofs,
    /// The time between the two lookups that prove something gone.
    pub apart: Duration,
    /// Where it is proved.
    pub tenant: &'a Tenant,
}

impl<'a> Pins<'a> {
    /// The pins of an object as its notes and its last pass left them.
    pub(crate) fn new<K: Kind>(resolved: &'a Resolved, pass: &Pass<'_, K>, seen: &Seen, tenant: &'a Tenant) -> Self {
        let mut proofs = seen.proofs.clone().unwrap_or_default();
        proofs.begin(resolved, pass.requested || seen.prove_pins, Instant::now());
        Self {
            resolved,
            requested: pass.requested,
            proofs,
            apart: pass.context.absence(),
            tenant,
        }
    }
}

impl Pins<'_> {
    /// Whether a pinned name has to be compared with what the tenant has.
    pub(crate) fn concerns(&self, pin: &ResolvedName, asked: bool) -> bool {
        self.proofs.wants(&pin.name) || pin.gone == Some(true) && asked
    }
}

/// The failure of a reference whose id is gone.
pub(crate) fn gone(what: &str, id: &str) -> Failure {
    let message = format!(
        "{what} resolved to {id}, which is not in the tenant any more. To use another object of that name now, request a reconcile (annotation cloudpc.dev/reconcile-requested-at); otherwise restore it, or name another one"
    );
    Failure::stalled(Reason::ReferenceGone, message)
}
