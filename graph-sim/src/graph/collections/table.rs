//! The collections that are served: where each is, what it consists of and how it is written.

use super::resource::{Assignable, Resource, Rules, Source};
use super::{devices, directory, licences, offers, policies, settings};
use crate::graph::odata::tables;
use crate::graph::refusal::permission::Guard;
use crate::schema::audit::AUDIT_EVENT;
use crate::schema::catalogue::{
    FRONT_LINE_SERVICE_PLAN, GALLERY_IMAGE, ORGANIZATION_SETTINGS as ORGANIZATION_SETTINGS_TYPE, SERVICE_PLAN, SUPPORTED_REGION,
};
use crate::schema::cloud_pc::CLOUD_PC;
use crate::schema::connection::ON_PREMISES_CONNECTION;
use crate::schema::device_image::DEVICE_IMAGE;
use crate::schema::directory::{GROUP, ORGANIZATION, SUBSCRIBED_SKU, USER};
use crate::schema::managed_device::MANAGED_DEVICE;
use crate::schema::policy::{POLICY_ASSIGNMENT, PROVISIONING_POLICY};
use crate::schema::setting::{SETTING_ASSIGNMENT, USER_SETTING};

/// `provisioningPolicies`
pub static POLICIES: Resource = Resource {
    name: "provisioningPolicies",
    context: "deviceManagement/virtualEndpoint/provisioningPolicies",
    ty: &PROVISIONING_POLICY,
    queries: &tables::POLICIES,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Stored,
    rules: Some(&Rules {
        renew: |_, _| {},
        settle: policies::settle,
        check: policies::check,
        authorise: policies::authorise,
        assigned: Some(&Assignable {
            ty: &POLICY_ASSIGNMENT,
            blocks_delete: true,
            licensed: true,
            group_aliases: &[],
        }),
    }),
};

/// `userSettings`
pub static SETTINGS: Resource = Resource {
    name: "userSettings",
    context: "deviceManagement/virtualEndpoint/userSettings",
    ty: &USER_SETTING,
    queries: &tables::SETTINGS,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Stored,
    rules: Some(&Rules {
        renew: settings::renew,
        settle: settings::settle,
        check: settings::check,
        authorise: |_, _| Ok(()),
        assigned: Some(&Assignable {
            ty: &SETTING_ASSIGNMENT,
            blocks_delete: false,
            licensed: false,
            // Intune's generic name, which a Terraform provider sends (author). That policies refuse it is assumed.
            group_aliases: &["groupAssignmentTarget"],
        }),
    }),
};

/// `organizationSettings`, of which a tenant has one; beta only.
pub static ORGANIZATION_SETTINGS: Resource = Resource {
    name: "organizationSettings",
    context: "deviceManagement/virtualEndpoint/organizationSettings",
    ty: &ORGANIZATION_SETTINGS_TYPE,
    queries: &tables::ORGANIZATION_SETTINGS,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Stored,
    rules: Some(&Rules {
        renew: |_, _| {},
        settle: |_, _| {},
        check: |_, _| Ok(()),
        authorise: |_, _| Ok(()),
        assigned: None,
    }),
};

/// `galleryImages`
pub static GALLERY_IMAGES: Resource = Resource {
    name: "galleryImages",
    context: "deviceManagement/virtualEndpoint/galleryImages",
    ty: &GALLERY_IMAGE,
    queries: &tables::GALLERY_IMAGES,
    guid_ids: false,
    guard: Guard::DeviceManagement,
    source: Source::Stored,
    rules: None,
};

/// `deviceImages`
pub static DEVICE_IMAGES: Resource = Resource {
    name: "deviceImages",
    context: "deviceManagement/virtualEndpoint/deviceImages",
    ty: &DEVICE_IMAGE,
    queries: &tables::DEVICE_IMAGES,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Stored,
    rules: None,
};

