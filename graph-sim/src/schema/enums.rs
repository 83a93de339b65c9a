//! The enumerations. Members that come after `unknownFutureValue` are hidden from a reader who does not ask for them.

use super::enum_type::EnumType;

/// Where a policy's image comes from.
pub static IMAGE_TYPE: EnumType = both("cloudPcProvisioningPolicyImageType", &["gallery", "custom", "unknownFutureValue"]);

/// How a Cloud PC is licensed and shared.
pub static PROVISIONING_TYPE: EnumType = EnumType {
    name: "cloudPcProvisioningType",
    v1: &["dedicated", "shared", "unknownFutureValue"],
    beta: &[
        "dedicated",
        "shared",
        "unknownFutureValue",
        "sharedByUser",
        "sharedByEntraGroup",
        "reserve",
    ],
};

/// How a Cloud PC joins Entra ID.
pub(crate) static DOMAIN_JOIN_TYPE: EnumType = both("cloudPcDomainJoinType", &["azureADJoin", "hybridAzureADJoin", "unknownFutureValue"]);

/// A group of Azure regions. The two versions list the members in a different order, so that a member can be behind the
/// `Prefer` header in one of them only.
pub(crate) static REGION_GROUP: EnumType = EnumType {
    name: "cloudPcRegionGroup",
    v1: &[
        "default",
        "australia",
        "canada",
        "usCentral",
        "usEast",
        "usWest",
        "france",
        "germany",
        "europeUnion",
        "unitedKingdom",
        "japan",
        "asia",
        "india",
        "southAmerica",
        "euap",
        "usGovernment",
        "usGovernmentDOD",
        "norway",
        "switzerland",
        "southKorea",
        "unknownFutureValue",
    ],
    beta: &[
        "default",
        "australia",
        "canada",
        "usCentral",
        "usEast",
        "usWest",
        "france",
        "germany",
        "europeUnion",
        "unitedKingdom",
        "japan",
        "asia",
        "india",
        "southAmerica",
        "euap",
        "usGovernment",
        "usGovernmentDOD",
        "unknownFutureValue",
        "norway",
        "switzerland",
        "southKorea",
        "middleEast",
        "mexico",
        "australasia",
        "europe",
        "singapore",
        "hongKong",
        "ireland",
        "sweden",
        "poland",
        "italy",
        "spain",
        "netherlands",
        "brazil",
        "israel",
        "automatic",
        "indonesia",
        "taiwan",
        "malaysia",
        "newZealand",
        "austria",
        "denmark",
        "belgium",
        "kenya",
    ],
};

/// The geographic location of a Cloud PC.
pub(crate) static GEOGRAPHIC_LOCATION_TYPE: EnumType = beta(
    "cloudPcGeographicLocationType",
    &[
        "default",
        "asia",
        "australasia",
        "canada",
        "europe",
        "india",
        "africa",
        "usCentral",
        "usEast",
        "usWest",
        "southAmerica",
        "middleEast",
        "centralAmerica",
        "usGovernment",
        "unknownFutureValue",
        "mexico",
        "australiaNewZealand",
    ],
);

/// The Microsoft managed desktop plan.
pub(crate) static MANAGED_DESKTOP_TYPE: EnumType = both(
    "microsoftManagedDesktopType",
    &[
        "notManaged",
        "premiumManaged",
        "standardManaged",
        "starterManaged",
        "unknownFutureValue",
    ],
);

/// The products that share the collection of policies.
pub static MANAGEMENT_SERVICE: EnumType = beta(
    "cloudPcManagementService",
    &[
        "windows365",
        "devBox",
        "unknownFutureValue",
        "rpaBox",
        "microsoft365Opal",
        "microsoft365BizChat",
    ],
);

/// Whether a snapshot is taken at a reset.
pub(crate) static SNAPSHOT_RESET_MODE: EnumType = beta(
    "cloudPcSnapshotResetMode",
    &["notApplicable", "enabled", "disabled", "unknownFutureValue"],
);

/// A whole desktop or single apps.
pub(crate) static USER_EXPERIENCE_TYPE: EnumType = beta("cloudPcUserExperienceType", &["cloudPc", "cloudApp", "unknownFutureValue"]);

/// The storage size for a user's persisted settings.
pub(crate) static STORAGE_SIZE_CATEGORY: EnumType = beta(
    "cloudPcUserSettingsPersistenceStorageSizeCategory",
    &["fourGB", "eightGB", "sixteenGB", "thirtyTwoGB", "sixtyFourGB", "unknownFutureValue"],
);

/// How often a restore point is made.
pub(crate) static RESTORE_POINT_FREQUENCY_TYPE: EnumType = both(
    "cloudPcRestorePointFrequencyType",
    &[
        "default",
        "fourHours",
        "sixHours",
        "twelveHours",
        "sixteenHours",
        "twentyFourHours",
        "unknownFutureValue",
    ],
);

/// The kind of disaster recovery.
pub(crate) static DISASTER_RECOVERY_TYPE: EnumType = beta(
    "cloudPcDisasterRecoveryType",
    &["notConfigured", "crossRegion", "premium", "unknownFutureValue"],
);

/// What a Cloud PC is provisioned from.
pub(crate) static PROVISIONING_SOURCE_TYPE: EnumType = beta("cloudPcProvisioningSourceType", &["image", "snapshot", "unknownFutureValue"]);

/// Whether a gallery image can still be used.
pub(crate) static GALLERY_IMAGE_STATUS: EnumType = both(
    "cloudPcGalleryImageStatus",
    &["supported", "supportedWithWarning", "notSupported", "unknownFutureValue"],
);

/// An enumeration that is the same in both versions.
pub(super) const fn both(name: &'static str, members: &'static [&'static str]) -> EnumType {
    EnumType {
        name,
        v1: members,
        beta: members,
    }
}

/// An enumeration that v1.0 does not have.
pub(super) const fn beta(name: &'static str, members: &'static [&'static str]) -> EnumType {
    EnumType {
        name,
        v1: &[],
        beta: members,
    }
}

/// What `apply` can bring to Cloud PCs that exist.
pub(crate) static POLICY_SETTING_TYPE: EnumType = beta("cloudPcPolicySettingType", &["region", "singleSignOn", "unknownFutureValue"]);
