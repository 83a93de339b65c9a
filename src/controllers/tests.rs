//! Tests of what is specific to a kind and pure: the translation into Graph's terms, and the verdict on an Assignment.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::{Assignment, ManagedStatus, ProvisioningPolicy, Resolved, ResolvedImage, ResolvedName, UserSetting};
use crate::cluster::managed::Managed;
use crate::controllers::assignment::{Target, assess};
use crate::graph::properties;
use crate::graph::{Shape, property};
use crate::report::failure::Class;
use crate::report::reason::Reason;

fn parsed<K: serde::de::DeserializeOwned>(kind: &str, spec: &Value) -> K {
    let object = json!({"apiVersion": "cloudpc.dev/v1alpha1", "kind": kind, "metadata": {"name": "x", "namespace": "team"}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

/// `differences` compares what the table of properties names and nothing else: a name that is missing there would be
/// neither compared nor written.
fn translated<K: Managed>(object: &K, resolved: &Resolved) -> Value {
    let properties = object.properties(resolved);
    for (name, value) in &properties {
        let known = property(K::COLLECTION, name).unwrap_or_else(|| panic!("{name} is not in the table"));
        every_part_is_known(known.shape, value, name);
    }
    Value::Object(properties)
}

fn every_part_is_known(shape: Shape, value: &Value, path: &str) {
    match (shape, value) {
        (Shape::Object(parts), Value::Object(object)) => {
            for (name, value) in object.iter().filter(|(name, _)| !name.contains('@')) {
                let part = parts.iter().find(|part| part.name == name);
                let part = part.unwrap_or_else(|| panic!("{path}.{name} is not in the table"));
                every_part_is_known(part.shape, value, &format!("{path}.{name}"));
            }
        }
        (Shape::ObjectList(parts), Value::Array(items)) => {
            for item in items {
                every_part_is_known(Shape::Object(parts), item, path);
            }
        }
        _ => {}
    }
}

fn resolved() -> Resolved {
    Resolved {
        image: Some(ResolvedImage {
            reference: String::new(),
            id: "p_o_s".to_owned(),
            display_name: "Windows".to_owned(),
            gone: None,
        }),
        connections: vec![ResolvedName {
            name: "Hub".to_owned(),
            id: "c1".to_owned(),
            gone: None,
        }],
        ..Resolved::default()
    }
}

#[test]
fn a_full_policy_is_translated_property_by_property() {
    let spec = json!({
        "tenantRef": {"name": "contoso"}, "displayName": "p", "description": "d", "imageDisplayName": "Windows", "imageType": "gallery",
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "automatic", "regionGroup": "europeUnion"},
            {"domainJoinType": "hybridAzureADJoin", "onPremisesConnectionName": "Hub"}],
        "provisioningType": "sharedByEntraGroup", "windowsSetting": {"locale": "de-DE"}, "enableSingleSignOn": true,
        "cloudPcNamingTemplate": "CPC-%RAND:5%", "localAdminEnabled": false,
        "microsoftManagedDesktop": {"managedType": "starterManaged", "profile": "standard"}, "autopatch": {"autopatchGroupId": "33333333-0000-4000-8000-000000000001"},
        "autopilotConfiguration": {"devicePreparationProfileId": "d1", "applicationTimeoutInMinutes": 60, "onFailureDeviceAccessDenied": true},
        "userExperienceType": "cloudApp", "scopeIds": ["0", "7"],
        "userSettingsPersistenceConfiguration": {"userSettingsPersistenceEnabled": true, "userSettingsPersistenceStorageSizeCategory": "eightGB"},
    });
    let policy: ProvisioningPolicy = parsed("ProvisioningPolicy", &spec);
    let mut expected = spec;
    expected.as_object_mut().unwrap().remove("tenantRef");
    expected["imageId"] = json!("p_o_s");
    expected["domainJoinConfigurations"][1] = json!({"domainJoinType": "hybridAzureADJoin", "onPremisesConnectionId": "c1"});
    assert_eq!(translated(&policy, &resolved()), expected);
    // No property that can be sent to Graph is missing above.
    let named = expected.as_object().unwrap();
    assert!(
        properties(ProvisioningPolicy::COLLECTION)
            .iter()
            .all(|known| named.contains_key(known.name))
    );
}

#[test]
fn null_clears_and_what_is_left_out_is_not_managed() {
    let spec = json!({"tenantRef": {"name": "contoso"}, "displayName": "p", "imageDisplayName": "Windows", "scopeIds": [],
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
        "cloudPcNamingTemplate": null, "autopatch": null, "autopilotConfiguration": null, "userSettingsPersistenceConfiguration": null});
    let policy: ProvisioningPolicy = parsed("ProvisioningPolicy", &spec);
    assert_eq!(
        translated(&policy, &Resolved::default()),
        json!({"displayName": "p", "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}], "scopeIds": [],
            "cloudPcNamingTemplate": null, "autopatch": null, "autopilotConfiguration": null, "userSettingsPersistenceConfiguration": null})
    );
    let kept = serde_json::to_value(&policy.spec).unwrap();
    assert_eq!(kept, spec, "an explicit null survives");
}

#[test]
fn what_an_export_has_as_null_or_empty_is_left_out() {
    let base = json!({"tenantRef": {"name": "contoso"}, "displayName": "x", "imageDisplayName": "Windows", "scopeIds": [],
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}]});
    let translated_with = |fields: &Value| {
        let mut spec = base.clone();
        spec.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        translated::<ProvisioningPolicy>(&parsed("ProvisioningPolicy", &spec), &resolved())
    };
    let nothing = translated_with(&json!({}));
    for fields in [
        json!({"description": null, "provisioningType": null, "userExperienceType": null, "windowsSetting": null,
            "enableSingleSignOn": null, "localAdminEnabled": null, "microsoftManagedDesktop": null}),
        json!({"windowsSetting": {"locale": null}, "microsoftManagedDesktop": {"managedType": null, "profile": null}}),
        json!({"windowsSetting": {}, "microsoftManagedDesktop": {"profile": ""}, "autopatch": {}}),
        json!({"autopatch": {"autopatchGroupId": null}}),
        json!({"autopatch": {"autopatchGroupId": ""}}),
        json!({"autopilotConfiguration": {"devicePreparationProfileId": null, "applicationTimeoutInMinutes": null,
            "onFailureDeviceAccessDenied": null}}),
        json!({"userSettingsPersistenceConfiguration": {}}),
        json!({"domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope", "regionGroup": null,
            "onPremisesConnectionId": ""}]}),
    ] {
        assert_eq!(translated_with(&fields), nothing, "{fields}");
    }
    let connected = json!({"domainJoinType": "hybridAzureADJoin", "regionName": "", "onPremisesConnectionId": "c1"});
    let joins = &translated_with(&json!({"domainJoinConfigurations": [connected]}))["domainJoinConfigurations"];
    assert_eq!(
        joins[0],
        json!({"domainJoinType": "hybridAzureADJoin", "onPremisesConnectionId": "c1"})
    );
    // Graph takes both for the same, and null clears here.
    let cleared = translated_with(&json!({"cloudPcNamingTemplate": ""}));
    assert_eq!(cleared.get("cloudPcNamingTemplate"), Some(&Value::Null));

    let setting = |spec: Value| translated::<UserSetting>(&parsed("UserSetting", &spec), &resolved());
    assert_eq!(
        setting(
            json!({"tenantRef": {"name": "contoso"}, "displayName": "s", "localAdminEnabled": null, "resetEnabled": null,
            "provisioningSourceType": null, "restorePointSetting": {"frequencyType": null, "userRestoreEnabled": null},
            "crossRegionDisasterRecoverySetting": null})
        ),
        json!({"displayName": "s"})
    );
    let network = json!({"regionName": "westeurope", "regionGroup": null, "onPremisesConnectionId": ""});
    let recovery = setting(json!({"tenantRef": {"name": "contoso"}, "displayName": "s",
        "crossRegionDisasterRecoverySetting": {"disasterRecoveryNetworkSetting": network}}));
    assert_eq!(
        recovery["crossRegionDisasterRecoverySetting"]["disasterRecoveryNetworkSetting"],
        json!({"@odata.type": "#microsoft.graph.cloudPcDisasterRecoveryMicrosoftHostedNetworkSetting", "regionName": "westeurope"})
    );
}

