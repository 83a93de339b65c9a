//! The enumerations of a Cloud PC and of what it is bought as. They have only the members; the types that use them are elsewhere.

use super::enum_type::EnumType;
use super::enums::{beta, both};

/// How far a Cloud PC is.
pub(crate) static CLOUD_PC_STATUS: EnumType = beta(
    "cloudPcStatus",
    &[
        "notProvisioned",
        "provisioning",
        "provisioned",
        "inGracePeriod",
        "deprovisioning",
        "failed",
        "provisionedWithWarnings",
        "resizing",
        "restoring",
        "pendingProvision",
        "unknownFutureValue",
        "movingRegion",
        "resizePendingLicense",
        "updatingSingleSignOn",
        "modifyingSingleSignOn",
        "refreshPolicyConfiguration",
        "preparing",
        "failoverInProgress",
        "failbackInProgress",
    ],
);

/// The product family of a plan.
pub(crate) static SERVICE_PLAN_TYPE: EnumType = beta("cloudPcServicePlanType", &["enterprise", "business", "unknownFutureValue"]);

/// The product that a Cloud PC belongs to.
pub(crate) static PRODUCT_TYPE: EnumType = beta(
    "cloudPcProductType",
    &[
        "enterprise",
        "frontline",
        "devBox",
        "powerAutomate",
        "business",
        "unknownFutureValue",
    ],
);

/// Whether a Frontline Cloud PC runs.
pub(crate) static POWER_STATE: EnumType = beta("cloudPcPowerState", &["running", "poweredOff", "unknownFutureValue"]);

/// The generation of Windows.
pub(crate) static OPERATING_SYSTEM: EnumType = both("cloudPcOperatingSystem", &["windows10", "windows11", "unknownFutureValue"]);

/// What a user may do on the own Cloud PC.
pub(crate) static USER_ACCOUNT_TYPE: EnumType = both("cloudPcUserAccountType", &["standardUser", "administrator", "unknownFutureValue"]);

/// How the disk is encrypted.
pub(crate) static DISK_ENCRYPTION_STATE: EnumType = beta(
    "cloudPcDiskEncryptionState",
    &[
        "notAvailable",
        "notEncrypted",
        "encryptedUsingPlatformManagedKey",
        "encryptedUsingCustomerManagedKey",
        "unknownFutureValue",
    ],
);

/// Whether a user can connect.
pub(crate) static CONNECTIVITY_STATUS: EnumType = beta(
    "cloudPcConnectivityStatus",
    &[
        "unknown",
        "available",
        "availableWithWarning",
        "unavailable",
        "unknownFutureValue",
        "underServiceMaintenance",
        "inUse",
    ],
);

/// How one check of the connectivity ended.
pub(crate) static CONNECTIVITY_EVENT_RESULT: EnumType = beta(
    "cloudPcConnectivityEventResult",
    &["unknown", "success", "failure", "unknownFutureValue"],
);

/// What can be done in a disaster at the moment.
pub(crate) static DISASTER_RECOVERY_CAPABILITY_TYPE: EnumType = beta(
    "cloudPcDisasterRecoveryCapabilityType",
    &["none", "failover", "failback", "unknownFutureValue"],
);

/// The licence for disaster recovery.
pub(crate) static DISASTER_RECOVERY_LICENSE_TYPE: EnumType = beta(
    "cloudPcDisasterRecoveryLicenseType",
    &["none", "standard", "unknownFutureValue", "plus"],
);

/// Whether a Frontline Cloud PC can be started.
pub(crate) static FRONTLINE_AVAILABILITY: EnumType = beta(
    "frontlineCloudPcAvailability",
    &["notApplicable", "available", "notAvailable", "unknownFutureValue"],
);

/// How far the installation of an agent is.
pub(crate) static PARTNER_AGENT_INSTALL_STATUS: EnumType = beta(
    "cloudPcPartnerAgentInstallStatus",
    &[
        "installed",
        "installFailed",
        "installing",
        "uninstalling",
        "uninstallFailed",
        "licensed",
        "unknownFutureValue",
    ],
);

/// The maker of an agent.
pub(crate) static PARTNER_AGENT_NAME: EnumType = beta("cloudPcPartnerAgentName", &["citrix", "unknownFutureValue", "vMware", "hp"]);

/// How far an action on a device is.
pub(crate) static ACTION_STATE: EnumType = both(
    "actionState",
    &["none", "pending", "canceled", "active", "done", "failed", "notSupported"],
);
