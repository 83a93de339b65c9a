//! The collections that are served: where each is, what it consists of and how it is written.

use super::resource::{Assignable, Resource, Rules, Source};
use super::{devices, directory, licences, offers, policies, settings};
use crate::graph::odata::tables::{self, Queries};
use crate::graph::refusal::permission::Layer;
use crate::schema::Type;
use crate::schema::audit::AUDIT_EVENT;
use crate::schema::catalogue::{
    FRONT_LINE_SERVICE_PLAN, GALLERY_IMAGE, ORGANIZATION_SETTINGS as ORGANIZATION_SETTINGS_TYPE, SERVICE_PLAN, SUPPORTED_REGION,
};
use crate::schema::cloud_pc::CLOUD_PC;
use crate::schema::connection::ON_PREMISES_CONNECTION;
use crate::schema::device_image::DEVICE_IMAGE;
use crate::schema::directory::{DIRECTORY_OBJECT, GROUP, ORGANIZATION, SUBSCRIBED_SKU, USER};
use crate::schema::managed_device::MANAGED_DEVICE;
use crate::schema::policy::{POLICY_ASSIGNMENT, PROVISIONING_POLICY};
use crate::schema::setting::{SETTING_ASSIGNMENT, USER_SETTING};

/// A collection of the Cloud PC service that is only read; its ids are GUIDs.
macro_rules! cloud_pc {
    ($name:literal, $ty:expr, $queries:expr, $source:expr) => {
        Resource {
            name: $name,
            context: concat!("deviceManagement/virtualEndpoint/", $name),
            ty: $ty,
            queries: $queries,
            guid_ids: true,
            layer: Layer::DeviceManagement,
            source: $source,
            rules: None,
        }
    };
}

/// A collection of the directory; its ids are GUIDs.
const fn directory(name: &'static str, ty: &'static Type, queries: &'static Queries, source: Source) -> Resource {
    Resource {
        name,
        context: name,
        ty,
        queries,
        guid_ids: true,
        layer: Layer::Directory,
        source,
        rules: None,
    }
}

/// Rules that change and refuse nothing.
const NO_RULES: Rules = Rules {
    drop_stale: |_, _| {},
    normalise: |_, _| {},
    check: |_, _| Ok(()),
    authorise: |_, _| Ok(()),
    assigned: None,
};

/// `provisioningPolicies`
pub(crate) static POLICIES: Resource = Resource {
    rules: Some(&Rules {
        normalise: policies::normalise,
        check: policies::check,
        authorise: policies::authorise,
        assigned: Some(&Assignable {
            ty: &POLICY_ASSIGNMENT,
            blocks_delete: true,
            licensed: true,
            group_aliases: &[],
        }),
        ..NO_RULES
    }),
    ..cloud_pc!("provisioningPolicies", &PROVISIONING_POLICY, &tables::POLICIES, Source::Stored)
};

/// `userSettings`
pub(crate) static SETTINGS: Resource = Resource {
    rules: Some(&Rules {
        drop_stale: settings::drop_stale,
        normalise: settings::normalise,
        check: settings::check,
        assigned: Some(&Assignable {
            ty: &SETTING_ASSIGNMENT,
            blocks_delete: false,
            licensed: false,
            // Intune's generic name, which a Terraform provider sends (author). That policies refuse it is assumed.
            group_aliases: &["groupAssignmentTarget"],
        }),
        ..NO_RULES
    }),
    ..cloud_pc!("userSettings", &USER_SETTING, &tables::SETTINGS, Source::Stored)
};

/// `organizationSettings`, of which a tenant has one; beta only.
pub(crate) static ORGANIZATION_SETTINGS: Resource = Resource {
    rules: Some(&NO_RULES),
    ..cloud_pc!(
        "organizationSettings",
        &ORGANIZATION_SETTINGS_TYPE,
        &tables::ORGANIZATION_SETTINGS,
        Source::Stored
    )
};

/// `galleryImages`
pub(crate) static GALLERY_IMAGES: Resource = Resource {
    guid_ids: false,
    ..cloud_pc!("galleryImages", &GALLERY_IMAGE, &tables::GALLERY_IMAGES, Source::Stored)
};

