//! The one table of Graph's writable properties: which exist, since which API version, and when two
//! values mean the same.
//!
//! Planning compares by it and the client chooses the API version by it. Names are Graph's,
//! verbatim; sections in `source` are those of the project's fact sheet of the Cloud PC API.
//! Read-only and deprecated twin properties are absent on purpose: what is not here is neither
//! compared nor written.

use serde_json::{Map, Value};

use super::collection::{ApiVersion, Collection};
use super::equivalence::Equivalence;

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
    /// When two of its values mean the same.
    pub equivalence: Equivalence,
}

const fn scalar(name: &'static str, equivalence: Equivalence, source: &'static str) -> Property {
    Property {
        name,
        since: ApiVersion::V1,
        immutable: false,
        shape: Shape::Scalar(equivalence),
        source,
    }
}

const fn shaped(name: &'static str, shape: Shape, source: &'static str) -> Property {
    Property {
        name,
        since: ApiVersion::V1,
        immutable: false,
        shape,
        source,
    }
}

const fn part(name: &'static str, equivalence: Equivalence) -> Part {
    Part { name, equivalence }
}

const PROVISIONING_POLICY: &[Property] = &[
    scalar("displayName", Equivalence::Exact, "3.1"),
    scalar("description", Equivalence::Text, "3.1: comes back \"\", not null"),
    scalar("imageId", Equivalence::CaseInsensitive, "2: gallery ids come in mixed case"),
    scalar("imageDisplayName", Equivalence::Exact, "3.1"),
    scalar("imageType", Equivalence::Exact, "3.1"),
    shaped(
        "domainJoinConfigurations",
        Shape::ObjectList(&[
            part("domainJoinType", Equivalence::Exact),
            part("onPremisesConnectionId", Equivalence::CaseInsensitive),
            part("regionName", Equivalence::Exact),
            part("regionGroup", Equivalence::Exact),
        ]),
        "3.1.1: ordered by priority; regionGroup is sent by the portal",
    ),
    Property {
        name: "provisioningType",
        since: ApiVersion::V1,
        immutable: true,
        shape: Shape::Scalar(Equivalence::ProvisioningType),
        source: "0.7, 3.1: shared is deprecated in favour of sharedByUser",
    },
    shaped("windowsSetting", Shape::Object(&[part("locale", Equivalence::Exact)]), "3.1"),
    scalar("enableSingleSignOn", Equivalence::Exact, "3.1"),
    scalar("cloudPcNamingTemplate", Equivalence::Text, "3.1, 12: comes back null"),
    scalar("localAdminEnabled", Equivalence::Exact, "3.1"),
    shaped(
        "microsoftManagedDesktop",
        Shape::Object(&[part("managedType", Equivalence::Exact), part("profile", Equivalence::Text)]),
        "3.1, 12: profile comes back \"\"",
    ),
    shaped(
        "autopatch",
        Shape::Object(&[part("autopatchGroupId", Equivalence::CaseInsensitive)]),
        "3.1, 13: in v1.0 since 2025-08",
    ),
];

const USER_SETTING: &[Property] = &[
    scalar("displayName", Equivalence::Exact, "3.2"),
    scalar("localAdminEnabled", Equivalence::Exact, "3.2"),
    scalar("resetEnabled", Equivalence::Exact, "3.2"),
    shaped(
        "restorePointSetting",
        Shape::Object(&[
            part("frequencyType", Equivalence::FrequencyType),
            part("userRestoreEnabled", Equivalence::Exact),
        ]),
        "3.2: default is answered as twelveHours",
    ),
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

/// Enum members that v1.0 accepts, by pointer with `*` for a list index. Any other member, known or
/// from the future, needs beta.
const V1_MEMBERS: &[(&str, &[&str])] = &[
    ("/provisioningType", &["dedicated", "shared"]),
    (
        "/domainJoinConfigurations/*/regionGroup",
        &[
            "default",
            "australia",
            "canada",
            "usCentral",
            "usEast",
            "usWest",
            "france",
            "germany",
            "europeUnion",
            "unitedKingdom",
            "japan",
            "asia",
            "india",
            "southAmerica",
            "euap",
            "usGovernment",
            "usGovernmentDOD",
            "norway",
            "switzerland",
            "southKorea",
        ],
    ),
];

/// The API version that can express `body`: v1.0 unless a property or an enum member exists only in
/// beta.
pub fn write_version(collection: Collection, body: &Map<String, Value>) -> ApiVersion {
    let since = body
        .keys()
        .map(|name| property(collection, name).map_or(ApiVersion::Beta, |known| known.since))
        .max();
    let beta_member = V1_MEMBERS
        .iter()
        .any(|(pointer, members)| texts_at(body, pointer).iter().any(|text| !members.contains(text)));
    if beta_member {
        ApiVersion::Beta
    } else {
        since.unwrap_or(ApiVersion::V1)
    }
}

/// Every text that `pointer` reaches.
fn texts_at<'a>(body: &'a Map<String, Value>, pointer: &str) -> Vec<&'a str> {
    let mut steps = pointer.split('/').skip(1);
    let mut reached: Vec<&Value> = steps.next().and_then(|name| body.get(name)).into_iter().collect();
    for step in steps {
        reached = match step {
            "*" => reached.into_iter().filter_map(Value::as_array).flatten().collect(),
            name => reached.into_iter().filter_map(|value| value.get(name)).collect(),
        };
    }
    reached.into_iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn beta_only_where_v1_cannot_say_it() {
        use ApiVersion::{Beta, V1};
        for (body, version) in [
            (json!({}), V1),
            (json!({"displayName": "x", "provisioningType": "dedicated"}), V1),
            (json!({"provisioningType": "sharedByUser"}), Beta),
            (json!({"provisioningType": "sharedByEntraGroup"}), Beta),
            (json!({"provisioningType": "reserve"}), Beta),
            (
                json!({"domainJoinConfigurations": [{"regionGroup": "europeUnion"}, {"regionName": "x"}]}),
                V1,
            ),
            (
                json!({"domainJoinConfigurations": [{"regionGroup": "default"}, {"regionGroup": "automatic"}]}),
                Beta,
            ),
            (json!({"propertyOfTheFuture": 1}), Beta),
        ] {
            assert_eq!(
                write_version(Collection::ProvisioningPolicies, body.as_object().unwrap()),
                version,
                "{body}"
            );
        }
    }
}
