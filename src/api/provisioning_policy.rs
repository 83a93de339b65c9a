//! `ProvisioningPolicy`: a Cloud PC provisioning policy (Graph `cloudPcProvisioningPolicy`).
//!
//! A Graph property that the spec leaves out is neither compared nor written, so no field here may have a default.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use crate::api::common::{AssignmentOwnership, DeletionPolicy, LocalRef, Mode, Safety};
use crate::api::domain_join::DomainJoinConfiguration;
use crate::api::policy_parts::{
    Autopatch, AutopilotConfiguration, MicrosoftManagedDesktop, UserSettingsPersistenceConfiguration, WindowsSetting,
};
use crate::api::schema::{IMMUTABLE, MEMBER, MEMBER_MESSAGE, filled_or_null, not_nullable, or_null, tidy, visible, visible_lines};
use crate::api::status::ManagedStatus;

/// For Cloud PCs that are not shared, Graph accepts no configuration of persistence. Exports have one with the value false.
const KEEPS_NOTHING_OR_SHARED: &str = concat!(
    "!has(self.userSettingsPersistenceConfiguration) || ",
    "(has(self.provisioningType) && self.provisioningType == 'sharedByEntraGroup') || ",
    "(has(self.userSettingsPersistenceConfiguration.userSettingsPersistenceEnabled) ? ",
    "!self.userSettingsPersistenceConfiguration.userSettingsPersistenceEnabled : ",
    "!has(self.userSettingsPersistenceConfiguration.userSettingsPersistenceStorageSizeCategory))",
);
/// An Autopatch group needs one level of management.
const NO_GROUP_OR_MANAGED: &str = concat!(
    "!has(self.autopatch) || !has(self.autopatch.autopatchGroupId) || self.autopatch.autopatchGroupId == '' || ",
    "(has(self.microsoftManagedDesktop) && has(self.microsoftManagedDesktop.managedType) && ",
    "self.microsoftManagedDesktop.managedType == 'starterManaged')",
);

