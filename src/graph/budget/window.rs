//! How many requests of one class were sent lately, and how many may be. Pure: the time is handed in.
//!
//! It counts what the service may count: a request from when it is let go, and for a window's length from when it was
//! answered, because nobody knows when in between it arrived. So no window of the service ever holds more, wherever it
//! begins; a bucket that fills up while it is drained would let nearly twice as many through.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::limits::Limit;

/// What is left of a class however often it was refused.
const LEAST: f64 = 0.1;

/// How long it takes to come back from nothing to all.
const RECOVERY: Duration = Duration::from_secs(600);

/// The requests of one class.
#[derive(Debug)]
pub(super) struct Window {
    limit: Limit,
    under_way: usize,
    answered: VecDeque<Instant>,
    shrunk: Option<Shrunk>,
}

/// What was learned from the service.
#[derive(Debug, Clone, Copy)]
struct Shrunk {
    share: f64,
    at: Instant,
    /// Requests that were sent before this teach nothing new.
    until: Instant,
}

impl Window {
    pub(super) fn new(limit: Limit) -> Self {
        Self {
            limit,
            under_way: 0,
            answered: VecDeque::new(),
            shrunk: None,
        }
    }

    /// Its length.
    pub(super) const fn length(&self) -> Duration {
        self.limit.window
    }

    /// Lets a request go that may use up `part` of the class. Otherwise: when it is worth asking again, or nothing while
    /// that depends on an answer.
    pub(super) fn take(&mut self, part: f64, now: Instant) -> Result<(), Option<Instant>> {
        self.expire(now);
        let allowed = self.allowed(part, now);
        let used = self.under_way + self.answered.len();
        if used < allowed {
            self.under_way += 1;
            return Ok(());
        }
        let blocking = self.answered.get(used - allowed);
        Err(blocking.map(|answered| *answered + self.limit.window))
    }

    /// A request that goes out in any case.
    pub(super) fn charge(&mut self) {
        self.under_way += 1;
    }

    /// A request is over: answered, or given up after it was sent.
    pub(super) fn answered(&mut self, now: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        self.answered.push_back(now);
        self.expire(now);
    }

    /// A request that was let go was never sent.
    pub(super) fn give_back(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Keeps a share of the allowance, because of a request that was `sent` at that time. What was sent before `until` of the
    /// last lesson is part of that lesson.
    pub(super) fn shrink(&mut self, keep: f64, sent: Instant, until: Instant, now: Instant) {
        if self.shrunk.is_some_and(|shrunk| sent < shrunk.until) {
            return;
        }
        self.shrunk = Some(Shrunk {
            share: (self.share(now) * keep).max(LEAST),
            at: now,
            until,
        });
    }

    /// How many could go now.
    pub(super) fn left(&mut self, now: Instant) -> usize {
        self.expire(now);
        self.allowed(1.0, now).saturating_sub(self.under_way + self.answered.len())
    }

    /// The time between two requests that go out evenly.
    pub(super) fn spacing(&self, now: Instant) -> Duration {
        let allowed = u32::try_from(self.allowed(1.0, now)).unwrap_or(u32::MAX);
        self.limit.window / allowed
    }

    /// The share of the limit that is used at the moment; all of it again some time after the last lesson.
    fn share(&self, now: Instant) -> f64 {
        let Some(shrunk) = self.shrunk else { return 1.0 };
        let recovered = now.saturating_duration_since(shrunk.at).as_secs_f64() / RECOVERY.as_secs_f64();
        (shrunk.share + recovered).min(1.0)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a u32, floored")]
    fn allowed(&self, part: f64, now: Instant) -> usize {
        let allowed = f64::from(self.limit.requests) * self.share(now) * part;
        (allowed as usize).max(1)
    }

    fn expire(&mut self, now: Instant) {
        let over = |answered: &Instant| now.saturating_duration_since(*answered) >= self.limit.window;
        let expired = self.answered.iter().take_while(|answered| over(answered)).count();
        self.answered.drain(..expired);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn window(requests: u32) -> Window {
        Window::new(Limit {
            requests,
            window: 20 * SECOND,
        })
    }

    #[test]
    fn a_whole_window_goes_at_once_and_then_none_until_the_first_was_answered_a_window_ago() {
        let (mut window, start) = (window(2), Instant::now());
        assert_eq!((window.take(1.0, start), window.take(1.0, start)), (Ok(()), Ok(())));
        assert_eq!(window.take(1.0, start), Err(None));
        window.answered(start + SECOND);
        assert_eq!(window.take(1.0, start + SECOND), Err(Some(start + 21 * SECOND)));
        assert_eq!(window.take(1.0, start + 21 * SECOND), Ok(()));
        assert_eq!(window.left(start + 21 * SECOND), 0);
        window.give_back();
        assert_eq!(window.left(start + 21 * SECOND), 1);
    }

    #[test]
    fn what_is_less_urgent_leaves_room() {
        let (mut window, start) = (window(10), Instant::now());
        (0..5).for_each(|_| window.take(0.5, start).unwrap());
        assert_eq!((window.take(0.5, start), window.take(1.0, start)), (Err(None), Ok(())));
    }

    #[test]
    fn refusals_side_by_side_are_one_lesson_and_time_forgets_it() {
        let (mut window, start) = (window(100), Instant::now());
        let pause = start + 5 * SECOND;
        (0..8).for_each(|_| window.shrink(0.5, start, pause, start));
        assert_eq!(window.left(start), 50);
        assert_eq!(window.spacing(start), 20 * SECOND / 50);
        window.shrink(0.5, pause, pause, pause);
        assert_eq!(window.left(pause), 25);
        assert_eq!(window.left(pause + RECOVERY / 2), 75);
        assert_eq!(window.left(pause + RECOVERY), 100);
        let mut at = pause;
        for _ in 0..20 {
            window.shrink(0.5, at, at, at);
            at += Duration::from_millis(1);
        }
        assert_eq!(window.left(at), 10);
        assert_eq!(
            Window::new(Limit {
                requests: 0,
                window: SECOND
            })
            .left(at),
            1
        );
    }
}
