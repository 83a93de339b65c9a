//! Carries out decisions and due events in one tenant, at one time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::cloud_pc::{self, Origin, Stage};
use super::decide::{Decision, Facts};
use super::plans::Plan;
use crate::base::caller::Actor;
use crate::base::ids::IdSource;
use crate::options::Options;
use crate::world::{
    Assignment, Cause, Deleted, DirectoryChanges, Event, Kind, Lot, Object, ProvisioningState, Queue, Tenant, Tracked, World, same_id, set,
    stored, stored_one, text,
};

/// The client id of the Windows 365 service where the simulator says who deleted an object: its first-party application
/// (assumed: it is the id that sign-in rules name).
pub const SERVICE_APP_ID: &str = "0af06dc6-e4b5-4f28-818e-e78e62d137a5";
/// After how long a failed Cloud PC that is not entitled is deleted: about three hours (documented), counted from the loss
/// of its licence or assignment (assumed).
const CLEAN_UP: SignedDuration = SignedDuration::from_hours(3);

/// The service's provisioning in one tenant, at one time.
pub(super) struct Provisioner<'a> {
    pub at: Timestamp,
    pub id: &'a str,
    pub tenant: &'a mut Tenant,
    pub state: &'a mut ProvisioningState,
    /// The events of all tenants.
    pub queue: &'a mut Queue,
    ids: &'a mut IdSource,
    options: &'a Options,
}

impl<'a> Provisioner<'a> {
    /// `None` when there is no such tenant.
    pub(super) fn open(world: &'a mut World, tenant: &'a str, at: Timestamp) -> Option<Self> {
        Some(Self {
            at,
            id: tenant,
            tenant: world.tenants.get_mut(tenant)?,
            state: world.agenda.states.entry(tenant.to_owned()).or_default(),
            queue: &mut world.agenda.queue,
            ids: &mut world.ids,
            options: &world.options,
        })
    }

    /// Carries out an event. Returns the lots to decide on afterwards, and why.
    pub(super) fn handle(&mut self, event: Event) -> (BTreeSet<Lot>, Cause) {
        match event {
            Event::DirectoryChanged { changes, cause } => {
                self.tenant.known_directory.changes_arrived();
                let mut lots = self.apply_changes(&changes);
                lots.append(&mut self.state.undecided);
                (lots, cause)
            }
            Event::Provisioned(id) => {
                self.finish(&id);
                (BTreeSet::new(), Cause::default())
            }
            // One that is entitled at its end was seeded in its grace period.
            Event::Deletion(id) => (self.end(&id).into_iter().collect(), Cause::Seed),
        }
    }

    /// Applies changes of the directory. Returns the lots that they affect.
    pub(crate) fn apply_changes(&mut self, changes: &DirectoryChanges) -> BTreeSet<Lot> {
        let touched = self.tenant.known_directory.apply(changes);
        self.state.renamed.extend(touched.renamed);
        let assignments = touched.groups.iter().flat_map(|group| self.state.assignments.of_group(group));
        let mut lots: BTreeSet<Lot> = assignments.filter_map(|(_, assignment)| assignment.lot()).collect();
        lots.extend(touched.users.into_iter().map(Lot::User));
        lots
    }

    /// Decides on these lots and on those that new assignments and Cloud PCs affect, and carries the decisions out.
    pub(crate) fn reconcile(&mut self, mut lots: BTreeMap<Lot, Cause>) {
        if let Some((mut asked, cause)) = self.state.begin() {
            self.refresh(&mut asked);
            lots.extend(asked.into_iter().map(|lot| (lot, cause.clone())));
        }
        self.rename_users();
        for (lot, cause) in lots {
            let facts = Facts {
                tenant: self.tenant,
                assignments: &self.state.assignments,
                fleet: &self.state.fleet,
            };
            for decision in facts.decide(&lot) {
                self.carry_out(decision, &lot, &cause);
            }
            self.name_allotments(&lot);
        }
    }

    /// Renamed users keep their Cloud PCs, which show the new name.
    fn rename_users(&mut self) {
        let renamed = std::mem::take(&mut self.state.renamed);
        let at = self.at;
        for (id, name) in self.state.fleet.owned(&renamed) {
            self.change(&id, |pc| cloud_pc::name_user(pc, name, at));
        }
    }

    /// Cloud PCs of an allotment show its present name, those that are not entitled too.
    fn name_allotments(&mut self, lot: &Lot) {
        let allotment_of = |id: &str| {
            let (pc, group) = (cloud_pc(self.tenant, id)?, self.state.fleet.get(id)?.group.as_deref()?);
            let mut own = self
                .state
                .assignments
                .of_lot(lot)
                .filter(|(_, assignment)| assignment.group == group);
            let (_, own) = own.find(|(_, assignment)| same_id(text(pc, "provisioningPolicyId"), &assignment.policy))?;
            let is_named = text(pc, "allotmentDisplayName") == own.allotment.as_deref();
            (!is_named).then(|| (id.to_owned(), own.allotment.clone()))
        };
        let stale: Vec<_> = self.state.fleet.of_lot(lot).filter_map(allotment_of).collect();
        let at = self.at;
        for (id, allotment) in stale {
            self.change(&id, |pc| cloud_pc::name_allotment(pc, allotment.as_deref(), at));
        }
    }

