//! Object-shaped fields of a provisioning policy, each under the name of its Graph type. A part that is null is not set.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::{MEMBER, MEMBER_MESSAGE, filled, not_nullable, visible};

/// Windows settings of new Cloud PCs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct WindowsSetting {
    /// Language and region of Windows as a tag, such as `en-US` (Graph's default) or `de-DE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 35), extend("nullable" = true))]
    pub locale: Option<String>,
}

/// Enrolment in managed services of Microsoft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct MicrosoftManagedDesktop {
    /// Level of the service: notManaged (Graph's default), premiumManaged, standardManaged, starterManaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub managed_type: Option<String>,
    /// Profile of the service. Empty: not set.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), extend("nullable" = true))]
    #[x_kube(validation = visible())]
    pub profile: Option<String>,
}

/// Windows Autopatch membership.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct Autopatch {
    /// Id of the Autopatch group. Empty: not set.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("nullable" = true))]
    pub autopatch_group_id: Option<String>,
}

/// Windows Autopilot device preparation; Graph wants all of it or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(validation = Rule::new("[has(self.devicePreparationProfileId) && self.devicePreparationProfileId != '', has(self.applicationTimeoutInMinutes), has(self.onFailureDeviceAccessDenied)].filter(given, given).size() in [0, 3]").message("devicePreparationProfileId, applicationTimeoutInMinutes and onFailureDeviceAccessDenied must be given together"))]
pub struct AutopilotConfiguration {
    /// Id of the device preparation profile. Graph may refuse an id that was copied from another policy.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("nullable" = true))]
    pub device_preparation_profile_id: Option<String>,
    /// Minutes that the preparation may take, 30 to 360.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 30, max = 360), extend("nullable" = true))]
    pub application_timeout_in_minutes: Option<i32>,
    /// Whether users are denied access when the preparation fails or takes too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub on_failure_device_access_denied: Option<bool>,
}

/// What shared Cloud PCs keep of users' application settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct UserSettingsPersistenceConfiguration {
    /// Whether settings of applications are kept between sessions. Graph's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub user_settings_persistence_enabled: Option<bool>,
    /// Storage per user: fourGB (Graph's default), eightGB, sixteenGB, thirtyTwoGB, sixtyFourGB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub user_settings_persistence_storage_size_category: Option<String>,
}
