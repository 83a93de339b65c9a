//! `cloudPcOnPremisesConnection` (an Azure network connection) and the results of its health checks.

use super::connection_enums::{CONNECTION_TYPE, HEALTH_CHECK_ERROR_TYPE, HEALTH_CHECK_STATUS};
use super::enums::MANAGEMENT_SERVICE;
use super::shorthand::{given, id, instant, preview, same, state, text};
use super::types::{Access, Fallback, Kind, Property, Type};

/// An Azure network connection. The password of the domain account is accepted, never kept and never answered (documented).
pub static ON_PREMISES_CONNECTION: Type = Type::new(
    "cloudPcOnPremisesConnection",
    &[
        id(),
        text("displayName").not_null().required(),
        Property::new("connectionType", Kind::Enum(&CONNECTION_TYPE))
            .required()
            .or(Fallback::Text("hybridAzureADJoin")),
        Property::new("type", Kind::Enum(&CONNECTION_TYPE))
            .beta()
            .twin(same("connectionType")),
        text("subscriptionId").not_null().required(),
        given("subscriptionName", Kind::Text),
        text("resourceGroupId").not_null().required(),
        text("virtualNetworkId").not_null().required(),
        given("virtualNetworkLocation", Kind::Text),
        text("subnetId").not_null().required(),
        text("adDomainName"),
        text("adDomainUsername"),
        text("adDomainPassword").access(Access::WriteOnly),
        text("organizationalUnit"),
        state("healthCheckStatus", &HEALTH_CHECK_STATUS, "pending"),
        given("healthCheckPaused", Kind::Boolean).or(Fallback::Flag(false)),
        given("inUseByCloudPc", Kind::Boolean).or(Fallback::Flag(false)),
        given("scopeIds", Kind::Text).list().or(Fallback::Texts(&["0"])),
        preview("managedBy", Kind::Flags(&MANAGEMENT_SERVICE)).or(Fallback::Text("windows365")),
        given("inUse", Kind::Boolean).or(Fallback::Flag(false)).on_select(),
        given("alternateResourceUrl", Kind::Text).on_select(),
        given("healthCheckStatusDetail", Kind::Complex(&STATUS_DETAIL)).on_select(),
        preview("healthCheckStatusDetails", Kind::Complex(&STATUS_DETAILS))
            .twin(same("healthCheckStatusDetail"))
            .unmarked()
            .on_select(),
        preview("subnetPrivateIpDetail", Kind::Complex(&SUBNET_IP_DETAIL)).on_select(),
    ],
);

/// The last run of the health checks.
pub static STATUS_DETAIL: Type = Type::new(
    "cloudPcOnPremisesConnectionStatusDetail",
    &[
        instant("startDateTime"),
        instant("endDateTime"),
        given("healthChecks", Kind::Complex(&HEALTH_CHECK)).list(),
    ],
);

/// The old name of [`STATUS_DETAIL`].
pub static STATUS_DETAILS: Type = Type::new("cloudPcOnPremisesConnectionStatusDetails", STATUS_DETAIL.properties);

/// One health check.
pub static HEALTH_CHECK: Type = Type::new(
    "cloudPcOnPremisesConnectionHealthCheck",
    &[
        given("displayName", Kind::Text),
        state("status", &HEALTH_CHECK_STATUS, "pending"),
        // Not nullable in the metadata, and null in the documented example: so they are null here when nothing is known.
        given("startDateTime", Kind::DateTime).not_null(),
        given("endDateTime", Kind::DateTime).not_null(),
        given("errorType", Kind::Enum(&HEALTH_CHECK_ERROR_TYPE)),
        given("recommendedAction", Kind::Text),
        given("additionalDetail", Kind::Text),
        preview("additionalDetails", Kind::Text).twin(same("additionalDetail")),
        given("correlationId", Kind::Text),
    ],
);

/// The addresses that are left in the subnet.
pub static SUBNET_IP_DETAIL: Type = Type::new(
    "cloudPcOnPremisesConnectionSubnetIpDetail",
    &[
        preview("subnetAvailableIpCount", Kind::Int32),
        preview("subnetAvailableIpCountLastSyncDateTime", Kind::DateTime),
    ],
);
