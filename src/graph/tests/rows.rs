//! Every property of the tables in both directions: an equal form causes no write, another value does.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::graph::types::collection::{Collection, properties, property};
use crate::graph::types::differences::{differences, patch_body};
use crate::graph::types::table::Shape;

/// A place, the desired value, forms of it that Graph may answer, and a different value.
type Row = (&'static str, Value, Vec<Value>, Value);

const ID: &str = "aaaaaaaa-0000-4000-8000-00000000000b";

fn other_case() -> Value {
    json!(ID.to_uppercase())
}

fn policies() -> Vec<Row> {
    let null = Value::Null;
    vec![
        ("/displayName", json!("a"), vec![json!("a")], json!("A")),
        ("/description", json!(""), vec![null.clone()], json!(" ")),
        ("/imageId", json!("o_24h2"), vec![json!("O_24H2")], json!("o_25h2")),
        ("/imageDisplayName", json!("W"), vec![json!("W")], json!("w")),
        ("/imageType", json!("gallery"), vec![json!("gallery")], json!("custom")),
        (
            "/domainJoinConfigurations/0/domainJoinType",
            json!("azureADJoin"),
            vec![json!("azureADJoin")],
            json!("hybridAzureADJoin"),
        ),
        (
            "/domainJoinConfigurations/0/onPremisesConnectionId",
            json!(ID),
            vec![other_case()],
            null.clone(),
        ),
        (
            "/domainJoinConfigurations/0/regionName",
            json!("westeurope"),
            vec![json!("westeurope")],
            json!(""),
        ),
        (
            "/domainJoinConfigurations/0/regionGroup",
            json!("europeUnion"),
            vec![json!("europeUnion")],
            null.clone(),
        ),
        (
            "/provisioningType",
            json!("sharedByUser"),
            vec![json!("shared")],
            json!("dedicated"),
        ),
        (
            "/provisioningType",
            json!("dedicated"),
            vec![null.clone()],
            json!("sharedByEntraGroup"),
        ),
        ("/windowsSetting/locale", json!("en-US"), vec![null.clone()], json!("en-GB")),
        ("/enableSingleSignOn", json!(false), vec![null.clone()], json!(true)),
        ("/cloudPcNamingTemplate", null.clone(), vec![json!("")], json!("%RAND:5%")),
        ("/localAdminEnabled", json!(false), vec![null.clone()], json!(true)),
        ("/userExperienceType", json!("cloudPc"), vec![null.clone()], json!("cloudApp")),
        ("/scopeIds", json!(["0", "7"]), vec![json!(["7", "0"])], json!(["0"])),
        ("/scopeIds", json!([]), vec![null], json!(["0"])),
    ]
}

/// Services around a policy, each an object of its own that null clears.
fn services() -> Vec<Row> {
    let null = Value::Null;
    vec![
        (
            "/microsoftManagedDesktop/managedType",
            json!("notManaged"),
            vec![null.clone()],
            json!("starterManaged"),
        ),
        ("/microsoftManagedDesktop/profile", json!(""), vec![null.clone()], json!("p")),
        ("/autopatch/autopatchGroupId", json!(ID), vec![other_case()], null.clone()),
        (
            "/autopatch",
            null.clone(),
            vec![json!({}), json!({"autopatchGroupId": null}), json!({"autopatchGroupId": ""})],
            json!({"autopatchGroupId": ID}),
        ),
        (
            "/autopilotConfiguration/devicePreparationProfileId",
            json!(ID),
            vec![other_case()],
            null.clone(),
        ),
        (
            "/autopilotConfiguration/applicationTimeoutInMinutes",
            json!(30),
            vec![json!(30)],
            json!(31),
        ),
        (
            "/autopilotConfiguration/onFailureDeviceAccessDenied",
            json!(false),
            vec![null.clone()],
            json!(true),
        ),
        (
            "/autopilotConfiguration",
            null.clone(),
            vec![json!({"devicePreparationProfileId": null, "applicationTimeoutInMinutes": null})],
            json!({"devicePreparationProfileId": ID}),
        ),
        (
            "/userSettingsPersistenceConfiguration/userSettingsPersistenceEnabled",
            json!(false),
            vec![null.clone()],
            json!(true),
        ),
        (
            "/userSettingsPersistenceConfiguration/userSettingsPersistenceStorageSizeCategory",
            json!("fourGB"),
            vec![null.clone()],
            json!("eightGB"),
        ),
        (
            "/userSettingsPersistenceConfiguration",
            null,
            vec![json!({"userSettingsPersistenceEnabled": false, "userSettingsPersistenceStorageSizeCategory": "fourGB"})],
            json!({"userSettingsPersistenceEnabled": true}),
        ),
    ]
}

fn settings() -> Vec<Row> {
    let null = Value::Null;
    vec![
        ("/displayName", json!("a"), vec![json!("a")], json!("b")),
        ("/localAdminEnabled", json!(false), vec![null.clone()], json!(true)),
        ("/resetEnabled", json!(false), vec![null.clone()], json!(true)),
        (
            "/restorePointSetting/frequencyType",
            json!("default"),
            vec![json!("twelveHours"), null.clone()],
            json!("sixHours"),
        ),
        (
            "/restorePointSetting/userRestoreEnabled",
            json!(false),
            vec![json!(false)],
            null.clone(),
        ),
        ("/provisioningSourceType", json!("image"), vec![null], json!("snapshot")),
    ]
}

/// Disaster recovery of a user setting.
fn recovery() -> Vec<Row> {
    let null = Value::Null;
    vec![
        (
            "/crossRegionDisasterRecoverySetting/disasterRecoveryType",
            json!("notConfigured"),
            vec![null.clone()],
            json!("premium"),
        ),
        (
            "/crossRegionDisasterRecoverySetting/maintainCrossRegionRestorePointEnabled",
            json!(false),
            vec![json!(false)],
            null.clone(),
        ),
        (
            "/crossRegionDisasterRecoverySetting/userInitiatedDisasterRecoveryAllowed",
            json!(false),
            vec![null.clone()],
            json!(true),
        ),
        (
            "/crossRegionDisasterRecoverySetting/disasterRecoveryNetworkSetting",
            null.clone(),
            vec![json!({"@odata.type": "t", "regionName": "", "regionGroup": null})],
            json!({"onPremisesConnectionId": ID}),
        ),
        (
            "/crossRegionDisasterRecoverySetting/disasterRecoveryNetworkSetting/onPremisesConnectionId",
            json!(ID),
            vec![other_case()],
            null.clone(),
        ),
        (
            "/crossRegionDisasterRecoverySetting/disasterRecoveryNetworkSetting/regionName",
            json!("a"),
            vec![json!("a")],
            json!("b"),
        ),
        (
            "/crossRegionDisasterRecoverySetting/disasterRecoveryNetworkSetting/regionGroup",
            json!("asia"),
            vec![json!("asia")],
            null,
        ),
    ]
}

/// An object that has the value at the place and nothing else.
fn holding(path: &str, value: &Value) -> Map<String, Value> {
    let mut steps = path.split('/').skip(1).collect::<Vec<_>>().into_iter().rev();
    let nested = steps.try_fold(value.clone(), |inner, step| {
        Ok::<_, ()>(match step {
            "0" => json!([inner]),
            name => json!({ name: inner }),
        })
    });
    match nested {
        Ok(Value::Object(object)) => object,
        other => panic!("{path}: {other:?}"),
    }
}

fn leaves(shape: Shape, path: String, found: &mut BTreeSet<String>) {
    let parts = match shape {
        Shape::Scalar(_) | Shape::Enum(_) => {
            found.insert(path);
            return;
        }
        Shape::Object(parts) | Shape::ObjectList(parts) => parts,
    };
    let below = if matches!(shape, Shape::ObjectList(_)) { "/0" } else { "" };
    for part in parts {
        leaves(part.shape, format!("{path}{below}/{}", part.name), found);
    }
}

#[test]
fn an_equal_form_is_not_written_and_another_value_is() {
    for (collection, rows) in [
        (Collection::ProvisioningPolicies, [policies(), services()].concat()),
        (Collection::UserSettings, [settings(), recovery()].concat()),
    ] {
        let mut expected = BTreeSet::new();
        for property in properties(collection) {
            leaves(property.shape, format!("/{}", property.name), &mut expected);
        }
        let covered: BTreeSet<String> = rows.iter().map(|(path, ..)| (*path).to_owned()).collect();
        let missing: Vec<_> = expected.difference(&covered).collect();
        assert!(missing.is_empty(), "no row tests {missing:?}");

        for (path, wanted, equal, other) in rows {
            let desired = holding(path, &wanted);
            let mut same = equal;
            same.push(wanted.clone());
            for form in same {
                let observed = holding(path, &form);
                assert_eq!(differences(collection, &desired, &observed), [], "{path}: {wanted} is {form}");
                assert_eq!(patch_body(collection, &desired, &observed), Map::new(), "{path}");
            }
            let observed = holding(path, &other);
            let found = differences(collection, &desired, &observed);
            let paths: Vec<_> = found.iter().map(|one| one.path.as_str()).collect();
            assert_eq!(paths, [path], "{wanted} is not {other}");
            let immutable = property(collection, found[0].property).unwrap().immutable;
            let patch = patch_body(collection, &desired, &observed);
            assert_eq!(patch.contains_key(found[0].property), !immutable, "{path}");
        }
    }
}
