//! The collections that are served: where their objects are, how they are addressed, filtered and written.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::page::Object;
use super::permission::Guard;
use super::problem::Problem;
use super::schema::Type;
use super::schema::catalogue::{FRONT_LINE_SERVICE_PLAN, GALLERY_IMAGE};
use super::schema::directory::{GROUP, ORGANIZATION};
use super::schema::policy::{POLICY_ASSIGNMENT, PROVISIONING_POLICY};
use super::schema::setting::{SETTING_ASSIGNMENT, USER_SETTING};
use super::{catalogue, directory, policies, settings};
use crate::answer::GraphRequest;
use crate::options::MissingId;
use crate::world::{Collection, Tenant};

/// A collection of entities.
#[derive(Debug)]
pub struct Resource {
    /// Its key in the tenant and last path segment.
    pub name: &'static str,
    /// Its place below `$metadata#`.
    pub context: &'static str,
    /// The type of its entities.
    pub ty: &'static Type,
    /// The properties that `$filter` can compare.
    pub filter: &'static [&'static str],
    /// Whether ids are GUIDs, so that anything else is malformed and not only unknown.
    pub guid_ids: bool,
    /// The layer that answers for it.
    pub guard: Guard,
    /// Where its objects are.
    pub source: Source,
    /// How it is written; `None` for what is only read.
    pub rules: Option<&'static Rules>,
}

/// Where the objects of a collection are.
#[derive(Debug)]
pub enum Source {
    /// In the tenant's collection of the same name.
    Stored,
    /// Made from what else there is.
    Derived(fn(&Tenant) -> Vec<Object<'_>>),
}

/// What the service makes of a write beyond types.
#[derive(Debug)]
pub struct Rules {
    /// Puts values into the form in which the service keeps them.
    pub settle: fn(&mut Map<String, Value>),
    /// Refuses objects whose properties do not go together or point at nothing.
    pub check: fn(&Tenant, &Map<String, Value>) -> Result<(), Problem>,
    /// Refuses values that this caller may not set.
    pub authorise: fn(&GraphRequest<'_>, &Map<String, Value>) -> Result<(), Problem>,
    /// Whether an object with assignments can be in the way of its own deletion.
    pub assignments_block_delete: bool,
    /// The type of an assignment.
    pub assignment: &'static Type,
    /// Whether assignments carry Frontline licences.
    pub licensed: bool,
}

/// `provisioningPolicies`
pub static POLICIES: Resource = Resource {
    name: "provisioningPolicies",
    context: "deviceManagement/virtualEndpoint/provisioningPolicies",
    ty: &PROVISIONING_POLICY,
    filter: &["displayName"],
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Stored,
    rules: Some(&Rules {
        settle: policies::settle,
        check: policies::check,
        authorise: policies::authorise,
        assignments_block_delete: true,
        assignment: &POLICY_ASSIGNMENT,
        licensed: true,
    }),
};

/// `userSettings`
pub static SETTINGS: Resource = Resource {
    name: "userSettings",
    context: "deviceManagement/virtualEndpoint/userSettings",
    ty: &USER_SETTING,
    filter: &["displayName"],
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Stored,
    rules: Some(&Rules {
        settle: settings::settle,
        check: settings::check,
        authorise: |_, _| Ok(()),
        assignments_block_delete: false,
        assignment: &SETTING_ASSIGNMENT,
        licensed: false,
    }),
};

/// `galleryImages`
pub static GALLERY_IMAGES: Resource = Resource {
    name: "galleryImages",
    context: "deviceManagement/virtualEndpoint/galleryImages",
    ty: &GALLERY_IMAGE,
    filter: &["displayName"],
    guid_ids: false,
    guard: Guard::DeviceManagement,
    source: Source::Stored,
    rules: None,
};

/// `frontLineServicePlans`
pub static SERVICE_PLANS: Resource = Resource {
    name: "frontLineServicePlans",
    context: "deviceManagement/virtualEndpoint/frontLineServicePlans",
    ty: &FRONT_LINE_SERVICE_PLAN,
    filter: &["displayName"],
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Derived(catalogue::service_plans),
    rules: None,
};

/// `groups`
pub static GROUPS: Resource = Resource {
    name: "groups",
    context: "groups",
    ty: &GROUP,
    filter: &["displayName", "mailNickname"],
    guid_ids: true,
    guard: Guard::Directory,
    source: Source::Derived(directory::groups),
    rules: None,
};

/// `organization`
pub static ORGANIZATIONS: Resource = Resource {
    name: "organization",
    context: "organization",
    ty: &ORGANIZATION,
    filter: &[],
    guid_ids: true,
    guard: Guard::Directory,
    source: Source::Derived(directory::organizations),
    rules: None,
};

impl Resource {
    /// Refuses a path segment that cannot be an id here.
    pub fn expect_id(&self, id: &str) -> Result<(), Problem> {
        if !self.guid_ids || super::check::is_guid(id) {
            return Ok(());
        }
        let (code, id) = match self.guard {
            Guard::Directory => ("Request_BadRequest", super::problem::excerpt(id)),
            Guard::DeviceManagement => ("BadRequest", super::problem::excerpt(id)),
        };
        Err(Problem::new(400, code, format!("The id '{id}' is malformed.")))
    }

    /// Nothing has this id.
    pub fn not_found(&self, id: &str, status: MissingId) -> Problem {
        let code = match (status.status(), self.guard) {
            (400, _) => "BadRequest",
            (_, Guard::Directory) => "Request_ResourceNotFound",
            (_, Guard::DeviceManagement) => "itemNotFound",
        };
        let (name, id) = (self.name, super::problem::excerpt(id));
        Problem::new(status.status(), code, format!("Nothing in '{name}' has the id '{id}'."))
    }

    /// The objects as readers see them at this time, in the order of the collection.
    pub fn seen<'a>(&self, tenant: &'a Tenant, now: Timestamp) -> Vec<Object<'a>> {
        match self.source {
            Source::Stored => {
                let collection = tenant.collections.get(self.name).into_iter();
                collection.flat_map(|collection| collection.seen(now)).map(Cow::Borrowed).collect()
            }
            Source::Derived(make) => make(tenant),
        }
    }

    /// The object with an id as readers see it at this time.
    pub fn seen_one<'a>(&self, tenant: &'a Tenant, id: &str, now: Timestamp) -> Option<Object<'a>> {
        match self.source {
            Source::Stored => {
                let object = tenant.collections.get(self.name)?.seen_one(id, now);
                object.map(Cow::Borrowed)
            }
            Source::Derived(make) => make(tenant).into_iter().find(|object| has_id(object, id)),
        }
    }
}

/// The objects of a collection as they are, whatever readers see.
pub fn stored<'a>(tenant: &'a Tenant, name: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    tenant.collections.get(name).into_iter().flat_map(Collection::iter)
}

/// The object with an id as it is.
pub fn stored_one<'a>(tenant: &'a Tenant, name: &str, id: &str) -> Option<&'a Map<String, Value>> {
    tenant.collections.get(name)?.get(id)
}

/// Whether an object has an id; the case of letters does not matter in one.
pub fn has_id(object: &Map<String, Value>, id: &str) -> bool {
    text(object, "id").is_some_and(|own| own.eq_ignore_ascii_case(id))
}

/// A string property that is not empty.
pub fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The assignments that an object carries.
pub fn assignments(object: &Map<String, Value>) -> &[Value] {
    object.get("assignments").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
