//! What is due and when, and how things stand in each tenant. It does nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::assignments::Assignments;
use super::fleet::Fleet;
use super::lot::Lot;
use super::queue::{Queue, What};

/// What is due, and when.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    pub(crate) queue: Queue,
    pub(crate) standings: BTreeMap<String, Standing>,
}

impl Agenda {
    /// The time of the next thing that happens by now.
    ///
    /// A seed can set the clock back; what was to be settled at a time that is then to come is settled now.
    pub(crate) fn next(&mut self, now: Timestamp) -> Option<Timestamp> {
        let waiting = self.standings.values_mut().filter_map(|standing| standing.unsettled.as_mut());
        let unsettled = waiting
            .map(|since| {
                *since = now.min(*since);
                *since
            })
            .min();
        let due = self.queue.first().filter(|due| *due <= now);
        [unsettled, due].into_iter().flatten().min()
    }

    /// Takes what is due by this time, the first first.
    pub(crate) fn pop(&mut self, at: Timestamp) -> Option<(String, What)> {
        self.queue.pop(at)
    }

    /// The tenants that wait to be settled by this time.
    pub(crate) fn unsettled(&self, at: Timestamp) -> Vec<String> {
        let waiting = self
            .standings
            .iter()
            .filter(|(_, standing)| standing.unsettled.is_some_and(|since| since <= at));
        waiting.map(|(tenant, _)| tenant.clone()).collect()
    }

    /// How things stand in a tenant.
    pub(crate) fn standing(&mut self, tenant: &str) -> &mut Standing {
        self.standings.entry(tenant.to_owned()).or_default()
    }
}

/// How things stand in a tenant.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// The assignments as they were last settled.
    pub assignments: Assignments,
    /// The Cloud PCs by what decides on them.
    pub fleet: Fleet,
    /// Since when assignments or Cloud PCs are not what they were.
    unsettled: Option<Timestamp>,
    /// What has to be decided at the next settling, beside what that finds itself.
    touched: BTreeSet<Lot>,
    /// The new sign-in names of users whose Cloud PCs still have the old one.
    pub renamed: BTreeMap<String, String>,
    /// Lots with a seeded Cloud PC whose user may be in news that are still under way.
    pub undecided: BTreeSet<Lot>,
    settled: bool,
}

impl Standing {
    /// Asks for a settling; an earlier wish stays.
    pub fn unsettle(&mut self, now: Timestamp) {
        self.unsettled = Some(self.unsettled.map_or(now, |since| since.min(now)));
    }

    /// Asks for these lots to be decided at the next settling.
    pub fn touch(&mut self, lots: BTreeSet<Lot>) {
        self.touched.extend(lots);
    }

    /// Asks for a look at all Cloud PCs at the next settling.
    pub fn look_again(&mut self) {
        self.fleet.look_again();
    }

    /// Whether the tenant was settled before.
    pub fn has_settled(&self) -> bool {
        self.settled
    }

    /// Begins a settling. Gives the lots that were asked for when there is more to settle than what fell due.
    pub fn begin(&mut self) -> Option<BTreeSet<Lot>> {
        self.unsettled.take()?;
        self.settled = true;
        Some(std::mem::take(&mut self.touched))
    }
}
