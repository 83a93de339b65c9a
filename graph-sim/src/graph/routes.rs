//! The table of routes: which paths there are, what can be done there, and which permission opens it.

use super::collections::resource::Resource;
use super::collections::table;
use super::handlers::call::{self, Call};
use super::handlers::{apply, assign, audit, groups, members, read, users, write};
use super::refusal::permission::{
    CLOUD_PC_READ, CLOUD_PC_WRITE, CONNECTION_WRITE, DEVICE_READ, GROUP_GET, GROUP_LIST, GROUP_WRITE, MEMBERS_READ, MEMBERS_WRITE,
    ORGANIZATION_READ, Permission, SKU_READ, USER_DELETE, USER_READ,
};
use super::refusal::problem::Outcome;
use crate::base::answer::ApiVersion;

type Handler = fn(Call<'_, '_>) -> Outcome;

/// A path and what can be done there.
pub struct Route {
    /// The path; `{id}` matches one segment.
    pub path: &'static str,
    /// Whether v1.0 does not have it.
    pub beta_only: bool,
    /// Whether it is the path of the only object of its collection, without an id.
    pub(super) single: bool,
    pub(super) resource: &'static Resource,
    /// What can be done there.
    pub operations: &'static [Operation],
}

/// A method of a route.
pub struct Operation {
    /// The HTTP method.
    pub method: &'static str,
    /// What opens it.
    pub permission: &'static Permission,
    pub(super) handler: Handler,
}

const fn operation(method: &'static str, permission: &'static Permission, handler: Handler) -> Operation {
    Operation {
        method,
        permission,
        handler,
    }
}

static WRITABLE_LIST: [Operation; 2] = [
    operation("GET", &CLOUD_PC_READ, read::list),
    operation("POST", &CLOUD_PC_WRITE, write::create),
];
static WRITABLE_ENTITY: [Operation; 3] = [
    operation("GET", &CLOUD_PC_READ, read::get),
    operation("PATCH", &CLOUD_PC_WRITE, write::update),
    operation("DELETE", &CLOUD_PC_WRITE, write::delete),
];
static ASSIGN: [Operation; 1] = [operation("POST", &CLOUD_PC_WRITE, assign::assign)];
static APPLY: [Operation; 1] = [operation("POST", &CLOUD_PC_WRITE, apply::apply)];
static APPLY_CONFIG: [Operation; 1] = [operation("POST", &CLOUD_PC_WRITE, apply::apply_config)];
static ASSIGNMENTS: [Operation; 1] = [operation("GET", &CLOUD_PC_READ, read::assignments)];
static COUNT: [Operation; 1] = [operation("GET", &CLOUD_PC_READ, read::count)];
static COUNT_ASSIGNMENTS: [Operation; 1] = [operation("GET", &CLOUD_PC_READ, read::count_assignments)];
static READ_LIST: [Operation; 1] = [operation("GET", &CLOUD_PC_READ, read::list)];
static READ_ENTITY: [Operation; 1] = [operation("GET", &CLOUD_PC_READ, read::get)];
static COUNT_BY_STATUS: [Operation; 1] = [operation("GET", &CLOUD_PC_READ, read::count_by_status)];
static ACTIVITY_TYPES: [Operation; 1] = [operation("GET", &CLOUD_PC_READ, audit::list_activity_types)];
static SINGLETON: [Operation; 2] = [
    operation("GET", &CLOUD_PC_READ, read::get),
    operation("PATCH", &CLOUD_PC_WRITE, write::update),
];
static IMAGE_LIST: [Operation; 2] = [
    operation("GET", &CLOUD_PC_READ, read::list),
    operation("POST", &CLOUD_PC_WRITE, call::not_simulated),
];
static IMAGE_ENTITY: [Operation; 2] = [
    operation("GET", &CLOUD_PC_READ, read::get),
    operation("DELETE", &CLOUD_PC_WRITE, call::not_simulated),
];
static CONNECTION_LIST: [Operation; 2] = [
    operation("GET", &CLOUD_PC_READ, read::list),
    operation("POST", &CONNECTION_WRITE, call::not_simulated),
];
static CONNECTION_ENTITY: [Operation; 3] = [
    operation("GET", &CLOUD_PC_READ, read::get),
    operation("PATCH", &CONNECTION_WRITE, call::not_simulated),
    operation("DELETE", &CONNECTION_WRITE, call::not_simulated),
];
static HEALTH_CHECKS: [Operation; 1] = [operation("POST", &CONNECTION_WRITE, call::not_simulated)];
static DEVICES_LIST: [Operation; 1] = [operation("GET", &DEVICE_READ, read::list)];
static DEVICES_ENTITY: [Operation; 1] = [operation("GET", &DEVICE_READ, read::get)];
static GROUPS_LIST: [Operation; 2] = [
    operation("GET", &GROUP_LIST, read::list),
    operation("POST", &GROUP_WRITE, groups::create),
];
static GROUPS_ENTITY: [Operation; 2] = [
    operation("GET", &GROUP_GET, read::get),
    operation("DELETE", &GROUP_WRITE, groups::delete),
];
static MEMBERS_LIST: [Operation; 1] = [operation("GET", &MEMBERS_READ, read::list)];
static ADD_MEMBER: [Operation; 1] = [operation("POST", &MEMBERS_WRITE, members::add)];
static REMOVE_MEMBER: [Operation; 1] = [operation("DELETE", &MEMBERS_WRITE, members::remove)];
static USERS_LIST: [Operation; 1] = [operation("GET", &USER_READ, read::list)];
static USERS_ENTITY: [Operation; 2] = [
    operation("GET", &USER_READ, read::get),
    operation("DELETE", &USER_DELETE, users::delete),
];
static SKUS: [Operation; 1] = [operation("GET", &SKU_READ, read::list)];
static ORGANIZATION: [Operation; 1] = [operation("GET", &ORGANIZATION_READ, read::list)];

