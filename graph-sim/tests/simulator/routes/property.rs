//! For any request: no panic, no 5xx, and a failed request changes nothing.

use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Names and values that pass the first checks, mixed with any others.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "displayName",
        "id",
        "imageId",
        "imageType",
        "domainJoinConfigurations",
        "domainJoinType",
        "type",
        "regionName",
        "regionGroup",
        "windowsSetting",
        "windowsSettings",
        "language",
        "cloudPcNamingTemplate",
        "provisioningType",
        "scopeIds",
        "managedBy",
        "assignments",
        "target",
        "groupId",
        "servicePlanId",
        "allotmentLicensesCount",
        "@odata.type",
        "restorePointSetting",
        "frequencyInHours",
        "frequencyType",
        "crossRegionDisasterRecoverySetting",
        "disasterRecoveryNetworkSetting",
        "crossRegionDisasterRecoveryEnabled",
        "autopilotConfiguration",
        "microsoftManagedDesktop",
        "createdDateTime",
    ];
    prop_oneof![8 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

fn json_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        proptest::sample::select(vec![
            "",
            "azureADJoin",
            "hybridAzureADJoin",
            "westeurope",
            "default",
            "gallery",
            GALLERY_IMAGE,
            GROUP_A,
            PLAN,
            "%RAND:5%",
            "%RAND:99999999999%",
            "%%%",
            "sharedByUser",
            "unknownFutureValue",
            "#microsoft.graph.cloudPcManagementGroupAssignmentTarget",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A good body with some of its properties in an arbitrary way.
fn spoilt_body() -> impl Strategy<Value = Value> {
    let pairs = prop::collection::vec((name(), json_value()), 0..4);
    (pairs, any::<bool>()).prop_map(|(pairs, good)| {
        let mut body = if good { policy("p") } else { json!({"displayName": "s"}) };
        body.as_object_mut().unwrap().extend(pairs);
        body
    })
}

fn is_sound(world: &mut graph_sim::world::World, ask: Ask) -> Result<(), TestCaseError> {
    let before = world.clone();
    let answer = ask.send(world);
    // A path can be spelt like an operation that is not known.
    let answered = (200..500).contains(&answer.status) || answer.status == 501;
    prop_assert!(answered, "{}: {:?}", answer.status, answer.body);
    if answer.status >= 400 {
        prop_assert!(!answer.committed);
        prop_assert!(answer.body.is_some_and(|body| body["error"]["code"].is_string()));
        for (name, collection) in &before.tenants[TENANT].collections {
            prop_assert!(collection.iter().eq(world.tenants[TENANT].collections[name].iter()));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_is_taken_or_refused(body in prop_oneof![spoilt_body(), json_value()], beta: bool, shared: bool) {
        let version = if beta { ApiVersion::Beta } else { ApiVersion::V1 };
        let mut world = world();
        let kind = if shared { "sharedByEntraGroup" } else { "dedicated" };
        let policy = format!("{POLICIES}/{}", create(&mut world, POLICIES, &policy_with(&json!({"provisioningType": kind}))));
        let setting = format!("{SETTINGS}/{}", create(&mut world, SETTINGS, &json!({"displayName": "s"})));
        for (method, target) in [
            ("POST", POLICIES.to_owned()), ("POST", SETTINGS.to_owned()),
            ("PATCH", policy.clone()), ("PATCH", setting.clone()),
            ("POST", format!("{policy}/assign")), ("POST", format!("{setting}/assign")),
        ] {
            is_sound(&mut world, Ask::new(version, method, target.as_str()).body(&body))?;
            if target.ends_with("/assign") {
                let wrapped = json!({"assignments": [{"target": body}]});
                is_sound(&mut world, Ask::new(version, method, target.as_str()).body(&wrapped))?;
            }
        }
        // What was accepted can be read again, in both versions.
        for version in VERSIONS {
            for target in [format!("{POLICIES}?$expand=assignments"), format!("{SETTINGS}?$expand=assignments")] {
                prop_assert_eq!(get(&mut world, version, &target).status, 200);
            }
        }
    }

    #[test]
    fn any_path_query_and_bytes_are_answered(
        path in "(/deviceManagement/virtualEndpoint/(provisioningPolicies|userSettings|galleryImages))?/?[^?]{0,20}",
        option in "\\$?(top|select|filter|skiptoken|count|expand|x)",
        value in any::<String>(),
        body in prop::collection::vec(any::<u8>(), 0..40),
        method in proptest::sample::select(vec!["GET", "POST", "PATCH", "DELETE", "OPTIONS"]),
    ) {
        let mut world = world();
        let value: String = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC).to_string();
        let mut ask = Ask::new(ApiVersion::Beta, method, format!("{path}?{option}={value}"));
        ask.body = body;
        is_sound(&mut world, ask)?;
    }
}
