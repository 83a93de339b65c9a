//! Carries out what is decided and what falls due in one tenant, at one time.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::SERVICE_APP_ID;
use super::agenda::{Queue, Standing, What};
use super::assignments::Assignment;
use super::cloud_pc::{self, Kind, Origin, Stage, same_id, text};
use super::decide::{Decision, Facts};
use super::directory::News;
use super::fleet::{Held, Lot};
use super::plans::Plan;
use crate::options::Options;
use crate::world::{Actor, Collection, Deleted, IdSource, Object, Tenant, World};

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
            What::GraceEnds(id) => self.end(&id).into_iter().collect(),
        }
    }

    /// Takes news of the directory in. Gives the lots that they touch.
    pub fn learn(&mut self, news: &News) -> BTreeSet<Lot> {
        let touched = self.tenant.known_directory.learn(news);
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
        for lot in lots {
            let facts = Facts {
                tenant: self.tenant,
                assignments: &self.standing.assignments,
                fleet: &self.standing.fleet,
            };
            for decision in facts.decide(&lot) {
                self.carry_out(decision, &lot);
            }
        }
    }

    /// Takes in assignments and Cloud PCs that are not what they were, with the lots that they touch.
    fn look_around(&mut self, lots: &mut BTreeSet<Lot>) {
        let policies = self.tenant.collections.get("provisioningPolicies");
        let changed = self.standing.assignments.refresh(policies.into_iter().flat_map(Collection::iter));
        for assignment in changed {
            lots.extend(self.touched_by(&assignment));
        }
        for id in self.standing.fleet.refresh(self.tenant.collections.get("cloudPCs")) {
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
        let Some(pc) = cloud_pc_mut(self.tenant, id) else { return };
        match Stage::of(pc) {
            Stage::Coming => {
                let ready = self.options.provisioning_time.after(at);
                self.expect(id, ready, What::Provisioned(id.to_owned()));
            }
            Stage::Grace => {
                let end: Option<Timestamp> = text(pc, "gracePeriodEndDateTime").and_then(|end| end.parse().ok());
                let end = end.unwrap_or_else(|| {
                    let end = grace.after(at);
                    cloud_pc::set(pc, "gracePeriodEndDateTime", cloud_pc::written(end));
                    end
                });
                self.expect(id, end.max(at), What::GraceEnds(id.to_owned()));
            }
            Stage::Live | Stage::Idle => {}
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
        let id = self.ids.next_id();
        let pc = cloud_pc::new(&id, &origin, self.at);
        let held = Held {
            lot: Some(lot.clone()),
            wanted: Some(true),
            due: None,
        };
        let collection = self.tenant.collections.entry("cloudPCs").or_default();
        if collection.insert(pc, self.at, self.at) {
            self.standing.fleet.add(id.clone(), held);
            let ready = self.options.provisioning_time.after(self.at);
            self.expect(&id, ready, What::Provisioned(id.clone()));
        }
        Some(())
    }

    /// It has its reason: it comes back from its grace period when it had lost it, and follows its user to another policy.
    fn keep(&mut self, id: &str, assignment: u64) -> Option<()> {
        let before = self.held(id)?.wanted.replace(true);
        let assignment = self.standing.assignments.get(assignment)?;
        let stays = same_id(text(cloud_pc(self.tenant, id)?, "provisioningPolicyId"), &assignment.policy);
        if !stays {
            let policy = policy(self.tenant, &assignment.policy)?.clone();
            cloud_pc::move_to(cloud_pc_mut(self.tenant, id)?, &policy, assignment, self.at);
        }
        let pc = cloud_pc_mut(self.tenant, id)?;
        // A seeded one in its grace period keeps that, although it has its reason: it never lost it here.
        if before == Some(false) && Stage::of(pc) == Stage::Grace {
            cloud_pc::leave_grace(pc, self.at);
            self.expect_nothing(id);
        }
        Some(())
    }

    /// It has no reason. One that is not ready goes at once (assumed), others after their grace period.
    fn let_go(&mut self, id: &str, lot: &Lot) {
        let (at, end) = (self.at, self.options.grace_period.after(self.at));
        let is_behind = self.tenant.known_directory.is_behind();
        let Some(pc) = cloud_pc_mut(self.tenant, id) else { return };
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
        held.wanted = Some(false);
        match Stage::of(pc) {
            Stage::Coming => drop(self.end(id)),
            Stage::Live => {
                cloud_pc::enter_grace(pc, end, at);
                self.expect(id, end, What::GraceEnds(id.to_owned()));
            }
            Stage::Grace | Stage::Idle => {}
        }
    }

    fn finish(&mut self, id: &str) -> Option<()> {
        let own_policy = text(cloud_pc(self.tenant, id)?, "provisioningPolicyId");
        let policy = own_policy.and_then(|id| policy(self.tenant, id));
        let template = policy.and_then(|policy| text(policy, "cloudPcNamingTemplate")).map(str::to_owned);
        self.held(id)?.due = None;
        let pc = cloud_pc_mut(self.tenant, id)?;
        if Stage::of(pc) == Stage::Coming {
            cloud_pc::finish(pc, template.as_deref(), self.at);
        }
        Some(())
    }

    /// Deletes a Cloud PC. Gives its lot when there is still a reason for one: then a new one comes.
    pub fn end(&mut self, id: &str) -> Option<Lot> {
        self.expect_nothing(id);
        let held = self.standing.fleet.remove(id)?;
        let collection = self.tenant.collections.get_mut("cloudPCs")?;
        let object = collection.remove(id)?;
        let by = Actor::App {
            app_id: SERVICE_APP_ID.to_owned(),
        };
        collection.deleted.push(Deleted { object, at: self.at, by });
        held.lot.filter(|_| held.wanted == Some(true))
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

/// A Cloud PC of a tenant, for a change that readers see at once.
pub fn cloud_pc_mut<'a>(tenant: &'a mut Tenant, id: &str) -> Option<&'a mut Object> {
    tenant.collections.get_mut("cloudPCs")?.get_mut(id)
}

/// A policy of a tenant.
pub fn policy<'a>(tenant: &'a Tenant, id: &str) -> Option<&'a Object> {
    tenant.collections.get("provisioningPolicies")?.get(id)
}
