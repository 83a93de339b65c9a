//! `managedDevice`, Intune's side of a Cloud PC, as far as the OpenAPI description has it. All of it is read-only here.
//!
//! The values that stand in for missing ones are those of a managed, corporate device (assumed), and zero or "unknown"
//! for what nothing is known of (documented).

use super::cloud_pc::REMOTE_ACTION_RESULT;
use super::cloud_pc_enums::ACTION_STATE;
use super::device_enums::{
    CHASSIS_TYPE, COMPLIANCE_STATE, DEVICE_ENROLLMENT_TYPE, DEVICE_REGISTRATION_STATE, DEVICE_TYPE, JOIN_TYPE, MANAGED_DEVICE_OWNER_TYPE,
    MANAGED_DEVICE_PARTNER_REPORTED_HEALTH_STATE, MANAGEMENT_AGENT_TYPE, MANAGEMENT_STATE, OWNER_TYPE,
};
use super::shorthand::{given, id, instant, preview, state};
use super::types::{Fallback, Kind, Property, Type};

/// A device that Intune manages. `notes` and `physicalMemoryInBytes` come with `$select` alone (documented).
pub static MANAGED_DEVICE: Type = Type::new(
    "managedDevice",
    &[
        id(),
        given("userId", Kind::Text),
        given("deviceName", Kind::Text),
        given("managedDeviceName", Kind::Text),
        state("managedDeviceOwnerType", &MANAGED_DEVICE_OWNER_TYPE, "company"),
        state("ownerType", &OWNER_TYPE, "company").beta(),
        state("managementState", &MANAGEMENT_STATE, "managed"),
        instant("enrolledDateTime"),
        instant("lastSyncDateTime"),
        state("chassisType", &CHASSIS_TYPE, "unknown").beta(),
        given("operatingSystem", Kind::Text),
        state("deviceType", &DEVICE_TYPE, "unknown").beta(),
        state("complianceState", &COMPLIANCE_STATE, "unknown"),
        state("managementAgent", &MANAGEMENT_AGENT_TYPE, "mdm"),
        given("osVersion", Kind::Text),
        given("azureADRegistered", Kind::Boolean),
        given("azureADDeviceId", Kind::Text),
        state("deviceEnrollmentType", &DEVICE_ENROLLMENT_TYPE, "unknown"),
        given("emailAddress", Kind::Text),
        state("deviceRegistrationState", &DEVICE_REGISTRATION_STATE, "registered"),
        state("joinType", &JOIN_TYPE, "unknown").beta(),
        switch("isSupervised"),
        switch("isEncrypted"),
        given("userPrincipalName", Kind::Text),
        given("userDisplayName", Kind::Text),
        given("enrollmentProfileName", Kind::Text).or(Fallback::Text("")),
        given("manufacturer", Kind::Text),
        given("model", Kind::Text),
        preview("skuFamily", Kind::Text),
        given("serialNumber", Kind::Text),
        size("totalStorageSpaceInBytes"),
        size("freeStorageSpaceInBytes"),
        size("physicalMemoryInBytes").on_select(),
        given("notes", Kind::Text).on_select(),
        instant("managementCertificateExpirationDate"),
        state(
            "partnerReportedThreatState",
            &MANAGED_DEVICE_PARTNER_REPORTED_HEALTH_STATE,
            "unknown",
        ),
        given("deviceActionResults", Kind::Complex(&DEVICE_ACTION_RESULT)).list(),
        preview("cloudPcRemoteActionResults", Kind::Complex(&REMOTE_ACTION_RESULT)).list(),
    ],
);

/// How an action on a device went.
pub static DEVICE_ACTION_RESULT: Type = Type::new(
    "deviceActionResult",
    &[
        given("actionName", Kind::Text),
        state("actionState", &ACTION_STATE, "none"),
        instant("startDateTime"),
        instant("lastUpdatedDateTime"),
    ],
);

const fn switch(name: &'static str) -> Property {
    given(name, Kind::Boolean).not_null().or(Fallback::Flag(false))
}

const fn size(name: &'static str) -> Property {
    given(name, Kind::Int64).not_null().or(Fallback::Number(0))
}
