//! `UserSetting`: a Cloud PC user setting (Graph `cloudPcUserSetting`).
//!
//! A Graph property that the spec leaves out is neither compared nor written, so no field here may have a default.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use crate::api::common::{AssignmentOwnership, DeletionPolicy, LocalRef, Mode};
use crate::api::disaster_recovery::CrossRegionDisasterRecoverySetting;
use crate::api::schema::{IMMUTABLE, MEMBER, MEMBER_MESSAGE, not_nullable, tidy, visible};
use crate::api::status::ManagedStatus;

/// Desired state of a user setting. A Graph property that is left out is not managed: neither compared nor written.
#[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[kube(
    group = "cloudpc.dev",
    version = "v1alpha1",
    kind = "UserSetting",
    namespaced,
    status = "ManagedStatus",
    shortname = "cpus",
    category = "windows365",
    derive = "PartialEq",
    cel,
    doc = "A Windows 365 user setting: what the users of the assigned groups may do with their Cloud PCs, and how often restore points are taken. For a user that several settings reach, the one that was created last counts.",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].reason"}"#,
    printcolumn = r#"{"name":"Drift","type":"string","jsonPath":".status.conditions[?(@.type==\"Drifted\")].status"}"#,
    printcolumn = r#"{"name":"Tenant","type":"string","jsonPath":".spec.tenantRef.name","priority":1}"#,
    printcolumn = r#"{"name":"Groups","type":"integer","jsonPath":".status.assignedGroups","priority":1}"#,
    printcolumn = r#"{"name":"Id","type":"string","jsonPath":".status.id","priority":1}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Message","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].message","priority":1}"#
)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct UserSettingSpec {
    /// The EntraTenant that the setting belongs to. Cannot be changed.
    #[x_kube(validation = Rule::new(IMMUTABLE).message("tenantRef cannot be changed; create another object"))]
    pub tenant_ref: LocalRef,
    /// Enforce (default) writes to Graph; Observe only reports. The tenant's mode wins when it is Observe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// True: nothing is read or written for this object until it is set back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// What happens to the setting in Graph when this object is deleted: Delete (default) removes it, Orphan leaves it as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// Shared (default) touches only groups that Assignments declare or once declared; Exclusive removes every other group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment_ownership: Option<AssignmentOwnership>,
    /// Name of the setting in Graph, 1 to 256 characters, no space at either end.
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(validation = tidy(), validation = visible())]
    pub display_name: String,
    /// Whether users are administrators of their Cloud PCs, from their next sign-in on. Graph's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub local_admin_enabled: Option<bool>,
    /// Whether users may reprovision their own Cloud PC, which erases it. Graph's default is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub reset_enabled: Option<bool>,
    /// Restore points of Cloud PCs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub restore_point_setting: Option<RestorePointSetting>,
    /// Disaster recovery of Cloud PCs in another region. To turn it off, set `disasterRecoveryType: notConfigured`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub cross_region_disaster_recovery_setting: Option<CrossRegionDisasterRecoverySetting>,
    /// What a Cloud PC of the users is made from: image (Graph's default) or snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub provisioning_source_type: Option<String>,
}

/// Restore points of Cloud PCs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = not_nullable)]
pub struct RestorePointSetting {
    /// Time between two restore points: default (Graph's default, the same as twelveHours), fourHours, sixHours, twelveHours, sixteenHours, twentyFourHours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), extend("nullable" = true))]
    #[x_kube(validation = Rule::new(MEMBER).message(MEMBER_MESSAGE))]
    pub frequency_type: Option<String>,
    /// Whether users may restore their own Cloud PC to a restore point.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub user_restore_enabled: Option<bool>,
}
