//! Which application permissions the controller needs, and what a token lacks of them.

use std::collections::BTreeSet;

use crate::api::MissingPermission;
use crate::graph::Collection;
use crate::graph::permission::{self, Permission};

/// A feature of the controller and the permission that it needs.
pub(crate) struct Need {
    feature: String,
    permission: &'static Permission,
}

/// What the objects of these collections need to be read, or written.
fn objects(verb: &str, permission: &'static Permission, collections: impl Iterator<Item = Collection>) -> Need {
    let names: Vec<&str> = collections.map(Collection::plural).collect();
    Need {
        feature: format!("{verb} {}", names.join(" and ")),
        permission,
    }
}

fn reads() -> Vec<Need> {
    vec![objects("read", permission::READ_CLOUD_PC, Collection::ALL.iter().copied())]
}

/// One need a permission, whatever the number of collections that share it.
fn writes() -> Vec<Need> {
    let mut permissions: Vec<&'static Permission> = Vec::new();
    for permission in Collection::ALL.iter().map(|collection| collection.write_permission()) {
        if !permissions.contains(&permission) {
            permissions.push(permission);
        }
    }
    let sharing = |permission: &'static Permission| {
        let all = Collection::ALL.iter().copied();
        objects("write", permission, all.filter(|one| one.write_permission() == permission))
    };
    permissions.into_iter().map(sharing).collect()
}

fn groups() -> Need {
    Need {
        feature: "look up groups".to_owned(),
        permission: permission::READ_GROUPS,
    }
}

fn organization() -> Need {
    Need {
        feature: "read the organization's name and domains".to_owned(),
        permission: permission::READ_ORGANIZATION,
    }
}

impl Need {
    fn is_met_by(&self, granted: &BTreeSet<String>) -> bool {
        self.permission.application.iter().any(|permission| granted.contains(*permission))
    }
}

/// The missing permissions. `only_observe`: nothing is to be written.
pub(crate) fn missing(granted: &BTreeSet<String>, only_observe: bool) -> Vec<MissingPermission> {
    let mut needs = if only_observe { reads() } else { writes() };
    needs.extend([groups(), organization()]);
    let unmet = needs.into_iter().filter(|need| !need.is_met_by(granted));
    unmet
        .map(|need| MissingPermission {
            permission: need.permission.application[0].to_owned(),
            feature: need.feature,
        })
        .collect()
}

/// Whether the organization may be read.
pub(crate) fn reads_organization(granted: &BTreeSet<String>) -> bool {
    organization().is_met_by(granted)
}

/// The missing permissions, what each is needed for, and where to grant it.
pub(crate) fn explain(missing: &[MissingPermission], application: &str) -> String {
    let lines = missing
        .iter()
        .map(|need| format!("{} (to {})", need.permission, need.feature))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "the application {application} lacks application permissions: {lines}. Add them in Entra under App registrations > API permissions > Microsoft Graph > Application permissions and grant admin consent; a new grant takes effect within a minute or two"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacks(granted: &[&str], only_observe: bool) -> Vec<String> {
        let granted = granted.iter().map(|role| (*role).to_owned()).collect();
        missing(&granted, only_observe).into_iter().map(|need| need.permission).collect()
    }

    /// S28: what is documented as the least grant is enough, and anything less names what it lacks.
    #[test]
    fn s28_the_documented_permissions_are_enough_and_each_is_needed() {
        const DOCUMENTED: [&str; 3] = ["CloudPC.ReadWrite.All", "GroupMember.Read.All", "Organization.Read.All"];
        assert!(lacks(&DOCUMENTED, false).is_empty());
        let guide = include_str!("../../docs/connect-a-tenant.md");
        assert!(DOCUMENTED.iter().all(|role| guide.contains(&format!("| `{role}` |"))));
        let without = |left_out: usize| -> Vec<&str> {
            let kept = DOCUMENTED.iter().enumerate().filter(|(index, _)| *index != left_out);
            kept.map(|(_, role)| *role).collect()
        };
        assert_eq!(lacks(&without(0), false), ["CloudPC.ReadWrite.All"]);
        assert_eq!(lacks(&without(1), false), ["GroupMember.Read.All"]);
        assert_eq!(lacks(&without(2), false), ["Organization.Read.All"]);
        assert_eq!(
            lacks(&["CloudPC.Read.All"], true),
            ["GroupMember.Read.All", "Organization.Read.All"]
        );
        assert_eq!(lacks(&[], true)[0], "CloudPC.Read.All");
    }
}
