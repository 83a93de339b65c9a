//! The other half of the property table: what Graph's types have and this crate never compares and
//! never writes, each with the reason. Together with [`crate::graph::types::properties`] it names every property
//! of the types concerned; the reference in `docs/` is made from both, and a test finds what is
//! missing.

use Standing::{Deprecated, ReadOnly, Refused};

/// Why a property is not managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The service sets it.
    ReadOnly,
    /// Microsoft has replaced or withdrawn it.
    Deprecated,
    /// It could be written and deliberately is not.
    Refused,
}

/// A property of a Graph type that is not managed.
#[derive(Debug, Clone, Copy)]
pub struct Unmanaged {
    /// The type, without `microsoft.graph.`.
    pub of: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Why not, in one word.
    pub standing: Standing,
    /// Why not, in a sentence.
    pub reason: &'static str,
}

const fn line(of: &'static str, name: &'static str, standing: Standing, reason: &'static str) -> Unmanaged {
    Unmanaged {
        of,
        name,
        standing,
        reason,
    }
}

const POLICY: &str = "cloudPcProvisioningPolicy";
const SETTING: &str = "cloudPcUserSetting";
const BOUND: &str = "the groups that `Assignment`s declare; written with `assign`";

/// Every property that is not managed, type by type. Facts: fact sheet 3.1, 3.1.1, 3.1.2, 3.2 and
/// 13; Microsoft's OpenAPI descriptions.
pub const UNMANAGED: &[Unmanaged] = &[
    line(POLICY, "id", ReadOnly, "given by the service; `status.id`"),
    line(POLICY, "alternateResourceUrl", ReadOnly, "a link that the service makes"),
    line(POLICY, "assignments", ReadOnly, BOUND),
    line(POLICY, "cloudPcGroupDisplayName", ReadOnly, "a name that the service makes"),
    line(POLICY, "createdBy", ReadOnly, "who created it"),
    line(POLICY, "createdDateTime", ReadOnly, "when it was created"),
    line(POLICY, "gracePeriodInHours", ReadOnly, "fixed by the service"),
    line(POLICY, "lastModifiedBy", ReadOnly, "who changed it"),
    line(POLICY, "lastModifiedDateTime", ReadOnly, "when it was changed"),
    line(
        POLICY,
        "managedBy",
        Refused,
        "names the product that owns the policy; only those of `windows365` are listed here, so another value would lose the policy",
    ),
    line(
        POLICY,
        "snapshotResetMode",
        Refused,
        "undocumented: neither its default nor its effect on desktops is known",
    ),
    line(POLICY, "windowsSettings", Deprecated, "since 2024-01-31; `windowsSetting`"),
    line(
        "cloudPcDomainJoinConfiguration",
        "geographicLocationType",
        ReadOnly,
        "derived from the region",
    ),
    line("cloudPcDomainJoinConfiguration", "type", Deprecated, "`domainJoinType`"),
    line("microsoftManagedDesktop", "type", Deprecated, "`managedType`"),
    line(SETTING, "id", ReadOnly, "given by the service; `status.id`"),
    line(SETTING, "assignments", ReadOnly, BOUND),
    line(SETTING, "createdDateTime", ReadOnly, "when it was created"),
    line(SETTING, "lastModifiedDateTime", ReadOnly, "when it was changed"),
    line(
        SETTING,
        "notificationSetting",
        Deprecated,
        "dropped on 2026-07-14; what no answer shows cannot be compared",
    ),
    line(
        SETTING,
        "selfServiceEnabled",
        Deprecated,
        "without effect since 2023-12-01; `resetEnabled`",
    ),
    line(
        "cloudPcRestorePointSetting",
        "frequencyInHours",
        Deprecated,
        "since 2024-01-31; `frequencyType`",
    ),
    line(
        "cloudPcCrossRegionDisasterRecoverySetting",
        "crossRegionDisasterRecoveryEnabled",
        Deprecated,
        "since 2025-02-11; `disasterRecoveryType`",
    ),
    line(
        "cloudPcProvisioningPolicyAssignment",
        "id",
        ReadOnly,
        "given by the service; repeated for entries that stay, so that an allotment keeps its identity",
    ),
    line(
        "cloudPcProvisioningPolicyAssignment",
        "assignedUsers",
        ReadOnly,
        "computed from group, licence and policy",
    ),
    line(
        "cloudPcProvisioningPolicyAssignment",
        "userSettingsPersistenceDetail",
        ReadOnly,
        "what the service keeps for users",
    ),
    line(
        "cloudPcUserSettingAssignment",
        "id",
        ReadOnly,
        "given by the service; repeated for entries that stay",
    ),
    line("cloudPcUserSettingAssignment", "createdDateTime", ReadOnly, "when it was created"),
];
