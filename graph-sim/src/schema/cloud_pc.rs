//! `cloudPC` and its complex types. A caller changes a Cloud PC by actions alone, so every property is the service's own.
//!
//! v1.0 has fifteen of the properties; status, power and connectivity are beta's.

use super::cloud_pc_enums::{
    ACTION_STATE, CLOUD_PC_STATUS, CONNECTIVITY_EVENT_RESULT, CONNECTIVITY_STATUS, DISASTER_RECOVERY_CAPABILITY_TYPE,
    DISASTER_RECOVERY_LICENSE_TYPE, DISK_ENCRYPTION_STATE, FRONTLINE_AVAILABILITY, OPERATING_SYSTEM, PARTNER_AGENT_INSTALL_STATUS,
    PARTNER_AGENT_NAME, POWER_STATE, PRODUCT_TYPE, SERVICE_PLAN_TYPE, USER_ACCOUNT_TYPE,
};
use super::enums::{PROVISIONING_TYPE, USER_EXPERIENCE_TYPE};
use super::shorthand::{id, read_only, read_only_beta, retired, same};
use super::types::{Fallback, Kind, Type};

/// A Cloud PC. What ends in `on_select` comes with `$select` alone (documented).
pub static CLOUD_PC: Type = Type::new(
    "cloudPC",
    &[
        id(),
        read_only("displayName", Kind::Text),
        read_only("aadDeviceId", Kind::Text),
        read_only("managedDeviceId", Kind::Text),
        read_only("managedDeviceName", Kind::Text),
        read_only("userPrincipalName", Kind::Text),
        read_only("imageDisplayName", Kind::Text),
        read_only("provisioningPolicyId", Kind::Text),
        read_only("provisioningPolicyName", Kind::Text),
        read_only("provisioningType", Kind::Enum(&PROVISIONING_TYPE)).or(Fallback::Text("dedicated")),
        read_only("onPremisesConnectionName", Kind::Text),
        read_only("servicePlanId", Kind::Text),
        read_only("servicePlanName", Kind::Text),
        read_only("gracePeriodEndDateTime", Kind::DateTime),
        // The code that stores a Cloud PC sets it; a fallback would hide that it did not.
        read_only("lastModifiedDateTime", Kind::DateTime).not_null(),
        // A seeded Cloud PC that says nothing else is a finished one (assumed).
        read_only_beta("status", Kind::Enum(&CLOUD_PC_STATUS))
            .not_null()
            .or(Fallback::Text("provisioned")),
        read_only_beta("statusDetail", Kind::Complex(&STATUS_DETAIL)),
        read_only_beta("statusDetails", Kind::Complex(&STATUS_DETAILS)).twin(same("statusDetail")),
        read_only_beta("servicePlanType", Kind::Enum(&SERVICE_PLAN_TYPE)).or(Fallback::Text("enterprise")),
        read_only_beta("productType", Kind::Enum(&PRODUCT_TYPE)).or(Fallback::Text("enterprise")),
        read_only_beta("userExperienceType", Kind::Enum(&USER_EXPERIENCE_TYPE)).or(Fallback::Text("cloudPc")),
        read_only_beta("provisionedDateTime", Kind::DateTime),
        read_only_beta("deviceRegionName", Kind::Text),
        read_only_beta("diskEncryptionState", Kind::Enum(&DISK_ENCRYPTION_STATE)).or(Fallback::Text("encryptedUsingPlatformManagedKey")),
        read_only_beta("allotmentDisplayName", Kind::Text),
        read_only_beta("scopeIds", Kind::Text).list().or(Fallback::Texts(&["0"])),
        read_only_beta("connectionSetting", Kind::Complex(&CONNECTION_SETTING)),
        read_only_beta("connectionSettings", Kind::Complex(&CONNECTION_SETTINGS)).twin(same("connectionSetting")),
        read_only_beta("groupDetail", Kind::Complex(&GROUP_DETAIL)),
        read_only_beta("userDetail", Kind::Complex(&USER_DETAIL)),
        read_only_beta("sharedDeviceDetail", Kind::Complex(&SHARED_DEVICE_DETAIL)),
        read_only_beta("partnerAgentInstallResults", Kind::Complex(&PARTNER_AGENT_INSTALL_RESULT)).list(),
        read_only_beta("isDisasterRecoveryActive", Kind::Boolean).or(Fallback::Flag(false)),
        read_only_beta("connectivityResult", Kind::Complex(&CONNECTIVITY_RESULT)).on_select(),
        read_only_beta("lastLoginResult", Kind::Complex(&LOGIN_RESULT)).on_select(),
        read_only_beta("lastLogoffDateTime", Kind::DateTime).on_select(),
        read_only_beta("lastRemoteActionResult", Kind::Complex(&REMOTE_ACTION_RESULT)).on_select(),
        read_only_beta("powerState", Kind::Enum(&POWER_STATE)).on_select(),
        read_only_beta("osVersion", Kind::Enum(&OPERATING_SYSTEM))
            .or(Fallback::Text("windows11"))
            .on_select(),
        read_only_beta("userAccountType", Kind::Enum(&USER_ACCOUNT_TYPE))
            .or(Fallback::Text("standardUser"))
            .on_select(),
        read_only_beta("disasterRecoveryCapability", Kind::Complex(&DISASTER_RECOVERY_CAPABILITY)).on_select(),
        retired("frontlineCloudPcAvailability", Kind::Enum(&FRONTLINE_AVAILABILITY)),
    ],
);

