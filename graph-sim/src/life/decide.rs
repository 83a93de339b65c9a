//! Which Cloud PCs are to exist by which assignment: compares the present with the wanted state. Pure.

use std::collections::HashMap;

use super::cloud_pc::Stage;
use super::plans::{Plan, enterprise_plan};
use crate::world::{Assignment, Assignments, Fleet, Kind, Lot, Object, Tenant, same_id, stored_one, text};

/// Cloud PCs that users can have of one Frontline licence (documented).
const USERS_PER_LICENCE: i64 = 3;
/// The most licences that one assignment can set aside (captured: the portal's own limit).
const MOST_LICENCES: i64 = 900;

/// A decision on one Cloud PC. Assignments are named by their number.
#[derive(Debug)]
pub(super) enum Decision {
    /// A new one is to be provisioned.
    Create {
        assignment: u64,
        /// The user's id.
        user: Option<String>,
        plan: Plan,
    },
    /// This assignment entitles it.
    Keep { id: String, assignment: u64 },
    /// Nothing entitles it.
    Retire { id: String },
}

impl Decision {
    fn of(id: String, assignment: Option<u64>) -> Self {
        match assignment {
            Some(assignment) => Self::Keep { id, assignment },
            None => Self::Retire { id },
        }
    }
}

/// What decisions are made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub tenant: &'a Tenant,
    pub assignments: &'a Assignments,
    pub fleet: &'a Fleet,
}

impl<'a> Facts<'a> {
    /// Decides on the Cloud PCs of a lot.
    pub(super) fn decide(&self, lot: &Lot) -> Vec<Decision> {
        match lot {
            Lot::User(user) => self.of_user(lot, user),
            Lot::Plan(id) => self.of_plan(lot, id),
            Lot::Pool { plan, .. } => self.of_pool(lot, plan),
        }
    }

