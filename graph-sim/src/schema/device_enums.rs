//! The enumerations of Intune's devices. Most are not evolvable: they have no placeholder for members to come.

use super::enum_type::EnumType;
use super::enums::{beta, both};

/// Whether a device complies with its policies.
pub(crate) static COMPLIANCE_STATE: EnumType = both(
    "complianceState",
    &[
        "unknown",
        "compliant",
        "noncompliant",
        "conflict",
        "error",
        "inGracePeriod",
        "configManager",
    ],
);

/// How a device was enrolled.
pub(crate) static DEVICE_ENROLLMENT_TYPE: EnumType = EnumType {
    name: "deviceEnrollmentType",
    v1: &[
        "unknown",
        "userEnrollment",
        "deviceEnrollmentManager",
        "appleBulkWithUser",
        "appleBulkWithoutUser",
        "windowsAzureADJoin",
        "windowsBulkUserless",
        "windowsAutoEnrollment",
        "windowsBulkAzureDomainJoin",
        "windowsCoManagement",
        "windowsAzureADJoinUsingDeviceAuth",
        "appleUserEnrollment",
        "appleUserEnrollmentWithServiceAccount",
        "unknownFutureValue",
    ],
    beta: &[
        "unknown",
        "userEnrollment",
        "deviceEnrollmentManager",
        "appleBulkWithUser",
        "appleBulkWithoutUser",
        "windowsAzureADJoin",
        "windowsBulkUserless",
        "windowsAutoEnrollment",
        "windowsBulkAzureDomainJoin",
        "windowsCoManagement",
        "windowsAzureADJoinUsingDeviceAuth",
        "appleUserEnrollment",
        "appleUserEnrollmentWithServiceAccount",
        "azureAdJoinUsingAzureVmExtension",
        "androidEnterpriseDedicatedDevice",
        "androidEnterpriseFullyManaged",
        "androidEnterpriseCorporateWorkProfile",
        "androidAOSPUserOwnedDeviceEnrollment",
        "androidAOSPUserlessDeviceEnrollment",
        "appleAccountDrivenUserEnrollment",
        "unknownFutureValue",
    ],
};

/// How far the registration of a device is.
pub(crate) static DEVICE_REGISTRATION_STATE: EnumType = both(
    "deviceRegistrationState",
    &[
        "notRegistered",
        "registered",
        "revoked",
        "keyConflict",
        "approvalPending",
        "certificateReset",
        "notRegisteredPendingEnrollment",
        "unknown",
    ],
);

/// Who owns a device.
pub(crate) static MANAGED_DEVICE_OWNER_TYPE: EnumType =
    both("managedDeviceOwnerType", &["unknown", "company", "personal", "unknownFutureValue"]);

/// What manages a device.
pub(crate) static MANAGEMENT_AGENT_TYPE: EnumType = EnumType {
    name: "managementAgentType",
    v1: &[
        "eas",
        "mdm",
        "easMdm",
        "intuneClient",
        "easIntuneClient",
        "configurationManagerClient",
        "configurationManagerClientMdm",
        "configurationManagerClientMdmEas",
        "unknown",
        "jamf",
        "googleCloudDevicePolicyController",
        "microsoft365ManagedMdm",
        "msSense",
    ],
    beta: &[
        "eas",
        "mdm",
        "easMdm",
        "intuneClient",
        "easIntuneClient",
        "configurationManagerClient",
        "configurationManagerClientMdm",
        "configurationManagerClientMdmEas",
        "unknown",
        "jamf",
        "googleCloudDevicePolicyController",
        "microsoft365ManagedMdm",
        "msSense",
        "intuneAosp",
        "google",
        "unknownFutureValue",
    ],
};

/// How far the management of a device is.
pub(crate) static MANAGEMENT_STATE: EnumType = both(
    "managementState",
    &[
        "managed",
        "retirePending",
        "retireFailed",
        "wipePending",
        "wipeFailed",
        "unhealthy",
        "deletePending",
        "retireIssued",
        "wipeIssued",
        "wipeCanceled",
        "retireCanceled",
        "discovered",
        "unknownFutureValue",
    ],
);

/// The threat state of a device as a partner reports it.
pub(crate) static MANAGED_DEVICE_PARTNER_REPORTED_HEALTH_STATE: EnumType = both(
    "managedDevicePartnerReportedHealthState",
    &[
        "unknown",
        "activated",
        "deactivated",
        "secured",
        "lowSeverity",
        "mediumSeverity",
        "highSeverity",
        "unresponsive",
        "compromised",
        "misconfigured",
    ],
);

/// The shape of a device.
pub(crate) static CHASSIS_TYPE: EnumType = beta(
    "chassisType",
    &[
        "unknown",
        "desktop",
        "laptop",
        "worksWorkstation",
        "enterpriseServer",
        "phone",
        "tablet",
        "mobileOther",
        "mobileUnknown",
    ],
);

/// The kind of a device.
pub(crate) static DEVICE_TYPE: EnumType = beta(
    "deviceType",
    &[
        "desktop",
        "windowsRT",
        "winMO6",
        "nokia",
        "windowsPhone",
        "mac",
        "winCE",
        "winEmbedded",
        "iPhone",
        "iPad",
        "iPod",
        "android",
        "iSocConsumer",
        "unix",
        "macMDM",
        "holoLens",
        "surfaceHub",
        "androidForWork",
        "androidEnterprise",
        "windows10x",
        "androidnGMS",
        "chromeOS",
        "linux",
        "visionOS",
        "tvOS",
        "blackberry",
        "palm",
        "unknown",
        "cloudPC",
    ],
);

/// How a device joined Entra ID.
pub(crate) static JOIN_TYPE: EnumType = beta(
    "joinType",
    &["unknown", "azureADJoined", "azureADRegistered", "hybridAzureADJoined"],
);

/// Who owns a device, as beta has it.
pub(crate) static OWNER_TYPE: EnumType = beta("ownerType", &["unknown", "company", "personal"]);