const fn route(path: &'static str, resource: &'static Resource, operations: &'static [Operation]) -> Route {
    Route {
        path,
        beta_only: false,
        single: false,
        resource,
        operations,
    }
}

const fn beta(path: &'static str, resource: &'static Resource, operations: &'static [Operation]) -> Route {
    Route {
        beta_only: true,
        ..route(path, resource, operations)
    }
}

const fn single(path: &'static str, resource: &'static Resource, operations: &'static [Operation]) -> Route {
    Route {
        single: true,
        ..beta(path, resource, operations)
    }
}

/// `deviceManagement/virtualEndpoint/…`
macro_rules! cloud_pc {
    ($kind:ident $path:literal, $resource:ident, $operations:ident) => {
        $kind(concat!("deviceManagement/virtualEndpoint/", $path), &table::$resource, &$operations)
    };
}

/// All routes. A fixed segment comes before an id in the same place.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    cloud_pc!(route "provisioningPolicies", POLICIES, WRITABLE_LIST),
    cloud_pc!(route "provisioningPolicies/$count", POLICIES, COUNT),
    cloud_pc!(beta "provisioningPolicies/applyConfig", POLICIES, APPLY_CONFIG),
    cloud_pc!(route "provisioningPolicies/{id}", POLICIES, WRITABLE_ENTITY),
    cloud_pc!(route "provisioningPolicies/{id}/assign", POLICIES, ASSIGN),
    cloud_pc!(beta "provisioningPolicies/{id}/apply", POLICIES, APPLY),
    cloud_pc!(route "provisioningPolicies/{id}/assignments", POLICIES, ASSIGNMENTS),
    cloud_pc!(route "provisioningPolicies/{id}/assignments/$count", POLICIES, COUNT_ASSIGNMENTS),
    cloud_pc!(route "userSettings", SETTINGS, WRITABLE_LIST),
    cloud_pc!(route "userSettings/$count", SETTINGS, COUNT),
    cloud_pc!(route "userSettings/{id}", SETTINGS, WRITABLE_ENTITY),
    cloud_pc!(route "userSettings/{id}/assign", SETTINGS, ASSIGN),
    cloud_pc!(route "userSettings/{id}/assignments", SETTINGS, ASSIGNMENTS),
    cloud_pc!(route "userSettings/{id}/assignments/$count", SETTINGS, COUNT_ASSIGNMENTS),
    cloud_pc!(route "cloudPCs", CLOUD_PCS, READ_LIST),
    cloud_pc!(route "cloudPCs/$count", CLOUD_PCS, COUNT),
    cloud_pc!(beta "cloudPCs/retrieveCloudPcCountByStatus", CLOUD_PCS, COUNT_BY_STATUS),
    cloud_pc!(route "cloudPCs/{id}", CLOUD_PCS, READ_ENTITY),
    cloud_pc!(route "auditEvents", AUDIT_EVENTS, READ_LIST),
    cloud_pc!(route "auditEvents/$count", AUDIT_EVENTS, COUNT),
    cloud_pc!(route "auditEvents/getAuditActivityTypes", AUDIT_EVENTS, ACTIVITY_TYPES),
    cloud_pc!(route "auditEvents/{id}", AUDIT_EVENTS, READ_ENTITY),
    cloud_pc!(route "galleryImages", GALLERY_IMAGES, READ_LIST),
    cloud_pc!(route "galleryImages/$count", GALLERY_IMAGES, COUNT),
    cloud_pc!(route "galleryImages/{id}", GALLERY_IMAGES, READ_ENTITY),
    cloud_pc!(route "deviceImages", DEVICE_IMAGES, IMAGE_LIST),
    cloud_pc!(route "deviceImages/$count", DEVICE_IMAGES, COUNT),
    cloud_pc!(route "deviceImages/{id}", DEVICE_IMAGES, IMAGE_ENTITY),
    cloud_pc!(route "onPremisesConnections", CONNECTIONS, CONNECTION_LIST),
    cloud_pc!(route "onPremisesConnections/$count", CONNECTIONS, COUNT),
    cloud_pc!(route "onPremisesConnections/{id}", CONNECTIONS, CONNECTION_ENTITY),
    cloud_pc!(route "onPremisesConnections/{id}/runHealthChecks", CONNECTIONS, HEALTH_CHECKS),
    cloud_pc!(route "servicePlans", SERVICE_PLANS, READ_LIST),
    cloud_pc!(route "servicePlans/$count", SERVICE_PLANS, COUNT),
    cloud_pc!(beta "frontLineServicePlans", FRONT_LINE_PLANS, READ_LIST),
    cloud_pc!(beta "frontLineServicePlans/$count", FRONT_LINE_PLANS, COUNT),
    cloud_pc!(beta "frontLineServicePlans/{id}", FRONT_LINE_PLANS, READ_ENTITY),
    cloud_pc!(beta "supportedRegions", REGIONS, READ_LIST),
    cloud_pc!(beta "supportedRegions/$count", REGIONS, COUNT),
    cloud_pc!(single "organizationSettings", ORGANIZATION_SETTINGS, SINGLETON),
    route("deviceManagement/managedDevices", &table::MANAGED_DEVICES, &DEVICES_LIST),
    route("deviceManagement/managedDevices/{id}", &table::MANAGED_DEVICES, &DEVICES_ENTITY),
    route("groups", &table::GROUPS, &GROUPS_LIST),
    route("groups/{id}", &table::GROUPS, &GROUPS_ENTITY),
    route("groups/{id}/members", &table::MEMBERS, &MEMBERS_LIST),
    route("groups/{id}/members/microsoft.graph.user", &table::MEMBER_USERS, &MEMBERS_LIST),
    route("groups/{id}/members/$ref", &table::MEMBERS, &ADD_MEMBER),
    route("groups/{id}/members/{id}/$ref", &table::MEMBERS, &REMOVE_MEMBER),
    route("groups/{id}/transitiveMembers", &table::TRANSITIVE_MEMBERS, &MEMBERS_LIST),
    route("groups/{id}/transitiveMembers/microsoft.graph.user", &table::TRANSITIVE_MEMBER_USERS, &MEMBERS_LIST),
    route("users", &table::USERS, &USERS_LIST),
    route("users/{id}", &table::USERS, &USERS_ENTITY),
    route("subscribedSkus", &table::SUBSCRIBED_SKUS, &SKUS),
    route("organization", &table::ORGANIZATIONS, &ORGANIZATION),
];

impl Route {
    /// Whether a version has it.
    pub(super) fn is_in(&self, version: ApiVersion) -> bool {
        !self.beta_only || version == ApiVersion::Beta
    }
}