#[test]
fn that_nothing_is_kept_of_settings_is_said_of_shared_cloud_pcs_only() {
    let kept = |kind: Value, enabled: Value| {
        let spec = json!({"tenantRef": {"name": "contoso"}, "displayName": "p", "imageDisplayName": "Windows",
            "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}], "provisioningType": kind,
            "userSettingsPersistenceConfiguration":
                {"userSettingsPersistenceEnabled": enabled, "userSettingsPersistenceStorageSizeCategory": "fourGB"}});
        let properties = translated::<ProvisioningPolicy>(&parsed("ProvisioningPolicy", &spec), &resolved());
        properties.get("userSettingsPersistenceConfiguration").cloned()
    };
    for kind in [json!("dedicated"), json!("sharedByUser"), json!("shared"), Value::Null] {
        assert_eq!(kept(kind, json!(false)), None);
    }
    let size = "userSettingsPersistenceStorageSizeCategory";
    assert_eq!(
        kept(json!("sharedByEntraGroup"), json!(false)),
        Some(json!({"userSettingsPersistenceEnabled": false, size: "fourGB"}))
    );
    assert_eq!(kept(json!("sharedByEntraGroup"), Value::Null), Some(json!({size: "fourGB"})));
}

#[test]
fn a_full_setting_is_translated_property_by_property() {
    let spec = json!({"tenantRef": {"name": "contoso"}, "displayName": "s", "resetEnabled": false});
    let setting: UserSetting = parsed("UserSetting", &spec);
    assert_eq!(
        translated(&setting, &Resolved::default()),
        json!({"displayName": "s", "resetEnabled": false})
    );

    let full = json!({"tenantRef": {"name": "contoso"}, "displayName": "s", "localAdminEnabled": true, "resetEnabled": true,
        "restorePointSetting": {"frequencyType": "twelveHours", "userRestoreEnabled": true}, "provisioningSourceType": "snapshot",
        "crossRegionDisasterRecoverySetting": {"disasterRecoveryType": "premium", "maintainCrossRegionRestorePointEnabled": true,
            "userInitiatedDisasterRecoveryAllowed": true, "disasterRecoveryNetworkSetting": {"onPremisesConnectionName": "Hub"}}});
    let recovering = |network: Value| {
        let mut spec = full.clone();
        spec["crossRegionDisasterRecoverySetting"]["disasterRecoveryNetworkSetting"] = network;
        let translation = translated::<UserSetting>(&parsed("UserSetting", &spec), &resolved());
        let named = translation.as_object().unwrap();
        assert!(
            properties(UserSetting::COLLECTION)
                .iter()
                .all(|known| named.contains_key(known.name))
        );
        translation["crossRegionDisasterRecoverySetting"]["disasterRecoveryNetworkSetting"].clone()
    };
    assert_eq!(
        recovering(json!({"onPremisesConnectionName": "Hub"})),
        json!({"@odata.type": "#microsoft.graph.cloudPcDisasterRecoveryAzureConnectionSetting", "onPremisesConnectionId": "c1"})
    );
    let hosted = json!({"regionName": "automatic", "regionGroup": "europeUnion"});
    let mut typed = hosted.clone();
    typed["@odata.type"] = json!("#microsoft.graph.cloudPcDisasterRecoveryMicrosoftHostedNetworkSetting");
    assert_eq!(recovering(hosted), typed);
    assert_eq!(recovering(Value::Null), Value::Null);

    let by_user = |kind: &str| {
        let spec = json!({"tenantRef": {"name": "contoso"}, "displayName": "s",
            "crossRegionDisasterRecoverySetting": {"disasterRecoveryType": kind}});
        let properties = translated::<UserSetting>(&parsed("UserSetting", &spec), &resolved());
        properties["crossRegionDisasterRecoverySetting"]
            .get("userInitiatedDisasterRecoveryAllowed")
            .cloned()
    };
    assert_eq!(
        by_user("notConfigured"),
        Some(json!(false)),
        "what premium allowed would make Graph refuse the change"
    );
    assert_eq!(by_user("crossRegion"), Some(json!(false)));
    assert_eq!((by_user("premium"), by_user("crossPlanet")), (None, None));
}

