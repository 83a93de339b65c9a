//! How many requests of one class were sent lately, and how many may be sent. Pure: the time is an argument.
//!
//! The window counts what the service may count: a request from its admission until a window's length after its answer,
//! because the time of its arrival in between is unknown. So no window of the service contains more, wherever that begins; a token
//! bucket would allow nearly twice as many.
//!
//! The service may accept fewer than planned. As many requests as it has accepted within a window are sent side by side. More
//! are tried a few at a time, so that one request meets the limit and not all that are under way; each one that is accepted
//! raises the known number. After refusals one request a window tries whether the service accepts more by then.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::graph::budget::limits::Limit;

/// The share of the planned limit that is sent side by side at first, and after any number of refusals.
const LEAST: f64 = 0.1;

/// The share of the plan that each window without a warning restores.
const REGAINED: f64 = 0.1;

/// A try delays the next one by this time, unless it is answered sooner.
const TRIED: Duration = Duration::from_secs(1);

/// Each so many answers in a row allow one more try side by side.
const STREAK: usize = 20;

/// The most tries side by side.
const MOST_TRIES: usize = 4;

/// The requests of one class.
#[derive(Debug)]
pub(crate) struct Window {
    limit: Limit,
    under_way: usize,
    /// When requests were answered, and whether they were accepted.
    answered: VecDeque<(Instant, bool)>,
    /// The most requests that were accepted within one window.
    proven: usize,
    /// When the tries that are under way were admitted.
    tries: Vec<Instant>,
    /// How many tries in a row were accepted.
    streak: usize,
    refused: Option<Refused>,
    warned: Option<Warned>,
}

/// What is known from a refusal.
#[derive(Debug, Clone, Copy)]
struct Refused {
    /// Refusals of requests that were sent before this are not counted again.
    until: Instant,
    /// No try before this.
    closed: Instant,
    /// It followed another refusal without an accepted try in between, or named no pause.
    again: bool,
}

/// What is known from an answer that warned of the limit.
#[derive(Debug, Clone, Copy)]
struct Warned {
    share: f64,
    at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Set when it is a try: more than the service is known to accept.
    tried: Option<Instant>,
}

impl Window {
    pub(crate) fn new(limit: Limit) -> Self {
        let mut window = Self {
            limit,
            under_way: 0,
            answered: VecDeque::new(),
            proven: 0,
            tries: Vec::new(),
            streak: 0,
            refused: None,
            warned: None,
        };
        window.proven = window.least();
        window
    }

    pub(crate) const fn length(&self) -> Duration {
        self.limit.window
    }

    /// Admits a request that may use `part` of the class. Otherwise: when to ask again, or `None` while that depends on an
    /// answer.
    pub(crate) fn admit(&mut self, part: f64, now: Instant) -> Result<Slot, Option<Instant>> {
        self.expire(now);
        let most = self.most(now);
        let (known, most) = (scaled(self.proven.min(most), part), scaled(most, part));
        let used = self.used();
        let tried = if used < known {
            None
        } else {
            let free = |allowed: usize| Some(self.answered.get(used - allowed)?.0 + self.limit.window);
            if used >= most {
                return Err(free(most));
            }
            let free = free(known);
            if let Err(at) = self.may_try(free, now) {
                return Err([free, at].into_iter().flatten().min());
            }
            self.tries.push(now);
            Some(now)
        };
        self.under_way += 1;
        Ok(Slot { tried })
    }

    /// Whether a try may be sent; `free` is when a request is admitted without. Otherwise when to ask again, or `None` while that
    /// depends on an answer.
    fn may_try(&self, free: Option<Instant>, now: Instant) -> Result<(), Option<Instant>> {
        if let Some(refused) = self.refused.filter(|_| self.streak == 0) {
            // A refusal stops all requests until the window has room. So after a refused try, the next one is not before its second half.
            let late = free.filter(|_| refused.again).map_or(now, |free| free - self.limit.window / 2);
            let earliest = refused.closed.max(late);
            if earliest > now {
                return Err(Some(earliest));
            }
        }
        let recent = || self.tries.iter().filter(|tried| **tried + TRIED > now);
        if recent().count() < MOST_TRIES.min(1 + self.streak / STREAK) {
            return Ok(());
        }
        Err(recent().min().map(|tried| *tried + TRIED))
    }

