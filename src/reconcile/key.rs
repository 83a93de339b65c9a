//! What identifies an assignment of an object.

use std::fmt;

use crate::api::OwnedAssignment;
use crate::graph::{AssignmentTarget, RemoteAssignment};

/// What identifies an assignment: its group and, for Frontline, its service plan. Case does not count.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Key {
    /// The group's id in lower case.
    pub group: String,
    /// The service plan's id in lower case.
    pub plan: Option<String>,
}

impl Key {
    /// The key of a group and a service plan; an empty plan is none.
    pub(crate) fn new(group: &str, plan: Option<&str>) -> Self {
        Self {
            group: group.to_lowercase(),
            plan: plan.filter(|plan| !plan.is_empty()).map(str::to_lowercase),
        }
    }

    /// The key that [`Display`](fmt::Display) writes: the group, and after a slash the plan, if any.
    pub(crate) fn parse(text: &str) -> Self {
        match text.split_once('/') {
            Some((group, plan)) => Self::new(group, Some(plan)),
            None => Self::new(text, None),
        }
    }

    /// The path of the entry in a plan and in `status.drift`.
    pub(crate) fn path(&self) -> String {
        format!("/assignments/{self}")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.group)?;
        self.plan.iter().try_for_each(|plan| write!(f, "/{plan}"))
    }
}

impl From<&RemoteAssignment> for Key {
    fn from(remote: &RemoteAssignment) -> Self {
        Self::new(&remote.group_id, remote.service_plan_id.as_deref())
    }
}

impl From<&AssignmentTarget> for Key {
    fn from(target: &AssignmentTarget) -> Self {
        Self::new(&target.group_id, target.service_plan_id.as_deref())
    }
}

impl From<&OwnedAssignment> for Key {
    fn from(owned: &OwnedAssignment) -> Self {
        Self::new(&owned.group_id, owned.service_plan_id.as_deref())
    }
}
