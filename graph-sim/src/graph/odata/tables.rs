//! Which query options each list takes, and what its `$filter` and `$orderby` can name.
//!
//! "Documented" is the reference text of a list or of a property. It rarely names operators; where it does not, the sets
//! below are assumed. A property that a version does not have is refused there by its type, even if a table has it.

use crate::base::answer::ApiVersion;

/// The query options of a list. `$expand` and `$skiptoken` are not here: they follow from the type and from paging.
#[derive(Clone, Copy, Debug)]
pub struct Queries {
    /// What `$filter` can compare; the option is unknown when this is empty.
    pub filter: &'static [Filterable],
    /// What `$orderby` can name; the option is unknown when this is empty.
    pub order: &'static [&'static str],
    /// Whether there is `$select`.
    pub select: bool,
    /// Whether there is `$top`.
    pub top: bool,
    /// Whether there is `$skip`.
    pub skip: bool,
    /// Whether there is `$count`.
    pub count: bool,
    /// The options of v1.0, where the versions differ by more than their properties.
    pub v1: Option<&'static Queries>,
}

/// A property that `$filter` can compare.
#[derive(Clone, Copy, Debug)]
pub struct Filterable {
    /// The property, with the properties that lead to it.
    pub path: &'static str,
    /// In which ways.
    pub operators: Operators,
}

/// A way to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are OData's")]
pub enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    In,
    StartsWith,
    EndsWith,
    Contains,
}

/// The ways in which one property can be compared.
#[derive(Clone, Copy, Debug)]
pub struct Operators {
    bits: u16,
    null: bool,
    negation: bool,
}

impl Operator {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Eq,
        Self::Ne,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
        Self::In,
        Self::StartsWith,
        Self::EndsWith,
        Self::Contains,
    ];

    /// Its name in a filter.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::In => "in",
            Self::StartsWith => "startswith",
            Self::EndsWith => "endswith",
            Self::Contains => "contains",
        }
    }

    /// Whether it is written as a function.
    #[must_use]
    pub fn is_function(self) -> bool {
        matches!(self, Self::StartsWith | Self::EndsWith | Self::Contains)
    }

    /// The operator between a property and a value.
    #[must_use]
    pub fn infix(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| !one.is_function() && one.name() == word)
    }

    /// The function; Graph's own documents write `startsWith` as often as `startswith`.
    #[must_use]
    pub fn function(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|one| one.is_function() && one.name().eq_ignore_ascii_case(word))
    }
}

impl Operators {
    /// These, without null and without `not`.
    #[must_use]
    pub const fn of(operators: &[Operator]) -> Self {
        let (mut bits, mut index) = (0, 0);
        while index < operators.len() {
            bits |= 1 << operators[index] as u16;
            index += 1;
        }
        Self {
            bits,
            null: false,
            negation: false,
        }
    }

    /// The same, also below `not` and with null.
    #[must_use]
    pub const fn and_not(mut self) -> Self {
        (self.null, self.negation) = (true, true);
        self
    }

    /// Whether an operator is among them.
    #[must_use]
    pub fn has(self, operator: Operator) -> bool {
        self.bits & (1 << operator as u16) != 0
    }

    /// Whether the property can be compared with null.
    pub(crate) fn can_be_null(self) -> bool {
        self.null
    }

    /// Whether the comparison can be below `not`.
    pub(crate) fn can_be_negated(self) -> bool {
        self.negation
    }
}

impl Queries {
    /// No options at all.
    pub(crate) const NONE: Self = Self {
        filter: &[],
        order: &[],
        select: false,
        top: false,
        skip: false,
        count: false,
        v1: None,
    };

    /// What every list of the simulator takes unless the documents say otherwise (assumed: the metadata lists these for
    /// all collections).
    pub(crate) const USUAL: Self = Self {
        select: true,
        top: true,
        count: true,
        ..Self::NONE
    };

