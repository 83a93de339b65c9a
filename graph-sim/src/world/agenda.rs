//! What the service has to do by itself and when, and the state of its provisioning in each tenant.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::assignments::Assignments;
use super::fleet::Fleet;
use super::grace::{Cause, Grace, GraceLog};
use super::lot::Lot;
use super::queue::{Event, Queue};

/// What the service has to do by itself, and when.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    pub(crate) queue: Queue,
    pub(crate) states: BTreeMap<String, ProvisioningState>,
}

impl Agenda {
    /// The time of the next thing to do that is due by now.
    ///
    /// A seed can set the clock back; a tenant that is pending since a time in the future is then reconciled now.
    pub(crate) fn next(&mut self, now: Timestamp) -> Option<Timestamp> {
        let waiting = self.states.values_mut().filter_map(|state| state.pending.as_mut());
        let pending = waiting
            .map(|(since, _)| {
                *since = now.min(*since);
                *since
            })
            .min();
        let due = self.queue.first().filter(|due| *due <= now);
        [pending, due].into_iter().flatten().min()
    }

    /// Takes the first event that is due by this time.
    pub(crate) fn pop(&mut self, at: Timestamp) -> Option<(String, Event)> {
        self.queue.pop(at)
    }

    /// The tenants that are to be reconciled by this time.
    pub(crate) fn pending(&self, at: Timestamp) -> Vec<String> {
        let waiting = self
            .states
            .iter()
            .filter(|(_, state)| state.pending.as_ref().is_some_and(|(since, _)| *since <= at));
        waiting.map(|(tenant, _)| tenant.clone()).collect()
    }

    /// The stays of Cloud PCs in their grace period, each with its tenant's id.
    pub(crate) fn grace(&self) -> impl Iterator<Item = (&str, &Grace)> {
        let states = self.states.iter();
        states.flat_map(|(tenant, state)| state.grace.stays().iter().map(|stay| (tenant.as_str(), stay)))
    }

    pub(crate) fn state_of(&mut self, tenant: &str) -> &mut ProvisioningState {
        self.states.entry(tenant.to_owned()).or_default()
    }
}

/// The state of the service's provisioning in one tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProvisioningState {
    /// The assignments as of the last reconcile.
    pub assignments: Assignments,
    pub fleet: Fleet,
    /// Since when changed assignments or Cloud PCs wait for a reconcile, and what changed them last.
    pending: Option<(Timestamp, Cause)>,
    /// Lots to decide at the next reconcile, beside those that it finds itself.
    touched: BTreeSet<Lot>,
    /// The new sign-in names of users whose Cloud PCs still have the old one.
    pub renamed: BTreeMap<String, String>,
    /// Lots with a seeded Cloud PC whose user may be in directory changes that have not arrived.
    pub undecided: BTreeSet<Lot>,
    pub grace: GraceLog,
    reconciled: bool,
}

impl ProvisioningState {
    /// Requests a reconcile; an earlier request stays.
    pub(crate) fn request_reconcile(&mut self, now: Timestamp, cause: Cause) {
        let since = self.pending.as_ref().map_or(now, |(since, _)| now.min(*since));
        self.pending = Some((since, cause));
    }

    /// Adds lots to decide at the next reconcile.
    pub(crate) fn touch(&mut self, lots: BTreeSet<Lot>) {
        self.touched.extend(lots);
    }

    /// Makes the next reconcile read all Cloud PCs.
    pub(crate) fn rescan(&mut self) {
        self.fleet.rescan();
    }

    pub(crate) fn was_reconciled(&self) -> bool {
        self.reconciled
    }

    /// Begins a reconcile. Returns the lots that were added when one was requested and why it was, `None` when events alone led
    /// here.
    pub(crate) fn begin(&mut self) -> Option<(BTreeSet<Lot>, Cause)> {
        let (_, cause) = self.pending.take()?;
        self.reconciled = true;
        Some((std::mem::take(&mut self.touched), cause))
    }
}