    /// One Cloud PC for each licence, all by one policy (documented).
    fn of_user(&self, lot: &Lot, id: &str) -> Vec<Decision> {
        let pcs = self.cloud_pcs(lot);
        let assignment = self.first_assignment(id, &pcs);
        let user = self.tenant.known_directory.user(id).filter(|_| assignment.is_some());
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
            let licensed = plans.iter().position(|plan| plan.is_of(pc)).map(|place| plans.remove(place));
            decisions.push(Decision::of(id.to_owned(), assignment.filter(|_| licensed.is_some())));
        }
        let user = Some(id.to_owned());
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
        let mut holders: HashMap<&str, &Object> = HashMap::new();
        for (id, pc) in &pcs {
            if let Some(owner) = self.owner(id) {
                holders.entry(owner).or_insert(pc);
            }
        }
        let granted = self.grant(lot, &holders);
        let mut assignment_of: HashMap<&str, u64> = granted.iter().copied().collect();
        let mut decisions = Vec::new();
        for (id, _) in &pcs {
            // A second one of the same user gets none.
            let assignment = self.owner(id).and_then(|owner| assignment_of.remove(owner));
            decisions.push(Decision::of((*id).to_owned(), assignment));
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
    fn grant(&self, lot: &Lot, holders: &HashMap<&str, &Object>) -> Vec<(&'a str, u64)> {
        let directory = &self.tenant.known_directory;
        let mut free: Vec<(u64, &Assignment, i64)> = self
            .assignments
            .of_lot(lot)
            .map(|(number, assignment)| (number, assignment, USERS_PER_LICENCE.saturating_mul(self.licences(assignment))))
            .collect();
        let mut granted: HashMap<&str, u64> = HashMap::new();
        let mut order = Vec::new();
        for round in [Claim::Current, Claim::HadOne, Claim::New] {
            for (number, assignment, free) in &mut free {
                let members = directory.group(&assignment.group).map_or(&[][..], |group| &group.members);
                for member in members {
                    let claim = Claim::of(holders.get(member.as_str()).copied(), assignment);
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

    /// As many as there are licences, without a user. A group has those that its own assignment created, of which
    /// the newest are deleted first (assumed).
    fn of_pool(&self, lot: &Lot, plan: &str) -> Vec<Decision> {
        let plan = Plan::front_line(self.tenant, plan);
        let assignments = self.assignments.of_lot(lot);
        let mut free: Vec<(u64, &Assignment, i64)> = assignments
            .map(|(number, assignment)| (number, assignment, self.licences(assignment)))
            .collect();
        let pcs = self.cloud_pcs(lot);
        let mut assignment_of: HashMap<&str, u64> = HashMap::new();
        for tie in [Tie::Group, Tie::Allotment, Tie::Any] {
            for (id, pc) in &pcs {
                let group = self.fleet.get(id).and_then(|tracked| tracked.group.as_deref());
                let fits = |assignment: &Assignment| tie.holds(group, pc, assignment);
                let mut open = free.iter_mut().filter(|(_, assignment, free)| *free > 0 && fits(assignment));
                if !assignment_of.contains_key(id)
                    && let Some((number, _, free)) = open.next()
                {
                    *free -= 1;
                    assignment_of.insert(id, *number);
                }
            }
        }
        let keep_or_retire = |(id, _): &(&str, _)| Decision::of((*id).to_owned(), assignment_of.get(id).copied());
        let mut decisions: Vec<Decision> = pcs.iter().map(keep_or_retire).collect();
        for (assignment, _, free) in free {
            let new = || Decision::Create {
                assignment,
                user: None,
                plan: plan.clone(),
            };
            decisions.extend(std::iter::repeat_with(new).take(usize::try_from(free).unwrap_or(0)));
        }
        decisions
    }

    /// The id of a Cloud PC's user.
    fn owner(&self, id: &str) -> Option<&'a str> {
        self.fleet.get(id)?.owner.as_deref()
    }

    /// The licences of an assignment; all of the plan's where it does not say (assumed), as one that was made by v1.0.
    fn licences(&self, assignment: &Assignment) -> i64 {
        let bought = || {
            let plan = stored_one(self.tenant, "frontLineServicePlans", assignment.plan.as_deref()?);
            plan?.get("totalCount")?.as_i64()
        };
        assignment.licences.or_else(bought).unwrap_or(0).clamp(0, MOST_LICENCES)
    }

    /// A lot's Cloud PCs, those in their grace period last: they are used again only when there is no other.
    fn cloud_pcs(&self, lot: &Lot) -> Vec<(&'a str, &'a Object)> {
        let ids = self.fleet.of_lot(lot);
        let mut pcs: Vec<_> = ids.filter_map(|id| Some((id, stored_one(self.tenant, "cloudPCs", id)?))).collect();
        pcs.sort_by_key(|(_, pc)| Stage::of(pc) == Stage::Grace);
        pcs
    }
}

/// A member's claim to a licence, the best first: no user loses a Cloud PC to a new member (assumed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// The member has a Cloud PC by this very policy.
    Current,
    /// There is one of the member's, in its grace period or by another policy.
    HadOne,
    /// There is none.
    New,
}

impl Claim {
    fn of(pc: Option<&Object>, assignment: &Assignment) -> Self {
        match pc {
            Some(pc) if is_under(pc, assignment) => Self::Current,
            Some(_) => Self::HadOne,
            None => Self::New,
        }
    }
}

/// How a shared Cloud PC is matched to an assignment, the surest way first. The origin of a seeded one is not known.
#[derive(Clone, Copy, Debug)]
enum Tie {
    /// The assignment's group created it.
    Group,
    /// It is a seeded one of the allotment with this name.
    Allotment,
    /// It is a seeded one.
    Any,
}

impl Tie {
    fn holds(self, group: Option<&str>, pc: &Object, assignment: &Assignment) -> bool {
        match (self, group) {
            (Self::Group, Some(group)) => group == assignment.group,
            (Self::Allotment, None) => {
                assignment.allotment.is_some() && text(pc, "allotmentDisplayName") == assignment.allotment.as_deref()
            }
            (Self::Any, None) => true,
            _ => false,
        }
    }
}

/// Whether a Cloud PC that is not in its grace period is under an assignment's policy.
fn is_under(pc: &Object, assignment: &Assignment) -> bool {
    Stage::of(pc) != Stage::Grace && same_id(text(pc, "provisioningPolicyId"), &assignment.policy)
}