/// How many Cloud PCs have a status.
pub static STATUS_SUMMARY: Type = Type::new(
    "cloudPcStatusSummary",
    &[
        read_only_beta("status", Kind::Enum(&CLOUD_PC_STATUS)),
        read_only_beta("count", Kind::Int32),
    ],
);

/// Why a Cloud PC, or an action on one, is in its state.
pub(crate) static STATUS_DETAIL: Type = Type::new(
    "cloudPcStatusDetail",
    &[
        read_only_beta("code", Kind::Text),
        read_only_beta("message", Kind::Text),
        read_only_beta("additionalInformation", Kind::Complex(&KEY_VALUE_PAIR)).list(),
    ],
);

/// The old name of [`STATUS_DETAIL`].
pub(crate) static STATUS_DETAILS: Type = Type::new("cloudPcStatusDetails", STATUS_DETAIL.properties);

/// A name with a value.
static KEY_VALUE_PAIR: Type = Type::new(
    "keyValuePair",
    &[
        read_only_beta("name", Kind::Text).not_null().or(Fallback::Text("")),
        read_only_beta("value", Kind::Text),
    ],
);

/// How users sign in.
static CONNECTION_SETTING: Type = Type::new("cloudPcConnectionSetting", &[read_only_beta("enableSingleSignOn", Kind::Boolean)]);

/// The old name of [`CONNECTION_SETTING`].
static CONNECTION_SETTINGS: Type = Type::new("cloudPcConnectionSettings", CONNECTION_SETTING.properties);

/// The group of a Cloud PC that is shared.
static GROUP_DETAIL: Type = Type::new(
    "cloudPcEntraGroupDetail",
    &[
        read_only_beta("groupId", Kind::Text),
        read_only_beta("groupDisplayName", Kind::Text),
    ],
);

/// The user of a Cloud PC in reserve.
static USER_DETAIL: Type = Type::new(
    "cloudPcEntraUserDetail",
    &[read_only_beta("userId", Kind::Text), read_only_beta("userDisplayName", Kind::Text)],
);

/// Who uses a shared Cloud PC at the moment.
static SHARED_DEVICE_DETAIL: Type = Type::new(
    "cloudPcFrontlineSharedDeviceDetail",
    &[
        read_only_beta("assignedToUserPrincipalName", Kind::Text),
        read_only_beta("sessionStartDateTime", Kind::DateTime),
    ],
);

/// How the installation of a partner's agent ended.
static PARTNER_AGENT_INSTALL_RESULT: Type = Type::new(
    "cloudPcPartnerAgentInstallResult",
    &[
        read_only_beta("partnerAgentName", Kind::Enum(&PARTNER_AGENT_NAME)),
        read_only_beta("isThirdPartyPartner", Kind::Boolean),
        read_only_beta("installStatus", Kind::Enum(&PARTNER_AGENT_INSTALL_STATUS)),
        read_only_beta("errorMessage", Kind::Text),
        read_only_beta("retriable", Kind::Boolean),
    ],
);

/// Whether a user can connect, by the last checks.
static CONNECTIVITY_RESULT: Type = Type::new(
    "cloudPcConnectivityResult",
    &[
        read_only_beta("status", Kind::Enum(&CONNECTIVITY_STATUS)),
        read_only_beta("lastModifiedDateTime", Kind::DateTime),
        read_only_beta("updatedDateTime", Kind::DateTime).twin(same("lastModifiedDateTime")),
        read_only_beta("failedHealthCheckItems", Kind::Complex(&HEALTH_CHECK_ITEM)).list(),
    ],
);

/// One check of the connectivity.
static HEALTH_CHECK_ITEM: Type = Type::new(
    "cloudPcHealthCheckItem",
    &[
        read_only_beta("displayName", Kind::Text),
        read_only_beta("result", Kind::Enum(&CONNECTIVITY_EVENT_RESULT)),
        read_only_beta("lastHealthCheckDateTime", Kind::DateTime),
        read_only_beta("additionalDetails", Kind::Text),
    ],
);

/// The last sign-in.
static LOGIN_RESULT: Type = Type::new("cloudPcLoginResult", &[read_only_beta("time", Kind::DateTime)]);

/// How an action on a Cloud PC went.
pub(crate) static REMOTE_ACTION_RESULT: Type = Type::new(
    "cloudPcRemoteActionResult",
    &[
        read_only_beta("actionName", Kind::Text),
        read_only_beta("actionState", Kind::Enum(&ACTION_STATE)),
        read_only_beta("cloudPcId", Kind::Text),
        read_only_beta("managedDeviceId", Kind::Text),
        read_only_beta("startDateTime", Kind::DateTime),
        read_only_beta("lastUpdatedDateTime", Kind::DateTime),
        read_only_beta("statusDetail", Kind::Complex(&STATUS_DETAIL)),
        read_only_beta("statusDetails", Kind::Complex(&STATUS_DETAILS)).twin(same("statusDetail")),
    ],
);

/// Where a Cloud PC can be moved to in a disaster.
static DISASTER_RECOVERY_CAPABILITY: Type = Type::new(
    "cloudPcDisasterRecoveryCapability",
    &[
        read_only_beta("primaryRegion", Kind::Text),
        read_only_beta("secondaryRegion", Kind::Text),
        read_only_beta("capabilityType", Kind::Enum(&DISASTER_RECOVERY_CAPABILITY_TYPE)),
        read_only_beta("licenseType", Kind::Enum(&DISASTER_RECOVERY_LICENSE_TYPE)),
    ],
);
