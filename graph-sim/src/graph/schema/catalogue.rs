//! What the service offers and a caller only reads: gallery images and Frontline service plans.
//! The access marks matter for a seed alone, since no route writes these.

use super::enums::GALLERY_IMAGE_STATUS;
use super::{Fallback, Kind, Property, Type, id, retired, text};

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
