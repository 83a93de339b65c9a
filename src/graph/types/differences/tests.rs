//! The laws of comparing and patching, and the cases they were written for.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{differences, patch_body};
use crate::graph::types::collection::{Collection, properties, property};
use crate::graph::types::equivalence::Equivalence;
use crate::graph::types::table::{Part, Property, Shape};

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is not an object"),
    }
}

fn paths(desired: Value, observed: Value) -> Vec<String> {
    differences(Collection::ProvisioningPolicies, &map(desired), &map(observed))
        .into_iter()
        .map(|one| one.path)
        .collect()
}

fn patch(desired: Value, observed: Value) -> Value {
    Value::Object(patch_body(Collection::ProvisioningPolicies, &map(desired), &map(observed)))
}

#[test]
fn only_what_is_desired_is_compared_down_to_the_parts() {
    let observed = json!({
        "displayName": "x", "description": "", "imageId": "Offer_24H2", "windowsSetting": {"locale": "en-US", "more": 1}, "readOnly": 1,
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "type": "azureADJoin", "regionName": "westeurope", "onPremisesConnectionId": null}],
    });
    let equal = json!({
        "displayName": "x", "description": null, "imageId": "offer_24h2", "windowsSetting": {}, "cloudPcNamingTemplate": "",
        "domainJoinConfigurations": [{"regionName": "westeurope", "onPremisesConnectionId": ""}],
    });
    assert_eq!(paths(equal, observed.clone()), [] as [&str; 0]);
    let other = json!({
        "displayName": "y", "windowsSetting": {"locale": "de-DE"}, "microsoftManagedDesktop": {"managedType": "starterManaged", "profile": ""},
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "northeurope"}],
    });
    assert_eq!(
        paths(other, observed.clone()),
        [
            "/displayName",
            "/domainJoinConfigurations/0/regionName",
            "/windowsSetting/locale",
            "/microsoftManagedDesktop/managedType"
        ]
    );
    assert_eq!(
        paths(json!({"domainJoinConfigurations": []}), observed.clone()),
        ["/domainJoinConfigurations"]
    );
    assert_eq!(
        paths(json!({"domainJoinConfigurations": []}), json!({"domainJoinConfigurations": null})),
        [] as [&str; 0]
    );
    assert_eq!(paths(json!({}), observed), [] as [&str; 0]);
}

#[test]
fn a_patch_holds_whole_properties_and_loses_no_unmanaged_part() {
    let observed =
        json!({"displayName": "x", "microsoftManagedDesktop": {"managedType": "notManaged", "profile": "p", "type": "notManaged"}});
    let desired = json!({"displayName": "x", "microsoftManagedDesktop": {"managedType": "starterManaged"}});
    assert_eq!(
        patch(desired, observed),
        json!({"microsoftManagedDesktop": {"managedType": "starterManaged", "profile": "p"}})
    );
    let user = patch_body(
        Collection::UserSettings,
        &map(json!({"restorePointSetting": {"userRestoreEnabled": true}})),
        &map(json!({"restorePointSetting": {"frequencyType": "unknownFutureValue", "frequencyInHours": 12, "userRestoreEnabled": false}})),
    );
    assert_eq!(Value::Object(user), json!({"restorePointSetting": {"userRestoreEnabled": true}}));
}

#[test]
fn a_patch_names_one_network_only() {
    let joined = |network: Value| {
        let mut configuration = map(json!({"domainJoinType": "azureADJoin"}));
        configuration.extend(map(network));
        json!({"domainJoinConfigurations": [configuration]})
    };
    let desired = |network: Value| json!({"domainJoinConfigurations": [network]});
    let region = joined(json!({"regionName": "westeurope", "regionGroup": "europeUnion", "onPremisesConnectionId": null}));
    let connection = joined(json!({"onPremisesConnectionId": "c1", "regionName": null}));
    for (desired, observed, written) in [
        (
            desired(json!({"onPremisesConnectionId": "c1"})),
            &region,
            joined(json!({"onPremisesConnectionId": "c1"})),
        ),
        (
            desired(json!({"regionName": "eastus"})),
            &connection,
            joined(json!({"regionName": "eastus"})),
        ),
        (
            desired(json!({"regionName": "eastus"})),
            &region,
            joined(json!({"regionName": "eastus"})),
        ),
        (
            desired(json!({"domainJoinType": "hybridAzureADJoin"})),
            &connection,
            desired(json!({"domainJoinType": "hybridAzureADJoin", "onPremisesConnectionId": "c1"})),
        ),
    ] {
        assert_eq!(patch(desired, observed.clone()), written);
    }
}

