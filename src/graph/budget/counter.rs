//! One class of requests of a tenant: its window, and the line of the waiters for it. Pure: the time is an argument.

use std::time::Duration;

use tokio::time::Instant;

use crate::graph::budget::limits::{Limit, RequestClass};
use crate::graph::budget::line::{Line, Pace, Turn, Waiter};
use crate::graph::budget::window::{Slot, Window};

/// The pause after a 429 that names none; the caller's own backoff is longer when the request fails again.
pub(crate) const FLOOR: Duration = Duration::from_secs(1);

/// The longest wait for a turn. A pass has a deadline and makes a handful of requests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// With more waiters than this, a caller waits only `SHORT_PATIENCE`, and only behind at most `FEW_AHEAD` others: a waiting
/// caller occupies a worker.
pub(crate) const MANY_WAITERS: usize = 4;
pub(crate) const SHORT_PATIENCE: Duration = Duration::from_secs(2);
const FEW_AHEAD: u32 = 3;

/// A caller comes back after this long at the latest: the limit may have changed by then.
const SOONEST_LOOK: Duration = Duration::from_secs(5);

/// A caller comes back this long before its turn: the callers that are in the line when the class has room share that room.
const EARLY: Duration = Duration::from_secs(1);

/// In a long line callers come back later, so that one caller comes back each `LOOK_EVERY`.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The obstacle between a waiter and its turn.
pub(crate) enum Obstacle {
    /// Other waiters come first, or an answer has to arrive first.
    Others,
    /// The limit of the class, until then.
    Limit(Instant),
    /// Graph asked for a pause, until then.
    Pause(Instant),
}

/// One class of requests.
pub(crate) struct Counter {
    pub window: Window,
    pub line: Line,
    class: RequestClass,
}

impl Counter {
    pub(crate) fn new(class: RequestClass, limit: Limit) -> Self {
        Self {
            window: Window::new(limit),
            line: Line::default(),
            class,
        }
    }

    /// The pace of each party where there are `several`.
    fn pace(&self, several: bool, now: Instant) -> Option<Pace> {
        let at_once = match self.class {
            // A list serves all parties, no matter which of them makes it.
            RequestClass::List => return None,
            // Most single reads precede a write; a quarter of the window leaves enough for the other parties.
            RequestClass::Get | RequestClass::Directory => (self.window.believed(now) / 4).max(2),
            // Few are under way when another party joins. The second one makes up for lost time.
            RequestClass::Write => 2,
        };
        several.then(|| Pace {
            spacing: self.window.spacing(now),
            at_once: u32::try_from(at_once).unwrap_or(u32::MAX),
        })
    }

    /// Takes the turn of a ticket.
    pub(crate) fn step(&mut self, ticket: u64, several: bool, now: Instant) -> Result<(Slot, Waiter), Obstacle> {
        let part = match self.line.turn(ticket, self.pace(several, now), now) {
            Turn::Now(part) => part,
            Turn::Others => return Err(Obstacle::Others),
            Turn::At(at) => return Err(Obstacle::Limit(at)),
        };
        let spacing = self.window.spacing(now);
        match self.window.admit(part, now) {
            Ok(slot) => Ok((slot, self.line.served(ticket, spacing, now).ok_or(Obstacle::Others)?)),
            Err(Some(at)) => Err(Obstacle::Limit(at)),
            Err(None) => Err(Obstacle::Others),
        }
    }

    /// How many turns of the class come before that of a ticket, and how long they take if the limit admits none before
    /// `earliest`. Requests that the window has room for take no time, unless the parties have a pace.
    pub(crate) fn expected(&mut self, ticket: u64, several: bool, earliest: Instant, now: Instant) -> (u32, Duration) {
        let at_once = self.pace(several, now).map_or_else(|| self.window.left(now), |_| 0);
        let ahead = self.line.ahead(ticket).saturating_sub(at_once);
        let turns = u32::try_from(ahead).unwrap_or(u32::MAX);
        (turns, self.window.spacing(now).saturating_mul(turns) + (earliest - now))
    }

    /// Whether the holder of a ticket stops waiting, because it would have to wait for longer than its patience.
    pub(crate) fn gives_up(&mut self, ticket: u64, several: bool, earliest: Instant, patience: &Patience, now: Instant) -> bool {
        let (turns, expected) = self.expected(ticket, several, earliest, now);
        let many = !patience.steadfast && self.line.len() > MANY_WAITERS;
        now + expected > patience.until || many && turns > FEW_AHEAD
    }

    /// In how long a caller has to come back: shortly before its turn is expected, so that callers do not all come back at once
    /// without success; and soon in any case.
    pub(crate) fn come_back_after(&self, expected: Duration) -> Duration {
        let waiting = u32::try_from(self.line.len()).unwrap_or(u32::MAX);
        let turn = expected.saturating_sub(EARLY);
        let look = LOOK_EVERY.saturating_mul(waiting).max(SOONEST_LOOK);
        let after = if turn < look {
            turn
        } else {
            look.mul_f64(0.5 + 0.5 * fastrand::f64())
        };
        after.max(FLOOR)
    }
}

/// How long a caller waits for its turn.
pub(crate) struct Patience {
    pub until: Instant,
    /// Whether a long line makes no difference.
    pub steadfast: bool,
}