/// `deviceImages`
pub(crate) static DEVICE_IMAGES: Resource = cloud_pc!("deviceImages", &DEVICE_IMAGE, &tables::DEVICE_IMAGES, Source::Stored);

/// `onPremisesConnections`, Azure network connections
pub(crate) static CONNECTIONS: Resource = cloud_pc!(
    "onPremisesConnections",
    &ON_PREMISES_CONNECTION,
    &tables::CONNECTIONS,
    Source::Derived(offers::connections)
);

/// `frontLineServicePlans`; beta only
pub(crate) static FRONT_LINE_PLANS: Resource = cloud_pc!(
    "frontLineServicePlans",
    &FRONT_LINE_SERVICE_PLAN,
    &tables::FRONT_LINE_SERVICE_PLANS,
    Source::Derived(offers::front_line_plans)
);

/// `servicePlans`
pub(crate) static SERVICE_PLANS: Resource = cloud_pc!(
    "servicePlans",
    &SERVICE_PLAN,
    &tables::SERVICE_PLANS,
    Source::Derived(offers::enterprise_plans)
);

/// `supportedRegions`; beta only
pub(crate) static REGIONS: Resource = cloud_pc!(
    "supportedRegions",
    &SUPPORTED_REGION,
    &tables::SUPPORTED_REGIONS,
    Source::Derived(offers::regions)
);

/// `cloudPCs`
pub(crate) static CLOUD_PCS: Resource = cloud_pc!("cloudPCs", &CLOUD_PC, &tables::CLOUD_PCS, Source::Stored);

/// `auditEvents`
pub(crate) static AUDIT_EVENTS: Resource = cloud_pc!("auditEvents", &AUDIT_EVENT, &tables::AUDIT_EVENTS, Source::Stored);

/// `managedDevices`: Intune's side of the Cloud PCs
pub(crate) static MANAGED_DEVICES: Resource = Resource {
    name: "managedDevices",
    context: "deviceManagement/managedDevices",
    ty: &MANAGED_DEVICE,
    queries: &tables::MANAGED_DEVICES,
    guid_ids: true,
    layer: Layer::DeviceManagement,
    source: Source::Keyed(devices::managed, devices::one_managed),
    rules: None,
};

/// `groups`
pub(crate) static GROUPS: Resource = directory(
    "groups",
    &GROUP,
    &tables::GROUPS,
    Source::Keyed(directory::groups, directory::one_group),
);

/// `groups/{id}/members`
pub(crate) static MEMBERS: Resource = Resource {
    context: "directoryObjects",
    ..directory(
        "members",
        &DIRECTORY_OBJECT,
        &tables::USERS,
        Source::Part(&GROUPS, directory::members),
    )
};

/// `groups/{id}/members/microsoft.graph.user`
pub(crate) static MEMBER_USERS: Resource = Resource {
    context: "users",
    ..directory("members", &USER, &tables::USERS, Source::Part(&GROUPS, directory::member_users))
};

/// `groups/{id}/transitiveMembers`
pub(crate) static TRANSITIVE_MEMBERS: Resource = Resource {
    context: "directoryObjects",
    ..directory(
        "transitiveMembers",
        &DIRECTORY_OBJECT,
        &tables::USERS,
        Source::Part(&GROUPS, directory::transitive_members),
    )
};

/// `groups/{id}/transitiveMembers/microsoft.graph.user`
pub(crate) static TRANSITIVE_MEMBER_USERS: Resource = Resource {
    context: "users",
    ..directory(
        "transitiveMembers",
        &USER,
        &tables::USERS,
        Source::Part(&GROUPS, directory::transitive_member_users),
    )
};

/// `users`
pub(crate) static USERS: Resource = Resource {
    guid_ids: false,
    ..directory("users", &USER, &tables::USERS, Source::Keyed(directory::users, directory::one_user))
};

/// `subscribedSkus`
pub(crate) static SUBSCRIBED_SKUS: Resource = directory(
    "subscribedSkus",
    &SUBSCRIBED_SKU,
    &tables::SUBSCRIBED_SKUS,
    Source::Derived(licences::subscribed_skus),
);

/// `organization`
pub(crate) static ORGANIZATIONS: Resource = directory(
    "organization",
    &ORGANIZATION,
    &tables::ORGANIZATIONS,
    Source::Derived(directory::organizations),
);
