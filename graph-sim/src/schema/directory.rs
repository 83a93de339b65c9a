//! Groups, users, the organization and its licences, as far as the OpenAPI description has them. All of it is read-only here.

use super::shorthand::{given, id};
use super::types::{Kind, Property, Type};

/// A group.
pub static GROUP: Type = Type::new(
    "group",
    &[
        id(),
        given("deletedDateTime", Kind::DateTime),
        given("createdDateTime", Kind::DateTime),
        given("description", Kind::Text),
        given("displayName", Kind::Text),
        given("groupTypes", Kind::Text).list(),
        given("isAssignableToRole", Kind::Boolean),
        given("mail", Kind::Text),
        given("mailEnabled", Kind::Boolean),
        given("mailNickname", Kind::Text),
        given("membershipRule", Kind::Text),
        given("membershipRuleProcessingState", Kind::Text),
        given("onPremisesSyncEnabled", Kind::Boolean),
        given("resourceProvisioningOptions", Kind::Text).list(),
        given("securityEnabled", Kind::Boolean),
        given("visibility", Kind::Text),
        given("assignedLicenses", Kind::Complex(&ASSIGNED_LICENSE)).list().on_select(),
        given("licenseProcessingState", Kind::Complex(&LICENSE_PROCESSING_STATE)).on_select(),
    ],
);

/// A licence of a user, or one that a group hands to its members.
pub static ASSIGNED_LICENSE: Type = Type::new(
    "assignedLicense",
    &[given("disabledPlans", Kind::Guid).list(), given("skuId", Kind::Guid)],
);

/// How far the hand-out of licences is.
pub static LICENSE_PROCESSING_STATE: Type = Type::new("licenseProcessingState", &[given("state", Kind::Text)]);

/// The tenant.
pub static ORGANIZATION: Type = Type::new(
    "organization",
    &[
        id(),
        given("deletedDateTime", Kind::DateTime),
        given("createdDateTime", Kind::DateTime),
        given("displayName", Kind::Text),
        given("countryLetterCode", Kind::Text),
        given("tenantType", Kind::Text),
        given("assignedPlans", Kind::Complex(&ASSIGNED_PLAN)).list(),
        given("verifiedDomains", Kind::Complex(&VERIFIED_DOMAIN)).list(),
    ],
);

/// A service plan of the tenant.
pub static ASSIGNED_PLAN: Type = Type::new(
    "assignedPlan",
    &[
        given("assignedDateTime", Kind::DateTime),
        given("capabilityStatus", Kind::Text),
        given("service", Kind::Text),
        given("servicePlanId", Kind::Guid),
    ],
);

/// A domain name of the tenant.
pub static VERIFIED_DOMAIN: Type = Type::new(
    "verifiedDomain",
    &[
        Property::new("name", Kind::Text),
        given("type", Kind::Text),
        given("capabilities", Kind::Text),
        given("isDefault", Kind::Boolean),
        given("isInitial", Kind::Boolean),
    ],
);

/// A user. In v1.0 half of the properties come with `$select` alone (documented); beta answers them without, and the table
/// keeps to the stricter of the two, so that a client that works here works with both.
pub static USER: Type = Type::new(
    "user",
    &[
        id(),
        given("displayName", Kind::Text),
        given("mail", Kind::Text),
        given("userPrincipalName", Kind::Text),
        given("deletedDateTime", Kind::DateTime).on_select(),
        given("accountEnabled", Kind::Boolean).on_select(),
        given("assignedLicenses", Kind::Complex(&ASSIGNED_LICENSE)).list().on_select(),
        given("createdDateTime", Kind::DateTime).on_select(),
        given("onPremisesSyncEnabled", Kind::Boolean).on_select(),
        given("usageLocation", Kind::Text).on_select(),
        given("userType", Kind::Text).on_select(),
    ],
);

/// A product that the tenant has bought.
pub static SUBSCRIBED_SKU: Type = Type::new(
    "subscribedSku",
    &[
        id(),
        given("accountId", Kind::Text),
        given("accountName", Kind::Text),
        given("appliesTo", Kind::Text),
        given("capabilityStatus", Kind::Text),
        given("consumedUnits", Kind::Int32),
        given("prepaidUnits", Kind::Complex(&LICENSE_UNITS_DETAIL)),
        given("servicePlans", Kind::Complex(&SERVICE_PLAN_INFO)).list(),
        given("skuId", Kind::Guid),
        given("skuPartNumber", Kind::Text),
        given("subscriptionIds", Kind::Text).list(),
    ],
);

/// How many licences of a product there are.
pub static LICENSE_UNITS_DETAIL: Type = Type::new(
    "licenseUnitsDetail",
    &[
        given("enabled", Kind::Int32),
        given("lockedOut", Kind::Int32),
        given("suspended", Kind::Int32),
        given("warning", Kind::Int32),
    ],
);

/// A service that comes with a product.
pub static SERVICE_PLAN_INFO: Type = Type::new(
    "servicePlanInfo",
    &[
        given("appliesTo", Kind::Text),
        given("provisioningStatus", Kind::Text),
        given("servicePlanId", Kind::Guid),
        given("servicePlanName", Kind::Text),
    ],
);
