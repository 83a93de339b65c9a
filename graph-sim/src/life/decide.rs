//! Who is to have a Cloud PC by which assignment: compares what there is with what there should be. It changes nothing.

use std::collections::HashMap;

use super::assignments::{Assignment, Assignments};
use super::cloud_pc::{Kind, Stage, same_id, text};
use super::fleet::{Fleet, Lot};
use super::plans::{Plan, enterprise_plan};
use crate::world::{Object, Tenant};

/// Cloud PCs that users can have of one Frontline licence (documented).
const USERS_PER_LICENCE: i64 = 3;
/// The most licences that one assignment can set aside (captured: the portal's own limit).
const MOST_LICENCES: i64 = 900;

/// What is to become of a Cloud PC, or that there is to be one. Assignments are named by their number.
#[derive(Debug)]
pub enum Decision {
    /// There is to be a new one.
    Create {
        /// By which assignment.
        assignment: u64,
        /// For whom, in small letters.
        user: Option<String>,
        /// Of which plan.
        plan: Plan,
    },
    /// It has its reason.
    Keep {
        /// The Cloud PC.
        id: String,
        /// By which assignment.
        assignment: u64,
    },
    /// It has no reason.
    Let {
        /// The Cloud PC.
        id: String,
    },
}

/// What decisions are made by.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The directory as the service knows it, and the objects.
    pub tenant: &'a Tenant,
    /// The assignments.
    pub assignments: &'a Assignments,
    /// The Cloud PCs.
    pub fleet: &'a Fleet,
}

impl<'a> Facts<'a> {
    /// Decides on the Cloud PCs of a lot.
    pub fn decide(&self, lot: &Lot) -> Vec<Decision> {
        match lot {
            Lot::User(name) => self.of_user(lot, name),
            Lot::Plan(id) => self.of_plan(lot, id),
            Lot::Pool { plan, .. } => self.of_pool(lot, plan),
        }
    }

    /// One Cloud PC for each licence, all by one policy (documented).
    fn of_user(&self, lot: &Lot, name: &str) -> Vec<Decision> {
        let pcs = self.cloud_pcs(lot);
        let assignment = self.first_assignment(name, &pcs);
        let user = self.tenant.known_directory.user(name).filter(|_| assignment.is_some());
        let mut plans: Vec<Plan> = Vec::new();
        for plan in user
            .iter()
            .flat_map(|user| &user.licences)
            .filter_map(|licence| enterprise_plan(licence))
        {
            if !plans.contains(&plan) {
                plans.push(plan);
            }
        }
        let mut decisions = Vec::new();
        for (id, pc) in pcs {
            let id = id.to_owned();
            match (assignment, plans.iter().position(|plan| plan.is_of(pc))) {
                (Some(assignment), Some(place)) => {
                    plans.remove(place);
                    decisions.push(Decision::Keep { id, assignment });
                }
                _ => decisions.push(Decision::Let { id }),
            }
        }
        let user = Some(name.to_owned());
        decisions.extend(
            plans
                .into_iter()
                .zip(assignment.into_iter().cycle())
                .map(|(plan, assignment)| Decision::Create {
                    assignment,
                    user: user.clone(),
                    plan,
                }),
        );
        decisions
    }

    /// The policy that the user has stays for as long as it reaches the user (assumed); otherwise the first assigned one.
    fn first_assignment(&self, user: &str, pcs: &[(&str, &Object)]) -> Option<u64> {
        let has = |assignment: &Assignment| pcs.iter().any(|(_, pc)| is_under(pc, assignment));
        let groups = self.tenant.known_directory.groups_of(user).iter();
        groups
            .flat_map(|group| self.assignments.of_group(group))
            .filter(|(_, assignment)| assignment.kind == Kind::Enterprise)
            .min_by_key(|(number, assignment)| (!has(assignment), *number))
            .map(|(number, _)| number)
    }

    /// Members get Cloud PCs in their order for as long as there are licences (assumed).
    fn of_plan(&self, lot: &Lot, id: &str) -> Vec<Decision> {
        let plan = Plan::front_line(self.tenant, id);
        let pcs = self.cloud_pcs(lot);
        let mut holders: HashMap<String, &Object> = HashMap::new();
        for (_, pc) in &pcs {
            if let Some(user) = text(pc, "userPrincipalName") {
                holders.entry(user.to_lowercase()).or_insert(pc);
            }
        }
        let granted = self.grant(lot, &holders);
        let mut assignment_of: HashMap<&str, u64> = granted.iter().copied().collect();
        let mut decisions = Vec::new();
        for (id, pc) in &pcs {
            let user = text(pc, "userPrincipalName").unwrap_or_default().to_lowercase();
            let id = (*id).to_owned();
            // A second one of the same user finds nothing left.
            decisions.push(match assignment_of.remove(user.as_str()) {
                Some(assignment) => Decision::Keep { id, assignment },
                None => Decision::Let { id },
            });
        }
        let new = granted.iter().filter(|(user, _)| !holders.contains_key(*user));
        decisions.extend(new.map(|(user, assignment)| Decision::Create {
            assignment: *assignment,
            user: Some((*user).to_owned()),
            plan: plan.clone(),
        }));
        decisions
    }

