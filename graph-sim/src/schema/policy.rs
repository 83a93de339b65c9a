//! `cloudPcProvisioningPolicy`, its complex types and its assignments.

use serde_json::{Value, json};

use super::enums::{
    DOMAIN_JOIN_TYPE, GEOGRAPHIC_LOCATION_TYPE, IMAGE_TYPE, MANAGED_DESKTOP_TYPE, MANAGEMENT_SERVICE, PROVISIONING_TYPE, REGION_GROUP,
    SNAPSHOT_RESET_MODE, STORAGE_SIZE_CATEGORY, USER_EXPERIENCE_TYPE,
};
use super::shorthand::{flag, id, read_only, same, text};
use super::types::{Access, Fallback, Kind, Property, Twin, Type};

/// A provisioning policy.
pub static PROVISIONING_POLICY: Type = Type::new(
    "cloudPcProvisioningPolicy",
    &[
        id(),
        text("displayName").not_null().required(),
        text("description").or(Fallback::Text("")),
        Property::new("provisioningType", Kind::Enum(&PROVISIONING_TYPE))
            .access(Access::Immutable)
            .or(Fallback::Text("dedicated")),
        Property::new("userExperienceType", Kind::Enum(&USER_EXPERIENCE_TYPE))
            .beta()
            .access(Access::Immutable)
            .or(Fallback::Text("cloudPc")),
        Property::new("managedBy", Kind::Flags(&MANAGEMENT_SERVICE))
            .beta()
            .access(Access::Immutable)
            .or(Fallback::Text("windows365")),
        text("imageId").not_null().required(),
        text("imageDisplayName").not_null().required(),
        Property::new("imageType", Kind::Enum(&IMAGE_TYPE)).not_null().required(),
        Property::new("domainJoinConfigurations", Kind::Complex(&DOMAIN_JOIN))
            .list()
            .required(),
        flag("enableSingleSignOn", false),
        text("cloudPcNamingTemplate"),
        flag("localAdminEnabled", false),
        Property::new("windowsSetting", Kind::Complex(&WINDOWS_SETTING)).or(Fallback::Object),
        Property::new("windowsSettings", Kind::Complex(&WINDOWS_SETTINGS))
            .beta()
            .twin(Twin {
                of: "windowsSetting",
                current: |value| renamed(value, "language", "locale"),
                legacy: |value| renamed(value, "locale", "language").unwrap_or(Value::Null),
            }),
        Property::new("microsoftManagedDesktop", Kind::Complex(&MANAGED_DESKTOP)).or(Fallback::Object),
        Property::new("autopatch", Kind::Complex(&AUTOPATCH)),
        Property::new("autopilotConfiguration", Kind::Complex(&AUTOPILOT)).beta(),
        Property::new("userSettingsPersistenceConfiguration", Kind::Complex(&PERSISTENCE)).beta(),
        Property::new("snapshotResetMode", Kind::Enum(&SNAPSHOT_RESET_MODE)).beta(),
        Property::new("scopeIds", Kind::Text)
            .list()
            .beta()
            .access(Access::Immutable)
            .or(Fallback::Texts(&["0"])),
        read_only("gracePeriodInHours", Kind::Int32),
        read_only("cloudPcGroupDisplayName", Kind::Text),
        read_only("alternateResourceUrl", Kind::Text),
        read_only("createdBy", Kind::Text).beta().sparse(),
        read_only("createdDateTime", Kind::DateTime).beta(),
        read_only("lastModifiedBy", Kind::Text).beta().sparse(),
        read_only("lastModifiedDateTime", Kind::DateTime).beta(),
        Property::new("assignments", Kind::Complex(&POLICY_ASSIGNMENT))
            .list()
            .access(Access::Navigation),
    ],
)
.taking(&OLD_POLICY_PROPERTIES);

/// What the portal still sends (captured). It can turn persistence on and off, which for Cloud PCs of one user is never there.
static OLD_POLICY_PROPERTIES: [Property; 1] = [Property::new("userSettingsPersistenceEnabled", Kind::Boolean).beta().twin(Twin {
    of: "userSettingsPersistenceConfiguration",
    current: |value| match value {
        Value::Bool(true) => Some(json!({ "userSettingsPersistenceEnabled": true })),
        _ => Some(Value::Null),
    },
    legacy: |value| json!(value.get("userSettingsPersistenceEnabled") == Some(&Value::Bool(true))),
})];

