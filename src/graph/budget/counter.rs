//! One class of requests of a tenant: its window, and the line of those who wait for it. Pure: the time is handed in.

use std::time::Duration;

use tokio::time::Instant;

use crate::graph::budget::limits::{Limit, RequestClass};
use crate::graph::budget::line::{Line, Pace, Turn, Waiter};
use crate::graph::budget::window::{Taken, Window};
use crate::graph::budget::{FLOOR, Obstacle};

/// The longest wait for a turn. A pass has a deadline and makes a handful of requests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// With more waiters than this, one waits where it is only for a turn that comes so soon, and with so few ahead of it: the
/// workers are there for others as well.
pub(crate) const CROWD: usize = 4;
pub(crate) const SHORT_PATIENCE: Duration = Duration::from_secs(2);
const FEW_AHEAD: u32 = 3;

/// One that is sent away is told to come back after so long at the latest: by then the limit may be another one.
const SOONEST_LOOK: Duration = Duration::from_secs(5);

/// It comes back so long before its turn: those who are there when the class has room again share it.
const EARLY: Duration = Duration::from_secs(1);

/// In a long line those looks are rarer, so that one comes back in so long.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A class.
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
            // Made for all, whoever makes it.
            RequestClass::List => return None,
            // What one party reads is a look before a write, mostly; a part of the window leaves enough for the others.
            RequestClass::Get | RequestClass::Directory => (self.window.believed(now) / 4).max(2),
            // Few are under way when another party comes. The second makes up for time that was lost.
            RequestClass::Write => 2,
        };
        several.then(|| Pace {
            spacing: self.window.spacing(now),
            at_once: u32::try_from(at_once).unwrap_or(u32::MAX),
        })
    }

    /// Takes the turn of a ticket.
    pub(crate) fn step(&mut self, ticket: u64, several: bool, now: Instant) -> Result<(Taken, Waiter), Obstacle> {
        let part = match self.line.turn(ticket, self.pace(several, now), now) {
            Turn::Now(part) => part,
            Turn::Others => return Err(Obstacle::Others),
            Turn::At(at) => return Err(Obstacle::Limit(at)),
        };
        let spacing = self.window.spacing(now);
        match self.window.take(part, now) {
            Ok(taken) => Ok((taken, self.line.served(ticket, spacing, now).ok_or(Obstacle::Others)?)),
            Err(Some(at)) => Err(Obstacle::Limit(at)),
            Err(None) => Err(Obstacle::Others),
        }
    }

    /// How many turns of the class come before that of a ticket, and so long until then, if the limit lets nothing go before
    /// `earliest`. What the window has room for goes as fast as it is answered, unless it has a pace.
    pub(crate) fn expected(&mut self, ticket: u64, several: bool, earliest: Instant, now: Instant) -> (u32, Duration) {
        let at_once = self.pace(several, now).map_or_else(|| self.window.left(now), |_| 0);
        let ahead = self.line.ahead(ticket).saturating_sub(at_once);
        let turns = u32::try_from(ahead).unwrap_or(u32::MAX);
        (turns, self.window.spacing(now).saturating_mul(turns) + (earliest - now))
    }

    /// Whether one gives up waiting where it is, because it would have to wait for longer.
    pub(crate) fn gives_up(&mut self, ticket: u64, several: bool, earliest: Instant, patience: &Patience, now: Instant) -> bool {
        let (turns, expected) = self.expected(ticket, several, earliest, now);
        let crowded = !patience.steadfast && self.line.len() > CROWD;
        now + expected > patience.until || crowded && turns > FEW_AHEAD
    }

    /// When one that is sent away shall come back: when its turn may have come, as fast as the class goes, so that they do
    /// not all come at once only to be sent away again; and soon in any case.
    pub(crate) fn book(&self, expected: Duration) -> Duration {
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

/// How long one waits for its turn where it is.
pub(crate) struct Patience {
    pub until: Instant,
    /// Whether a crowd makes no difference.
    pub steadfast: bool,
}
