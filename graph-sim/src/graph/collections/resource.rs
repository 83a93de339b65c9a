//! The collections that are served: where their objects are, how they are addressed, filtered and written.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::directory::Part;
use crate::base::answer::GraphRequest;
use crate::base::ids::is_guid;
use crate::base::text::excerpt;
use crate::graph::odata::tables::Queries;
use crate::graph::refusal::permission::Layer;
use crate::graph::refusal::problem::Problem;
use crate::options::{MissingId, Options};
use crate::schema::Type;
use crate::world::{Seen, Tenant, has_id};

/// A collection of entities.
#[derive(Debug)]
pub(crate) struct Resource {
    /// Its key in the tenant and last path segment.
    pub name: &'static str,
    /// Its name below `$metadata#`.
    pub context: &'static str,
    /// The type of its entities.
    pub ty: &'static Type,
    /// The query options of its list.
    pub queries: &'static Queries,
    /// Whether ids are GUIDs, so that anything else is malformed and not only unknown.
    pub guid_ids: bool,
    /// The layer of the service that answers.
    pub layer: Layer,
    /// Where its objects are.
    pub source: Source,
    /// How it is written; `None` for what is only read.
    pub rules: Option<&'static Rules>,
}

/// Where the objects of a collection are.
#[derive(Debug)]
pub(crate) enum Source {
    /// In the tenant's collection of the same name.
    Stored,
    /// Derived from the tenant.
    Derived(fn(&Tenant) -> Vec<Seen<'_>>),
    /// Derived one by one: all, or the one with an id.
    Keyed(fn(&Tenant) -> Vec<Seen<'_>>, for<'a> fn(&'a Tenant, &str) -> Option<Seen<'a>>),
    /// Derived from one object of another collection, which the id in the path names; `None` when there is no such object.
    Part(&'static Resource, for<'a> fn(&'a Tenant, &str) -> Option<Vec<Part<'a>>>),
}

/// The rules of a write beyond types.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Resets the properties that a change of a stored object makes stale.
    pub drop_stale: fn(&Map<String, Value>, &mut Map<String, Value>),
    /// Normalises values to the form in which the service keeps them.
    pub normalise: fn(&Options, &mut Map<String, Value>),
    /// Refuses objects whose properties do not go together or refer to nothing.
    pub check: fn(&Tenant, &Map<String, Value>) -> Result<(), Problem>,
    /// Refuses values that this caller may not set.
    pub authorise: fn(&GraphRequest<'_>, &Map<String, Value>) -> Result<(), Problem>,
    /// Set when its objects can be assigned to groups.
    pub assigned: Option<&'static Assignable>,
}

/// The rules of assignments.
#[derive(Debug)]
pub(crate) struct Assignable {
    /// The type of an assignment.
    pub ty: &'static Type,
    /// Whether an object with assignments may be refused to be deleted.
    pub blocks_delete: bool,
    /// Whether assignments carry Frontline licences.
    pub licensed: bool,
    /// Other names that the type of a target may go by.
    pub group_aliases: &'static [&'static str],
}

impl Resource {
    pub(crate) fn assigned(&self) -> Option<&'static Assignable> {
        self.rules?.assigned
    }

    /// Refuses a malformed id.
    pub(crate) fn expect_id(&self, id: &str) -> Result<(), Problem> {
        if !self.guid_ids || is_guid(id) {
            return Ok(());
        }
        let (code, id) = match self.layer {
            Layer::Directory => ("Request_BadRequest", excerpt(id)),
            Layer::DeviceManagement => ("BadRequest", excerpt(id)),
        };
        Err(Problem::new(400, code, format!("The id '{id}' is malformed.")))
    }

    /// No object has this id; for a list of parts, their owner does not exist.
    pub(crate) fn not_found(&self, id: &str, status: MissingId) -> Problem {
        if let Source::Part(owner, _) = self.source {
            return owner.not_found(id, status);
        }
        let code = match (status.status(), self.layer) {
            (400, _) => "BadRequest",
            (_, Layer::Directory) => "Request_ResourceNotFound",
            (_, Layer::DeviceManagement) => "itemNotFound",
        };
        let (name, id) = (self.name, excerpt(id));
        Problem::new(status.status(), code, format!("Nothing in '{name}' has the id '{id}'."))
    }

    /// The objects as readers see them at this time, in the order of the collection; of those that are parts of something,
    /// the parts of `owner`. `None` when there is no such owner.
    pub(crate) fn seen<'a>(&self, tenant: &'a Tenant, owner: &str, now: Timestamp) -> Option<Vec<Seen<'a>>> {
        Some(match self.source {
            Source::Stored => {
                let collection = tenant.collections.get(self.name).into_iter();
                collection.flat_map(|collection| collection.seen(now)).map(Cow::Borrowed).collect()
            }
            Source::Derived(make) | Source::Keyed(make, _) => make(tenant),
            Source::Part(_, parts) => parts(tenant, owner)?.iter().map(Part::made).collect(),
        })
    }

    /// The object with an id as readers see it at this time.
    pub(crate) fn seen_one<'a>(&self, tenant: &'a Tenant, id: &str, now: Timestamp) -> Option<Seen<'a>> {
        match self.source {
            Source::Stored => {
                let object = tenant.collections.get(self.name)?.seen_one(id, now);
                object.map(Cow::Borrowed)
            }
            Source::Derived(make) => make(tenant).into_iter().find(|object| has_id(object, id)),
            Source::Keyed(_, make) => make(tenant, id),
            Source::Part(..) => None,
        }
    }
}
