//! `group` and `organization`, as far as the OpenAPI description has them. All of it is read-only here.

use super::{Kind, Property, Type, given, id};

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

/// A licence that a group hands to its members.
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
