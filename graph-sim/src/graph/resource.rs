//! The collections that are served: where their objects are, how they are addressed, filtered and written.

use std::borrow::Cow;

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
use crate::world::Tenant;

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
    /// Its objects.
    pub objects: fn(&Tenant) -> Vec<Object<'_>>,
    /// How it is written; `None` for what is only read.
    pub rules: Option<&'static Rules>,
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
    objects: |tenant| stored(tenant, "provisioningPolicies"),
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
    objects: |tenant| stored(tenant, "userSettings"),
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
    objects: |tenant| stored(tenant, "galleryImages"),
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
    objects: catalogue::service_plans,
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
    objects: directory::groups,
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
    objects: directory::organizations,
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
    pub fn not_found(&self, id: &str) -> Problem {
        let code = match self.guard {
            Guard::Directory => "Request_ResourceNotFound",
            Guard::DeviceManagement => "itemNotFound",
        };
        let (name, id) = (self.name, super::problem::excerpt(id));
        Problem::new(404, code, format!("Nothing in '{name}' has the id '{id}'."))
    }

    /// The object with an id, in the order of the collection.
    pub fn find<'a>(&self, tenant: &'a Tenant, id: &str) -> Result<Object<'a>, Problem> {
        self.expect_id(id)?;
        (self.objects)(tenant)
            .into_iter()
            .find(|object| has_id(object, id))
            .ok_or_else(|| self.not_found(id))
    }

    /// The place of the object with an id among the stored objects.
    pub fn position(&self, tenant: &Tenant, id: &str) -> Result<usize, Problem> {
        self.expect_id(id)?;
        tenant
            .collections
            .get(self.name)
            .and_then(|collection| collection.objects.iter().position(|object| has_id(object, id)))
            .ok_or_else(|| self.not_found(id))
    }
}

/// The objects of a collection as they are stored.
pub fn stored<'a>(tenant: &'a Tenant, name: &str) -> Vec<Object<'a>> {
    let objects = tenant.collections.get(name).map(|collection| &collection.objects);
    objects.into_iter().flatten().map(Cow::Borrowed).collect()
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
