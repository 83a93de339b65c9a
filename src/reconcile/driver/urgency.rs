//! How urgent a pass is among all passes of its tenant, and when a pass that has to wait reports it. Pure.

use std::time::Duration;

use k8s_controller::conditions::find;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::graph::Priority;
use crate::reconcile::pass::{Kind, Pass, requests};
use crate::report::reason::Reason;
use crate::report::stop::Later;
use crate::runtime::events::EventKind;

/// A wait that is reported: a pass that is deferred for long comes back a little later than this.
const LONG: Duration = Duration::from_secs(2);

/// Whether a person waits for this pass, or it only checks an object that was Ready at this generation.
pub(crate) fn urgency<K: Kind>(pass: &Pass<'_, K>) -> Priority {
    let right = |ready: &Condition| ready.status == "True" || ready.reason == Reason::Drifted.as_str();
    if ready(pass).is_some_and(right) && !pass.requested && pass.object.meta().deletion_timestamp.is_none() {
        Priority::Repair
    } else {
        Priority::Change
    }
}

/// Whether a pass that waits for its turn in the budget has something to report: what it did, or that a spec without a report
/// yet will wait for a while. A pass that waits for a list with others reports nothing: the list is under way.
pub(crate) fn worth_telling<K: Kind>(pass: &Pass<'_, K>, later: &Later) -> bool {
    if later.turn.is_none() {
        return false;
    }
    let did = pass.wrote || pass.events.iter().any(|event| event.kind == EventKind::Normal);
    did || later.after >= LONG && ready(pass).is_none()
}

/// Whether a person seems to wait for a pass over this object, by the object itself. For the order of passes.
pub(crate) fn seems_urgent<K: Kind>(object: &K) -> bool {
    let Some(status) = object.status() else { return true };
    let ready = find(K::conditions(status), "Ready").filter(|ready| ready.observed_generation == object.meta().generation);
    let right = ready.is_some_and(|ready| ready.status == "True");
    let handled = K::handled(status);
    let requested = requests(object).iter().any(|request| Some(request) != handled);
    !right || requested || object.meta().deletion_timestamp.is_some()
}

/// Ready of this generation, as the status has it.
fn ready<'a, K: Kind>(pass: &'a Pass<'_, K>) -> Option<&'a Condition> {
    let ready = find(K::conditions(&pass.draft), "Ready");
    ready.filter(|ready| ready.observed_generation == pass.object.meta().generation)
}
