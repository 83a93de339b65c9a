//! What the service offers: gallery images, service plans and regions, and the settings of an organization.
//! Only those settings have a route that writes; the access marks of the others matter for a seed alone.

use super::cloud_pc_enums::{OPERATING_SYSTEM, SERVICE_PLAN_TYPE, USER_ACCOUNT_TYPE};
use super::enum_type::EnumType;
use super::enums::{GALLERY_IMAGE_STATUS, GEOGRAPHIC_LOCATION_TYPE, MANAGEMENT_SERVICE, PROVISIONING_TYPE, REGION_GROUP, beta};
use super::policy::WINDOWS_SETTINGS;
use super::shorthand::{flag, given, id, preview, retired, text};
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
        given("displayName", Kind::Text).not_null().required(),
        given("vCpuCount", Kind::Int32).not_null().required(),
        given("ramInGB", Kind::Int32).not_null().required(),
        given("storageInGB", Kind::Int32).not_null().required(),
        preview("type", Kind::Enum(&SERVICE_PLAN_TYPE)).or(Fallback::Text("enterprise")),
        preview("provisioningType", Kind::Enum(&PROVISIONING_TYPE)).or(Fallback::Text("dedicated")),
        preview("userProfileInGB", Kind::Int32).or(Fallback::Number(0)),
        preview("supportedSolution", Kind::Flags(&MANAGEMENT_SERVICE)).or(Fallback::Text("windows365")),
    ],
);

/// A region in which Cloud PCs can be.
pub static SUPPORTED_REGION: Type = Type::new(
    "cloudPcSupportedRegion",
    &[
        id(),
        preview("displayName", Kind::Text).required(),
        preview("regionStatus", Kind::Enum(&SUPPORTED_REGION_STATUS)).or(Fallback::Text("available")),
        preview("regionGroup", Kind::Enum(&REGION_GROUP)).or(Fallback::Text("default")),
        preview("geographicLocationType", Kind::Enum(&GEOGRAPHIC_LOCATION_TYPE)).or(Fallback::Text("default")),
        preview("supportedSolution", Kind::Flags(&MANAGEMENT_SERVICE)).or(Fallback::Text("windows365")),
        preview("regionRestrictionDetail", Kind::Complex(&REGION_RESTRICTION_DETAIL)).or(Fallback::Object),
    ],
);

/// Whether Cloud PCs can be placed in a region.
pub static SUPPORTED_REGION_STATUS: EnumType = beta(
    "cloudPcSupportedRegionStatus",
    &["available", "restricted", "unavailable", "unknownFutureValue"],
);

/// What a region is short of.
pub static REGION_RESTRICTION_DETAIL: Type = Type::new(
    "cloudPcSupportedRegionRestrictionDetail",
    &[
        preview("cPURestricted", Kind::Boolean).or(Fallback::Flag(false)),
        preview("gPURestricted", Kind::Boolean).or(Fallback::Flag(false)),
        preview("nestedVirtualizationRestricted", Kind::Boolean).or(Fallback::Flag(false)),
        preview("availabilityZoneRestricted", Kind::Boolean).or(Fallback::Flag(false)),
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
