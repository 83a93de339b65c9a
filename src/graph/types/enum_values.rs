//! The members of open enumerations in a body: which API version has them, and which are not known. Pure.

use serde_json::{Map, Value};

use crate::graph::types::collection::{Collection, properties, property};
use crate::graph::types::table::{ApiVersion, OpenEnum, Part, Shape};

/// A value of an open enumeration that Microsoft's descriptions of Graph do not list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownMember {
    /// A JSON pointer into the Graph object, such as `/windowsSetting/locale`.
    pub path: String,
    pub value: String,
}

/// The API version that accepts `body`: v1.0 unless a property or an enum member exists only in beta.
pub(crate) fn write_version(collection: Collection, body: &Map<String, Value>) -> ApiVersion {
    let since = body
        .keys()
        .map(|name| property(collection, name).map_or(ApiVersion::Beta, |property| property.since))
        .max();
    let beta_member = members(collection, body)
        .iter()
        .any(|(known, member)| !known.v1.contains(&member.value.as_str()));
    if beta_member {
        ApiVersion::Beta
    } else {
        since.unwrap_or(ApiVersion::V1)
    }
}

/// The members in `body` that are not known. Graph may know them, so they are sent.
pub(crate) fn unknown_members(collection: Collection, body: &Map<String, Value>) -> Vec<UnknownMember> {
    let members = members(collection, body).into_iter();
    members
        .filter(|(known, member)| !known.knows(&member.value))
        .map(|(_, member)| member)
        .collect()
}

/// Every member of every enumeration in `body`.
fn members(collection: Collection, body: &Map<String, Value>) -> Vec<(&'static OpenEnum, UnknownMember)> {
    let mut found = Vec::new();
    for property in properties(collection) {
        if let Some(value) = body.get(property.name) {
            collect(property.shape, value, format!("/{}", property.name), &mut found);
        }
    }
    found
}

fn collect(shape: Shape, value: &Value, path: String, found: &mut Vec<(&'static OpenEnum, UnknownMember)>) {
    match (shape, value) {
        (Shape::Enum(known), Value::String(text)) => {
            let value = text.clone();
            found.push((known, UnknownMember { path, value }));
        }
        (Shape::Object(parts), value) => of_parts(parts, value, &path, found),
        (Shape::ObjectList(parts), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                of_parts(parts, item, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn of_parts(parts: &[Part], object: &Value, path: &str, found: &mut Vec<(&'static OpenEnum, UnknownMember)>) {
    for part in parts {
        if let Some(value) = object.get(part.name) {
            collect(part.shape, value, format!("{path}/{}", part.name), found);
        }
    }
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
            (
                json!({"autopatch": null, "cloudPcNamingTemplate": null, "microsoftManagedDesktop": {"managedType": "notManaged"}}),
                V1,
            ),
            (json!({"autopilotConfiguration": null}), Beta),
            (json!({"userSettingsPersistenceConfiguration": null}), Beta),
            (json!({"userExperienceType": "cloudPc"}), Beta),
            (json!({"scopeIds": []}), Beta),
            (json!({"windowsSetting": {"locale": "de-DE"}}), V1),
            (json!({"propertyOfTheFuture": 1}), Beta),
        ] {
            assert_eq!(
                write_version(Collection::ProvisioningPolicies, body.as_object().unwrap()),
                version,
                "{body}"
            );
        }
        for (body, version) in [
            (
                json!({"restorePointSetting": {"frequencyType": "sixHours"}, "resetEnabled": true}),
                V1,
            ),
            (json!({"crossRegionDisasterRecoverySetting": {}}), Beta),
            (json!({"provisioningSourceType": "image"}), Beta),
        ] {
            assert_eq!(
                write_version(Collection::UserSettings, body.as_object().unwrap()),
                version,
                "{body}"
            );
        }
    }

    #[test]
    fn a_member_of_the_future_is_named_by_its_place() {
        let unknown = |collection, body: Value| {
            let unknown = unknown_members(collection, body.as_object().unwrap());
            unknown
                .into_iter()
                .map(|one| format!("{}={}", one.path, one.value))
                .collect::<Vec<_>>()
        };
        let policy = json!({"provisioningType": "sharedByMoon", "imageType": "custom", "autopatch": null,
            "windowsSetting": {"locale": "tlh-QO"}, "domainJoinConfigurations": [{"regionGroup": "kenya"}, {"regionGroup": "atlantis"}]});
        assert_eq!(
            unknown(Collection::ProvisioningPolicies, policy),
            [
                "/domainJoinConfigurations/1/regionGroup=atlantis",
                "/provisioningType=sharedByMoon",
                "/windowsSetting/locale=tlh-QO"
            ]
        );
        let setting = json!({"crossRegionDisasterRecoverySetting":
            {"disasterRecoveryType": "crossPlanet", "disasterRecoveryNetworkSetting": {"regionName": "automatic", "regionGroup": "mars"}}});
        assert_eq!(
            unknown(Collection::UserSettings, setting),
            [
                "/crossRegionDisasterRecoverySetting/disasterRecoveryType=crossPlanet",
                "/crossRegionDisasterRecoverySetting/disasterRecoveryNetworkSetting/regionGroup=mars"
            ]
        );
    }
}
