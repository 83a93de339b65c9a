//! Groups that are members of groups. They may be members of each other.

use std::collections::{HashMap, HashSet};

use super::directory::Group;

/// The groups of a tenant, by id in lower case.
pub(crate) struct Nesting<'a> {
    by_id: HashMap<String, &'a Group>,
}

impl<'a> Nesting<'a> {
    pub(crate) fn of(groups: &'a [Group]) -> Self {
        let by_id = groups.iter().map(|group| (group.id.to_lowercase(), group));
        Self { by_id: by_id.collect() }
    }

    /// The groups that are members of a group themselves.
    pub(crate) fn direct<'b>(&'b self, group: &'b Group) -> impl Iterator<Item = &'a Group> + 'b {
        group
            .member_groups
            .iter()
            .filter_map(|id| self.by_id.get(&id.to_lowercase()).copied())
    }

    /// The groups that are members of a group, themselves or through others: each once, the nearest first, and never the group
    /// itself (assumed).
    pub(crate) fn below(&self, group: &Group) -> Vec<&'a Group> {
        let mut seen = HashSet::from([group.id.to_lowercase()]);
        let mut found: Vec<&'a Group> = Vec::new();
        found.extend(self.direct(group).filter(|one| seen.insert(one.id.to_lowercase())));
        let mut next = 0;
        while let Some(one) = found.get(next).copied() {
            found.extend(self.direct(one).filter(|one| seen.insert(one.id.to_lowercase())));
            next += 1;
        }
        found
    }
}

#[cfg(test)]
mod tests;
