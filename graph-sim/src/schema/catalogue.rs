//! What the service offers: gallery images, service plans and regions, and the settings of an organization.
//! Only those settings have a route that writes; the access marks of the others matter for a seed alone.

use super::cloud_pc_enums::{OPERATING_SYSTEM, SERVICE_PLAN_TYPE, USER_ACCOUNT_TYPE};
use super::enum_type::EnumType;
use super::enums::{GALLERY_IMAGE_STATUS, GEOGRAPHIC_LOCATION_TYPE, MANAGEMENT_SERVICE, PROVISIONING_TYPE, REGION_GROUP, beta};
use super::policy::WINDOWS_SETTINGS;
use super::shorthand::{flag, id, read_only, read_only_beta, retired, text};
use super::types::{Fallback, Kind, Property, Type};

/// A gallery image.
pub static GALLERY_IMAGE: Type = Type::new(
    "cloudPcGalleryImage",
    &[
        id(),
        text("displayName").required(),
        text("publisherName"),
        text("offerName"),
        text("skuName"),
        text("osVersionNumber"),
        Property::new("sizeInGB", Kind::Int32),
        Property::new("startDate", Kind::Date),
        Property::new("endDate", Kind::Date),
        Property::new("expirationDate", Kind::Date),
        Property::new("status", Kind::Enum(&GALLERY_IMAGE_STATUS)).or(Fallback::Text("supported")),
        retired("publisher", Kind::Text),
        retired("offer", Kind::Text),
        retired("offerDisplayName", Kind::Text),
        retired("sku", Kind::Text),
        retired("skuDisplayName", Kind::Text),
        retired("recommendedSku", Kind::Text),
    ],
);

/// A Frontline service plan that the tenant has bought.
pub static FRONT_LINE_SERVICE_PLAN: Type = Type::new(
    "cloudPcFrontLineServicePlan",
    &[
        id(),
        text("displayName").beta().required(),
        Property::new("totalCount", Kind::Int32).beta().required(),
        Property::new("usedCount", Kind::Int32).beta(),
        Property::new("allotmentLicensesCount", Kind::Int32).beta(),
    ],
);

/// A service plan: the size of a Cloud PC, and how it may be used.
pub static SERVICE_PLAN: Type = Type::new(
    "cloudPcServicePlan",
    &[
        id(),
        read_only("displayName", Kind::Text).not_null().required(),
        read_only("vCpuCount", Kind::Int32).not_null().required(),
        read_only("ramInGB", Kind::Int32).not_null().required(),
        read_only("storageInGB", Kind::Int32).not_null().required(),
        read_only_beta("type", Kind::Enum(&SERVICE_PLAN_TYPE)).or(Fallback::Text("enterprise")),
        read_only_beta("provisioningType", Kind::Enum(&PROVISIONING_TYPE)).or(Fallback::Text("dedicated")),
        read_only_beta("userProfileInGB", Kind::Int32).or(Fallback::Number(0)),
        read_only_beta("supportedSolution", Kind::Flags(&MANAGEMENT_SERVICE)).or(Fallback::Text("windows365")),
    ],
);

/// A region in which Cloud PCs can be.
pub static SUPPORTED_REGION: Type = Type::new(
    "cloudPcSupportedRegion",
    &[
        id(),
        read_only_beta("displayName", Kind::Text).required(),
        read_only_beta("regionStatus", Kind::Enum(&SUPPORTED_REGION_STATUS)).or(Fallback::Text("available")),
        read_only_beta("regionGroup", Kind::Enum(&REGION_GROUP)).or(Fallback::Text("default")),
        read_only_beta("geographicLocationType", Kind::Enum(&GEOGRAPHIC_LOCATION_TYPE)).or(Fallback::Text("default")),
        read_only_beta("supportedSolution", Kind::Flags(&MANAGEMENT_SERVICE)).or(Fallback::Text("windows365")),
        read_only_beta("regionRestrictionDetail", Kind::Complex(&REGION_RESTRICTION_DETAIL)).or(Fallback::Object),
    ],
);

/// Whether Cloud PCs can be placed in a region.
static SUPPORTED_REGION_STATUS: EnumType = beta(
    "cloudPcSupportedRegionStatus",
    &["available", "restricted", "unavailable", "unknownFutureValue"],
);

/// The resource that a region lacks.
static REGION_RESTRICTION_DETAIL: Type = Type::new(
    "cloudPcSupportedRegionRestrictionDetail",
    &[
        read_only_beta("cPURestricted", Kind::Boolean).or(Fallback::Flag(false)),
        read_only_beta("gPURestricted", Kind::Boolean).or(Fallback::Flag(false)),
        read_only_beta("nestedVirtualizationRestricted", Kind::Boolean).or(Fallback::Flag(false)),
        read_only_beta("availabilityZoneRestricted", Kind::Boolean).or(Fallback::Flag(false)),
    ],
);

/// What new Cloud PCs of an organization are like when no policy says otherwise. A tenant has exactly one (documented).
pub static ORGANIZATION_SETTINGS: Type = Type::new(
    "cloudPcOrganizationSettings",
    &[
        id(),
        Property::new("osVersion", Kind::Enum(&OPERATING_SYSTEM))
            .beta()
            .or(Fallback::Text("windows11")),
        Property::new("userAccountType", Kind::Enum(&USER_ACCOUNT_TYPE))
            .beta()
            .or(Fallback::Text("standardUser")),
        flag("enableMEMAutoEnroll", false).beta(),
        flag("enableSingleSignOn", false).beta(),
        Property::new("windowsSettings", Kind::Complex(&WINDOWS_SETTINGS))
            .beta()
            .or(Fallback::Object),
    ],
);
