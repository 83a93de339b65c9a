//! What the Assignments of one target declare, put together.
//!
//! An Assignment that cannot be judged is *frozen*: its groups on the target stay. No group is ever unassigned because a name
//! could not be looked up.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{AssignmentProblem, Resolved, ResolvedGroup, ResolvedName};
use crate::reconcile::key::Key;
use crate::reconcile::pass::Version;
use crate::reconcile::plan::Declared;
use crate::report::failure::Class;
use crate::report::reason::Reason;
use crate::report::stop::Stop;

/// A pass looks up at most so many groups, so that it ends; the next one goes on from the pins of this one.
pub(crate) const LOOKUPS: usize = 50;

/// The sum of the Assignments of a target.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    /// The entries, by group and service plan.
    pub entries: BTreeMap<Key, Declared>,
    /// Every Assignment that points at the target, as it was judged.
    pub judged: BTreeSet<Version>,
    /// Assignments that cannot be judged.
    pub frozen: BTreeSet<String>,
    /// The groups, in lower case, that these name, and their names.
    pub reserved: BTreeMap<String, BTreeSet<String>>,
    /// Not every group that these name is known.
    pub unsure: bool,
    /// Assignments that release their groups without removing them.
    pub releasing: BTreeSet<String>,
    /// The groups in use and their ids.
    pub groups: Vec<ResolvedGroup>,
    /// The Frontline service plans that are named, and their ids.
    pub service_plans: Vec<ResolvedName>,
    /// What kept Assignments from being taken into account.
    pub problems: Vec<AssignmentProblem>,
    /// Assignments that a later pass takes into account, without action by a person.
    pub pending: BTreeSet<String>,
    /// Groups, in lower case, that are not in the directory any more, as two lookups agree.
    pub dead: BTreeSet<String>,
    /// References that were resolved again: the message for each.
    pub changed: Vec<String>,
    /// Why not every Assignment was processed: nothing may be concluded then.
    pub stopped: Option<Stop>,
    /// How many groups were looked up.
    pub lookups: usize,
    /// How many of them were found.
    pub found: usize,
}

impl Declarations {
    /// Keeps what was resolved before, beside what is resolved now.
    pub(crate) fn keep(&mut self, pinned: Resolved) {
        self.groups.extend(pinned.groups);
        self.service_plans.extend(pinned.service_plans);
        self.tidy();
    }

    /// Sorts what was resolved, each reference once; of two the first counts.
    pub(crate) fn tidy(&mut self) {
        self.groups.sort_by(|a, b| a.reference.cmp(&b.reference));
        self.groups.dedup_by(|a, b| a.reference == b.reference);
        self.service_plans.sort();
        self.service_plans.dedup_by(|a, b| a.name == b.name);
    }

    /// Whether every reference was reached: the pins that are left to prove are not in any spec any more.
    pub(crate) fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.lookups < LOOKUPS
    }

    /// An Assignment names something that does not resolve, or could not be looked up.
    pub(crate) fn unresolved(&mut self, assignment: &str, stop: Stop) {
        match stop {
            Stop::Failed(failure) if failure.class != Class::Unreachable => {
                self.frozen.insert(assignment.to_owned());
                self.problem(assignment, failure.reason, failure.message);
            }
            // Without an answer from Graph the state of the target is unknown, too.
            stop @ (Stop::Failed(_) | Stop::Later(_)) => self.stopped = Some(stop),
        }
    }

    /// Under Exclusive the groups would be removed by the next pass, which is the opposite of what Orphan asks for; so
    /// nothing happens until a person decides.
    pub(crate) fn release(&mut self, assignment: String, exclusive: bool) {
        if exclusive {
            let message =
                "deletionPolicy Orphan would leave groups that assignmentOwnership Exclusive of the target removes; change one of the two";
            self.problem(&assignment, Reason::Conflict, message.to_owned());
            self.frozen.insert(assignment);
        } else {
            self.releasing.insert(assignment);
        }
    }

    /// Notes what keeps an Assignment from being taken into account.
    pub(crate) fn problem(&mut self, assignment: &str, reason: Reason, message: String) {
        let problem = AssignmentProblem {
            assignment: assignment.to_owned(),
            reason: reason.as_str().to_owned(),
            message,
        };
        // Many groups may miss the same service plan.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