#[test]
fn a_patch_of_disaster_recovery_keeps_its_network_and_replaces_it_whole() {
    let hosted = json!({"@odata.type": "hosted", "regionName": "westeurope", "regionGroup": null});
    let observed = |network: &Value| {
        map(
            json!({"crossRegionDisasterRecoverySetting": {"disasterRecoveryType": "premium", "crossRegionDisasterRecoveryEnabled": true,
                "userInitiatedDisasterRecoveryAllowed": true, "disasterRecoveryNetworkSetting": network}}),
        )
    };
    let patched = |desired: Value| {
        let desired = map(json!({ "crossRegionDisasterRecoverySetting": desired }));
        patch_body(Collection::UserSettings, &desired, &observed(&hosted))["crossRegionDisasterRecoverySetting"].clone()
    };
    assert_eq!(
        patched(json!({"userInitiatedDisasterRecoveryAllowed": false})),
        json!({"disasterRecoveryType": "premium", "userInitiatedDisasterRecoveryAllowed": false, "disasterRecoveryNetworkSetting": hosted.clone()}),
        "what is not managed stays, its type included"
    );
    assert_eq!(
        patched(json!({"disasterRecoveryNetworkSetting": {"@odata.type": "connected", "onPremisesConnectionId": "c1"}})),
        json!({"disasterRecoveryType": "premium", "userInitiatedDisasterRecoveryAllowed": true,
            "disasterRecoveryNetworkSetting": {"@odata.type": "connected", "onPremisesConnectionId": "c1"}})
    );
    assert_eq!(
        patched(json!({"disasterRecoveryNetworkSetting": null}))["disasterRecoveryNetworkSetting"],
        Value::Null
    );
}

#[test]
fn an_immutable_property_differs_but_is_never_patched() {
    let (desired, observed) = (
        json!({"provisioningType": "sharedByEntraGroup"}),
        json!({"provisioningType": "dedicated"}),
    );
    assert_eq!(paths(desired.clone(), observed.clone()), ["/provisioningType"]);
    assert_eq!(patch(desired, observed), json!({}));
    assert_eq!(
        paths(json!({"provisioningType": "shared"}), json!({"provisioningType": "sharedByUser"})),
        [] as [&str; 0]
    );
}

/// Values that meet each other often, in every spelling an equivalence knows.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "a",
            "A",
            "b",
            "default",
            "twelveHours",
            "fourHours",
            "shared",
            "sharedByUser",
            "unknownFutureValue"
        ])
        .prop_map(Value::from),
    ]
}

fn object(parts: &'static [Part]) -> BoxedStrategy<Value> {
    let part = |part: &'static Part| prop::option::of(value(part.shape)).prop_map(|value| Some((part.name.to_owned(), value?)));
    let parts: Vec<_> = parts.iter().map(part).collect();
    parts.prop_map(|parts| Value::Object(parts.into_iter().flatten().collect())).boxed()
}

fn value(shape: Shape) -> BoxedStrategy<Value> {
    match shape {
        Shape::Scalar(Equivalence::TextSet) => {
            prop_oneof![Just(Value::Null), prop::collection::vec("[ab]", 0..3).prop_map(Value::from)].boxed()
        }
        Shape::Scalar(_) | Shape::Enum(_) => scalar().boxed(),
        Shape::Object(parts) => prop_oneof![4 => object(parts), 1 => Just(Value::Null)].boxed(),
        Shape::ObjectList(parts) => prop::collection::vec(object(parts), 0..3).prop_map(Value::Array).boxed(),
    }
}

