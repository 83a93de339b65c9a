//! `cloudPC` and its complex types. A caller changes a Cloud PC by actions alone, so every property is the service's own.
//!
//! v1.0 has fifteen of the properties; status, power and connectivity are beta's.

use super::cloud_pc_enums::{
    ACTION_STATE, CLOUD_PC_STATUS, CONNECTIVITY_EVENT_RESULT, CONNECTIVITY_STATUS, DISASTER_RECOVERY_CAPABILITY_TYPE,
    DISASTER_RECOVERY_LICENSE_TYPE, DISK_ENCRYPTION_STATE, FRONTLINE_AVAILABILITY, OPERATING_SYSTEM, PARTNER_AGENT_INSTALL_STATUS,
    PARTNER_AGENT_NAME, POWER_STATE, PRODUCT_TYPE, SERVICE_PLAN_TYPE, USER_ACCOUNT_TYPE,
};
use super::enums::{PROVISIONING_TYPE, USER_EXPERIENCE_TYPE};
use super::shorthand::{given, id, preview, retired, same};
use super::types::{Fallback, Kind, Type};

/// A Cloud PC. What ends in `on_select` comes with `$select` alone (documented).
pub static CLOUD_PC: Type = Type::new(
    "cloudPC",
    &[
        id(),
        given("displayName", Kind::Text),
        given("aadDeviceId", Kind::Text),
        given("managedDeviceId", Kind::Text),
        given("managedDeviceName", Kind::Text),
        given("userPrincipalName", Kind::Text),
        given("imageDisplayName", Kind::Text),
        given("provisioningPolicyId", Kind::Text),
        given("provisioningPolicyName", Kind::Text),
        given("provisioningType", Kind::Enum(&PROVISIONING_TYPE)).or(Fallback::Text("dedicated")),
        given("onPremisesConnectionName", Kind::Text),
        given("servicePlanId", Kind::Text),
        given("servicePlanName", Kind::Text),
        given("gracePeriodEndDateTime", Kind::DateTime),
        // The code that stores a Cloud PC sets it; a fallback would hide that it did not.
        given("lastModifiedDateTime", Kind::DateTime).not_null(),
        // A seeded Cloud PC that says nothing else is a finished one (assumed).
        preview("status", Kind::Enum(&CLOUD_PC_STATUS))
            .not_null()
            .or(Fallback::Text("provisioned")),
        preview("statusDetail", Kind::Complex(&STATUS_DETAIL)),
        preview("statusDetails", Kind::Complex(&STATUS_DETAILS)).twin(same("statusDetail")),
        preview("servicePlanType", Kind::Enum(&SERVICE_PLAN_TYPE)).or(Fallback::Text("enterprise")),
        preview("productType", Kind::Enum(&PRODUCT_TYPE)).or(Fallback::Text("enterprise")),
        preview("userExperienceType", Kind::Enum(&USER_EXPERIENCE_TYPE)).or(Fallback::Text("cloudPc")),
        preview("provisionedDateTime", Kind::DateTime),
        preview("deviceRegionName", Kind::Text),
        preview("diskEncryptionState", Kind::Enum(&DISK_ENCRYPTION_STATE)).or(Fallback::Text("encryptedUsingPlatformManagedKey")),
        preview("allotmentDisplayName", Kind::Text),
        preview("scopeIds", Kind::Text).list().or(Fallback::Texts(&["0"])),
        preview("connectionSetting", Kind::Complex(&CONNECTION_SETTING)),
        preview("connectionSettings", Kind::Complex(&CONNECTION_SETTINGS)).twin(same("connectionSetting")),
        preview("groupDetail", Kind::Complex(&GROUP_DETAIL)),
        preview("userDetail", Kind::Complex(&USER_DETAIL)),
        preview("sharedDeviceDetail", Kind::Complex(&SHARED_DEVICE_DETAIL)),
        preview("partnerAgentInstallResults", Kind::Complex(&PARTNER_AGENT_INSTALL_RESULT)).list(),
        preview("isDisasterRecoveryActive", Kind::Boolean).or(Fallback::Flag(false)),
        preview("connectivityResult", Kind::Complex(&CONNECTIVITY_RESULT)).on_select(),
        preview("lastLoginResult", Kind::Complex(&LOGIN_RESULT)).on_select(),
        preview("lastLogoffDateTime", Kind::DateTime).on_select(),
        preview("lastRemoteActionResult", Kind::Complex(&REMOTE_ACTION_RESULT)).on_select(),
        preview("powerState", Kind::Enum(&POWER_STATE)).on_select(),
        preview("osVersion", Kind::Enum(&OPERATING_SYSTEM))
            .or(Fallback::Text("windows11"))
            .on_select(),
        preview("userAccountType", Kind::Enum(&USER_ACCOUNT_TYPE))
            .or(Fallback::Text("standardUser"))
            .on_select(),
        preview("disasterRecoveryCapability", Kind::Complex(&DISASTER_RECOVERY_CAPABILITY)).on_select(),
        retired("frontlineCloudPcAvailability", Kind::Enum(&FRONTLINE_AVAILABILITY)),
    ],
);

