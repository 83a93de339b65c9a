//! One Entra tenant: its directory, its Cloud PC objects, and what the Cloud PC service knows of the directory.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::collection::{Collection, Deleted};
use super::directory::{App, Group, User};
use super::known_directory::DirectoryView;
use super::object::has_id;

/// One Entra tenant.
#[derive(Clone, Debug, Default)]
pub struct Tenant {
    /// The tenant's id.
    pub id: String,
    /// Its organisation's name.
    pub display_name: String,
    /// Its verified domains; the first one is the default.
    pub verified_domains: Vec<String>,
    /// Registered applications.
    pub apps: Vec<App>,
    /// Users.
    pub users: Vec<User>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Deleted groups, as Graph JSON.
    pub deleted_groups: Vec<Deleted>,
    /// Deleted users, as Graph JSON.
    pub deleted_users: Vec<Deleted>,
    /// Cloud PC objects by Graph's collection name.
    pub collections: BTreeMap<&'static str, Collection>,
    /// What the Cloud PC service knows of groups, members and licences.
    pub known_directory: DirectoryView,
}

impl Tenant {
    /// Its id and names, without its contents.
    #[must_use]
    pub fn identity(&self) -> Self {
        Self {
            id: self.id.clone(),
            display_name: self.display_name.clone(),
            verified_domains: self.verified_domains.clone(),
            ..Self::default()
        }
    }

    /// Whether an object of any of its collections has this id.
    pub(crate) fn has_object(&self, id: &str) -> bool {
        self.collections.values().any(|collection| collection.get(id).is_some())
    }

    /// The application with this id.
    #[must_use]
    pub fn app(&self, app_id: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.app_id.eq_ignore_ascii_case(app_id))
    }

    /// The user with this principal name.
    #[must_use]
    pub fn user(&self, user_principal_name: &str) -> Option<&User> {
        self.users
            .iter()
            .find(|user| user.user_principal_name.eq_ignore_ascii_case(user_principal_name))
    }

    pub(crate) fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id.eq_ignore_ascii_case(id))
    }

    /// The group that had this id until it was deleted.
    pub(crate) fn deleted_group(&self, id: &str) -> Option<&Deleted> {
        self.deleted_groups.iter().find(|group| has_id(&group.object, id))
    }

    /// The user with this id or sign-in name (documented).
    pub(crate) fn find_user(&self, id_or_name: &str) -> Option<&User> {
        let by_id = self.users.iter().find(|user| user.id.eq_ignore_ascii_case(id_or_name));
        by_id.or_else(|| self.user(id_or_name))
    }
}

/// The objects of a collection as they are, without replication lag.
pub(crate) fn stored<'a>(tenant: &'a Tenant, name: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    tenant.collections.get(name).into_iter().flat_map(Collection::iter)
}

/// The object with an id as it is.
pub(crate) fn stored_one<'a>(tenant: &'a Tenant, name: &str, id: &str) -> Option<&'a Map<String, Value>> {
    tenant.collections.get(name)?.get(id)
}

#[cfg(test)]
mod tests;
