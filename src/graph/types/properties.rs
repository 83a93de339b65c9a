//! The one table of Graph's writable properties: which exist, since which API version, and when two
//! values mean the same.
//!
//! Planning compares by it and the client chooses the API version by it. Names are Graph's,
//! verbatim; sections in `source` are those of the project's fact sheet of the Cloud PC API, "OA"
//! is Microsoft's OpenAPI description. What is not here is neither compared nor written;
//! [`crate::graph::types::unmanaged`] says why.

use crate::graph::types::collection::{ApiVersion, Collection};
use crate::graph::types::equivalence::Equivalence;
use crate::graph::types::literals;
use crate::graph::types::literals::Literals;

/// A writable top-level property.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Graph's name.
    pub name: &'static str,
    /// The first API version that has it.
    pub since: ApiVersion,
    /// Whether Graph refuses to change it after the create.
    pub immutable: bool,
    /// How its values are built and compared.
    pub shape: Shape,
    /// Where the facts in this line come from.
    pub source: &'static str,
}

/// The structure of a property's value.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Compared as one value.
    Scalar(Equivalence),
    /// A member of an open enumeration.
    Literal(&'static Literals),
    /// An object whose parts are managed one by one.
    Object(&'static [Part]),
    /// An ordered list of such objects, replaced as a whole.
    ObjectList(&'static [Part]),
}

/// A writable part of an object-shaped property.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Graph's name.
    pub name: &'static str,
    /// How its values are built and compared.
    pub shape: Shape,
    /// Where its equivalence comes from.
    pub source: &'static str,
}

const fn of(name: &'static str, shape: Shape, source: &'static str) -> Property {
    Property {
        name,
        since: ApiVersion::V1,
        immutable: false,
        shape,
        source,
    }
}

const fn scalar(name: &'static str, equivalence: Equivalence, source: &'static str) -> Property {
    of(name, Shape::Scalar(equivalence), source)
}

impl Property {
    const fn beta(mut self) -> Self {
        self.since = ApiVersion::Beta;
        self
    }

    const fn immutable(mut self) -> Self {
        self.immutable = true;
        self
    }
}

const fn part(name: &'static str, equivalence: Equivalence, source: &'static str) -> Part {
    Part {
        name,
        shape: Shape::Scalar(equivalence),
        source,
    }
}

const fn literal(name: &'static str, literals: &'static Literals, source: &'static str) -> Part {
    Part {
        name,
        shape: Shape::Literal(literals),
        source,
    }
}

const PROVISIONING_POLICY: &[Property] = &[
    scalar("displayName", Equivalence::Exact, "3.1"),
    scalar("description", Equivalence::Text, "3.1: comes back \"\", not null"),
    scalar("imageId", Equivalence::CaseInsensitive, "2: gallery ids come in mixed case"),
    scalar("imageDisplayName", Equivalence::Exact, "3.1"),
    of("imageType", Shape::Literal(&literals::IMAGE_TYPE), "3.1"),
    of(
        "domainJoinConfigurations",
        Shape::ObjectList(&[
            literal("domainJoinType", &literals::DOMAIN_JOIN_TYPE, "3.1.1"),
            part(
                "onPremisesConnectionId",
                Equivalence::CaseInsensitive,
                "2: a GUID; the unused one of two networks comes back null or \"\"",
            ),
            part("regionName", Equivalence::Text, "3.1.1: empty beside a connection"),
            literal("regionGroup", &literals::REGION_GROUP, "3.1.1: sent by the portal"),
        ]),
        "3.1.1: ordered by priority",
    ),
    of(
        "provisioningType",
        Shape::Literal(&literals::PROVISIONING_TYPE),
        "0.7, 3.1: shared is deprecated in favour of sharedByUser; OA: dedicated when not given",
    )
    .immutable(),
    of(
        "windowsSetting",
        Shape::Object(&[literal("locale", &literals::LOCALE, "OA: the default is en-US")]),
        "3.1",
    ),
    scalar("enableSingleSignOn", Equivalence::Flag, "3.1, OA: the default is false"),
    scalar("cloudPcNamingTemplate", Equivalence::Text, "3.1, 12: comes back null"),
    scalar("localAdminEnabled", Equivalence::Flag, "3.1, OA: the default is false"),
    of(
        "microsoftManagedDesktop",
        Shape::Object(&[
            literal("managedType", &literals::MANAGED_TYPE, "OA: the default is notManaged"),
            part("profile", Equivalence::Text, "12: comes back \"\""),
        ]),
        "3.1, 12",
    ),
    of(
        "autopatch",
        Shape::Object(&[part(
            "autopatchGroupId",
            Equivalence::CaseInsensitive,
            "2: a GUID; the portal sends an empty object for none",
        )]),
        "3.1, 13: in v1.0 since 2025-08",
    ),
    of(
        "autopilotConfiguration",
        Shape::Object(&[
            part("devicePreparationProfileId", Equivalence::CaseInsensitive, "2: a GUID"),
            part("applicationTimeoutInMinutes", Equivalence::Exact, "3.1"),
            part("onFailureDeviceAccessDenied", Equivalence::Flag, "OA: nullable"),
        ]),
        "3.1: all or nothing, null by default",
    )
    .beta(),
    of(
        "userExperienceType",
        Shape::Literal(&literals::USER_EXPERIENCE_TYPE),
        "3.1: the default is cloudPc",
    )
    .beta()
    .immutable(),
    of(
        "userSettingsPersistenceConfiguration",
        Shape::Object(&[
            part("userSettingsPersistenceEnabled", Equivalence::Flag, "OA: the default is false"),
            literal(
                "userSettingsPersistenceStorageSizeCategory",
                &literals::STORAGE_SIZE,
                "OA: the default is fourGB",
            ),
        ]),
        "3.1: null by default",
    )
    .beta(),
    scalar(
        "scopeIds",
        Equivalence::TextSet,
        "3.1: taken on create, read-only in the reference; a set of tags",
    )
    .beta()
    .immutable(),
];

/// A network is one of two types; which one follows from what it names.
const RECOVERY_NETWORK: &[Part] = &[
    part("onPremisesConnectionId", Equivalence::CaseInsensitive, "2: a GUID"),
    part("regionName", Equivalence::Text, "3.2"),
    literal("regionGroup", &literals::REGION_GROUP, "3.2"),
];

const USER_SETTING: &[Property] = &[
    scalar("displayName", Equivalence::Exact, "3.2"),
    scalar("localAdminEnabled", Equivalence::Flag, "3.2, OA: the default is false"),
    scalar("resetEnabled", Equivalence::Flag, "3.2, OA: the default is false"),
    of(
        "restorePointSetting",
        Shape::Object(&[
            literal(
                "frequencyType",
                &literals::FREQUENCY_TYPE,
                "3.2: default is answered as twelveHours; OA: default is the default",
            ),
            // No source says what null means, so it equals nothing else.
            part("userRestoreEnabled", Equivalence::Exact, "3.2"),
        ]),
        "3.2",
    ),
    of(
        "crossRegionDisasterRecoverySetting",
        Shape::Object(&[
            literal(
                "disasterRecoveryType",
                &literals::DISASTER_RECOVERY_TYPE,
                "OA: the default is notConfigured",
            ),
            // Documented as false by default and observed as true, so null equals neither.
            part("maintainCrossRegionRestorePointEnabled", Equivalence::Exact, "3.2, 12"),
            part(
                "userInitiatedDisasterRecoveryAllowed",
                Equivalence::Flag,
                "OA: the default is false",
            ),
            Part {
                name: "disasterRecoveryNetworkSetting",
                shape: Shape::Object(RECOVERY_NETWORK),
                source: "3.2",
            },
        ]),
        "3.2",
    )
    .beta(),
    of(
        "provisioningSourceType",
        Shape::Literal(&literals::PROVISIONING_SOURCE_TYPE),
        "3.2, OA: null functions as image",
    )
    .beta(),
];

/// The writable properties of a collection's objects.
pub fn properties(collection: Collection) -> &'static [Property] {
    match collection {
        Collection::ProvisioningPolicies => PROVISIONING_POLICY,
        Collection::UserSettings => USER_SETTING,
    }
}

/// The writable property of that name.
pub fn property(collection: Collection, name: &str) -> Option<&'static Property> {
    properties(collection).iter().find(|property| property.name == name)
}