    /// The options in a version.
    #[must_use]
    pub fn of(&'static self, version: ApiVersion) -> &'static Self {
        match (self.v1, version) {
            (Some(v1), ApiVersion::V1) => v1,
            _ => self,
        }
    }
}

const EXACT: Operators = Operators::of(&[Operator::Eq]);
/// Enumerations and booleans (assumed).
const EQUALITY: Operators = Operators::of(&[Operator::Eq, Operator::Ne, Operator::In]).and_not();
/// Strings of the Cloud PC service (assumed).
const TEXT: Operators = Operators::of(&[
    Operator::Eq,
    Operator::Ne,
    Operator::In,
    Operator::StartsWith,
    Operator::EndsWith,
    Operator::Contains,
])
.and_not();
/// Numbers (assumed).
const NUMBER: Operators = Operators::of(&[
    Operator::Eq,
    Operator::Ne,
    Operator::Gt,
    Operator::Ge,
    Operator::Lt,
    Operator::Le,
    Operator::In,
])
.and_not();
/// Moments (assumed).
const MOMENT: Operators = Operators::of(&[Operator::Eq, Operator::Gt, Operator::Ge, Operator::Lt, Operator::Le]);
/// Names in the directory (documented). `ne`, `not`, null and `endswith` are documented too, but only for requests with
/// `ConsistencyLevel: eventual`, which is not served.
const DIRECTORY_NAME: Operators = Operators::of(&[Operator::Eq, Operator::Ge, Operator::Le, Operator::In, Operator::StartsWith]);
const DIRECTORY_ID: Operators = Operators::of(&[Operator::Eq, Operator::In]);

const fn by(path: &'static str, operators: Operators) -> Filterable {
    Filterable { path, operators }
}

/// `cloudPCs` (documented and author; `id`, `servicePlanId` and `provisioningType` assumed).
pub static CLOUD_PCS: Queries = Queries {
    filter: &[
        by("id", TEXT),
        by("servicePlanType", EQUALITY),
        by("servicePlanId", TEXT),
        by("provisioningPolicyId", TEXT),
        by("userPrincipalName", TEXT),
        by("status", EQUALITY),
        by("productType", EQUALITY),
        by("managedDeviceName", TEXT),
        by("disasterRecoveryCapability/capabilityType", EQUALITY),
        by("provisioningType", EQUALITY),
    ],
    ..Queries::USUAL
};

/// `provisioningPolicies`: the properties whose text says so (documented). The evidence on `displayName` conflicts: tools
/// compare it with `eq`, one provider calls the collection not filterable at all.
pub static POLICIES: Queries = Queries {
    filter: &[
        by("displayName", EXACT),
        by("description", TEXT),
        by("imageId", TEXT),
        by("imageDisplayName", TEXT),
        by("cloudPcNamingTemplate", TEXT),
        by("localAdminEnabled", EQUALITY),
        by("userExperienceType", EQUALITY),
        by("managedBy", EQUALITY),
    ],
    order: &[
        "description",
        "imageId",
        "imageDisplayName",
        "cloudPcNamingTemplate",
        "localAdminEnabled",
        "userExperienceType",
        "managedBy",
    ],
    ..Queries::USUAL
};

/// `userSettings`: as with policies, `displayName` by the tools that do it (author).
pub static SETTINGS: Queries = Queries {
    filter: &[by("displayName", EXACT)],
    ..Queries::USUAL
};

/// The assignments of a policy or of a user setting: nothing is documented for them (assumed).
pub(crate) static ASSIGNMENTS: Queries = Queries::USUAL;

/// `auditEvents`: `$top` and `$filter` are documented, the property is assumed.
pub static AUDIT_EVENTS: Queries = Queries {
    filter: &[by("activityDateTime", MOMENT)],
    top: true,
    ..Queries::NONE
};

/// `servicePlans`: v1.0 documents that it has no options; beta by analogy (assumed).
pub static SERVICE_PLANS: Queries = Queries {
    filter: &[by("displayName", TEXT), by("type", EQUALITY), by("provisioningType", EQUALITY)],
    v1: Some(&Queries::NONE),
    ..Queries::USUAL
};

/// `frontLineServicePlans`: the options are documented, the properties assumed.
pub static FRONT_LINE_SERVICE_PLANS: Queries = Queries {
    filter: &[by("displayName", TEXT), by("totalCount", NUMBER), by("usedCount", NUMBER)],
    order: &["displayName", "totalCount", "usedCount"],
    skip: true,
    ..Queries::USUAL
};

/// `supportedRegions` (assumed).
pub static SUPPORTED_REGIONS: Queries = Queries {
    filter: &[
        by("displayName", TEXT),
        by("regionStatus", EQUALITY),
        by("regionGroup", EQUALITY),
        by("geographicLocationType", EQUALITY),
        by("supportedSolution", EQUALITY),
    ],
    ..Queries::USUAL
};

/// `deviceImages`: the options are documented, the properties assumed.
pub static DEVICE_IMAGES: Queries = Queries {
    filter: &[
        by("displayName", TEXT),
        by("version", TEXT),
        by("status", EQUALITY),
        by("osStatus", EQUALITY),
    ],
    ..Queries::USUAL
};

/// `galleryImages` (assumed, by analogy with device images).
pub static GALLERY_IMAGES: Queries = Queries {
    filter: &[by("displayName", TEXT), by("status", EQUALITY)],
    ..Queries::USUAL
};

/// `onPremisesConnections`: the options are documented, the properties assumed.
pub static CONNECTIONS: Queries = Queries {
    filter: &[
        by("displayName", TEXT),
        by("connectionType", EQUALITY),
        by("healthCheckStatus", EQUALITY),
        by("managedBy", EQUALITY),
    ],
    ..Queries::USUAL
};

/// `groups` (documented; `id` assumed).
pub static GROUPS: Queries = Queries {
    filter: &[
        by("id", DIRECTORY_ID),
        by("displayName", DIRECTORY_NAME),
        by("mailNickname", DIRECTORY_NAME),
    ],
    order: &["displayName"],
    ..Queries::USUAL
};

/// `users` (documented; `id` assumed).
pub static USERS: Queries = Queries {
    filter: &[
        by("id", DIRECTORY_ID),
        by("displayName", DIRECTORY_NAME),
        by("userPrincipalName", DIRECTORY_NAME),
    ],
    order: &["displayName", "userPrincipalName"],
    ..Queries::USUAL
};

/// `managedDevices`: `deviceName` and the moments by their text (documented), the others assumed.
pub static MANAGED_DEVICES: Queries = Queries {
    filter: &[
        by("id", EXACT),
        by("deviceName", Operators::of(&[Operator::Eq, Operator::Contains])),
        by("managedDeviceName", EXACT),
        by("userPrincipalName", EXACT),
        by("enrolledDateTime", Operators::of(&[Operator::Lt, Operator::Gt])),
        by("lastSyncDateTime", Operators::of(&[Operator::Lt, Operator::Gt])),
    ],
    ..Queries::USUAL
};

/// `organization` (assumed).
pub static ORGANIZATIONS: Queries = Queries::USUAL;

/// `subscribedSkus`: `$select` alone is documented.
pub static SUBSCRIBED_SKUS: Queries = Queries {
    select: true,
    ..Queries::NONE
};

/// `organizationSettings`, which is one object and not a list.
pub static ORGANIZATION_SETTINGS: Queries = Queries {
    select: true,
    ..Queries::NONE
};