    /// Counts a request that is sent in any case.
    pub(crate) fn charge(&mut self) -> Slot {
        self.under_way += 1;
        Slot { tried: None }
    }

    /// A request has ended. `accepted` is whether the service accepted it: false when it was refused or its answer lost.
    pub(crate) fn answered(&mut self, request: Slot, accepted: bool, now: Instant) {
        self.give_back(request);
        self.expire(now);
        self.answered.push_back((now, accepted));
        if !accepted {
            return;
        }
        let accepted = self.accepted();
        if accepted <= self.proven {
            return;
        }
        self.proven = accepted.min(self.planned());
        self.streak += 1;
        if self.proven == self.planned() {
            self.refused = None;
        }
    }

    /// An admitted request was never sent.
    pub(crate) fn give_back(&mut self, request: Slot) {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some(index) = self.tries.iter().position(|tried| Some(*tried) == request.tried) {
            self.tries.swap_remove(index);
        }
    }

    /// The service refused a request that was `sent` at that time, and asks for a `pause`; `named` is whether it named a time. A
    /// request that was sent before the end of the last refusal's pause belongs to that refusal.
    pub(crate) fn refuse(&mut self, sent: Instant, pause: Instant, named: bool, now: Instant) {
        if self.refused.is_some_and(|refused| sent < refused.until) {
            return;
        }
        self.expire(now);
        // The service may count refused requests as well, so fewer accepted ones prove no lower limit.
        if self.answered.len() < self.proven {
            self.proven = self.accepted().max(self.least());
        }
        let again = !named || self.refused.is_some() && self.streak == 0;
        self.streak = 0;
        self.refused = Some(Refused {
            until: pause,
            // One try a window; the refused requests have left it by then.
            closed: if again { pause.max(now + self.limit.window + TRIED) } else { pause },
            again,
        });
    }

    /// The service warns that the limit is nearly reached, in the answer to a request that was `sent` at that time. The class
    /// keeps a share, once a window.
    pub(crate) fn warn(&mut self, keep: f64, sent: Instant, now: Instant) {
        if self.warned.is_some_and(|warned| sent < warned.at + self.limit.window) {
            return;
        }
        let share = (self.share(now) * keep).max(LEAST);
        self.warned = Some(Warned { share, at: now });
    }

    /// How many could be sent now.
    pub(crate) fn left(&mut self, now: Instant) -> usize {
        self.expire(now);
        self.believed(now).saturating_sub(self.used())
    }

    /// The time between two requests at an even pace.
    pub(crate) fn spacing(&self, now: Instant) -> Duration {
        self.limit.window / u32::try_from(self.believed(now)).unwrap_or(u32::MAX)
    }

    /// What the service is expected to accept in a window: the plan, unless it refused a request and accepted no try since.
    pub(crate) fn believed(&self, now: Instant) -> usize {
        let most = self.most(now);
        if self.refused.is_some() && self.streak == 0 {
            self.proven.min(most)
        } else {
            most
        }
    }

    fn planned(&self) -> usize {
        usize::try_from(self.limit.requests).unwrap_or(usize::MAX).max(1)
    }

    fn least(&self) -> usize {
        scaled(self.planned(), LEAST)
    }

    /// How many may be sent in a window, tries included.
    fn most(&self, now: Instant) -> usize {
        scaled(self.planned(), self.share(now))
    }

    /// The share of the plan that warnings leave; all of it some windows after the last.
    fn share(&self, now: Instant) -> f64 {
        let Some(warned) = self.warned else { return 1.0 };
        let windows = now.saturating_duration_since(warned.at).as_secs_f64() / self.limit.window.as_secs_f64().max(1.0);
        (warned.share + windows.floor() * REGAINED).min(1.0)
    }

    fn used(&self) -> usize {
        self.under_way + self.answered.len()
    }

    fn accepted(&self) -> usize {
        self.answered.iter().filter(|(_, accepted)| *accepted).count()
    }

    fn expire(&mut self, now: Instant) {
        let over = |answered: &Instant| now.saturating_duration_since(*answered) >= self.limit.window;
        let expired = self.answered.iter().take_while(|(answered, _)| over(answered)).count();
        self.answered.drain(..expired);
    }
}

/// A share of a number of requests; at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a u32, floored"
)]
fn scaled(requests: usize, share: f64) -> usize {
    ((requests as f64 * share) as usize).max(1)
}

#[cfg(test)]
mod tests;
