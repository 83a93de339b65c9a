//! How many requests of one class were sent lately, and how many may be. Pure: the time is handed in.
//!
//! It counts what the service may count: a request from when it is let go, and for a window's length from when it was
//! answered, because nobody knows when in between it arrived. So no window of the service ever holds more, wherever it
//! begins; a bucket that fills up while it is drained would let nearly twice as many through.
//!
//! The planned limit is a plan: the service may take fewer. As many as a window has been seen to take go side by side. More
//! than that are tried a few at a time, so that the limit is met by one request and not by all that are under way; each
//! that is taken raises what is known. After refusals one request a window tries whether more is taken by now.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::graph::budget::limits::Limit;

/// The share of the planned limit that goes side by side before anything is known, and however often it was refused.
const LEAST: f64 = 0.1;

/// What a window of answers without a warning gives back of what warnings took.
const REGAINED: f64 = 0.1;

/// A request beyond what is known holds up the next one for so long, unless it is answered sooner.
const TRIED: Duration = Duration::from_secs(1);

/// So many answers in a row let one more request try side by side.
const STREAK: usize = 20;

/// The most requests that try side by side.
const MOST_TRIES: usize = 4;

/// The requests of one class.
#[derive(Debug)]
pub(crate) struct Window {
    limit: Limit,
    under_way: usize,
    /// When requests were answered, and whether they were taken.
    answered: VecDeque<(Instant, bool)>,
    /// So many were taken within one window.
    proven: usize,
    /// When the requests under way were let go that are more than that.
    tries: Vec<Instant>,
    /// How often more was taken than was known, in a row.
    streak: usize,
    refused: Option<Refused>,
    warned: Option<Warned>,
}

/// What a refusal taught.
#[derive(Debug, Clone, Copy)]
struct Refused {
    /// Requests that were sent before this teach nothing new.
    until: Instant,
    /// Nothing is tried before.
    closed: Instant,
    /// It followed another one, with no success of a try in between, or did not say when there is room again.
    again: bool,
}

/// What an answer close to the limit taught.
#[derive(Debug, Clone, Copy)]
struct Warned {
    share: f64,
    at: Instant,
}

/// A request that was let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Set when it tries whether the service takes more than it is known to.
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

    /// Its length.
    pub(crate) const fn length(&self) -> Duration {
        self.limit.window
    }

    /// Lets a request go that may use up `part` of the class. Otherwise: when it is worth asking again, or nothing while
    /// that depends on an answer.
    pub(crate) fn take(&mut self, part: f64, now: Instant) -> Result<Taken, Option<Instant>> {
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
        Ok(Taken { tried })
    }

    /// Whether a request may try if the service takes more than it is known to; `free` is when one goes without. Otherwise
    /// when to ask again, or nothing while that depends on an answer.
    fn may_try(&self, free: Option<Instant>, now: Instant) -> Result<(), Option<Instant>> {
        if let Some(refused) = self.refused.filter(|_| self.streak == 0) {
            // A refusal stops everything until there is room in the window. So after one in vain, not before its later half.
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

    /// A request that goes out in any case.
    pub(crate) fn charge(&mut self) -> Taken {
        self.under_way += 1;
        Taken { tried: None }
    }

    /// A request is over. `taken` is whether the service took it: not when it was refused or its answer lost.
    pub(crate) fn answered(&mut self, request: Taken, taken: bool, now: Instant) {
        self.give_back(request);
        self.expire(now);
        self.answered.push_back((now, taken));
        if !taken {
            return;
        }
        let taken = self.taken();
        if taken <= self.proven {
            return;
        }
        self.proven = taken.min(self.planned());
        self.streak += 1;
        if self.proven == self.planned() {
            self.refused = None;
        }
    }

    /// A request that was let go was never sent.
    pub(crate) fn give_back(&mut self, request: Taken) {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some(index) = self.tries.iter().position(|tried| Some(*tried) == request.tried) {
            self.tries.swap_remove(index);
        }
    }

    /// The service refused a request that was `sent` at that time, and asks for a pause; `named` is whether it says itself
    /// how long. What was sent before the end of the pause of the last refusal is part of that lesson.
    pub(crate) fn refuse(&mut self, sent: Instant, pause: Instant, named: bool, now: Instant) {
        if self.refused.is_some_and(|refused| sent < refused.until) {
            return;
        }
        self.expire(now);
        // Those that were refused may count as well, so fewer that were taken prove nothing.
        if self.answered.len() < self.proven {
            self.proven = self.taken().max(self.least());
        }
        let again = !named || self.refused.is_some() && self.streak == 0;
        self.streak = 0;
        self.refused = Some(Refused {
            until: pause,
            // One try a window; what was refused has left it by then.
            closed: if again { pause.max(now + self.limit.window + TRIED) } else { pause },
            again,
        });
    }

    /// The service says that the limit is nearly reached, in the answer to a request that was `sent` at that time. It keeps a
    /// share of the class, once a window.
    pub(crate) fn warn(&mut self, keep: f64, sent: Instant, now: Instant) {
        if self.warned.is_some_and(|warned| sent < warned.at + self.limit.window) {
            return;
        }
        let share = (self.share(now) * keep).max(LEAST);
        self.warned = Some(Warned { share, at: now });
    }

    /// How many could go now.
    pub(crate) fn left(&mut self, now: Instant) -> usize {
        self.expire(now);
        self.believed(now).saturating_sub(self.used())
    }

    /// The time between two requests that go out evenly.
    pub(crate) fn spacing(&self, now: Instant) -> Duration {
        self.limit.window / u32::try_from(self.believed(now)).unwrap_or(u32::MAX)
    }

    /// What the service is believed to take in a window: the plan, unless it has refused something and not taken more since.
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

    /// What may go in a window, tries included.
    fn most(&self, now: Instant) -> usize {
        scaled(self.planned(), self.share(now))
    }

    /// The share of the plan that warnings have left; all of it some windows after the last.
    fn share(&self, now: Instant) -> f64 {
        let Some(warned) = self.warned else { return 1.0 };
        let windows = now.saturating_duration_since(warned.at).as_secs_f64() / self.limit.window.as_secs_f64().max(1.0);
        (warned.share + windows.floor() * REGAINED).min(1.0)
    }

    fn used(&self) -> usize {
        self.under_way + self.answered.len()
    }

    fn taken(&self) -> usize {
        self.answered.iter().filter(|(_, taken)| *taken).count()
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
