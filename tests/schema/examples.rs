//! The examples are valid, complete, and fit the tenant that the simulator is seeded with.

use std::collections::BTreeSet;

use cloudpc_operator::api::{Assignment, ProvisioningPolicy};
use serde_json::Value;

use crate::kinds::{kind, kinds};
use crate::support::{documents, package, typed, yaml_files};
use crate::verdict::objections;

/// Every object of the examples; the seed and the kustomizations are not objects.
fn objects() -> Vec<Value> {
    yaml_files("examples")
        .iter()
        .filter(|path| !path.ends_with("seed.yaml") && !path.ends_with("kustomization.yaml"))
        .flat_map(|path| documents(path))
        .collect()
}

fn of_kind(kind: &str) -> Vec<Value> {
    objects().into_iter().filter(|object| object["kind"] == kind).collect()
}

fn seed_tenant() -> Value {
    let seed = documents(&package("examples/simulator/seed.yaml"));
    seed[0]["tenants"][0].clone()
}

/// The texts of one field of every entry of a list of the seed.
fn seeded(list: &str, field: &str) -> BTreeSet<String> {
    let tenant = seed_tenant();
    let entries = tenant[list].as_array().expect("the seed has the list").iter();
    entries.filter_map(|entry| entry[field].as_str().map(str::to_owned)).collect()
}

