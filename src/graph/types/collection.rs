//! The Graph collections this crate manages, and the API version each is read from.

/// A version of the Graph API. Ordered: what exists in v1.0 exists in beta too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApiVersion {
    /// `v1.0`, preferred wherever it is enough.
    V1,
    /// `beta`, where a property or an enum member exists only there.
    Beta,
}

impl ApiVersion {
    /// The path segment.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// A collection below `deviceManagement/virtualEndpoint` whose objects are created, changed and
/// deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Collection {
    /// `provisioningPolicies`
    ProvisioningPolicies,
    /// `userSettings`
    UserSettings,
}

impl Collection {
    /// Every collection, in a fixed order.
    pub const ALL: [Self; 2] = [Self::ProvisioningPolicies, Self::UserSettings];

    /// The path segment, in Graph's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProvisioningPolicies => "provisioningPolicies",
            Self::UserSettings => "userSettings",
        }
    }

    /// One object of it, for sentences.
    pub const fn singular(self) -> &'static str {
        match self {
            Self::ProvisioningPolicies => "provisioning policy",
            Self::UserSettings => "user setting",
        }
    }

    /// Several objects of it, for sentences.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::ProvisioningPolicies => "provisioning policies",
            Self::UserSettings => "user settings",
        }
    }

    /// Where it is read: in beta, because one list answers for every property that a spec may name.
    /// Of policies, `managedBy`, allotments and the Frontline members of `provisioningType` exist
    /// only there; of settings, disaster recovery and the provisioning source.
    pub const fn read_version(self) -> ApiVersion {
        match self {
            Self::ProvisioningPolicies | Self::UserSettings => ApiVersion::Beta,
        }
    }
}
