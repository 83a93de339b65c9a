//! Carries out what is decided and what falls due in one tenant, at one time.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::cloud_pc::{self, Origin, Stage};
use super::decide::{Decision, Facts};
use super::plans::Plan;
use crate::base::caller::Actor;
use crate::base::ids::IdSource;
use crate::options::Options;
use crate::world::{
    Assignment, Collection, Deleted, Held, Kind, Lot, News, Object, Queue, Standing, Tenant, What, World, same_id, set, text,
};

/// The client id that stands for the service where it is said who deleted something: the first-party application Windows 365
/// (assumed: it is the id that sign-in rules name).
pub const SERVICE_APP_ID: &str = "0af06dc6-e4b5-4f28-818e-e78e62d137a5";
/// After how long one that failed and has no reason is gone: about three hours (documented), counted from the loss of its
/// reason (assumed).
const CLEAN_UP: SignedDuration = SignedDuration::from_hours(3);

/// One tenant at one time.
pub struct Desk<'a> {
    /// The time.
    pub at: Timestamp,
    /// The tenant's id.
    pub id: &'a str,
    /// The tenant.
    pub tenant: &'a mut Tenant,
    /// How things stand in it.
    pub standing: &'a mut Standing,
    /// What is due, in all tenants.
    pub queue: &'a mut Queue,
    ids: &'a mut IdSource,
    options: &'a Options,
}

impl<'a> Desk<'a> {
    /// The desk of a tenant; none when there is no such tenant.
    pub fn open(world: &'a mut World, tenant: &'a str, at: Timestamp) -> Option<Self> {
        Some(Self {
            at,
            id: tenant,
            tenant: world.tenants.get_mut(tenant)?,
            standing: world.agenda.standings.entry(tenant.to_owned()).or_default(),
            queue: &mut world.agenda.queue,
            ids: &mut world.ids,
            options: &world.options,
        })
    }

    /// Lets happen what is due. Gives the lots to decide on afterwards.
    pub fn happen(&mut self, what: What) -> BTreeSet<Lot> {
        match what {
            What::Known(news) => {
                self.tenant.known_directory.news_came();
                let mut lots = self.learn(&news);
                lots.append(&mut self.standing.undecided);
                lots
            }
            What::Provisioned(id) => {
                self.finish(&id);
                BTreeSet::new()
            }
            What::Ends(id) => self.end(&id).into_iter().collect(),
        }
    }

    /// Takes news of the directory in. Gives the lots that they touch.
    pub fn learn(&mut self, news: &News) -> BTreeSet<Lot> {
        let touched = self.tenant.known_directory.learn(news);
        self.standing.renamed.extend(touched.renamed);
        let assignments = touched.groups.iter().flat_map(|group| self.standing.assignments.of_group(group));
        let mut lots: BTreeSet<Lot> = assignments.filter_map(|(_, assignment)| assignment.lot()).collect();
        lots.extend(touched.users.into_iter().map(Lot::User));
        lots
    }

    /// Decides on these lots and on all that new assignments and new Cloud PCs touch, and carries it out.
    pub fn settle(&mut self, mut lots: BTreeSet<Lot>) {
        if let Some(asked) = self.standing.begin() {
            lots.extend(asked);
            self.look_around(&mut lots);
        }
        self.rename_users();
        for lot in lots {
            let facts = Facts {
                tenant: self.tenant,
                assignments: &self.standing.assignments,
                fleet: &self.standing.fleet,
            };
            for decision in facts.decide(&lot) {
                self.carry_out(decision, &lot);
            }
            self.name_slices(&lot);
        }
    }

    /// Users who are called otherwise keep their Cloud PCs, which show the new name.
    fn rename_users(&mut self) {
        let renamed = std::mem::take(&mut self.standing.renamed);
        let at = self.at;
        for (id, name) in self.standing.fleet.owned(&renamed) {
            self.change(&id, |pc| cloud_pc::name_user(pc, name, at));
        }
    }

    /// Cloud PCs of licences that were set aside show what the slice is called now, those without a reason too.
    fn name_slices(&mut self, lot: &Lot) {
        let slice_of = |id: &str| {
            let (pc, group) = (cloud_pc(self.tenant, id)?, self.standing.fleet.get(id)?.group.as_deref()?);
            let mut own = self
                .standing
                .assignments
                .of_lot(lot)
                .filter(|(_, assignment)| assignment.group == group);
            let (_, own) = own.find(|(_, assignment)| same_id(text(pc, "provisioningPolicyId"), &assignment.policy))?;
            let is_named = text(pc, "allotmentDisplayName") == own.slice.as_deref();
            (!is_named).then(|| (id.to_owned(), own.slice.clone()))
        };
        let stale: Vec<_> = self.standing.fleet.of_lot(lot).filter_map(slice_of).collect();
        let at = self.at;
        for (id, slice) in stale {
            self.change(&id, |pc| cloud_pc::name_slice(pc, slice.as_deref(), at));
        }
    }

