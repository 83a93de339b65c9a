//! Tests of what is specific to a kind and pure: the translation into Graph's terms, and the verdict on an Assignment.

use std::sync::Arc;

use serde_json::{Value, json};

use super::assignment::{Target, assess};
use crate::api::{Assignment, ManagedStatus, ProvisioningPolicy, ResolvedImage, UserSetting};
use crate::graph::property;
use crate::reconcile::managed::Managed;
use crate::reconcile::outcome::Class;

fn parsed<K: serde::de::DeserializeOwned>(kind: &str, spec: &Value) -> K {
    let object = json!({"apiVersion": "cloudpc.dev/v1alpha1", "kind": kind, "metadata": {"name": "x", "namespace": "team"}, "spec": spec});
    serde_json::from_value(object).unwrap()
}

/// `differences` compares what the table of properties names and nothing else: a name that is missing there would be
/// neither compared nor written.
fn every_property_is_known<K: Managed>(object: &K, image: Option<&ResolvedImage>) {
    let properties = object.properties(image);
    let unknown: Vec<&String> = properties.keys().filter(|name| property(K::COLLECTION, name).is_none()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn a_full_policy_is_translated_property_by_property() {
    let spec = json!({
        "tenantRef": {"name": "contoso"}, "displayName": "p", "description": "d", "imageDisplayName": "Windows", "imageType": "gallery",
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "automatic", "regionGroup": "europeUnion"}],
        "provisioningType": "sharedByEntraGroup", "windowsSetting": {"locale": "de-DE"}, "enableSingleSignOn": true,
        "cloudPcNamingTemplate": "CPC-%RAND:5%", "localAdminEnabled": false,
        "microsoftManagedDesktop": {"managedType": "starterManaged", "profile": ""}, "autopatch": {"autopatchGroupId": "33333333-0000-4000-8000-000000000001"},
    });
    let policy: ProvisioningPolicy = parsed("ProvisioningPolicy", &spec);
    let image = ResolvedImage {
        reference: String::new(),
        id: "p_o_s".to_owned(),
        display_name: "Windows".to_owned(),
    };
    every_property_is_known(&policy, Some(&image));
    let properties = Value::Object(policy.properties(Some(&image)));
    let mut expected = spec;
    expected.as_object_mut().unwrap().remove("tenantRef");
    expected["imageId"] = json!("p_o_s");
    assert_eq!(properties, expected);
}

#[test]
fn what_a_setting_leaves_out_is_not_managed() {
    let spec = json!({"tenantRef": {"name": "contoso"}, "displayName": "s", "resetEnabled": false});
    let setting: UserSetting = parsed("UserSetting", &spec);
    every_property_is_known(&setting, None);
    assert_eq!(
        Value::Object(setting.properties(None)),
        json!({"displayName": "s", "resetEnabled": false})
    );
    let full = json!({"tenantRef": {"name": "contoso"}, "displayName": "s", "localAdminEnabled": true, "resetEnabled": true,
        "restorePointSetting": {"frequencyType": "twelveHours", "userRestoreEnabled": true}});
    every_property_is_known::<UserSetting>(&parsed("UserSetting", &full), None);
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

/// A target on which Finance is assigned as the Assignment `x` declares it.
fn assigned() -> Value {
    json!({
        "resolved": {"groups": [{"reference": "displayName=Finance", "id": "g1"}]},
        "assignments": [{"groupId": "g1", "declaredBy": ["x"], "verified": true}],
    })
}

fn class(target: Option<&Target>) -> Option<(Class, &'static str)> {
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
    let waiting = Some((Class::Waiting, "TargetNotReady"));
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
    assert_eq!(with(problem), Some((Class::Stalled, "AmbiguousReference")));
}

#[test]
fn an_assignment_waits_for_a_target_that_is_not_there_or_going() {
    let missing = Some((Class::Waiting, "TargetNotFound"));
    assert_eq!(class(None), missing);
    assert_eq!(
        class(Some(&Target {
            leaving: true,
            ..target(assigned())
        })),
        missing
    );
}
