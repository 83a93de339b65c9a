//! `cloudPcOnPremisesConnection` (an Azure network connection) and the results of its health checks.

use super::connection_enums::{CONNECTION_TYPE, HEALTH_CHECK_ERROR_TYPE, HEALTH_CHECK_STATUS};
use super::enums::MANAGEMENT_SERVICE;
use super::shorthand::{id, read_only, read_only_beta, read_only_enum, read_only_time, same, text};
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
        read_only("subscriptionName", Kind::Text),
        text("resourceGroupId").not_null().required(),
        text("virtualNetworkId").not_null().required(),
        read_only("virtualNetworkLocation", Kind::Text),
        text("subnetId").not_null().required(),
        text("adDomainName"),
        text("adDomainUsername"),
        text("adDomainPassword").access(Access::WriteOnly),
        text("organizationalUnit"),
        read_only_enum("healthCheckStatus", &HEALTH_CHECK_STATUS, "pending"),
        read_only("healthCheckPaused", Kind::Boolean).or(Fallback::Flag(false)),
        read_only("inUseByCloudPc", Kind::Boolean).or(Fallback::Flag(false)),
        read_only("scopeIds", Kind::Text).list().or(Fallback::Texts(&["0"])),
        read_only_beta("managedBy", Kind::Flags(&MANAGEMENT_SERVICE)).or(Fallback::Text("windows365")),
        read_only("inUse", Kind::Boolean).or(Fallback::Flag(false)).on_select(),
        read_only("alternateResourceUrl", Kind::Text).on_select(),
        read_only("healthCheckStatusDetail", Kind::Complex(&STATUS_DETAIL)).on_select(),
        read_only_beta("healthCheckStatusDetails", Kind::Complex(&STATUS_DETAILS))
            .twin(same("healthCheckStatusDetail"))
            .unmarked()
            .on_select(),
        read_only_beta("subnetPrivateIpDetail", Kind::Complex(&SUBNET_IP_DETAIL)).on_select(),
    ],
);

/// The last run of the health checks.
pub(crate) static STATUS_DETAIL: Type = Type::new(
    "cloudPcOnPremisesConnectionStatusDetail",
    &[
        read_only_time("startDateTime"),
        read_only_time("endDateTime"),
        read_only("healthChecks", Kind::Complex(&HEALTH_CHECK)).list(),
    ],
);

/// The old name of [`STATUS_DETAIL`].
pub(crate) static STATUS_DETAILS: Type = Type::new("cloudPcOnPremisesConnectionStatusDetails", STATUS_DETAIL.properties);

/// One health check.
static HEALTH_CHECK: Type = Type::new(
    "cloudPcOnPremisesConnectionHealthCheck",
    &[
        read_only("displayName", Kind::Text),
        read_only_enum("status", &HEALTH_CHECK_STATUS, "pending"),
        // Not nullable in the metadata, and null in the documented example: so they are null here when nothing is known.
        read_only("startDateTime", Kind::DateTime).not_null(),
        read_only("endDateTime", Kind::DateTime).not_null(),
        read_only("errorType", Kind::Enum(&HEALTH_CHECK_ERROR_TYPE)),
        read_only("recommendedAction", Kind::Text),
        read_only("additionalDetail", Kind::Text),
        read_only_beta("additionalDetails", Kind::Text).twin(same("additionalDetail")),
        read_only("correlationId", Kind::Text),
    ],
);

/// The addresses that are left in the subnet.
static SUBNET_IP_DETAIL: Type = Type::new(
    "cloudPcOnPremisesConnectionSubnetIpDetail",
    &[
        read_only_beta("subnetAvailableIpCount", Kind::Int32),
        read_only_beta("subnetAvailableIpCountLastSyncDateTime", Kind::DateTime),
    ],
);
