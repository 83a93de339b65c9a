//! `ProvisioningPolicy`: a Cloud PC provisioning policy (Graph `cloudPcProvisioningPolicy`).
//!
//! A Graph property that the spec leaves out is neither compared nor written, so no field here may have a default.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{AssignmentOwnership, DeletionPolicy, LocalRef, Mode};
use super::schema::{IMMUTABLE, not_nullable};
use super::status::ManagedStatus;

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
    category = "cloudpc",
    derive = "PartialEq",
    cel,
    doc = "A Windows 365 provisioning policy: how the Cloud PCs of the assigned groups are made (image, network, language, join). Changing it affects Cloud PCs that are provisioned or reprovisioned afterwards, not those that exist.",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Drift","type":"string","jsonPath":".status.conditions[?(@.type==\"Drifted\")].status"}"#,
    printcolumn = r#"{"name":"Id","type":"string","jsonPath":".status.id","priority":1}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(
    validation = Rule::new("has(self.imageId) || has(self.imageDisplayName)").message("one of imageId and imageDisplayName must be given"),
    validation = Rule::new("!has(self.imageType) || self.imageType != 'custom' || (has(self.imageId) && has(self.imageDisplayName))").message("a custom image needs both imageId and imageDisplayName"),
    validation = Rule::new("has(self.provisioningType) == has(oldSelf.provisioningType) && (!has(self.provisioningType) || self.provisioningType == oldSelf.provisioningType)").message("provisioningType cannot be added, removed or changed: Graph fixes it when the policy is created"),
    validation = Rule::new("!has(self.autopatch) || (has(self.microsoftManagedDesktop) && self.microsoftManagedDesktop.managedType == 'starterManaged')").message("autopatch needs microsoftManagedDesktop.managedType starterManaged")
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
    /// Name of the policy in Graph, 1 to 120 characters, none of `<>()&|$'",;^` or a backtick, no space at either end. Renaming does not rename devices that exist; new ones get it as their enrolment profile name.
    #[schemars(length(min = 1, max = 120))]
    #[x_kube(
        validation = Rule::new("!self.matches('[<>()&|$\\'\",;^`]')").message("must not contain any of < > ( ) & | $ ' \" , ; ^ or a backtick"),
        validation = Rule::new("!self.matches('^\\\\s|\\\\s$')").message("must not start or end with a space")
    )]
    pub display_name: String,
    /// Free text, at most 1500 characters. An empty text is managed too: it clears the description.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1500))]
    pub description: Option<String>,
    /// Id of the image. Gallery image: `publisher_offer_sku`, from Graph `deviceManagement/virtualEndpoint/galleryImages`; custom image: the GUID from `deviceImages`. Left out: found by `imageDisplayName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub image_id: Option<String>,
    /// Name of the image as Windows 365 shows it, such as `Windows 11 Enterprise + Microsoft 365 Apps 25H2`. Without `imageId` it names a gallery image; with `imageId` it must be the name of that image. A custom image needs both.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub image_display_name: Option<String>,
    /// gallery: an image of the Windows 365 gallery; custom: an image that the organisation uploaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_type: Option<ImageType>,
    /// How and in which network Cloud PCs join the directory; the first is tried first, the others are alternatives in order.
    #[schemars(length(min = 1, max = 20))]
    pub domain_join_configurations: Vec<DomainJoinConfiguration>,
    /// Kind of licence the policy is for: dedicated (Enterprise), sharedByUser (Frontline dedicated), sharedByEntraGroup (Frontline shared), reserve; shared is the deprecated name of sharedByUser. Graph's default is dedicated. Cannot be added, removed or changed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_type: Option<ProvisioningType>,
    /// Windows settings of new Cloud PCs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows_setting: Option<WindowsSetting>,
    /// Whether users sign in once for the client and for Windows. Graph's default is false. Cloud PCs that exist keep what they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_single_sign_on: Option<bool>,
    /// Template of device names: letters, digits, hyphens, `%USERNAME:x%` (first x letters of the user name) and `%RAND:y%` (y random characters, at least 5, required). The resulting name has at most 15 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 5, max = 60))]
    #[x_kube(
        validation = Rule::new("self.matches('^([A-Za-z0-9-]|%USERNAME:[0-9]{1,2}%|%RAND:[0-9]{1,2}%)+$')").message("may contain letters, digits, hyphens, %USERNAME:x% and %RAND:y%"),
        validation = Rule::new("self.matches('%RAND:([5-9]|1[0-5])%')").message("must contain %RAND:y% with y of at least 5"),
        validation = Rule::new("!self.matches('^([A-Za-z0-9-]|%USERNAME:[0-9]{1,2}%|%RAND:[0-9]{1,2}%)+$') || self.split('%').map(part, part.startsWith('USERNAME:') ? int(part.substring(9)) : (part.startsWith('RAND:') ? int(part.substring(5)) : size(part))).sum() <= 15").message("must result in at most 15 characters")
    )]
    pub cloud_pc_naming_template: Option<String>,
    /// Whether users are administrators of their Cloud PCs. A UserSetting is the current way to say this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_admin_enabled: Option<bool>,
    /// Enrolment in managed services of Microsoft. An application may be refused (403) for anything but notManaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microsoft_managed_desktop: Option<MicrosoftManagedDesktop>,
    /// Windows Autopatch group of new Cloud PCs; only with managedType starterManaged. Microsoft documents that Graph accepts it from a signed-in Intune administrator only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autopatch: Option<Autopatch>,
}

