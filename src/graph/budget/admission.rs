//! Which caller may send a request: the wait for a permit in the line of a class.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::graph::budget::caller::{Caller, Kept};
use crate::graph::budget::counter::{MANY_WAITERS, Obstacle, PATIENCE, Patience, SHORT_PATIENCE};
use crate::graph::budget::limits::{Limits, RequestClass};
use crate::graph::budget::permit::Permit;
use crate::graph::budget::place::Place;
use crate::graph::budget::priority::Priority;
use crate::graph::budget::state::Budget;
use crate::graph::errors::error::{ErrorKind, GraphError};
use crate::graph::http::observer::Observer;

/// A budget that several clients share. Clones are the same budget.
#[derive(Clone)]
pub(crate) struct SharedBudget(pub Arc<Budget>);

impl fmt::Debug for SharedBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBudget").finish_non_exhaustive()
    }
}

impl SharedBudget {
    /// A budget with these limits, which reports its use to `observer`.
    pub(crate) fn new(limits: &Limits, observer: Arc<dyn Observer>) -> Self {
        Self(Arc::new(Budget::new(limits, observer)))
    }

    /// Waits for the turn of a request of the current [`Caller`]. An error means that nothing was sent, and contains the time to
    /// come back. A request that `continues` a list waits for up to a whole window: to begin anew would cost more.
    pub(crate) async fn admit(&self, class: RequestClass, continues: bool, operation: &str) -> Result<Permit, GraphError> {
        let budget = &self.0;
        let caller = Caller::current().unwrap_or_else(|| Arc::new(Caller::new(Priority::Change, "", "")));
        budget.lock().parties.see(caller.party(), Instant::now());
        // A second write of the same work gets the place of the first one: to stop between a create and its assignments would
        // cost a further read, and leave half of the work in Graph meanwhile.
        let first_write = caller.last_turn(class).filter(|_| class == RequestClass::Write);
        let back = |place: Place| {
            place.come_back(caller.waiter());
            place
        };
        let place = match (caller.take(budget, class), first_write) {
            (Kept::Permit(permit), _) => {
                caller.had_turn(class, permit.ticket());
                return Ok(permit);
            }
            (Kept::Place(place), _) => back(place),
            (Kept::Nothing, Some(ticket)) => back(Place::at(budget, class, ticket)),
            (Kept::Nothing, None) => Place::enter(budget, class, caller.waiter()),
        };
        let whole = (continues || first_write.is_some()).then(|| budget.lock().counter(class).window.length() + PATIENCE);
        match wait_for_turn(&place, whole).await {
            Ok(permit) => {
                caller.had_turn(class, permit.ticket());
                Ok(permit)
            }
            Err(obstacle) => {
                place.step_aside(caller.waiter());
                let error = come_back(&place, &obstacle, operation);
                caller.keep(place);
                Err(error)
            }
        }
    }
}

/// The result of a wait at a place.
pub(crate) enum Waited {
    Turn(Permit),
    /// It is not its turn; in how long to come back.
    Later(Duration),
    /// Graph asked for a pause. Work that makes a request gets an error with that reason.
    Paused,
}

impl Place {
    /// Waits a short time for the turn of this place, as `caller`.
    pub(crate) async fn wait(&self, caller: &Caller) -> Waited {
        self.come_back(caller.waiter());
        match wait_for_turn(self, None).await {
            Ok(permit) => Waited::Turn(permit),
            Err(obstacle) => {
                self.step_aside(caller.waiter());
                match obstacle {
                    Obstacle::Pause(_) => Waited::Paused,
                    Obstacle::Others | Obstacle::Limit(_) => {
                        Waited::Later(self.budget().come_back_after(self.class(), self.number(), &obstacle))
                    }
                }
            }
        }
    }
}

/// Waits in the line until the turn of a place has come, or it is clear that it will not come in time. With a `patience` of
/// its own the length of the line makes no difference.
async fn wait_for_turn(place: &Place, patience: Option<Duration>) -> Result<Permit, Obstacle> {
    let (since, class, budget) = (Instant::now(), place.class(), place.budget());
    let mut patience = Patience {
        until: since + patience.unwrap_or(PATIENCE),
        steadfast: patience.is_some(),
    };
    if !patience.steadfast && budget.lock().counter(class).line.len() > MANY_WAITERS {
        patience.until = since + SHORT_PATIENCE;
    }
    let mut waited = false;
    loop {
        let changed = budget.changed.notified();
        tokio::pin!(changed);
        // From here on a change is noticed, also one between the step and the wait.
        changed.as_mut().enable();
        let now = Instant::now();
        let obstacle = match budget.step(class, place.number(), now) {
            Ok(admitted) => {
                if waited {
                    budget.observer.held_back(class.as_str(), now - since);
                }
                budget.observer.budget(class.as_str(), budget.left(class));
                return Ok(Permit::new(budget, admitted, Caller::keep_unused));
            }
            Err(obstacle) => obstacle,
        };
        let gives_up = |earliest| budget.gives_up(class, place.number(), earliest, &patience, now);
        let (until, given_up) = match obstacle {
            Obstacle::Pause(at) => (at, at > patience.until),
            Obstacle::Limit(at) => (at, gives_up(at)),
            Obstacle::Others => (patience.until, gives_up(now)),
        };
        if now >= patience.until || given_up {
            return Err(obstacle);
        }
        waited = true;
        tokio::select! {
            biased;
            () = &mut changed => {}
            () = sleep_until(until) => {}
        }
    }
}

/// The error for a caller that has to come back later.
fn come_back(place: &Place, obstacle: &Obstacle, operation: &str) -> GraphError {
    let class = place.class();
    let (kind, message, after) = match *obstacle {
        Obstacle::Pause(until) => {
            let message = "Graph asked for a pause that is not over, so nothing was sent".to_owned();
            (ErrorKind::Throttled, message, until - Instant::now())
        }
        Obstacle::Limit(_) | Obstacle::Others => {
            let message = format!(
                "the tenant's budget of {} requests is used up for the moment, so nothing was sent",
                class.as_str()
            );
            let after = place.budget().come_back_after(class, place.number(), obstacle);
            (ErrorKind::OverBudget, message, after)
        }
    };
    GraphError {
        retry_after: Some(after),
        ..GraphError::new(operation, kind, message)
    }
}
