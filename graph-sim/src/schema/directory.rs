//! Groups, users, the organization and its licences, as far as the OpenAPI description has them. All of it is read-only here.

use super::shorthand::{id, read_only};
use super::types::{Kind, Property, Type};

/// A group.
pub static GROUP: Type = Type::new(
    "group",
    &[
        id(),
        read_only("deletedDateTime", Kind::DateTime),
        read_only("createdDateTime", Kind::DateTime),
        read_only("description", Kind::Text),
        read_only("displayName", Kind::Text),
        read_only("groupTypes", Kind::Text).list(),
        read_only("isAssignableToRole", Kind::Boolean),
        read_only("mail", Kind::Text),
        read_only("mailEnabled", Kind::Boolean),
        read_only("mailNickname", Kind::Text),
        read_only("membershipRule", Kind::Text),
        read_only("membershipRuleProcessingState", Kind::Text),
        read_only("onPremisesSyncEnabled", Kind::Boolean),
        read_only("resourceProvisioningOptions", Kind::Text).list(),
        read_only("securityEnabled", Kind::Boolean),
        read_only("visibility", Kind::Text),
        read_only("assignedLicenses", Kind::Complex(&ASSIGNED_LICENSE)).list().on_select(),
        read_only("licenseProcessingState", Kind::Complex(&LICENSE_PROCESSING_STATE)).on_select(),
    ],
);

/// What can be a member of a group: a user or another group, with the properties that both have.
pub static DIRECTORY_OBJECT: Type = Type {
    variants: &[&USER, &GROUP],
    ..Type::new(
        "directoryObject",
        &[
            id(),
            read_only("deletedDateTime", Kind::DateTime).on_select(),
            read_only("createdDateTime", Kind::DateTime).on_select(),
            read_only("displayName", Kind::Text),
            read_only("mail", Kind::Text),
        ],
    )
};

/// A licence of a user, or one that a group assigns to its members.
static ASSIGNED_LICENSE: Type = Type::new(
    "assignedLicense",
    &[read_only("disabledPlans", Kind::Guid).list(), read_only("skuId", Kind::Guid)],
);

/// The state of the assignment of licences.
static LICENSE_PROCESSING_STATE: Type = Type::new("licenseProcessingState", &[read_only("state", Kind::Text)]);

/// The tenant.
pub static ORGANIZATION: Type = Type::new(
    "organization",
    &[
        id(),
        read_only("deletedDateTime", Kind::DateTime),
        read_only("createdDateTime", Kind::DateTime),
        read_only("displayName", Kind::Text),
        read_only("countryLetterCode", Kind::Text),
        read_only("tenantType", Kind::Text),
        read_only("assignedPlans", Kind::Complex(&ASSIGNED_PLAN)).list(),
        read_only("verifiedDomains", Kind::Complex(&VERIFIED_DOMAIN)).list(),
    ],
);

/// A service plan of the tenant.
static ASSIGNED_PLAN: Type = Type::new(
    "assignedPlan",
    &[
        read_only("assignedDateTime", Kind::DateTime),
        read_only("capabilityStatus", Kind::Text),
        read_only("service", Kind::Text),
        read_only("servicePlanId", Kind::Guid),
    ],
);

/// A domain name of the tenant.
static VERIFIED_DOMAIN: Type = Type::new(
    "verifiedDomain",
    &[
        Property::new("name", Kind::Text),
        read_only("type", Kind::Text),
        read_only("capabilities", Kind::Text),
        read_only("isDefault", Kind::Boolean),
        read_only("isInitial", Kind::Boolean),
    ],
);

/// A user. In v1.0 half of the properties come with `$select` alone (documented); beta answers them without, and the table
/// keeps to the stricter of the two, so that a client that works here works with both.
pub static USER: Type = Type::new(
    "user",
    &[
        id(),
        read_only("displayName", Kind::Text),
        read_only("mail", Kind::Text),
        read_only("userPrincipalName", Kind::Text),
        read_only("deletedDateTime", Kind::DateTime).on_select(),
        read_only("accountEnabled", Kind::Boolean).on_select(),
        read_only("assignedLicenses", Kind::Complex(&ASSIGNED_LICENSE)).list().on_select(),
        read_only("createdDateTime", Kind::DateTime).on_select(),
        read_only("onPremisesSyncEnabled", Kind::Boolean).on_select(),
        read_only("usageLocation", Kind::Text).on_select(),
        read_only("userType", Kind::Text).on_select(),
    ],
);

/// A product that the tenant has bought.
pub static SUBSCRIBED_SKU: Type = Type::new(
    "subscribedSku",
    &[
        id(),
        read_only("accountId", Kind::Text),
        read_only("accountName", Kind::Text),
        read_only("appliesTo", Kind::Text),
        read_only("capabilityStatus", Kind::Text),
        read_only("consumedUnits", Kind::Int32),
        read_only("prepaidUnits", Kind::Complex(&LICENSE_UNITS_DETAIL)),
        read_only("servicePlans", Kind::Complex(&SERVICE_PLAN_INFO)).list(),
        read_only("skuId", Kind::Guid),
        read_only("skuPartNumber", Kind::Text),
        read_only("subscriptionIds", Kind::Text).list(),
    ],
);

/// How many licences of a product there are.
static LICENSE_UNITS_DETAIL: Type = Type::new(
    "licenseUnitsDetail",
    &[
        read_only("enabled", Kind::Int32),
        read_only("lockedOut", Kind::Int32),
        read_only("suspended", Kind::Int32),
        read_only("warning", Kind::Int32),
    ],
);

/// A service that comes with a product.
static SERVICE_PLAN_INFO: Type = Type::new(
    "servicePlanInfo",
    &[
        read_only("appliesTo", Kind::Text),
        read_only("provisioningStatus", Kind::Text),
        read_only("servicePlanId", Kind::Guid),
        read_only("servicePlanName", Kind::Text),
    ],
);