/// Why a Cloud PC, or an action on one, is in its state.
pub static STATUS_DETAIL: Type = Type::new(
    "cloudPcStatusDetail",
    &[
        preview("code", Kind::Text),
        preview("message", Kind::Text),
        preview("additionalInformation", Kind::Complex(&KEY_VALUE_PAIR)).list(),
    ],
);

/// The old name of [`STATUS_DETAIL`].
pub static STATUS_DETAILS: Type = Type::new("cloudPcStatusDetails", STATUS_DETAIL.properties);

/// A name with a value.
pub static KEY_VALUE_PAIR: Type = Type::new(
    "keyValuePair",
    &[
        preview("name", Kind::Text).not_null().or(Fallback::Text("")),
        preview("value", Kind::Text),
    ],
);

/// How users sign in.
pub static CONNECTION_SETTING: Type = Type::new("cloudPcConnectionSetting", &[preview("enableSingleSignOn", Kind::Boolean)]);

/// The old name of [`CONNECTION_SETTING`].
pub static CONNECTION_SETTINGS: Type = Type::new("cloudPcConnectionSettings", CONNECTION_SETTING.properties);

/// The group of a Cloud PC that is shared.
pub static GROUP_DETAIL: Type = Type::new(
    "cloudPcEntraGroupDetail",
    &[preview("groupId", Kind::Text), preview("groupDisplayName", Kind::Text)],
);

/// The user of a Cloud PC that is held in reserve.
pub static USER_DETAIL: Type = Type::new(
    "cloudPcEntraUserDetail",
    &[preview("userId", Kind::Text), preview("userDisplayName", Kind::Text)],
);

/// Who uses a shared Cloud PC at the moment.
pub static SHARED_DEVICE_DETAIL: Type = Type::new(
    "cloudPcFrontlineSharedDeviceDetail",
    &[
        preview("assignedToUserPrincipalName", Kind::Text),
        preview("sessionStartDateTime", Kind::DateTime),
    ],
);

/// How the installation of a partner's agent ended.
pub static PARTNER_AGENT_INSTALL_RESULT: Type = Type::new(
    "cloudPcPartnerAgentInstallResult",
    &[
        preview("partnerAgentName", Kind::Enum(&PARTNER_AGENT_NAME)),
        preview("isThirdPartyPartner", Kind::Boolean),
        preview("installStatus", Kind::Enum(&PARTNER_AGENT_INSTALL_STATUS)),
        preview("errorMessage", Kind::Text),
        preview("retriable", Kind::Boolean),
    ],
);

/// Whether a user can connect, by the last checks.
pub static CONNECTIVITY_RESULT: Type = Type::new(
    "cloudPcConnectivityResult",
    &[
        preview("status", Kind::Enum(&CONNECTIVITY_STATUS)),
        preview("lastModifiedDateTime", Kind::DateTime),
        preview("updatedDateTime", Kind::DateTime).twin(same("lastModifiedDateTime")),
        preview("failedHealthCheckItems", Kind::Complex(&HEALTH_CHECK_ITEM)).list(),
    ],
);

/// One check of the connectivity.
pub static HEALTH_CHECK_ITEM: Type = Type::new(
    "cloudPcHealthCheckItem",
    &[
        preview("displayName", Kind::Text),
        preview("result", Kind::Enum(&CONNECTIVITY_EVENT_RESULT)),
        preview("lastHealthCheckDateTime", Kind::DateTime),
        preview("additionalDetails", Kind::Text),
    ],
);

/// The last sign-in.
pub static LOGIN_RESULT: Type = Type::new("cloudPcLoginResult", &[preview("time", Kind::DateTime)]);

/// How an action on a Cloud PC went.
pub static REMOTE_ACTION_RESULT: Type = Type::new(
    "cloudPcRemoteActionResult",
    &[
        preview("actionName", Kind::Text),
        preview("actionState", Kind::Enum(&ACTION_STATE)),
        preview("cloudPcId", Kind::Text),
        preview("managedDeviceId", Kind::Text),
        preview("startDateTime", Kind::DateTime),
        preview("lastUpdatedDateTime", Kind::DateTime),
        preview("statusDetail", Kind::Complex(&STATUS_DETAIL)),
        preview("statusDetails", Kind::Complex(&STATUS_DETAILS)).twin(same("statusDetail")),
    ],
);

/// Where a Cloud PC can be moved to in a disaster.
pub static DISASTER_RECOVERY_CAPABILITY: Type = Type::new(
    "cloudPcDisasterRecoveryCapability",
    &[
        preview("primaryRegion", Kind::Text),
        preview("secondaryRegion", Kind::Text),
        preview("capabilityType", Kind::Enum(&DISASTER_RECOVERY_CAPABILITY_TYPE)),
        preview("licenseType", Kind::Enum(&DISASTER_RECOVERY_LICENSE_TYPE)),
    ],
);
