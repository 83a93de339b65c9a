//! One row for each route: what is there to be asked for, what the answer consists of and which bodies it takes.

use graph_sim::schema::{Type, audit, catalogue, cloud_pc, connection, device_image, directory, managed_device, policy, setting};
use serde_json::{Value, json};

use super::full::{AUDIT_EVENT, CLOUD_PC, DEDICATED_POLICY, DEVICE, POLICY, SETTING, USER};
use crate::routes::support::{CONNECTION, DEVICE_IMAGE, GALLERY_IMAGE, GROUP_A, GROUP_B, PLAN, policy as new_policy};

/// A route's row.
pub struct Row {
    pub path: &'static str,
    /// Something that is there, for the `{id}` in the path.
    pub id: &'static str,
    /// Whether an id that is no GUID is malformed.
    pub guid: bool,
    /// What GET answers; `None` when there is no GET.
    pub shape: Option<Shape>,
    pub options: Options,
    pub writes: &'static [Write],
}

/// What GET answers.
#[derive(Clone, Copy)]
pub enum Shape {
    Page(&'static Type),
    One(&'static Type),
    Number,
    Names,
    Counts,
}

/// Which query options GET takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Options {
    /// `$select`, and for a list `$top`.
    Usual,
    /// None in v1.0, the usual ones in beta.
    BetaOnly,
    /// `$top` and no `$select`.
    Top,
    /// `$select` and no `$top`.
    Select,
    None,
}

/// A method with a body, or one that deletes.
pub struct Write {
    pub method: &'static str,
    /// The status of its success.
    pub status: u16,
    /// A body that is taken; null for none.
    body: fn() -> Value,
    /// Where in the body properties are put that are refused.
    pub inner: &'static str,
    /// Properties that exist there and cannot be set.
    pub read_only: &'static [&'static str],
}

impl Write {
    pub fn good(&self) -> Option<Value> {
        Some((self.body)()).filter(|body| !body.is_null())
    }

    /// Whether the service does it and the simulator does not.
    pub fn is_foreign(&self) -> bool {
        self.status == 501
    }
}

const fn write(method: &'static str, status: u16, body: fn() -> Value, read_only: &'static [&'static str]) -> Write {
    Write {
        method,
        status,
        body,
        inner: "",
        read_only,
    }
}

const fn delete() -> Write {
    write("DELETE", 204, || Value::Null, &[])
}

const fn assign(read_only: &'static [&'static str]) -> Write {
    let body: fn() -> Value = || {
        json!({"assignments": [{"target": {
            "@odata.type": "#microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": GROUP_A,
        }}]})
    };
    Write {
        inner: "/assignments/0",
        ..write("POST", 204, body, read_only)
    }
}

/// The service does it; the simulator does not know it.
const fn foreign(method: &'static str) -> Write {
    write(method, 501, || Value::Null, &[])
}

static POLICY_WRITES: [&str; 8] = [
    "id",
    "gracePeriodInHours",
    "cloudPcGroupDisplayName",
    "alternateResourceUrl",
    "assignments",
    "createdBy",
    "createdDateTime",
    "lastModifiedDateTime",
];
static SETTING_WRITES: [&str; 4] = ["id", "createdDateTime", "lastModifiedDateTime", "assignments"];
static CREATE_POLICY: [Write; 1] = [write("POST", 201, || new_policy("new"), &POLICY_WRITES)];
static CHANGE_POLICY: [Write; 2] = [write("PATCH", 200, || json!({"description": "changed"}), &POLICY_WRITES), delete()];
static ASSIGN_POLICY: [Write; 1] = [assign(&["assignedUsers"])];
static APPLY: [Write; 1] = [write("POST", 204, || json!({"policySettings": "region"}), &[])];
static APPLY_CONFIG: [Write; 1] = [write(
    "POST",
    204,
    || json!({"policySettings": "singleSignOn", "cloudPcIds": [CLOUD_PC]}),
    &[],
)];
static CREATE_SETTING: [Write; 1] = [write(
    "POST",
    201,
    || json!({"displayName": "new", "localAdminEnabled": true}),
    &SETTING_WRITES,
)];
static CHANGE_SETTING: [Write; 2] = [write("PATCH", 200, || json!({"resetEnabled": true}), &SETTING_WRITES), delete()];
static ASSIGN_SETTING: [Write; 1] = [assign(&["createdDateTime"])];
static CHANGE_ORGANIZATION: [Write; 1] = [write("PATCH", 200, || json!({"enableSingleSignOn": true}), &["id"])];
static CREATE_GROUP: [Write; 1] = [write(
    "POST",
    201,
    || json!({"displayName": "new", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true}),
    &["id", "createdDateTime"],
)];
static DELETE_GROUP: [Write; 1] = [delete()];
static ADD_MEMBER: [Write; 1] = [write(
    "POST",
    204,
    || json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{USER}")}),
    &["id", "displayName"],
)];
static REMOVE_MEMBER: [Write; 1] = [delete()];
static DELETE_USER: [Write; 1] = [delete()];
static CREATE_IMAGE: [Write; 1] = [foreign("POST")];
static DELETE_IMAGE: [Write; 1] = [foreign("DELETE")];
static CREATE_CONNECTION: [Write; 1] = [foreign("POST")];
static CHANGE_CONNECTION: [Write; 2] = [foreign("PATCH"), foreign("DELETE")];

