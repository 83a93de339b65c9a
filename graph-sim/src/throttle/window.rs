//! What the limiter counts with: a window that slides over the last seconds, and a bucket that drains at a steady rate.
//!
//! Times are milliseconds of the simulator's clock. A seed may set that clock back; the counts are dropped then.

use std::collections::VecDeque;

/// The requests of the last milliseconds.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// When, and how much; the oldest first, one entry a millisecond.
    counted: VecDeque<(i64, u64)>,
    sum: u64,
}

impl Window {
    /// Milliseconds until so much more fits under the limit; 0 when it does now.
    pub(super) fn wait(&mut self, now: i64, length: i64, limit: u64, cost: u64) -> i64 {
        self.forget(now, length);
        let mut left = self.sum;
        let mut wait = 0;
        for (at, amount) in &self.counted {
            if left + cost <= limit {
                break;
            }
            left -= amount;
            wait = at + length - now;
        }
        wait
    }

    pub(super) fn add(&mut self, now: i64, cost: u64) {
        self.sum += cost;
        match self.counted.back_mut() {
            Some((at, amount)) if *at == now => *amount += cost,
            _ => self.counted.push_back((now, cost)),
        }
    }

    fn forget(&mut self, now: i64, length: i64) {
        if self.counted.back().is_some_and(|(at, _)| *at > now) {
            *self = Self::default();
        }
        while let Some((_, amount)) = self.counted.front().filter(|(at, _)| at + length <= now) {
            self.sum -= amount;
            self.counted.pop_front();
        }
    }
}

/// A token bucket, kept as what is in use: it drains by `per_period` in a period of 10 s.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// In millionths of a unit.
    used: i64,
    at: i64,
}

/// Milliseconds of a bucket's period.
const PERIOD: i64 = 10_000;
const UNIT: i64 = 1_000_000;
/// Millionths drained in a millisecond for each unit of the limit.
const RATE: i64 = UNIT / PERIOD;

impl Bucket {
    /// Milliseconds until so much more fits; 0 when it does now.
    pub(super) fn wait(&mut self, now: i64, limit: i64, cost: i64) -> i64 {
        let drained = now.saturating_sub(self.at).saturating_mul(limit * RATE);
        self.used = if drained < 0 { 0 } else { self.used.saturating_sub(drained).max(0) };
        self.at = now;
        // A request that costs more than the limit is allowed when the bucket is empty.
        let excess = (self.used + cost * UNIT - limit * UNIT).min(self.used).max(0);
        let rate = (limit * RATE).max(1);
        (excess + rate - 1) / rate
    }

    /// Takes units, up to 1.8 of the limit: no higher share is ever reported (documented).
    pub(super) fn add(&mut self, limit: i64, cost: i64) {
        self.used = (self.used + cost * UNIT).min((limit * UNIT / 10 * 18).max(self.used));
    }

    /// The share of the limit that is in use, in tenths.
    pub(super) fn tenths(&self, limit: i64) -> i64 {
        self.used * 10 / (limit * UNIT).max(1)
    }
}

#[cfg(test)]
mod tests;