fn assignment() -> Assignment {
    let spec = json!({"targetRef": {"kind": "ProvisioningPolicy", "name": "p"}, "groups": [{"displayName": "Finance"}]});
    parsed("Assignment", &spec)
}

fn target(status: Value) -> Target {
    let status: ManagedStatus = serde_json::from_value(status).unwrap();
    Target {
        status: Arc::new(status),
        ..Target::default()
    }
}

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": "said", "lastTransitionTime": "2026-01-05T08:00:00Z"})
}

/// A target on which Finance is assigned as the Assignment `x` declares it.
fn assigned() -> Value {
    json!({
        "resolved": {"groups": [{"reference": "displayName=Finance", "id": "g1"}]},
        "assignments": [{"groupId": "g1", "declaredBy": ["x"], "verified": true}],
        "conditions": [condition("Ready", "True", "Synced"), condition("Synced", "True", "Synced")],
    })
}

fn class(target: Option<&Target>) -> Option<(Class, Reason)> {
    assess(&assignment(), target).1.err().map(|failure| (failure.class, failure.reason))
}

#[test]
fn an_assignment_is_ready_only_when_its_groups_and_no_others_are_seen_on_the_target() {
    assert_eq!(class(Some(&target(assigned()))), None);
    let with = |change: fn(&mut Value)| {
        let mut status = assigned();
        change(&mut status);
        class(Some(&target(status)))
    };
    let waiting = Some((Class::Waiting, Reason::TargetNotReady));
    assert_eq!(
        with(|status| status["assignments"][0]["verified"] = json!(false)),
        waiting,
        "not seen in Graph"
    );
    assert_eq!(
        with(|status| status["assignments"][0]["declaredBy"] = json!(["other"])),
        waiting,
        "not taken in"
    );
    assert_eq!(with(|status| status["resolved"] = json!({})), waiting, "not resolved");
    let surplus = |status: &mut Value| {
        let old = json!({"groupId": "g2", "declaredBy": ["x"], "verified": true});
        status["assignments"].as_array_mut().unwrap().push(old);
    };
    assert_eq!(with(surplus), waiting, "a group that was removed from the spec is still there");
    let problem = |status: &mut Value| {
        status["assignmentProblems"] = json!([{"assignment": "x", "reason": "AmbiguousReference", "message": "two"}]);
    };
    assert_eq!(with(problem), Some((Class::Stalled, Reason::AmbiguousReference)));
}