const fn row(path: &'static str, id: &'static str, shape: Shape, options: Options, writes: &'static [Write]) -> Row {
    Row {
        path,
        id,
        guid: true,
        shape: Some(shape),
        options,
        writes,
    }
}

/// A list that is only read.
const fn list(path: &'static str, ty: &'static Type, options: Options) -> Row {
    row(path, "", Shape::Page(ty), options, &[])
}

const fn number(path: &'static str) -> Row {
    row(path, "", Shape::Number, Options::None, &[])
}

/// An entity that is only read.
const fn one(path: &'static str, id: &'static str, ty: &'static Type) -> Row {
    row(path, id, Shape::One(ty), Options::Usual, &[])
}

const fn action(path: &'static str, id: &'static str, writes: &'static [Write]) -> Row {
    Row {
        shape: None,
        ..row(path, id, Shape::Number, Options::None, writes)
    }
}

const fn any_id(row: Row) -> Row {
    Row { guid: false, ..row }
}

macro_rules! cloud_pc {
    ($kind:ident $path:literal $(, $rest:expr)*) => { $kind(concat!("deviceManagement/virtualEndpoint/", $path) $(, $rest)*) };
}

use Options::{BetaOnly, Select, Top, Usual};

#[rustfmt::skip]
pub static ROWS: &[Row] = &[
    cloud_pc!(row "provisioningPolicies", "", Shape::Page(&policy::PROVISIONING_POLICY), Usual, &CREATE_POLICY),
    cloud_pc!(number "provisioningPolicies/$count"),
    cloud_pc!(action "provisioningPolicies/applyConfig", "", &APPLY_CONFIG),
    cloud_pc!(row "provisioningPolicies/{id}", POLICY, Shape::One(&policy::PROVISIONING_POLICY), Usual, &CHANGE_POLICY),
    cloud_pc!(action "provisioningPolicies/{id}/assign", DEDICATED_POLICY, &ASSIGN_POLICY),
    cloud_pc!(action "provisioningPolicies/{id}/apply", POLICY, &APPLY),
    cloud_pc!(row "provisioningPolicies/{id}/assignments", POLICY, Shape::Page(&policy::POLICY_ASSIGNMENT), Usual, &[]),
    cloud_pc!(row "provisioningPolicies/{id}/assignments/$count", POLICY, Shape::Number, Options::None, &[]),
    cloud_pc!(row "userSettings", "", Shape::Page(&setting::USER_SETTING), Usual, &CREATE_SETTING),
    cloud_pc!(number "userSettings/$count"),
    cloud_pc!(row "userSettings/{id}", SETTING, Shape::One(&setting::USER_SETTING), Usual, &CHANGE_SETTING),
    cloud_pc!(action "userSettings/{id}/assign", SETTING, &ASSIGN_SETTING),
    cloud_pc!(row "userSettings/{id}/assignments", SETTING, Shape::Page(&setting::SETTING_ASSIGNMENT), Usual, &[]),
    cloud_pc!(row "userSettings/{id}/assignments/$count", SETTING, Shape::Number, Options::None, &[]),
    cloud_pc!(list "cloudPCs", &cloud_pc::CLOUD_PC, Usual),
    cloud_pc!(number "cloudPCs/$count"),
    cloud_pc!(row "cloudPCs/retrieveCloudPcCountByStatus", "", Shape::Counts, Options::None, &[]),
    cloud_pc!(one "cloudPCs/{id}", CLOUD_PC, &cloud_pc::CLOUD_PC),
    cloud_pc!(list "auditEvents", &audit::AUDIT_EVENT, Top),
    cloud_pc!(number "auditEvents/$count"),
    cloud_pc!(row "auditEvents/getAuditActivityTypes", "", Shape::Names, Options::None, &[]),
    Row { options: Options::None, ..cloud_pc!(one "auditEvents/{id}", AUDIT_EVENT, &audit::AUDIT_EVENT) },
    cloud_pc!(list "galleryImages", &catalogue::GALLERY_IMAGE, Usual),
    cloud_pc!(number "galleryImages/$count"),
    any_id(cloud_pc!(one "galleryImages/{id}", GALLERY_IMAGE, &catalogue::GALLERY_IMAGE)),
    cloud_pc!(row "deviceImages", "", Shape::Page(&device_image::DEVICE_IMAGE), Usual, &CREATE_IMAGE),
    cloud_pc!(number "deviceImages/$count"),
    cloud_pc!(row "deviceImages/{id}", DEVICE_IMAGE, Shape::One(&device_image::DEVICE_IMAGE), Usual, &DELETE_IMAGE),
    cloud_pc!(row "onPremisesConnections", "", Shape::Page(&connection::ON_PREMISES_CONNECTION), Usual, &CREATE_CONNECTION),
    cloud_pc!(number "onPremisesConnections/$count"),
    cloud_pc!(row "onPremisesConnections/{id}", CONNECTION, Shape::One(&connection::ON_PREMISES_CONNECTION), Usual, &CHANGE_CONNECTION),
    cloud_pc!(action "onPremisesConnections/{id}/runHealthChecks", CONNECTION, &CREATE_CONNECTION),
    cloud_pc!(list "servicePlans", &catalogue::SERVICE_PLAN, BetaOnly),
    cloud_pc!(number "servicePlans/$count"),
    cloud_pc!(list "frontLineServicePlans", &catalogue::FRONT_LINE_SERVICE_PLAN, Usual),
    cloud_pc!(number "frontLineServicePlans/$count"),
    cloud_pc!(one "frontLineServicePlans/{id}", PLAN, &catalogue::FRONT_LINE_SERVICE_PLAN),
    cloud_pc!(list "supportedRegions", &catalogue::SUPPORTED_REGION, Usual),
    cloud_pc!(number "supportedRegions/$count"),
    cloud_pc!(row "organizationSettings", "", Shape::One(&catalogue::ORGANIZATION_SETTINGS), Usual, &CHANGE_ORGANIZATION),
    list("deviceManagement/managedDevices", &managed_device::MANAGED_DEVICE, Usual),
    one("deviceManagement/managedDevices/{id}", DEVICE, &managed_device::MANAGED_DEVICE),
    row("groups", "", Shape::Page(&directory::GROUP), Usual, &CREATE_GROUP),
    row("groups/{id}", GROUP_A, Shape::One(&directory::GROUP), Usual, &DELETE_GROUP),
    row("groups/{id}/members", GROUP_A, Shape::Page(&directory::DIRECTORY_OBJECT), Usual, &[]),
    row("groups/{id}/members/microsoft.graph.user", GROUP_A, Shape::Page(&directory::USER), Usual, &[]),
    action("groups/{id}/members/$ref", GROUP_B, &ADD_MEMBER),
    action("groups/{id}/members/{id}/$ref", GROUP_A, &REMOVE_MEMBER),
    row("groups/{id}/transitiveMembers", GROUP_A, Shape::Page(&directory::DIRECTORY_OBJECT), Usual, &[]),
    row("groups/{id}/transitiveMembers/microsoft.graph.user", GROUP_A, Shape::Page(&directory::USER), Usual, &[]),
    list("users", &directory::USER, Usual),
    any_id(row("users/{id}", USER, Shape::One(&directory::USER), Usual, &DELETE_USER)),
    list("subscribedSkus", &directory::SUBSCRIBED_SKU, Select),
    list("organization", &directory::ORGANIZATION, Usual),
];