    /// Reads changed assignments and Cloud PCs, and adds the lots that they affect.
    fn refresh(&mut self, lots: &mut BTreeSet<Lot>) {
        let changed = self.state.assignments.refresh(stored(self.tenant, "provisioningPolicies"));
        for assignment in changed {
            lots.extend(self.touched_by(&assignment));
        }
        let collection = self.tenant.collections.get("cloudPCs");
        for id in self.state.fleet.refresh(collection, &self.tenant.known_directory) {
            self.adopt_seeded(&id);
            lots.extend(self.tracked(&id).and_then(|tracked| tracked.lot.clone()));
        }
    }

    fn touched_by(&self, assignment: &Assignment) -> Vec<Lot> {
        match assignment.kind {
            Kind::Enterprise => {
                let group = self.tenant.known_directory.group(&assignment.group);
                let members = group.into_iter().flat_map(|group| group.members.iter().cloned());
                members.map(Lot::User).collect()
            }
            Kind::PerUser | Kind::PerGroup => assignment.lot().into_iter().collect(),
        }
    }

    /// A seeded Cloud PC: its provisioning or grace period continues, by its own dates.
    fn adopt_seeded(&mut self, id: &str) {
        let (at, grace) = (self.at, &self.options.grace_period);
        let Some(pc) = cloud_pc(self.tenant, id) else { return };
        match Stage::of(pc) {
            Stage::Coming => {
                let ready = self.options.provisioning_time.after(at);
                self.schedule(id, ready, Event::Provisioned(id.to_owned()));
            }
            Stage::Grace => {
                let end: Option<Timestamp> = text(pc, "gracePeriodEndDateTime").and_then(|end| end.parse().ok());
                self.state.grace.enter(pc, at, Cause::Seed);
                if end.is_none()
                    && let Some(collection) = self.tenant.collections.get_mut("cloudPCs")
                {
                    // Readers see it at once, like the rest of a seed.
                    let end = cloud_pc::written(grace.after(at));
                    collection.change(id, at, at, |pc| set(pc, "gracePeriodEndDateTime", end));
                }
                let end = end.unwrap_or_else(|| grace.after(at));
                self.schedule(id, end.max(at), Event::Deletion(id.to_owned()));
            }
            Stage::Live | Stage::Failed | Stage::Idle => {}
        }
    }

    fn carry_out(&mut self, decision: Decision, lot: &Lot, cause: &Cause) {
        match decision {
            Decision::Create { assignment, user, plan } => {
                self.create(assignment, user.as_deref(), &plan, lot);
            }
            Decision::Keep { id, assignment } => {
                self.keep(&id, assignment);
            }
            Decision::Retire { id } => self.retire(&id, lot, cause),
        }
    }

    fn create(&mut self, assignment: u64, user: Option<&str>, plan: &Plan, lot: &Lot) -> Option<()> {
        let assignment = self.state.assignments.get(assignment)?;
        let origin = Origin {
            tenant: self.tenant,
            policy: policy(self.tenant, &assignment.policy)?,
            assignment,
            plan,
            user,
        };
        let id = self.ids.next_unused(|id| self.tenant.has_object(id));
        let pc = cloud_pc::new(&id, &origin, self.at);
        let tracked = Tracked::entitled(lot.clone(), user.map(str::to_owned), assignment.group.clone());
        let seen_from = self.options.replication_lag.after(self.at);
        let collection = self.tenant.collections.entry("cloudPCs").or_default();
        if collection.insert(pc, self.at, seen_from) {
            self.state.fleet.add(id.clone(), tracked);
            let ready = self.options.provisioning_time.after(self.at);
            self.schedule(&id, ready, Event::Provisioned(id.clone()));
        }
        Some(())
    }

    /// An assignment entitles it: it returns from its grace period when it was not entitled before, and follows its user to
    /// another policy.
    fn keep(&mut self, id: &str, assignment: u64) -> Option<()> {
        let (at, assignment) = (self.at, self.state.assignments.get(assignment)?.clone());
        let tracked = self.tracked(id)?;
        let before = tracked.entitled.replace(true);
        tracked.group = Some(assignment.group.clone());
        let stays = same_id(text(cloud_pc(self.tenant, id)?, "provisioningPolicyId"), &assignment.policy);
        if !stays {
            let policy = policy(self.tenant, &assignment.policy)?.clone();
            self.change(id, |pc| cloud_pc::move_to(pc, &policy, &assignment, at));
        }
        // A seeded one in its grace period stays there although it is entitled: it did not lose its entitlement here.
        if before != Some(false) {
            return Some(());
        }
        match Stage::of(cloud_pc(self.tenant, id)?) {
            Stage::Grace => {
                self.change(id, |pc| cloud_pc::leave_grace(pc, at));
                self.state.grace.leave(id, at);
                self.unschedule(id);
            }
            // It stays for an administrator to look into (documented).
            Stage::Failed => self.unschedule(id),
            Stage::Coming | Stage::Live | Stage::Idle => {}
        }
        Some(())
    }

