//! `managedDevice`, Intune's side of a Cloud PC, as far as the OpenAPI description has it. All of it is read-only here.
//!
//! The defaults are those of a managed, corporate device (assumed), and zero or "unknown"
//! for unknown values (documented).

use super::cloud_pc::REMOTE_ACTION_RESULT;
use super::cloud_pc_enums::ACTION_STATE;
use super::device_enums::{
    CHASSIS_TYPE, COMPLIANCE_STATE, DEVICE_ENROLLMENT_TYPE, DEVICE_REGISTRATION_STATE, DEVICE_TYPE, JOIN_TYPE, MANAGED_DEVICE_OWNER_TYPE,
    MANAGED_DEVICE_PARTNER_REPORTED_HEALTH_STATE, MANAGEMENT_AGENT_TYPE, MANAGEMENT_STATE, OWNER_TYPE,
};
use super::shorthand::{id, read_only, read_only_beta, read_only_enum, read_only_time};
use super::types::{Fallback, Kind, Property, Type};

/// A device that Intune manages. `notes` and `physicalMemoryInBytes` come with `$select` alone (documented).
pub static MANAGED_DEVICE: Type = Type::new(
    "managedDevice",
    &[
        id(),
        read_only("userId", Kind::Text),
        read_only("deviceName", Kind::Text),
        read_only("managedDeviceName", Kind::Text),
        read_only_enum("managedDeviceOwnerType", &MANAGED_DEVICE_OWNER_TYPE, "company"),
        read_only_enum("ownerType", &OWNER_TYPE, "company").beta(),
        read_only_enum("managementState", &MANAGEMENT_STATE, "managed"),
        read_only_time("enrolledDateTime"),
        read_only_time("lastSyncDateTime"),
        read_only_enum("chassisType", &CHASSIS_TYPE, "unknown").beta(),
        read_only("operatingSystem", Kind::Text),
        read_only_enum("deviceType", &DEVICE_TYPE, "unknown").beta(),
        read_only_enum("complianceState", &COMPLIANCE_STATE, "unknown"),
        read_only_enum("managementAgent", &MANAGEMENT_AGENT_TYPE, "mdm"),
        read_only("osVersion", Kind::Text),
        read_only("azureADRegistered", Kind::Boolean),
        read_only("azureADDeviceId", Kind::Text),
        read_only_enum("deviceEnrollmentType", &DEVICE_ENROLLMENT_TYPE, "unknown"),
        read_only("emailAddress", Kind::Text),
        read_only_enum("deviceRegistrationState", &DEVICE_REGISTRATION_STATE, "registered"),
        read_only_enum("joinType", &JOIN_TYPE, "unknown").beta(),
        switch("isSupervised"),
        switch("isEncrypted"),
        read_only("userPrincipalName", Kind::Text),
        read_only("userDisplayName", Kind::Text),
        read_only("enrollmentProfileName", Kind::Text).or(Fallback::Text("")),
        read_only("manufacturer", Kind::Text),
        read_only("model", Kind::Text),
        read_only_beta("skuFamily", Kind::Text),
        read_only("serialNumber", Kind::Text),
        size("totalStorageSpaceInBytes"),
        size("freeStorageSpaceInBytes"),
        size("physicalMemoryInBytes").on_select(),
        read_only("notes", Kind::Text).on_select(),
        read_only_time("managementCertificateExpirationDate"),
        read_only_enum(
            "partnerReportedThreatState",
            &MANAGED_DEVICE_PARTNER_REPORTED_HEALTH_STATE,
            "unknown",
        ),
        read_only("deviceActionResults", Kind::Complex(&DEVICE_ACTION_RESULT)).list(),
        read_only_beta("cloudPcRemoteActionResults", Kind::Complex(&REMOTE_ACTION_RESULT)).list(),
    ],
);

/// How an action on a device went.
static DEVICE_ACTION_RESULT: Type = Type::new(
    "deviceActionResult",
    &[
        read_only("actionName", Kind::Text),
        read_only_enum("actionState", &ACTION_STATE, "none"),
        read_only_time("startDateTime"),
        read_only_time("lastUpdatedDateTime"),
    ],
);

const fn switch(name: &'static str) -> Property {
    read_only(name, Kind::Boolean).not_null().or(Fallback::Flag(false))
}

const fn size(name: &'static str) -> Property {
    read_only(name, Kind::Int64).not_null().or(Fallback::Number(0))
}
