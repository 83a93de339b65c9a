//! What the Cloud PC service knows of groups, members and licences. Changes reach it in their order, after a lag (assumed;
//! that they come asynchronously is documented).
//!
//! Users are known by the id of the directory object, so that a renamed user stays the same. Names and ids are compared
//! in lower case. Whether members of nested groups count is an option: a group is then known with all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::directory::{Group, User};
use super::nesting::Nesting;
use crate::base::shared::Shared;
use crate::options::NestedGroups;

/// What the Cloud PC service knows of groups, members and licences.
#[derive(Clone, Debug, Default)]
pub struct DirectoryView {
    known: Shared<Directory>,
    /// What is known once all reported changes have arrived; the next report is the difference to it.
    reported: Shared<Directory>,
    /// The user of each sign-in name in lower case. A former name of a user leads to that user until another user has it: a
    /// seeded Cloud PC can still have it.
    owners: Shared<HashMap<String, String>>,
    groups_of: Shared<HashMap<String, Vec<String>>>,
    /// When the last reported change arrives. Later changes never arrive earlier, with any lag.
    last_due: Option<Timestamp>,
    under_way: usize,
}

#[derive(Clone, Debug, Default)]
struct Directory {
    users: HashMap<String, Arc<KnownUser>>,
    groups: HashMap<String, Arc<KnownGroup>>,
}

/// A user as the service knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownUser {
    /// The sign-in name as it is written.
    pub name: String,
    pub display_name: String,
    pub licences: Vec<String>,
}

/// A group as the service knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownGroup {
    pub display_name: String,
    /// Users' ids, each once, in the group's order; those of nested groups, if they count, after its own.
    pub members: Vec<String>,
}

/// What has changed in a directory; `None` for what was removed.
#[derive(Clone, Debug, Default)]
pub(crate) struct DirectoryChanges {
    users: Vec<(String, Option<Arc<KnownUser>>)>,
    groups: Vec<(String, Option<Arc<KnownGroup>>)>,
}

/// The users and groups that changes are about.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub users: BTreeSet<String>,
    /// The new sign-in names of users who have another one now.
    pub renamed: BTreeMap<String, String>,
    pub groups: BTreeSet<String>,
}

impl DirectoryView {
    /// The user with this id in lower case.
    pub(crate) fn user(&self, id: &str) -> Option<&KnownUser> {
        self.known.users.get(id).map(Arc::as_ref)
    }

    /// The group with this id in lower case.
    pub(crate) fn group(&self, id: &str) -> Option<&KnownGroup> {
        self.known.groups.get(id).map(Arc::as_ref)
    }

    /// The id of the user with a sign-in name, pending changes included.
    pub(crate) fn owner_of(&self, name: &str) -> Option<&str> {
        self.owners.get(&name.to_lowercase()).map(String::as_str)
    }

    pub(crate) fn groups_of(&self, user: &str) -> &[String] {
        self.groups_of.get(user).map_or(&[], Vec::as_slice)
    }

    /// Whether reported changes have not arrived yet.
    pub(crate) fn is_behind(&self) -> bool {
        self.under_way > 0
    }

    /// The difference between the directory and what was reported before.
    pub(crate) fn report(&mut self, users: &[User], groups: &[Group], nested: NestedGroups) -> Option<DirectoryChanges> {
        let named = users
            .iter()
            .map(|user| (user.user_principal_name.to_lowercase(), user.id.to_lowercase()));
        let ids: HashMap<String, String> = named.collect();
        let nesting = (nested == NestedGroups::Count).then(|| Nesting::of(groups));
        let known = |group| {
            let below = nesting.as_ref().map(|nesting| nesting.below(group)).unwrap_or_default();
            known_group(group, &below, &ids)
        };
        let changes = DirectoryChanges {
            users: changes(&mut self.reported.users, users.iter().map(known_user)),
            groups: changes(&mut self.reported.groups, groups.iter().map(known)),
        };
        self.owners.extend(ids);
        let is_empty = changes.users.is_empty() && changes.groups.is_empty();
        (!is_empty).then_some(changes)
    }