/// `onPremisesConnections`, Azure network connections
pub static CONNECTIONS: Resource = Resource {
    name: "onPremisesConnections",
    context: "deviceManagement/virtualEndpoint/onPremisesConnections",
    ty: &ON_PREMISES_CONNECTION,
    queries: &tables::CONNECTIONS,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Derived(offers::connections),
    rules: None,
};

/// `frontLineServicePlans`; beta only
pub static FRONT_LINE_PLANS: Resource = Resource {
    name: "frontLineServicePlans",
    context: "deviceManagement/virtualEndpoint/frontLineServicePlans",
    ty: &FRONT_LINE_SERVICE_PLAN,
    queries: &tables::FRONT_LINE_SERVICE_PLANS,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Derived(offers::front_line_plans),
    rules: None,
};

/// `servicePlans`
pub static SERVICE_PLANS: Resource = Resource {
    name: "servicePlans",
    context: "deviceManagement/virtualEndpoint/servicePlans",
    ty: &SERVICE_PLAN,
    queries: &tables::SERVICE_PLANS,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Derived(offers::enterprise_plans),
    rules: None,
};

/// `supportedRegions`; beta only
pub static REGIONS: Resource = Resource {
    name: "supportedRegions",
    context: "deviceManagement/virtualEndpoint/supportedRegions",
    ty: &SUPPORTED_REGION,
    queries: &tables::SUPPORTED_REGIONS,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Derived(offers::regions),
    rules: None,
};

/// `cloudPCs`
pub static CLOUD_PCS: Resource = Resource {
    name: "cloudPCs",
    context: "deviceManagement/virtualEndpoint/cloudPCs",
    ty: &CLOUD_PC,
    queries: &tables::CLOUD_PCS,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Stored,
    rules: None,
};

/// `auditEvents`
pub static AUDIT_EVENTS: Resource = Resource {
    name: "auditEvents",
    context: "deviceManagement/virtualEndpoint/auditEvents",
    ty: &AUDIT_EVENT,
    queries: &tables::AUDIT_EVENTS,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Stored,
    rules: None,
};

/// `managedDevices`: Intune's side of the Cloud PCs
pub static MANAGED_DEVICES: Resource = Resource {
    name: "managedDevices",
    context: "deviceManagement/managedDevices",
    ty: &MANAGED_DEVICE,
    queries: &tables::MANAGED_DEVICES,
    guid_ids: true,
    guard: Guard::DeviceManagement,
    source: Source::Keyed(devices::managed, devices::one_managed),
    rules: None,
};

/// `groups`
pub static GROUPS: Resource = Resource {
    name: "groups",
    context: "groups",
    ty: &GROUP,
    queries: &tables::GROUPS,
    guid_ids: true,
    guard: Guard::Directory,
    source: Source::Keyed(directory::groups, directory::one_group),
    rules: None,
};

/// `groups/{id}/members`
pub static MEMBERS: Resource = Resource {
    name: "members",
    context: "directoryObjects",
    ty: &USER,
    queries: &tables::USERS,
    guid_ids: true,
    guard: Guard::Directory,
    source: Source::Part(&GROUPS, directory::members),
    rules: None,
};

/// `users`
pub static USERS: Resource = Resource {
    name: "users",
    context: "users",
    ty: &USER,
    queries: &tables::USERS,
    guid_ids: false,
    guard: Guard::Directory,
    source: Source::Keyed(directory::users, directory::one_user),
    rules: None,
};

/// `subscribedSkus`
pub static SUBSCRIBED_SKUS: Resource = Resource {
    name: "subscribedSkus",
    context: "subscribedSkus",
    ty: &SUBSCRIBED_SKU,
    queries: &tables::SUBSCRIBED_SKUS,
    guid_ids: true,
    guard: Guard::Directory,
    source: Source::Derived(licences::subscribed_skus),
    rules: None,
};

/// `organization`
pub static ORGANIZATIONS: Resource = Resource {
    name: "organization",
    context: "organization",
    ty: &ORGANIZATION,
    queries: &tables::ORGANIZATIONS,
    guid_ids: true,
    guard: Guard::Directory,
    source: Source::Derived(directory::organizations),
    rules: None,
};