    /// Who gets a Cloud PC of a Frontline plan by which assignment.
    fn grant(&self, lot: &Lot, holders: &HashMap<String, &Object>) -> Vec<(&'a str, u64)> {
        let directory = &self.tenant.known_directory;
        let mut free: Vec<(u64, &Assignment, i64)> = self
            .assignments
            .of_lot(lot)
            .map(|(number, assignment)| (number, assignment, USERS_PER_LICENCE.saturating_mul(self.licences(assignment))))
            .collect();
        let mut granted: HashMap<&str, u64> = HashMap::new();
        let mut order = Vec::new();
        for round in [Claim::Held, Claim::HadOne, Claim::New] {
            for (number, assignment, free) in &mut free {
                let members = directory.group(&assignment.group).map_or(&[][..], |group| &group.members);
                for member in members {
                    let claim = Claim::of(holders.get(member).copied(), assignment);
                    if *free <= 0 || claim > round || granted.contains_key(member.as_str()) || directory.user(member).is_none() {
                        continue;
                    }
                    *free -= 1;
                    granted.insert(member, *number);
                    order.push((member.as_str(), *number));
                }
            }
        }
        order
    }

    /// As many as there are licences, for nobody in particular. The newest go first (assumed).
    fn of_pool(&self, lot: &Lot, plan: &str) -> Vec<Decision> {
        let plan = Plan::front_line(self.tenant, plan);
        let mut slots = self.assignments.of_lot(lot).flat_map(|(number, assignment)| {
            let licences = usize::try_from(self.licences(assignment)).unwrap_or(0);
            std::iter::repeat_n(number, licences)
        });
        let mut decisions = Vec::new();
        for (id, _) in self.cloud_pcs(lot) {
            let id = id.to_owned();
            decisions.push(match slots.next() {
                Some(assignment) => Decision::Keep { id, assignment },
                None => Decision::Let { id },
            });
        }
        decisions.extend(slots.map(|assignment| Decision::Create {
            assignment,
            user: None,
            plan: plan.clone(),
        }));
        decisions
    }

    /// The licences of an assignment; all of the plan's where it does not say (assumed), as one that was made by v1.0.
    fn licences(&self, assignment: &Assignment) -> i64 {
        let bought = || {
            let plans = self.tenant.collections.get("frontLineServicePlans")?;
            plans.get(assignment.plan.as_deref()?)?.get("totalCount")?.as_i64()
        };
        assignment.licences.or_else(bought).unwrap_or(0).clamp(0, MOST_LICENCES)
    }

    /// A lot's Cloud PCs, those in their grace period last, so that they are taken up again when there is no other.
    fn cloud_pcs(&self, lot: &Lot) -> Vec<(&'a str, &'a Object)> {
        let collection = self.tenant.collections.get("cloudPCs");
        let ids = self.fleet.of_lot(lot);
        let mut pcs: Vec<_> = ids.filter_map(|id| Some((id, collection?.get(id)?))).collect();
        pcs.sort_by_key(|(_, pc)| Stage::of(pc) == Stage::Grace);
        pcs
    }
}

/// How good a member's claim to a licence is, the best first: nobody loses a Cloud PC to a newcomer (assumed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// The member has a Cloud PC by this very policy.
    Held,
    /// There is one of the member's, in its grace period or by another policy.
    HadOne,
    /// There is none.
    New,
}

impl Claim {
    fn of(pc: Option<&Object>, assignment: &Assignment) -> Self {
        match pc {
            Some(pc) if is_under(pc, assignment) => Self::Held,
            Some(_) => Self::HadOne,
            None => Self::New,
        }
    }
}

/// Whether a Cloud PC that is not in its grace period is under an assignment's policy.
fn is_under(pc: &Object, assignment: &Assignment) -> bool {
    Stage::of(pc) != Stage::Grace && same_id(text(pc, "provisioningPolicyId"), &assignment.policy)
}
