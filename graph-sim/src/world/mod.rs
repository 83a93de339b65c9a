//! Everything that exists in the simulator: tenants, their directories and their Cloud PC objects.
//!
//! A plain value behind one lock. Handlers are synchronous functions over `&mut World` that check everything before they
//! change anything, so a request is carried out entirely or refused entirely, and the ledger's order is the order of the commits.
//! The exception is a bug: what a handler did before it panics stays. Nothing in here does input or output.

mod agenda;
mod assignments;
mod collection;
mod directory;
mod fleet;
mod grace;
mod known_directory;
mod lot;
mod nesting;
mod object;
mod queue;
mod tenant;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use agenda::Agenda;
pub(crate) use agenda::ProvisioningState;
pub(crate) use assignments::{Assignment, Assignments};
pub use collection::{Collection, Deleted};
pub use directory::{App, FederatedCredential, Group, User};
pub(crate) use fleet::{Fleet, Tracked};
pub(crate) use grace::{Cause, Grace};
pub(crate) use known_directory::DirectoryChanges;
pub use known_directory::DirectoryView;
pub(crate) use lot::{Kind, Lot};
pub(crate) use nesting::Nesting;
pub use object::Object;
pub(crate) use object::{Seen, assignments, has_id, into_map, same_id, set, text};
pub(crate) use queue::{Event, Queue};
pub use tenant::Tenant;
pub(crate) use tenant::{stored, stored_one};

use crate::base::clock::Clock;
use crate::base::ids::IdSource;
use crate::options::Options;

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
    /// What the service will do by itself, and when.
    pub agenda: Agenda,
    /// What changes this world at present.
    pub(crate) cause: Cause,
    /// How many copies have led to this world. Ids of requests are unique between two copies alone.
    pub(crate) generation: u32,
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
            cause: Cause::default(),
            generation: 0,
        }
    }

    /// Changes this world on behalf of a request.
    pub(crate) fn by_request<T>(&mut self, id: &str, change: impl FnOnce(&mut Self) -> T) -> T {
        self.cause = Cause::Request {
            id: id.into(),
            generation: self.generation,
        };
        let changed = change(self);
        self.cause = Cause::default();
        changed
    }

    /// The present time in this world.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The present time as the service writes it: never finer than microseconds.
    pub(crate) fn instant(&self) -> Timestamp {
        let now = self.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// An id that no object of any tenant has. The sequence is the same in every run, so that a failing run can be repeated.
    pub(crate) fn new_id(&mut self) -> String {
        let Self { ids, tenants, .. } = self;
        ids.next_unused(|id| tenants.values().any(|tenant| tenant.has_object(id)))
    }

    /// The tenant with this id or verified domain; case does not matter.
    pub(crate) fn find_tenant(&self, id_or_domain: &str) -> Option<&Tenant> {
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
