//! The line of the waiters for one class: by priority; within a priority the parties in turn; within a party by age. No waiter
//! waits for ever. Pure: the time is an argument.
//!
//! Where several parties share the class, each gets a few turns at once and then an even pace. Otherwise a party with many
//! waiters would use up a window in a moment, and leave nothing to a party that comes later.
//!
//! A waiter that has to come back later steps aside and keeps its ticket: it blocks no other waiter meanwhile, and keeps its age.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::graph::budget::priority::Priority;

/// How often the oldest waiter may be passed by before it is served regardless of its priority.
const PASSED_BY: u32 = 3;

/// With more parties noted than this, those without waiters are forgotten.
const MANY: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Line {
    present: BTreeMap<u64, Waiter>,
    aside: BTreeMap<u64, Waiter>,
    tickets: u64,
    passed_by: u32,
    served: HashMap<Arc<str>, Served>,
    turns: u64,
}

/// The priority of a waiter, and its party. A party without a name has no pace.
#[derive(Debug, Clone)]
pub(crate) struct Waiter {
    pub priority: Priority,
    pub party: Arc<str>,
}

/// The turns of a party.
#[derive(Debug)]
struct Served {
    /// Its last turn, counted in turns of all parties.
    turn: u64,
    /// When its next turn would be at an even pace.
    even: Instant,
}

/// The pace of every party.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub spacing: Duration,
    /// How many turns may come before their time.
    pub at_once: u32,
}

/// Whether it is the turn of a ticket.
#[derive(Debug, PartialEq)]
pub(crate) enum Turn {
    /// It is, and the request may use this part of the class.
    Now(f64),
    /// Others come first.
    Others,
    /// At this time, by the pace of its party.
    At(Instant),
}

impl Line {
    /// Joins the line; the ticket is the place.
    pub(crate) fn enter(&mut self, waiter: Waiter) -> u64 {
        self.tickets += 1;
        self.present.insert(self.tickets, waiter);
        self.tickets
    }

    /// Waits again with a ticket from before.
    pub(crate) fn come_back(&mut self, ticket: u64, waiter: Waiter) {
        self.aside.remove(&ticket);
        self.present.insert(ticket, waiter);
    }

    /// Keeps a ticket, but does not wait now.
    pub(crate) fn step_aside(&mut self, ticket: u64, waiter: Waiter) {
        self.present.remove(&ticket);
        self.aside.insert(ticket, waiter);
    }

    /// Whether it is the turn of a ticket. The oldest may use all of the class when it was passed by too often.
    pub(crate) fn turn(&self, ticket: u64, pace: Option<Pace>, now: Instant) -> Turn {
        let Some(own) = self.present.get(&ticket) else {
            return Turn::Others;
        };
        if let Some(at) = self.not_before(own, pace).filter(|at| *at > now) {
            return Turn::At(at);
        }
        let free = |waiter: &Waiter| self.not_before(waiter, pace).is_none_or(|at| at <= now);
        let oldest = self.overdue().filter(|ticket| self.present.get(ticket).is_some_and(free));
        let overdue = oldest.is_some();
        let next = oldest.or_else(|| self.first(free));
        match next {
            Some(next) if next == ticket => Turn::Now(if overdue { 1.0 } else { own.priority.part() }),
            Some(_) | None => Turn::Others,
        }
    }

    /// The oldest ticket, also of the waiters that stepped aside: a less urgent one steps aside as long as others wait, and must
    /// not begin anew each time.
    fn oldest(&self) -> Option<u64> {
        let first = |line: &BTreeMap<u64, Waiter>| line.first_key_value().map(|(ticket, _)| *ticket);
        first(&self.present).into_iter().chain(first(&self.aside)).min()
    }

    /// The oldest ticket, when it was passed by too often.
    fn overdue(&self) -> Option<u64> {
        self.oldest().filter(|_| self.passed_by >= PASSED_BY)
    }

    /// The oldest ticket of the party that was not served for the longest time, within the highest priority.
    fn first(&self, free: impl Fn(&Waiter) -> bool) -> Option<u64> {
        let turn = |waiter: &Waiter| self.served.get(&waiter.party).map(|served| served.turn);
        let waiting = self.present.iter().filter(|(_, waiter)| free(waiter));
        let ranks = waiting.map(|(ticket, waiter)| (waiter.priority, turn(waiter), *ticket));
        ranks.min().map(|(_, _, ticket)| ticket)
    }

    /// The earliest turn of a waiter by the pace of its party; `None` without a pace.
    fn not_before(&self, waiter: &Waiter, pace: Option<Pace>) -> Option<Instant> {
        let pace = pace.filter(|_| !waiter.party.is_empty())?;
        let served = self.served.get(&waiter.party)?;
        let early = pace.spacing.saturating_mul(pace.at_once.saturating_sub(1));
        // A time before the beginning of the clock counts as now.
        served.even.checked_sub(early)
    }

    /// About how many turns come before that of a ticket, of all that wait or will come back.
    pub(crate) fn ahead(&self, ticket: u64) -> usize {
        if self.overdue() == Some(ticket) {
            return 0;
        }
        let all = || self.present.iter().chain(&self.aside);
        let Some((_, own)) = all().find(|(other, _)| **other == ticket) else {
            return 0;
        };
        let mut more_urgent = 0;
        let mut older = 0;
        let mut others: HashMap<&str, usize> = HashMap::new();
        for (other, waiter) in all() {
            if waiter.priority < own.priority {
                more_urgent += 1;
            } else if waiter.priority == own.priority && waiter.party != own.party {
                *others.entry(&waiter.party).or_default() += 1;
            } else if waiter.priority == own.priority && *other < ticket {
                older += 1;
            }
        }
        // Each other party has a turn for each of this one's.
        more_urgent + older + others.into_values().map(|number| number.min(older)).sum::<usize>()
    }

    /// How many wait or will come back.
    pub(crate) fn len(&self) -> usize {
        self.present.len() + self.aside.len()
    }

    /// A ticket had its turn; its party has the next one `spacing` later at an even pace.
    pub(crate) fn served(&mut self, ticket: u64, spacing: Duration, now: Instant) -> Option<Waiter> {
        let oldest = self.oldest() == Some(ticket);
        self.passed_by = if oldest { 0 } else { self.passed_by + 1 };
        self.turns += 1;
        let waiter = self.present.remove(&ticket)?;
        let before = self.served.get(&waiter.party).map_or(now, |served| served.even.max(now));
        let served = Served {
            turn: self.turns,
            even: before + spacing,
        };
        self.served.insert(Arc::clone(&waiter.party), served);
        if self.served.len() > MANY {
            let waiting: HashSet<&str> = self
                .present
                .values()
                .chain(self.aside.values())
                .map(|waiter| &*waiter.party)
                .collect();
            self.served.retain(|party, served| waiting.contains(&**party) || served.even > now);
        }
        Some(waiter)
    }

    /// A ticket leaves the line.
    pub(crate) fn leave(&mut self, ticket: u64) {
        if self.oldest() == Some(ticket) {
            self.passed_by = 0;
        }
        self.present.remove(&ticket);
        self.aside.remove(&ticket);
    }
}

#[cfg(test)]
mod tests;