fn body(collection: Collection) -> BoxedStrategy<Map<String, Value>> {
    let property =
        |property: &'static Property| prop::option::of(value(property.shape)).prop_map(|value| Some((property.name.to_owned(), value?)));
    let parts: Vec<_> = properties(collection).iter().map(property).collect();
    parts.prop_map(|parts| parts.into_iter().flatten().collect()).boxed()
}

fn pair() -> impl Strategy<Value = (Collection, Map<String, Value>, Map<String, Value>)> {
    prop::sample::select(Collection::ALL.to_vec()).prop_flat_map(|collection| (Just(collection), body(collection), body(collection)))
}

/// Another spelling of the same meaning.
fn respelled(equivalence: Equivalence, value: &Value) -> Value {
    match (equivalence, value.as_str()) {
        (Equivalence::Text | Equivalence::CaseInsensitive, Some("")) => Value::Null,
        (Equivalence::Text | Equivalence::CaseInsensitive, None) if value.is_null() => json!(""),
        (Equivalence::CaseInsensitive, Some(text)) => json!(text.to_uppercase()),
        (Equivalence::FrequencyType, Some("default")) => json!("twelveHours"),
        (Equivalence::ProvisioningType, Some("sharedByUser")) => json!("shared"),
        (Equivalence::Flag, None) if value.is_null() => json!(false),
        (Equivalence::Default(default), None) if value.is_null() => json!(default),
        (Equivalence::TextSet, None) => value.as_array().map_or(json!([]), |items| items.iter().rev().cloned().collect()),
        _ => value.clone(),
    }
}

fn respelled_value(shape: Shape, value: &Value) -> Value {
    match (shape, value) {
        (Shape::Scalar(equivalence), _) => respelled(equivalence, value),
        (Shape::Enum(members), _) => respelled(members.equivalence, value),
        (Shape::Object(parts), Value::Object(object)) => {
            let respell = |(name, value): (&String, &Value)| {
                let part = parts.iter().find(|part| part.name == name).unwrap();
                (name.clone(), respelled_value(part.shape, value))
            };
            Value::Object(object.iter().map(respell).collect())
        }
        (Shape::ObjectList(parts), Value::Array(items)) => items.iter().map(|item| respelled_value(Shape::Object(parts), item)).collect(),
        _ => value.clone(),
    }
}

proptest! {
    #[test]
    fn what_was_patched_no_longer_differs((collection, desired, observed) in pair()) {
        let mut patched = observed.clone();
        patched.extend(patch_body(collection, &desired, &observed));
        let left = differences(collection, &desired, &patched);
        prop_assert!(left.iter().all(|one| property(collection, one.property).unwrap().immutable), "{left:?}");
        prop_assert!(patch_body(collection, &desired, &patched).is_empty());
    }

    #[test]
    fn what_is_desired_does_not_differ_from_itself_and_more((collection, desired, observed) in pair()) {
        let mut more = observed;
        more.extend(desired.clone());
        prop_assert_eq!(differences(collection, &desired, &more), vec![]);
    }

    #[test]
    fn an_equal_spelling_is_no_difference((collection, desired, _) in pair()) {
        let respell = |(name, value): (&String, &Value)| {
            (name.clone(), respelled_value(property(collection, name).unwrap().shape, value))
        };
        let observed: Map<String, Value> = desired.iter().map(respell).collect();
        prop_assert_eq!(differences(collection, &desired, &observed), vec![]);
    }

    #[test]
    fn a_patch_touches_exactly_what_differs_and_is_desired((collection, desired, observed) in pair()) {
        let patch = patch_body(collection, &desired, &observed);
        let differing = differences(collection, &desired, &observed);
        for name in patch.keys() {
            prop_assert!(desired.contains_key(name) && differing.iter().any(|one| one.property == name));
        }
        for one in &differing {
            prop_assert_eq!(one.path.split('/').nth(1), Some(one.property));
            prop_assert!(patch.contains_key(one.property) || property(collection, one.property).unwrap().immutable);
        }
    }
}