    /// Nothing entitles it. One that is not ready is deleted at once (assumed), a failed one when it is cleaned up, others after their
    /// grace period.
    fn retire(&mut self, id: &str, lot: &Lot, cause: &Cause) {
        let (at, end) = (self.at, self.options.grace_period.after(self.at));
        let is_behind = self.tenant.known_directory.is_behind();
        let Some(pc) = cloud_pc(self.tenant, id) else { return };
        let Some(tracked) = self.state.fleet.get_mut(id) else { return };
        if tracked.entitled.is_none() {
            // A seeded one without a policy was never entitled, and the change that entitles it may not have arrived.
            if text(pc, "provisioningPolicyId").is_none() {
                return;
            }
            if is_behind {
                self.state.undecided.insert(lot.clone());
                return;
            }
        }
        let is_new = tracked.entitled.replace(false) != Some(false);
        match Stage::of(pc) {
            Stage::Coming => drop(self.end(id)),
            Stage::Live => {
                self.state.grace.enter(pc, at, cause.clone());
                self.change(id, |pc| cloud_pc::enter_grace(pc, end, at));
                self.schedule(id, end, Event::Deletion(id.to_owned()));
            }
            Stage::Failed if is_new => {
                let end = at.checked_add(CLEAN_UP).unwrap_or(Timestamp::MAX);
                self.schedule(id, end, Event::Deletion(id.to_owned()));
            }
            Stage::Failed | Stage::Grace | Stage::Idle => {}
        }
    }

    fn finish(&mut self, id: &str) -> Option<()> {
        let own_policy = text(cloud_pc(self.tenant, id)?, "provisioningPolicyId");
        let policy = own_policy.and_then(|id| policy(self.tenant, id));
        let template = policy.and_then(|policy| text(policy, "cloudPcNamingTemplate")).map(str::to_owned);
        self.tracked(id)?.due = None;
        let at = self.at;
        if Stage::of(cloud_pc(self.tenant, id)?) == Stage::Coming {
            self.change(id, |pc| cloud_pc::finish(pc, template.as_deref(), at));
        }
        Some(())
    }

    /// Deletes a Cloud PC. Returns its lot when it was entitled: a new one is then provisioned.
    pub(super) fn end(&mut self, id: &str) -> Option<Lot> {
        self.unschedule(id);
        let tracked = self.state.fleet.remove(id)?;
        self.state.grace.delete(id, self.at);
        let collection = self.tenant.collections.get_mut("cloudPCs")?;
        let object = collection.remove_later(id, self.at, self.options.replication_lag.after(self.at))?;
        let by = Actor::App {
            app_id: SERVICE_APP_ID.to_owned(),
        };
        collection.deleted.push(Deleted { object, at: self.at, by });
        tracked.lot.filter(|_| tracked.entitled == Some(true))
    }

    /// Changes a Cloud PC; readers see it when the replication lag is over.
    pub(super) fn change<T>(&mut self, id: &str, change: impl FnOnce(&mut Object) -> T) -> Option<T> {
        let seen_from = self.options.replication_lag.after(self.at);
        let collection = self.tenant.collections.get_mut("cloudPCs")?;
        collection.change(id, self.at, seen_from, change)
    }

    /// Schedules the next event of a Cloud PC, in place of an earlier one.
    fn schedule(&mut self, id: &str, at: Timestamp, event: Event) {
        self.unschedule(id);
        let place = self.queue.add(at, self.id, event);
        if let Some(tracked) = self.tracked(id) {
            tracked.due = Some(place);
        }
    }

    fn unschedule(&mut self, id: &str) {
        if let Some(place) = self.tracked(id).and_then(|tracked| tracked.due.take()) {
            self.queue.cancel(place);
        }
    }

    fn tracked(&mut self, id: &str) -> Option<&mut Tracked> {
        self.state.fleet.get_mut(id)
    }
}

/// A Cloud PC of a tenant.
pub(super) fn cloud_pc<'a>(tenant: &'a Tenant, id: &str) -> Option<&'a Object> {
    stored_one(tenant, "cloudPCs", id)
}

/// A policy of a tenant.
pub(super) fn policy<'a>(tenant: &'a Tenant, id: &str) -> Option<&'a Object> {
    stored_one(tenant, "provisioningPolicies", id)
}