/// Where an image comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "Graph's own literals")]
pub enum ImageType {
    Gallery,
    Custom,
}

/// Kind of licence that a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "Graph's own literals")]
pub enum ProvisioningType {
    Dedicated,
    Shared,
    SharedByUser,
    SharedByEntraGroup,
    Reserve,
}

/// How and in which network Cloud PCs join the directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
#[x_kube(
    validation = Rule::new("self.domainJoinType != 'hybridAzureADJoin' || (has(self.onPremisesConnectionId) && !has(self.regionName))").message("hybridAzureADJoin needs onPremisesConnectionId and no regionName"),
    validation = Rule::new("self.domainJoinType != 'azureADJoin' || has(self.onPremisesConnectionId) != has(self.regionName)").message("azureADJoin needs exactly one of onPremisesConnectionId and regionName"),
    validation = Rule::new("!has(self.regionGroup) || has(self.regionName)").message("regionGroup needs regionName")
)]
pub struct DomainJoinConfiguration {
    /// azureADJoin: Microsoft Entra join; hybridAzureADJoin: Microsoft Entra hybrid join.
    pub domain_join_type: DomainJoinType,
    /// Id (GUID) of an Azure network connection whose first health check has passed. Required for hybrid join.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub on_premises_connection_id: Option<String>,
    /// Azure region of the Microsoft-hosted network, such as `westeurope`, or `automatic` together with `regionGroup`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub region_name: Option<String>,
    /// Group of regions that Windows 365 chooses from when `regionName` is `automatic`, such as `europeUnion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub region_group: Option<String>,
}

/// How a Cloud PC joins the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "Graph's own literals")]
pub enum DomainJoinType {
    #[serde(rename = "azureADJoin")]
    AzureADJoin,
    #[serde(rename = "hybridAzureADJoin")]
    HybridAzureADJoin,
}

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
    /// Level of the service; Graph's default is notManaged.
    pub managed_type: ManagedType,
    /// Profile of the service; empty for notManaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub profile: Option<String>,
}

/// Level of a managed service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "Graph's own literals")]
pub enum ManagedType {
    NotManaged,
    PremiumManaged,
    StandardManaged,
    StarterManaged,
}

/// Windows Autopatch membership.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Autopatch {
    /// Id of the Autopatch group.
    #[schemars(length(min = 1, max = 64))]
    pub autopatch_group_id: String,
}
