//! Object-shaped fields of a provisioning policy, each under the name of its Graph type.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::schema::{MEMBER, MEMBER_MESSAGE, not_nullable};

/// Windows settings of new Cloud PCs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct WindowsSetting {
    /// Language and region of Windows as a tag, such as `en-US` (Graph's default) or `de-DE`.
    #[schemars(length(min = 2, max = 35))]
    pub locale: String,
}

/// Enrolment in managed services of Microsoft.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct MicrosoftManagedDesktop {
    /// Level of the service: notManaged (Graph's default), premiumManaged, standardManaged, starterManaged.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub managed_type: String,
    /// Profile of the service; empty for notManaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub profile: Option<String>,
}

/// Windows Autopatch membership.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Autopatch {
    /// Id of the Autopatch group.
    #[schemars(length(min = 1, max = 64))]
    pub autopatch_group_id: String,
}

/// Windows Autopilot device preparation; Graph wants all of it or none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutopilotConfiguration {
    /// Id of the device preparation profile. Graph may refuse an id that was copied from another policy.
    #[schemars(length(min = 1, max = 64))]
    pub device_preparation_profile_id: String,
    /// Minutes that the preparation may take, 30 to 360.
    #[schemars(range(min = 30, max = 360))]
    pub application_timeout_in_minutes: i32,
    /// Whether users are kept out when the preparation fails or takes too long.
    pub on_failure_device_access_denied: bool,
}

/// What shared Cloud PCs keep of users' application settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct UserSettingsPersistenceConfiguration {
    /// Whether settings of applications are kept between sessions. Graph's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_settings_persistence_enabled: Option<bool>,
    /// Storage per user: fourGB (Graph's default), eightGB, sixteenGB, thirtyTwoGB, sixtyFourGB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub user_settings_persistence_storage_size_category: Option<String>,
}