/// The fields of an object that a schema does not have. The API server refuses them.
fn unknown(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    match (value, schema.get("properties")) {
        (Value::Object(fields), Some(properties)) => {
            let below = |(name, value): (&String, &Value)| match properties.get(name) {
                Some(schema) => unknown(schema, value, &format!("{path}.{name}")),
                None => vec![format!("{path}.{name} is no field")],
            };
            fields.iter().flat_map(below).collect()
        }
        (Value::Array(items), _) => items.iter().flat_map(|item| unknown(&schema["items"], item, path)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_object_passes_admission() {
    for object in objects() {
        let Some(kind) = object["kind"].as_str().and_then(kind) else {
            let others = ["Namespace", "ServiceAccount", "ResourceQuota"];
            assert!(
                others.iter().any(|kind| object["kind"] == *kind),
                "{} is not a kind of the examples",
                object["kind"]
            );
            continue;
        };
        let mut verdict = objections(&kind.crd, &object, None);
        verdict.extend(unknown(&kind.spec, &object["spec"], "spec"));
        assert!(verdict.is_empty(), "{}: {verdict:?}", object["metadata"]["name"]);
    }
}

#[test]
fn every_kind_has_an_example() {
    for kind in kinds() {
        assert!(!of_kind(kind.name()).is_empty(), "{} has no example", kind.name());
    }
}

#[test]
fn s47_the_quota_counts_every_namespaced_kind() {
    let quotas = of_kind("ResourceQuota");
    let [quota] = quotas.as_slice() else {
        panic!("one quota is expected");
    };
    let counted: BTreeSet<&String> = quota["spec"]["hard"].as_object().expect("numbers").keys().collect();
    let teams = kinds().filter(|kind| kind.is_namespaced());
    let expected: BTreeSet<String> = teams.map(|kind| format!("count/{}", kind.definition())).collect();
    assert_eq!(counted, expected.iter().collect());
}

#[test]
fn the_examples_may_use_the_tenant_and_it_is_the_seeded_one() {
    let tenants = documents(&package("examples/entra-tenant.yaml"));
    let [tenant] = tenants.as_slice() else {
        panic!("one tenant is expected");
    };
    assert_eq!(tenant["spec"]["tenantId"], seed_tenant()["id"]);
    assert_eq!(tenant["spec"]["clientId"], seed_tenant()["apps"][0]["appId"]);

    let namespaces = of_kind("Namespace");
    let labels = &tenant["spec"]["allowedNamespaces"]["selector"]["matchLabels"];
    assert_eq!(&namespaces[0]["metadata"]["labels"], labels);
    for object in [of_kind("ProvisioningPolicy"), of_kind("UserSetting")].concat() {
        assert_eq!(object["metadata"]["namespace"], namespaces[0]["metadata"]["name"]);
        assert_eq!(object["spec"]["tenantRef"]["name"], tenant["metadata"]["name"]);
    }
}

#[test]
fn every_kind_of_credentials_has_an_example_in_the_controllers_namespace() {
    let tenants = of_kind("EntraTenant");
    let members = |tenant: &Value| tenant["spec"]["credentials"].as_object().cloned().unwrap_or_default();
    let shown: BTreeSet<String> = tenants
        .iter()
        .flat_map(|tenant| members(tenant).into_iter().map(|(kind, _)| kind))
        .collect();
    let kinds = ["certificate", "clientSecret", "managedIdentity", "workloadIdentity"];
    assert_eq!(shown, kinds.map(str::to_owned).into());
    let accounts = of_kind("ServiceAccount");
    for account in &accounts {
        assert_eq!(account["metadata"]["namespace"], "cloudpc-system");
        assert_eq!(account["automountServiceAccountToken"], false);
    }
    for tenant in tenants {
        let wanted = &tenant["spec"]["credentials"]["workloadIdentity"]["serviceAccountName"];
        assert!(
            wanted.is_null() || accounts.iter().any(|account| account["metadata"]["name"] == *wanted),
            "{tenant}"
        );
    }
}

#[test]
fn every_assignment_finds_its_target_its_groups_and_its_plan() {
    for object in of_kind("Assignment") {
        let name = &object["metadata"]["name"];
        let assignment: Assignment = typed(&object);
        let target = &object["spec"]["targetRef"];
        let found = of_kind(target["kind"].as_str().expect("a kind")).iter().any(|candidate| {
            candidate["metadata"]["name"] == target["name"] && candidate["metadata"]["namespace"] == object["metadata"]["namespace"]
        });
        assert!(found, "{name}: no such target");
        for group in assignment.spec.groups {
            let known = [
                (&group.id, "id"),
                (&group.display_name, "displayName"),
                (&group.mail_nickname, "mailNickname"),
            ];
            for (value, field) in known {
                let seeded = seeded("groups", field);
                assert!(value.iter().all(|value| seeded.contains(value)), "{name}: {field} {value:?}");
            }
            let plans = seeded("frontLineServicePlans", "id");
            assert!(
                group.service_plan_id.iter().all(|plan| plans.contains(plan)),
                "{name}: no such plan"
            );
            let plans = seeded("frontLineServicePlans", "displayName");
            assert!(
                group.service_plan_name.iter().all(|plan| plans.contains(plan)),
                "{name}: no such plan"
            );
        }
    }
}

#[test]
fn every_policy_finds_its_connections_and_its_custom_image() {
    let (connections, images) = (
        seeded("onPremisesConnections", "displayName"),
        seeded("deviceImages", "displayName"),
    );
    let mut found = 0;
    for object in of_kind("ProvisioningPolicy") {
        let name = &object["metadata"]["name"];
        let policy: ProvisioningPolicy = typed(&object);
        for join in policy.spec.domain_join_configurations {
            let connection = join.on_premises_connection_name;
            assert!(
                connection.iter().all(|connection| connections.contains(connection)),
                "{name}: {connection:?}"
            );
            found += usize::from(connection.is_some());
        }
        if policy.spec.image_type.as_deref() == Some("custom") {
            let image = policy.spec.image_display_name;
            assert!(image.iter().all(|image| images.contains(image)), "{name}: {image:?}");
            found += 1;
        }
    }
    assert!(found > 1, "no example names a connection or a custom image");
}

#[test]
fn no_two_examples_have_the_same_name() {
    let mut seen = BTreeSet::new();
    for object in objects() {
        let key = format!("{} {}", object["kind"], object["metadata"]["name"]);
        assert!(seen.insert(key.clone()), "{key} appears twice");
    }
}