/// How, and in which network, a Cloud PC joins Entra ID.
static DOMAIN_JOIN: Type = Type::new(
    "cloudPcDomainJoinConfiguration",
    &[
        Property::new("domainJoinType", Kind::Enum(&DOMAIN_JOIN_TYPE)),
        Property::new("type", Kind::Enum(&DOMAIN_JOIN_TYPE))
            .beta()
            .twin(same("domainJoinType")),
        text("onPremisesConnectionId"),
        text("regionName"),
        Property::new("regionGroup", Kind::Enum(&REGION_GROUP)),
        read_only("geographicLocationType", Kind::Enum(&GEOGRAPHIC_LOCATION_TYPE)).beta(),
    ],
);

/// The language of the desktop.
static WINDOWS_SETTING: Type = Type::new("cloudPcWindowsSetting", &[text("locale").or(Fallback::Text("en-US"))]);

/// The old spelling of [`WINDOWS_SETTING`].
pub(crate) static WINDOWS_SETTINGS: Type = Type::new("cloudPcWindowsSettings", &[text("language").beta().or(Fallback::Text("en-US"))]);

/// The Microsoft managed desktop plan and its profile.
static MANAGED_DESKTOP: Type = Type::new(
    "microsoftManagedDesktop",
    &[
        Property::new("managedType", Kind::Enum(&MANAGED_DESKTOP_TYPE)).or(Fallback::Text("notManaged")),
        Property::new("type", Kind::Enum(&MANAGED_DESKTOP_TYPE))
            .beta()
            .twin(same("managedType")),
        text("profile").or(Fallback::Text("")),
    ],
);

/// The Autopatch group.
static AUTOPATCH: Type = Type::new("cloudPcProvisioningPolicyAutopatch", &[text("autopatchGroupId")]);

/// Device preparation with Autopilot.
static AUTOPILOT: Type = Type::new(
    "cloudPcAutopilotConfiguration",
    &[
        text("devicePreparationProfileId").beta(),
        Property::new("applicationTimeoutInMinutes", Kind::Int32).beta(),
        Property::new("onFailureDeviceAccessDenied", Kind::Boolean).beta(),
    ],
);

/// Whether a shared Cloud PC keeps the settings of its users.
static PERSISTENCE: Type = Type::new(
    "cloudPcUserSettingsPersistenceConfiguration",
    &[
        flag("userSettingsPersistenceEnabled", false).beta(),
        Property::new("userSettingsPersistenceStorageSizeCategory", Kind::Enum(&STORAGE_SIZE_CATEGORY))
            .beta()
            .or(Fallback::Text("fourGB")),
    ],
);

/// One assignment of a policy.
pub static POLICY_ASSIGNMENT: Type = Type::new(
    "cloudPcProvisioningPolicyAssignment",
    &[
        // Writable here alone: an entry of `assign` repeats the id of the assignment that it keeps.
        text("id").not_null(),
        Property::new("target", Kind::Complex(&ASSIGNMENT_TARGET)).required(),
        Property::new("assignedUsers", Kind::Opaque("user"))
            .list()
            .access(Access::Navigation),
        Property::new(
            "userSettingsPersistenceDetail",
            Kind::Opaque("cloudPCUserSettingsPersistenceDetail"),
        )
        .beta()
        .access(Access::Navigation),
    ],
);

/// Whom an assignment is for.
pub(crate) static ASSIGNMENT_TARGET: Type = Type {
    name: "cloudPcManagementAssignmentTarget",
    properties: &[],
    taken: &[],
    variants: &[&GROUP_TARGET],
};

/// A group, and for Frontline the licences that are set aside for it.
pub static GROUP_TARGET: Type = Type::new(
    "cloudPcManagementGroupAssignmentTarget",
    &[
        text("groupId"),
        text("servicePlanId"),
        Property::new("allotmentLicensesCount", Kind::Int32).beta(),
        text("allotmentDisplayName").beta(),
    ],
);

/// An object of one property, with that property renamed.
fn renamed(value: &Value, from: &str, to: &str) -> Option<Value> {
    match value {
        Value::Object(object) => Some(match object.get(from) {
            Some(inner) => json!({ to: inner }),
            None => json!({}),
        }),
        Value::Null => Some(Value::Null),
        _ => None,
    }
}
