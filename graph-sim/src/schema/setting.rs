//! `cloudPcUserSetting`, its complex types and its assignments.

use serde_json::{Value, json};

use super::enums::{DISASTER_RECOVERY_TYPE, PROVISIONING_SOURCE_TYPE, REGION_GROUP, RESTORE_POINT_FREQUENCY_TYPE};
use super::policy::ASSIGNMENT_TARGET;
use super::shorthand::{flag, id, read_only, retired, text};
use super::types::{Access, Fallback, Kind, Property, Twin, Type};

/// A user setting.
pub static USER_SETTING: Type = Type::new(
    "cloudPcUserSetting",
    &[
        id(),
        text("displayName").required(),
        flag("localAdminEnabled", false),
        flag("resetEnabled", false),
        retired("selfServiceEnabled", Kind::Boolean),
        Property::new("restorePointSetting", Kind::Complex(&RESTORE_POINT)).or(Fallback::Object),
        Property::new("crossRegionDisasterRecoverySetting", Kind::Complex(&DISASTER_RECOVERY)).beta(),
        Property::new("notificationSetting", Kind::Complex(&NOTIFICATION))
            .beta()
            .deprecated()
            .or(Fallback::Object),
        Property::new("provisioningSourceType", Kind::Enum(&PROVISIONING_SOURCE_TYPE))
            .beta()
            .or(Fallback::Text("image")),
        read_only("createdDateTime", Kind::DateTime),
        read_only("lastModifiedDateTime", Kind::DateTime),
        Property::new("assignments", Kind::Complex(&SETTING_ASSIGNMENT))
            .list()
            .access(Access::Navigation),
    ],
);

/// How often restore points are made, and whether a user may restore one.
static RESTORE_POINT: Type = Type::new(
    "cloudPcRestorePointSetting",
    &[
        Property::new("frequencyType", Kind::Enum(&RESTORE_POINT_FREQUENCY_TYPE)).or(Fallback::Text("twelveHours")),
        Property::new("frequencyInHours", Kind::Int32).beta().twin(Twin {
            of: "frequencyType",
            current: type_of_hours,
            legacy: hours_of_type,
        }),
        flag("userRestoreEnabled", false),
    ],
);

/// Disaster recovery in another region.
static DISASTER_RECOVERY: Type = Type::new(
    "cloudPcCrossRegionDisasterRecoverySetting",
    &[
        Property::new("disasterRecoveryType", Kind::Enum(&DISASTER_RECOVERY_TYPE))
            .beta()
            .or(Fallback::Text("notConfigured")),
        Property::new("crossRegionDisasterRecoveryEnabled", Kind::Boolean)
            .beta()
            .twin(Twin {
                of: "disasterRecoveryType",
                current: type_of_enabled,
                legacy: |value| match value {
                    Value::Null => Value::Null,
                    other => json!(other != "notConfigured"),
                },
            }),
        // The documentation says false; a client's author saw true.
        flag("maintainCrossRegionRestorePointEnabled", true).beta(),
        flag("userInitiatedDisasterRecoveryAllowed", false).beta(),
        Property::new("disasterRecoveryNetworkSetting", Kind::Complex(&RECOVERY_NETWORK)).beta(),
    ],
);

/// The network that Cloud PCs recover into.
static RECOVERY_NETWORK: Type = Type {
    name: "cloudPcDisasterRecoveryNetworkSetting",
    properties: &[],
    taken: &[],
    variants: &[&RECOVERY_HOSTED_NETWORK, &RECOVERY_CONNECTION],
};

/// A network of Microsoft's.
static RECOVERY_HOSTED_NETWORK: Type = Type::new(
    "cloudPcDisasterRecoveryMicrosoftHostedNetworkSetting",
    &[
        Property::new("regionGroup", Kind::Enum(&REGION_GROUP)).beta(),
        text("regionName").beta(),
    ],
);

/// A network of the customer's.
static RECOVERY_CONNECTION: Type = Type::new(
    "cloudPcDisasterRecoveryAzureConnectionSetting",
    &[text("onPremisesConnectionId").beta()],
);

/// Notifications to a user.
static NOTIFICATION: Type = Type::new("cloudPcNotificationSetting", &[flag("restartPromptsDisabled", false).beta()]);

/// One assignment of a user setting.
pub static SETTING_ASSIGNMENT: Type = Type::new(
    "cloudPcUserSettingAssignment",
    &[
        // Writable here alone: an entry of `assign` repeats the id of the assignment that it keeps.
        text("id").not_null(),
        read_only("createdDateTime", Kind::DateTime),
        Property::new("target", Kind::Complex(&ASSIGNMENT_TARGET)).required(),
    ],
);

const FREQUENCIES: [(&str, i64); 5] = [
    ("fourHours", 4),
    ("sixHours", 6),
    ("twelveHours", 12),
    ("sixteenHours", 16),
    ("twentyFourHours", 24),
];

fn type_of_hours(value: &Value) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    let hours = value.as_i64()?;
    let (name, _) = FREQUENCIES.iter().find(|(_, number)| *number == hours)?;
    Some(json!(name))
}

fn hours_of_type(value: &Value) -> Value {
    let name = match value.as_str() {
        Some("default") => "twelveHours",
        Some(name) => name,
        None => return Value::Null,
    };
    FREQUENCIES
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(Value::Null, |(_, hours)| json!(hours))
}

fn type_of_enabled(value: &Value) -> Option<Value> {
    match value {
        Value::Null => Some(Value::Null),
        Value::Bool(true) => Some(json!("crossRegion")),
        Value::Bool(false) => Some(json!("notConfigured")),
        _ => None,
    }
}