/// Desired state of a provisioning policy. A Graph property that is left out is not managed: neither compared nor written.
#[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[kube(
    group = "cloudpc.dev",
    version = "v1alpha1",
    kind = "ProvisioningPolicy",
    plural = "provisioningpolicies",
    namespaced,
    status = "ManagedStatus",
    shortname = "cpp",
    category = "windows365",
    derive = "PartialEq",
    cel,
    doc = "A Windows 365 provisioning policy: how the Cloud PCs of the assigned groups are created (image, network, language, join). Changing it affects Cloud PCs that are provisioned or reprovisioned afterwards, not those that exist.",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"AtRisk","type":"integer","jsonPath":".status.plan.risk.cloudPCsAtRisk"}"#,
    printcolumn = r#"{"name":"Drift","type":"string","jsonPath":".status.conditions[?(@.type==\"Drifted\")].status"}"#,
    printcolumn = r#"{"name":"Tenant","type":"string","jsonPath":".spec.tenantRef.name","priority":1}"#,
    printcolumn = r#"{"name":"Image","type":"string","jsonPath":".status.resolved.image.displayName","priority":1}"#,
    printcolumn = r#"{"name":"Type","type":"string","jsonPath":".spec.provisioningType","priority":1}"#,
    printcolumn = r#"{"name":"Groups","type":"integer","jsonPath":".status.assignedGroups","priority":1}"#,
    printcolumn = r#"{"name":"Id","type":"string","jsonPath":".status.id","priority":1}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Message","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].message","priority":1}"#
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(
    validation = Rule::new("has(self.imageId) || has(self.imageDisplayName)").message("one of imageId and imageDisplayName must be given"),
    validation = Rule::new("!has(self.imageType) || self.imageType != 'custom' || !has(self.imageId) || self.imageId.matches('^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$')").message("imageId of a custom image must be a GUID"),
    validation = Rule::new("!has(self.imageVersion) || (has(self.imageType) && self.imageType == 'custom' && has(self.imageDisplayName) && !has(self.imageId))").message("imageVersion goes with imageType custom and imageDisplayName, without imageId"),
    validation = Rule::new("has(self.provisioningType) == has(oldSelf.provisioningType) && (!has(self.provisioningType) || self.provisioningType == oldSelf.provisioningType)").message("provisioningType cannot be added, removed or changed: Graph fixes it when the policy is created"),
    validation = Rule::new("has(self.userExperienceType) == has(oldSelf.userExperienceType) && (!has(self.userExperienceType) || self.userExperienceType == oldSelf.userExperienceType)").message("userExperienceType cannot be added, removed or changed: Graph fixes it when the policy is created"),
    validation = Rule::new("has(self.scopeIds) == has(oldSelf.scopeIds) && (!has(self.scopeIds) || self.scopeIds == oldSelf.scopeIds)").message("scopeIds cannot be added, removed or changed: Graph takes them only when the policy is created"),
    validation = Rule::new("!has(self.userExperienceType) || self.userExperienceType != 'cloudApp' || (has(self.provisioningType) && self.provisioningType == 'sharedByEntraGroup')").message("userExperienceType cloudApp needs provisioningType sharedByEntraGroup"),
    validation = Rule::new(KEEPS_NOTHING_OR_SHARED).message("userSettingsPersistenceConfiguration needs provisioningType sharedByEntraGroup, unless userSettingsPersistenceEnabled is false"),
    validation = Rule::new(NO_GROUP_OR_MANAGED).message("autopatch needs microsoftManagedDesktop.managedType starterManaged")
)]
pub struct ProvisioningPolicySpec {
    /// The EntraTenant that the policy belongs to. Cannot be changed.
    #[x_kube(validation = Rule::new(IMMUTABLE).message("tenantRef cannot be changed; create another object"))]
    pub tenant_ref: LocalRef,
    /// Enforce (default) writes to Graph; Observe only reports. The tenant's mode wins when it is Observe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// True: nothing is read or written for this object until it is set back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// What happens to the policy in Graph when this object is deleted. Delete (default) removes its assignments and then the policy: the Cloud PCs that it provisioned enter a grace period of 7 days and are then deleted with their data. Orphan leaves it as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// Shared (default) touches only groups that Assignments declare or once declared; Exclusive removes every other group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment_ownership: Option<AssignmentOwnership>,
    /// Lowers the tenant's limit of Cloud PCs at risk for this policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety: Option<Safety>,
    /// Name of the policy in Graph, 1 to 120 characters, none of `<>()&|$'",;^` or a backtick, no space at either end. Renaming does not rename devices that exist; new ones get it as their enrolment profile name.
    #[schemars(length(min = 1, max = 120))]
    #[x_kube(
        validation = Rule::new("!self.matches('[<>()&|$\\'\",;^`]')").message("must not contain any of < > ( ) & | $ ' \" , ; ^ or a backtick"),
        validation = tidy(),
        validation = visible()
    )]
    pub display_name: String,
    /// Free text, at most 1500 characters. An empty text is managed too: it clears the description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1500), extend("nullable" = true))]
    #[x_kube(validation = visible_lines())]
    pub description: Option<String>,
    /// Id of the image. Gallery image: `publisher_offer_sku`, from Graph `deviceManagement/virtualEndpoint/galleryImages`; custom image: the GUID from `deviceImages`. Left out: found by `imageDisplayName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub image_id: Option<String>,
    /// Name of the image as Windows 365 shows it, such as `Windows 11 Enterprise + Microsoft 365 Apps 25H2`. Without `imageId` it names an image of the gallery, or with `imageType` custom one that the organisation uploaded; with `imageId` it must be the name of that image.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = visible())]
    pub image_display_name: Option<String>,
    /// Version of the custom image, such as `1.0.3`, where several have the same `imageDisplayName`. Not a property of the policy in Graph: it only helps to find the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = visible())]
    pub image_version: Option<String>,
    /// gallery (default): an image of the Windows 365 gallery; custom: an image that the organisation uploaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub image_type: Option<String>,
    /// How and in which network Cloud PCs join the directory; the first is tried first, the others are alternatives in order.
    #[schemars(length(min = 1, max = 20))]
    pub domain_join_configurations: Vec<DomainJoinConfiguration>,
    /// Kind of licence the policy is for: dedicated (Enterprise), sharedByUser (Frontline dedicated), sharedByEntraGroup (Frontline shared), reserve; shared is the deprecated name of sharedByUser. Graph's default is dedicated. Cannot be added, removed or changed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub provisioning_type: Option<String>,
    /// What users get: cloudPc (Graph's default), a whole desktop; cloudApp, single applications, only with sharedByEntraGroup. Cannot be added, removed or changed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub user_experience_type: Option<String>,
    /// Windows settings of new Cloud PCs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub windows_setting: Option<WindowsSetting>,
    /// Whether users sign in once for the client and for Windows. Graph's default is false. Cloud PCs that exist keep what they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub enable_single_sign_on: Option<bool>,
    /// Template of device names: letters, digits, hyphens, `%USERNAME:x%` (first x letters of the user name) and `%RAND:y%` (y random characters, at least 5, required). The resulting name has at most 15 characters. null or empty: no template.
    #[serde(default, deserialize_with = "filled_or_null", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 60), extend("nullable" = true))]
    #[x_kube(
        validation = Rule::new("self == '' || self.matches('^([A-Za-z0-9-]|%USERNAME:[0-9]{1,2}%|%RAND:[0-9]{1,2}%)+$')").message("may contain letters, digits, hyphens, %USERNAME:x% and %RAND:y%"),
        validation = Rule::new("self == '' || self.matches('%RAND:([5-9]|1[0-5])%')").message("must contain %RAND:y% with y of at least 5"),
        validation = Rule::new("!self.matches('^([A-Za-z0-9-]|%USERNAME:[0-9]{1,2}%|%RAND:[0-9]{1,2}%)+$') || self.split('%').map(part, part.startsWith('USERNAME:') ? int(part.substring(9)) : (part.startsWith('RAND:') ? int(part.substring(5)) : size(part))).sum() <= 15").message("must result in at most 15 characters")
    )]
    pub cloud_pc_naming_template: Option<Option<String>>,
    /// Whether users are administrators of their Cloud PCs. A UserSetting is the current way to set this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub local_admin_enabled: Option<bool>,
    /// Enrolment in managed services of Microsoft. An application may be refused (403) for anything but notManaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub microsoft_managed_desktop: Option<MicrosoftManagedDesktop>,
    /// Windows Autopatch group of new Cloud PCs; only with managedType starterManaged. Microsoft documents that Graph accepts it from a signed-in Intune administrator only. null: no group.
    #[serde(default, deserialize_with = "or_null", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub autopatch: Option<Option<Autopatch>>,
    /// Windows Autopilot device preparation of new Cloud PCs. null: none.
    #[serde(default, deserialize_with = "or_null", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub autopilot_configuration: Option<Option<AutopilotConfiguration>>,
    /// Whether shared Cloud PCs keep what users set in their applications; only with sharedByEntraGroup, or with `userSettingsPersistenceEnabled: false`, which has no effect elsewhere. null: nothing is kept.
    #[serde(default, deserialize_with = "or_null", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub user_settings_persistence_configuration: Option<Option<UserSettingsPersistenceConfiguration>>,
    /// Ids of Intune scope tags, such as `0` for the default tag. Cannot be added, removed or changed later: Graph takes them only when the policy is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 64)))]
    pub scope_ids: Option<Vec<String>>,
}
