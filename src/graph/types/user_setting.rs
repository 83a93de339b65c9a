//! `cloudPcUserSetting`: what users may do with their Cloud PCs, and how those are restored.
//! See <https://learn.microsoft.com/graph/api/resources/cloudpcusersetting?view=graph-rest-beta>.

use crate::graph::types::equivalence::Equivalence;
use crate::graph::types::permission::WRITE_CLOUD_PC;
use crate::graph::types::region_group::REGION_GROUP;
use crate::graph::types::table::Exclusion::{Deprecated, ReadOnly};
use crate::graph::types::table::{
    ApiVersion, GraphType, OpenEnum, Part, Property, Shape, Unmanaged, labels, line, member, of, part, scalar,
};

pub(crate) const TYPE: GraphType = GraphType {
    segment: "userSettings",
    singular: "user setting",
    plural: "user settings",
    labels: labels!("UserSetting", "UserSettings"),
    // Disaster recovery and the provisioning source exist only there.
    read_version: ApiVersion::Beta,
    assignable: true,
    updatable: true,
    deletable: true,
    has_cloud_pcs: false,
    write: WRITE_CLOUD_PC,
    properties: PROPERTIES,
    unmanaged: UNMANAGED,
};

const FREQUENCY_TYPE: OpenEnum = OpenEnum::new(
    &["default", "fourHours", "sixHours", "twelveHours", "sixteenHours", "twentyFourHours"],
    &[],
    Equivalence::FrequencyType,
);

const DISASTER_RECOVERY_TYPE: OpenEnum = OpenEnum::new(
    &[],
    &["notConfigured", "crossRegion", "premium"],
    Equivalence::Default("notConfigured"),
);

/// null works as `image`.
const PROVISIONING_SOURCE_TYPE: OpenEnum = OpenEnum::new(&[], &["image", "snapshot"], Equivalence::Default("image"));

/// One of two types; its properties say which one.
const RECOVERY_NETWORK: &[Part] = &[
    part("onPremisesConnectionId", Equivalence::CaseInsensitive),
    part("regionName", Equivalence::Text),
    member("regionGroup", &REGION_GROUP),
];

const PROPERTIES: &[Property] = &[
    scalar("displayName", Equivalence::Exact),
    scalar("localAdminEnabled", Equivalence::Flag),
    scalar("resetEnabled", Equivalence::Flag),
    of(
        "restorePointSetting",
        Shape::Object(&[
            member("frequencyType", &FREQUENCY_TYPE),
            // No source documents what null means, so it equals nothing else.
            part("userRestoreEnabled", Equivalence::Exact),
        ]),
    ),
    of(
        "crossRegionDisasterRecoverySetting",
        Shape::Object(&[
            member("disasterRecoveryType", &DISASTER_RECOVERY_TYPE),
            // Documented as false by default and observed as true, so null equals neither.
            part("maintainCrossRegionRestorePointEnabled", Equivalence::Exact),
            part("userInitiatedDisasterRecoveryAllowed", Equivalence::Flag),
            Part {
                name: "disasterRecoveryNetworkSetting",
                shape: Shape::Object(RECOVERY_NETWORK),
            },
        ]),
    )
    .beta(),
    of("provisioningSourceType", Shape::Enum(&PROVISIONING_SOURCE_TYPE)).beta(),
];

const SELF: &str = "cloudPcUserSetting";

#[rustfmt::skip]
const UNMANAGED: &[Unmanaged] = &[
    line(SELF, "id", ReadOnly, "given by the service; `status.id`"),
    line(SELF, "assignments", ReadOnly, "the groups that `Assignment`s declare; written with `assign`"),
    line(SELF, "createdDateTime", ReadOnly, "when it was created"),
    line(SELF, "lastModifiedDateTime", ReadOnly, "when it was changed"),
    line(SELF, "notificationSetting", Deprecated, "dropped on 2026-07-14; what no answer shows cannot be compared"),
    line(SELF, "selfServiceEnabled", Deprecated, "without effect since 2023-12-01; `resetEnabled`"),
    line("cloudPcRestorePointSetting", "frequencyInHours", Deprecated, "since 2024-01-31; `frequencyType`"),
    line("cloudPcCrossRegionDisasterRecoverySetting", "crossRegionDisasterRecoveryEnabled", Deprecated,
        "since 2025-02-11; `disasterRecoveryType`"),
    line("cloudPcUserSettingAssignment", "id", ReadOnly, "given by the service; repeated for entries that stay"),
    line("cloudPcUserSettingAssignment", "createdDateTime", ReadOnly, "when it was created"),
];
