//! The place of an object in its tenant's budget, from one pass to the next. A pass that was deferred for lack of budget
//! would otherwise begin at the end of the line each time, and read everything again only to be deferred again.

use std::sync::Arc;
use std::time::Duration;

use kube::ResourceExt;

use crate::graph::{Caller, Waited};
use crate::reconcile::driver::urgency::urgency;
use crate::reconcile::memory::asked::Kept;
use crate::reconcile::pass::{Kind, Pass};
use crate::report::reason::Reason;
use crate::report::stop::Stop;

/// The caller of a pass's requests, at the place that the object has in the budget; or when to come back, because its turn
/// has not come.
pub(crate) async fn caller<K: Kind>(pass: &Pass<'_, K>) -> Result<Arc<Caller>, Duration> {
    let namespace = pass.object.namespace().unwrap_or_default();
    let caller = Caller::new(urgency(pass), &namespace, pass.uid);
    let kept = pass.note(|notes| notes.asked.place.take());
    let Some(kept) = kept else { return Ok(Arc::new(caller)) };
    if pass.requested || kept.generation != pass.object.meta().generation {
        return Ok(Arc::new(caller.with_place(kept.place)));
    }
    match kept.place.wait(&caller).await {
        Waited::Turn(permit) => Ok(Arc::new(caller.with_permit(permit))),
        Waited::Paused => Ok(Arc::new(caller.with_place(kept.place))),
        Waited::Later(after) => {
            pass.note(|notes| notes.asked.place = Some(kept));
            Err(after)
        }
    }
}

/// Keeps the place that is left when a pass has ended, if another one will come for it.
pub(crate) fn keep<K: Kind>(pass: &Pass<'_, K>, caller: &Caller, stop: Option<&Stop>) {
    let comes_back = |stop: &Stop| stop.is_later() || stop.because(Reason::Throttled);
    if let Some(place) = caller.leave_place().filter(|_| stop.is_some_and(comes_back)) {
        let kept = Kept {
            place,
            generation: pass.object.meta().generation,
        };
        pass.note(|notes| notes.asked.place = Some(Box::new(kept)));
    }
}
