//! The simulator's clock: frozen at a time that the seed gives, or running with the real time. Either can be advanced.
//!
//! It never goes back: tokens and objects of a later time would then come from the future. What the real time is can be given,
//! so that a run can be repeated.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::duration::IsoDuration;

/// Where the real time comes from.
#[derive(Clone)]
pub(crate) struct RealTime(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl RealTime {
    /// The real time as this function says it.
    pub(crate) fn given(read: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self(read)
    }

    /// The present time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for RealTime {
    fn default() -> Self {
        Self(Arc::new(Timestamp::now))
    }
}

impl fmt::Debug for RealTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.now())
    }
}

/// A clock that only moves forward.
#[derive(Clone, Debug)]
pub struct Clock {
    frozen: Option<Timestamp>,
    real: RealTime,
    /// What was added to the real time of a running clock.
    ahead: SignedDuration,
}

impl Clock {
    /// A clock that shows the real time.
    #[must_use]
    pub fn running() -> Self {
        Self::following(RealTime::default())
    }

    /// A clock that shows this real time.
    pub(crate) fn following(real: RealTime) -> Self {
        Self {
            frozen: None,
            real,
            ahead: SignedDuration::ZERO,
        }
    }

    /// A clock that shows this time until it is moved.
    #[must_use]
    pub fn frozen(at: Timestamp) -> Self {
        Self {
            frozen: Some(at),
            ..Self::running()
        }
    }

    /// The time that it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.frozen.unwrap_or_else(|| {
            let real = self.real.now();
            real.checked_add(self.ahead).unwrap_or(real)
        })
    }

    /// Advances it by an ISO 8601 duration of days, hours, minutes and seconds; a day has 24 hours.
    ///
    /// # Errors
    /// Not a duration, a negative one, one with months or years (they have no fixed length), or one that leaves the calendar.
    pub fn advance(&mut self, duration: &str) -> Result<Timestamp, String> {
        let refuse = |reason: &str| format!("advance '{duration}': {reason}");
        let by = duration
            .parse::<IsoDuration>()
            .map_err(|reason| format!("advance {reason}"))?
            .length();
        let out_of_calendar = |_| refuse("leaves the calendar");
        let moved = self.now().checked_add(by).map_err(out_of_calendar)?;
        if self.frozen.is_some() {
            self.frozen = Some(moved);
        } else {
            self.ahead = self.ahead.checked_add(by).ok_or_else(|| refuse("leaves the calendar"))?;
        }
        Ok(moved)
    }
}

#[cfg(test)]
mod tests;