    /// Registers changes that are to arrive at this time. Returns when they do: never before earlier ones.
    pub(crate) fn expect_changes(&mut self, due: Timestamp) -> Timestamp {
        let due = self.last_due.map_or(due, |last| last.max(due));
        self.last_due = Some(due);
        self.under_way += 1;
        due
    }

    /// Registers that reported changes have arrived.
    pub(crate) fn changes_arrived(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Applies changes.
    pub(crate) fn apply(&mut self, changes: &DirectoryChanges) -> Touched {
        let mut touched = Touched::default();
        for (id, group) in &changes.groups {
            let before = put(&mut self.known.groups, id, group.as_ref());
            self.apply_members(id, before.as_deref(), group.as_deref(), &mut touched.users);
            touched.groups.insert(id.clone());
        }
        for (id, user) in &changes.users {
            let before = put(&mut self.known.users, id, user.as_ref());
            if let (Some(before), Some(user)) = (before, user)
                && before.name != user.name
            {
                touched.renamed.insert(id.clone(), user.name.clone());
            }
            touched.users.insert(id.clone());
            touched.groups.extend(self.groups_of(id).iter().cloned());
        }
        touched
    }

    fn apply_members(&mut self, id: &str, before: Option<&KnownGroup>, after: Option<&KnownGroup>, moved: &mut BTreeSet<String>) {
        let members =
            |group: Option<&KnownGroup>| -> HashSet<String> { group.into_iter().flat_map(|group| group.members.iter().cloned()).collect() };
        let (before, after) = (members(before), members(after));
        for left in before.difference(&after) {
            if let Some(groups) = self.groups_of.get_mut(left) {
                groups.retain(|group| group != id);
            }
            moved.insert(left.clone());
        }
        for joined in after.difference(&before) {
            self.groups_of.entry(joined.clone()).or_default().push(id.to_owned());
            moved.insert(joined.clone());
        }
    }
}

fn known_user(user: &User) -> (String, KnownUser) {
    let known = KnownUser {
        name: user.user_principal_name.clone(),
        display_name: user.display_name.clone(),
        licences: user.licences.clone(),
    };
    (user.id.to_lowercase(), known)
}

/// A group with its members and those of the groups below it that count. Names that are no user's are left out: the directory
/// could not have them.
fn known_group(group: &Group, below: &[&Group], ids: &HashMap<String, String>) -> (String, KnownGroup) {
    let mut seen = HashSet::new();
    let members = group.members.iter().chain(below.iter().flat_map(|group| &group.members));
    let members = members.filter_map(|name| ids.get(&name.to_lowercase()));
    let known = KnownGroup {
        display_name: group.display_name.clone(),
        members: members.filter(|id| seen.insert(*id)).cloned().collect(),
    };
    (group.id.to_lowercase(), known)
}

/// Brings `reported` up to date and gives what changed in it.
fn changes<T: PartialEq>(
    reported: &mut HashMap<String, Arc<T>>,
    present: impl Iterator<Item = (String, T)>,
) -> Vec<(String, Option<Arc<T>>)> {
    let mut fresh = HashMap::with_capacity(reported.len());
    let mut changed = Vec::new();
    for (key, value) in present {
        let same = reported.get(&key).filter(|before| ***before == value).cloned();
        let value = same.unwrap_or_else(|| {
            let value = Arc::new(value);
            changed.push((key.clone(), Some(Arc::clone(&value))));
            value
        });
        fresh.insert(key, value);
    }
    let gone = reported.keys().filter(|key| !fresh.contains_key(*key));
    changed.extend(gone.map(|key| (key.clone(), None)));
    *reported = fresh;
    changed
}

fn put<T>(map: &mut HashMap<String, Arc<T>>, key: &str, value: Option<&Arc<T>>) -> Option<Arc<T>> {
    match value {
        Some(value) => map.insert(key.to_owned(), Arc::clone(value)),
        None => map.remove(key),
    }
}
