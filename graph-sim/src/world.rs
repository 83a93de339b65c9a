//! Everything that exists in the simulator: tenants, their directories and their Cloud PC objects.
//!
//! A plain value behind one lock. Handlers are synchronous functions over `&mut World` that check everything before they
//! change anything, so a request is carried out entirely or refused entirely, and the ledger's order is the order of the commits.
//! The exception is a bug: of a handler that panics, what it did until then stays. Nothing in here does input or output.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::life::{Agenda, DirectoryView};
use crate::options::Options;

pub use crate::collection::{Collection, Object};
pub use crate::ids::{IdSource, stable_id};

/// All tenants, with the clock and the options that decide how they behave.
#[derive(Clone, Debug)]
pub struct World {
    /// The simulator's clock.
    pub clock: Clock,
    /// Behaviours that can be chosen.
    pub options: Options,
    /// Tenants by id.
    pub tenants: BTreeMap<String, Tenant>,
    /// Where ids of new objects come from.
    pub ids: IdSource,
    /// What the service will do of itself, and when.
    pub agenda: Agenda,
}

impl World {
    /// An empty world whose clock runs with the real time.
    #[must_use]
    pub fn new() -> Self {
        Self {
            clock: Clock::running(),
            options: Options::default(),
            tenants: BTreeMap::new(),
            ids: IdSource::new(0),
            agenda: Agenda::default(),
        }
    }

    /// The present time in this world.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An id that no object of any tenant has. The sequence is the same in every run, so that a failing run can be repeated.
    pub fn new_id(&mut self) -> String {
        let Self { ids, tenants, .. } = self;
        ids.next_unused(|id| tenants.values().any(|tenant| tenant.has_object(id)))
    }

    /// The tenant with this id or verified domain, whatever the spelling's case.
    #[must_use]
    pub fn find_tenant(&self, id_or_domain: &str) -> Option<&Tenant> {
        self.tenants.values().find(|tenant| {
            tenant.id.eq_ignore_ascii_case(id_or_domain)
                || tenant
                    .verified_domains
                    .iter()
                    .any(|domain| domain.eq_ignore_ascii_case(id_or_domain))
        })
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

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
    /// Groups that are gone, as Graph JSON.
    pub deleted_groups: Vec<Deleted>,
    /// Cloud PC objects by Graph's collection name.
    pub collections: BTreeMap<&'static str, Collection>,
    /// What the service knows of groups, members and licences.
    pub known_directory: DirectoryView,
}

impl Tenant {
    /// Its id and names, without anything that is in it.
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
    #[must_use]
    pub fn has_object(&self, id: &str) -> bool {
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
}

/// A registered application and what it may prove itself with.
#[derive(Clone, Debug, Default)]
pub struct App {
    /// The application's (client) id.
    pub app_id: String,
    /// Its name.
    pub display_name: String,
    /// Its secret. Never logged, never in the ledger, never in the state.
    pub client_secret: Option<String>,
    /// Its registered certificates, as PEM.
    pub certificates: Vec<String>,
    /// External tokens that it may present.
    pub federated_credentials: Vec<FederatedCredential>,
    /// Granted application permissions of Microsoft Graph.
    pub roles: Vec<String>,
}

/// One external identity that counts as the application.
#[derive(Clone, Debug, Default)]
pub struct FederatedCredential {
    /// Must equal the token's `iss` exactly.
    pub issuer: String,
    /// Must equal the token's `sub` exactly.
    pub subject: String,
    /// One of them must be in the token's `aud`.
    pub audiences: Vec<String>,
}

/// A user.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// The object's id.
    pub id: String,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The name that is shown.
    pub display_name: String,
    /// Directory roles, such as `Windows 365 Administrator`.
    pub roles: Vec<String>,
    /// Licences by their part number.
    pub licences: Vec<String>,
}

/// A group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The object's id.
    pub id: String,
    /// The name that is shown; not unique.
    pub display_name: String,
    /// The mail alias.
    pub mail_nickname: Option<String>,
    /// Members by principal name.
    pub members: Vec<String>,
    /// When it was made, where that is known.
    pub created: Option<Timestamp>,
}

/// An object that is gone.
#[derive(Clone, Debug, Serialize)]
pub struct Deleted {
    /// The object as it was.
    pub object: Map<String, Value>,
    /// When it was deleted.
    pub at: Timestamp,
    /// Who deleted it.
    pub by: Actor,
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Actor {
    /// An application on its own behalf.
    #[serde(rename_all = "camelCase")]
    App {
        /// Its client id.
        app_id: String,
    },
    /// A user.
    #[serde(rename_all = "camelCase")]
    User {
        /// The sign-in name.
        user_principal_name: String,
    },
}

/// The verified sender of a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant of the token; the request sees nothing else.
    pub tenant: String,
    /// Who it is.
    pub actor: Actor,
    /// Application permissions (app-only tokens).
    pub application_roles: Vec<String>,
    /// Delegated permissions (users' tokens).
    pub scopes: Vec<String>,
    /// The user's directory roles.
    pub directory_roles: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_has_nothing_of_what_is_in_the_tenant() {
        let mut tenant = Tenant {
            id: "1".to_owned(),
            display_name: "Contoso".to_owned(),
            verified_domains: vec!["contoso.com".to_owned()],
            apps: vec![App::default()],
            users: vec![User::default()],
            groups: vec![Group::default()],
            ..Tenant::default()
        };
        tenant.collections.insert("cloudPCs", Collection::default());
        let identity = tenant.identity();
        assert_eq!(
            (identity.id, identity.display_name, identity.verified_domains),
            (tenant.id, tenant.display_name, tenant.verified_domains)
        );
        assert!(identity.apps.is_empty() && identity.users.is_empty());
        assert!(identity.groups.is_empty() && identity.collections.is_empty());
    }
}