    /// Takes in assignments and Cloud PCs that are not what they were, with the lots that they touch.
    fn look_around(&mut self, lots: &mut BTreeSet<Lot>) {
        let policies = self.tenant.collections.get("provisioningPolicies");
        let changed = self.standing.assignments.refresh(policies.into_iter().flat_map(Collection::iter));
        for assignment in changed {
            lots.extend(self.touched_by(&assignment));
        }
        let collection = self.tenant.collections.get("cloudPCs");
        for id in self.standing.fleet.refresh(collection, &self.tenant.known_directory) {
            self.meet(&id);
            lots.extend(self.held(&id).and_then(|held| held.lot.clone()));
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

    /// A Cloud PC that a seed brought: what it is in the middle of goes on, by its own dates.
    fn meet(&mut self, id: &str) {
        let (at, grace) = (self.at, &self.options.grace_period);
        let Some(pc) = cloud_pc(self.tenant, id) else { return };
        match Stage::of(pc) {
            Stage::Coming => {
                let ready = self.options.provisioning_time.after(at);
                self.expect(id, ready, What::Provisioned(id.to_owned()));
            }
            Stage::Grace => {
                let end: Option<Timestamp> = text(pc, "gracePeriodEndDateTime").and_then(|end| end.parse().ok());
                if end.is_none()
                    && let Some(collection) = self.tenant.collections.get_mut("cloudPCs")
                {
                    // Readers see it at once, as they do the rest of what a seed brings.
                    let end = cloud_pc::written(grace.after(at));
                    collection.change(id, at, at, |pc| set(pc, "gracePeriodEndDateTime", end));
                }
                let end = end.unwrap_or_else(|| grace.after(at));
                self.expect(id, end.max(at), What::Ends(id.to_owned()));
            }
            Stage::Live | Stage::Failed | Stage::Idle => {}
        }
    }

    fn carry_out(&mut self, decision: Decision, lot: &Lot) {
        match decision {
            Decision::Create { assignment, user, plan } => {
                self.create(assignment, user.as_deref(), &plan, lot);
            }
            Decision::Keep { id, assignment } => {
                self.keep(&id, assignment);
            }
            Decision::Let { id } => self.let_go(&id, lot),
        }
    }

    fn create(&mut self, assignment: u64, user: Option<&str>, plan: &Plan, lot: &Lot) -> Option<()> {
        let assignment = self.standing.assignments.get(assignment)?;
        let origin = Origin {
            tenant: self.tenant,
            policy: policy(self.tenant, &assignment.policy)?,
            assignment,
            plan,
            user,
        };
        let id = self.ids.next_unused(|id| self.tenant.has_object(id));
        let pc = cloud_pc::new(&id, &origin, self.at);
        let held = Held::wanted(lot.clone(), user.map(str::to_owned), assignment.group.clone());
        let seen_from = self.options.replication_lag.after(self.at);
        let collection = self.tenant.collections.entry("cloudPCs").or_default();
        if collection.insert(pc, self.at, seen_from) {
            self.standing.fleet.add(id.clone(), held);
            let ready = self.options.provisioning_time.after(self.at);
            self.expect(&id, ready, What::Provisioned(id.clone()));
        }
        Some(())
    }

    /// It has its reason: it comes back from its grace period when it had lost it, and follows its user to another policy.
    fn keep(&mut self, id: &str, assignment: u64) -> Option<()> {
        let (at, assignment) = (self.at, self.standing.assignments.get(assignment)?.clone());
        let held = self.held(id)?;
        let before = held.wanted.replace(true);
        held.group = Some(assignment.group.clone());
        let stays = same_id(text(cloud_pc(self.tenant, id)?, "provisioningPolicyId"), &assignment.policy);
        if !stays {
            let policy = policy(self.tenant, &assignment.policy)?.clone();
            self.change(id, |pc| cloud_pc::move_to(pc, &policy, &assignment, at));
        }
        // A seeded one in its grace period keeps that, although it has its reason: it never lost it here.
        if before != Some(false) {
            return Some(());
        }
        match Stage::of(cloud_pc(self.tenant, id)?) {
            Stage::Grace => {
                self.change(id, |pc| cloud_pc::leave_grace(pc, at));
                self.expect_nothing(id);
            }
            // It stays for an administrator to look into (documented).
            Stage::Failed => self.expect_nothing(id),
            Stage::Coming | Stage::Live | Stage::Idle => {}
        }
        Some(())
    }

    /// It has no reason. One that is not ready goes at once (assumed), one that failed when it is cleaned up, others after their
    /// grace period.
    fn let_go(&mut self, id: &str, lot: &Lot) {
        let (at, end) = (self.at, self.options.grace_period.after(self.at));
        let is_behind = self.tenant.known_directory.is_behind();
        let Some(pc) = cloud_pc(self.tenant, id) else { return };
        let Some(held) = self.standing.fleet.get_mut(id) else { return };
        if held.wanted.is_none() {
            // A seeded one that names no policy never had a reason to lose, and news of a reason may be under way.
            if text(pc, "provisioningPolicyId").is_none() {
                return;
            }
            if is_behind {
                self.standing.undecided.insert(lot.clone());
                return;
            }
        }
        let is_new = held.wanted.replace(false) != Some(false);
        match Stage::of(pc) {
            Stage::Coming => drop(self.end(id)),
            Stage::Live => {
                self.change(id, |pc| cloud_pc::enter_grace(pc, end, at));
                self.expect(id, end, What::Ends(id.to_owned()));
            }
            Stage::Failed if is_new => {
                let end = at.checked_add(CLEAN_UP).unwrap_or(Timestamp::MAX);
                self.expect(id, end, What::Ends(id.to_owned()));
            }
            Stage::Failed | Stage::Grace | Stage::Idle => {}
        }
    }

    fn finish(&mut self, id: &str) -> Option<()> {
        let own_policy = text(cloud_pc(self.tenant, id)?, "provisioningPolicyId");
        let policy = own_policy.and_then(|id| policy(self.tenant, id));
        let template = policy.and_then(|policy| text(policy, "cloudPcNamingTemplate")).map(str::to_owned);
        self.held(id)?.due = None;
        let at = self.at;
        if Stage::of(cloud_pc(self.tenant, id)?) == Stage::Coming {
            self.change(id, |pc| cloud_pc::finish(pc, template.as_deref(), at));
        }
        Some(())
    }

    /// Deletes a Cloud PC. Gives its lot when there is still a reason for one: then a new one comes.
    pub fn end(&mut self, id: &str) -> Option<Lot> {
        self.expect_nothing(id);
        let held = self.standing.fleet.remove(id)?;
        let collection = self.tenant.collections.get_mut("cloudPCs")?;
        let object = collection.remove_later(id, self.at, self.options.replication_lag.after(self.at))?;
        let by = Actor::App {
            app_id: SERVICE_APP_ID.to_owned(),
        };
        collection.deleted.push(Deleted { object, at: self.at, by });
        held.lot.filter(|_| held.wanted == Some(true))
    }

    /// Changes a Cloud PC; readers see it when the replication lag is over.
    pub fn change<T>(&mut self, id: &str, change: impl FnOnce(&mut Object) -> T) -> Option<T> {
        let seen_from = self.options.replication_lag.after(self.at);
        let collection = self.tenant.collections.get_mut("cloudPCs")?;
        collection.change(id, self.at, seen_from, change)
    }

    /// Puts on the agenda what is due for a Cloud PC, in the place of what was.
    fn expect(&mut self, id: &str, at: Timestamp, what: What) {
        self.expect_nothing(id);
        let place = self.queue.add(at, self.id, what);
        if let Some(held) = self.held(id) {
            held.due = Some(place);
        }
    }

    fn expect_nothing(&mut self, id: &str) {
        if let Some(place) = self.held(id).and_then(|held| held.due.take()) {
            self.queue.cancel(place);
        }
    }

    fn held(&mut self, id: &str) -> Option<&mut Held> {
        self.standing.fleet.get_mut(id)
    }
}

/// A Cloud PC of a tenant.
pub fn cloud_pc<'a>(tenant: &'a Tenant, id: &str) -> Option<&'a Object> {
    tenant.collections.get("cloudPCs")?.get(id)
}

/// A policy of a tenant.
pub fn policy<'a>(tenant: &'a Tenant, id: &str) -> Option<&'a Object> {
    tenant.collections.get("provisioningPolicies")?.get(id)
}