#[test]
fn d3_a_targets_trouble_shows_in_its_assignments() {
    let with = |ready: (&str, &str), synced: (&str, &str), stalled: bool| {
        let mut status = assigned();
        status["conditions"] = json!([condition("Ready", ready.0, ready.1), condition("Synced", synced.0, synced.1)]);
        if stalled {
            status["conditions"]
                .as_array_mut()
                .unwrap()
                .push(condition("Stalled", "True", ready.1));
        }
        class(Some(&target(status)))
    };
    let (yes, no, unknown) = ("True", "False", "Unknown");
    assert_eq!(
        with((no, "AssignmentsPending"), (yes, "Synced"), false),
        None,
        "another Assignment is still to come"
    );
    assert_eq!(
        with((no, "Refused"), (no, "Refused"), true),
        Some((Class::Stalled, Reason::TargetNotReady))
    );
    assert_eq!(
        with((no, "Drifted"), (no, "Drifted"), false),
        Some((Class::Waiting, Reason::TargetNotReady))
    );
    let unreachable = Some((Class::Unreachable, Reason::TargetNotReady));
    assert_eq!(
        with((unknown, "GraphUnavailable"), (unknown, "GraphUnavailable"), false),
        unreachable
    );
    assert_eq!(
        with((yes, "Synced"), (unknown, "Suspended"), false),
        None,
        "what is suspended keeps its last report"
    );
    assert_eq!(
        with((yes, "Observed"), (no, "ObservedDifference"), false),
        None,
        "a report is all that is promised"
    );
}

#[test]
fn a_service_plan_by_name_counts_as_the_plan_it_was_resolved_to() {
    let spec = json!({"targetRef": {"kind": "ProvisioningPolicy", "name": "p"},
        "groups": [{"displayName": "Finance", "servicePlanName": "Frontline 2vCPU"}]});
    let assignment: Assignment = parsed("Assignment", &spec);
    let mut status = assigned();
    status["assignments"][0]["servicePlanId"] = json!("plan-1");
    let judge = |status: &Value| assess(&assignment, Some(&target(status.clone())));
    let (groups, verdict) = judge(&status);
    assert_eq!(groups[0].state, "Unresolved");
    assert!(verdict.is_err());
    status["resolved"]["servicePlans"] = json!([{"name": "Frontline 2vCPU", "id": "Plan-1"}]);
    assert!(judge(&status).1.is_ok());
    status["resolved"]["servicePlans"][0]["id"] = json!("plan-2");
    assert_eq!(judge(&status).0[0].state, "Pending");
    status["assignmentProblems"] = json!([{"assignment": "x", "reason": "ServicePlanNotFound", "message": "none"}]);
    assert_eq!(judge(&status).1.unwrap_err().class, Class::Waiting);
}

#[test]
fn an_assignment_waits_for_a_target_that_is_not_there_or_going() {
    let missing = Some((Class::Waiting, Reason::TargetNotFound));
    assert_eq!(class(None), missing);
    assert_eq!(
        class(Some(&Target {
            leaving: true,
            ..target(assigned())
        })),
        missing
    );
}
