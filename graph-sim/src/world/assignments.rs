//! The assignments of a tenant's policies in the order in which they were made. `life::decide` says who gets a Cloud PC
//! by which of them.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::lot::{Kind, Lot};
use super::object::{Object, text};
use crate::base::shared::Shared;

/// The assignments in the order in which they were made: a user that several policies reach gets the first assigned one
/// (documented). Assignments of one request are in the order of the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assignments {
    entries: Shared<BTreeMap<u64, Assignment>>,
    of_group: Shared<HashMap<String, Vec<u64>>>,
    of_lot: Shared<HashMap<Lot, Vec<u64>>>,
    next: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub policy: String,
    pub kind: Kind,
    /// The group's id in lower case.
    pub group: String,
    pub plan: Option<String>,
    /// The Frontline licences that are allotted.
    pub licences: Option<i64>,
    pub allotment: Option<String>,
}

impl Assignment {
    fn key(&self) -> (String, String, Option<String>) {
        let plan = self.plan.as_ref().map(|plan| plan.to_lowercase());
        (self.policy.clone(), self.group.clone(), plan)
    }

    /// The lot that this assignment decides as a whole. An Enterprise assignment decides user by user and has none.
    pub(crate) fn lot(&self) -> Option<Lot> {
        let plan = self.plan.as_ref()?.to_lowercase();
        match self.kind {
            Kind::Enterprise => None,
            Kind::PerUser => Some(Lot::Plan(plan)),
            Kind::PerGroup => Some(Lot::Pool {
                policy: self.policy.to_lowercase(),
                plan,
            }),
        }
    }
}

impl Assignments {
    pub(crate) fn get(&self, number: u64) -> Option<&Assignment> {
        self.entries.get(&number)
    }

    /// The assignments to a group, the earliest first.
    pub(crate) fn of_group(&self, group: &str) -> impl Iterator<Item = (u64, &Assignment)> {
        self.numbered(self.of_group.get(group))
    }

    /// The assignments that decide a lot, the earliest first.
    pub(crate) fn of_lot(&self, lot: &Lot) -> impl Iterator<Item = (u64, &Assignment)> {
        self.numbered(self.of_lot.get(lot))
    }

    fn numbered<'a>(&'a self, numbers: Option<&'a Vec<u64>>) -> impl Iterator<Item = (u64, &'a Assignment)> {
        let numbers = numbers.into_iter().flatten();
        numbers.filter_map(|number| Some((*number, self.entries.get(number)?)))
    }

    /// Reads the present policies. Returns the assignments that are new, changed (both states) or removed.
    pub(crate) fn refresh<'a>(&mut self, policies: impl Iterator<Item = &'a Object>) -> Vec<Assignment> {
        let before = std::mem::take(&mut self.entries).into_inner();
        let mut before: HashMap<_, _> = before.into_iter().map(|(number, one)| (one.key(), (number, one))).collect();
        let mut changed = Vec::new();
        for assignment in policies.flat_map(assignments_of) {
            let number = match before.remove(&assignment.key()) {
                Some((number, same)) if same == assignment => number,
                Some((number, other)) => {
                    changed.extend([other, assignment.clone()]);
                    number
                }
                None => {
                    changed.push(assignment.clone());
                    self.next += 1;
                    self.next
                }
            };
            self.entries.insert(number, assignment);
        }
        changed.extend(before.into_values().map(|(_, gone)| gone));
        if !changed.is_empty() {
            self.sort_in();
        }
        changed
    }

    fn sort_in(&mut self) {
        self.of_group.clear();
        self.of_lot.clear();
        for (number, assignment) in self.entries.iter() {
            self.of_group.entry(assignment.group.clone()).or_default().push(*number);
            if let Some(lot) = assignment.lot() {
                self.of_lot.entry(lot).or_default().push(*number);
            }
        }
    }
}

/// Whether a policy is one of Windows 365: other products share the collection (documented). Without `managedBy` it is.
fn is_windows_365(policy: &Object) -> bool {
    text(policy, "managedBy").is_none_or(|products| products.split(',').any(|product| product.trim() == "windows365"))
}

fn assignments_of(policy: &Object) -> Vec<Assignment> {
    if !is_windows_365(policy) {
        return Vec::new();
    }
    let list = policy.get("assignments").and_then(Value::as_array);
    let (Some(list), Some(id), Some(kind)) = (list, text(policy, "id"), Kind::of(policy)) else {
        return Vec::new();
    };
    let one = |entry: &Value| {
        let target = entry.get("target")?.as_object()?;
        Some(Assignment {
            policy: id.to_owned(),
            kind,
            group: text(target, "groupId")?.to_lowercase(),
            plan: text(target, "servicePlanId").map(str::to_owned),
            licences: target.get("allotmentLicensesCount").and_then(Value::as_i64),
            allotment: text(target, "allotmentDisplayName").map(str::to_owned),
        })
    };
    list.iter().filter_map(one).collect()
}
