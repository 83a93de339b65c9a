//! The installation meets the restricted Pod Security standard and grants no more than the controller needs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::kinds::{Kind, kinds};
use crate::support::{documents, package, yaml_files};

/// Every object of the installation, definitions aside.
fn objects() -> Vec<Value> {
    yaml_files("manifests")
        .iter()
        .filter(|path| !path.ends_with("kustomization.yaml"))
        .flat_map(|path| documents(path))
        .collect()
}

/// The object of that kind and name.
pub fn one(kind: &str, name: &str) -> Value {
    objects()
        .into_iter()
        .find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
        .unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

/// A list of texts, in any order.
pub fn texts(value: &Value) -> BTreeSet<String> {
    let entries = value.as_array().into_iter().flatten();
    entries.map(|entry| entry.as_str().expect("a text").to_owned()).collect()
}

/// The same of words that are known.
pub fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn roles() -> Vec<Value> {
    let is_role = |object: &Value| object["kind"] == "Role" || object["kind"] == "ClusterRole";
    objects().into_iter().filter(is_role).collect()
}

/// Removing the controller must not remove what keeps definitions, nor the definitions themselves.
#[test]
fn f61_everything_is_installed_and_no_definition_is_part_of_it() {
    let listed = texts(&documents(&package("manifests/kustomization.yaml"))[0]["resources"]);
    let mut expected = BTreeSet::new();
    for path in yaml_files("manifests") {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        if name != "kustomization.yaml" {
            expected.insert(name);
        }
    }
    assert_eq!(listed, expected);
    // The policy that keeps definitions outlasts the controller; the one that protects approvals is of no use without it.
    let kept = |object: &Value| object["kind"] == "CustomResourceDefinition" || object["metadata"]["name"] == "cloudpc-keep-definitions";
    let kept: Vec<Value> = objects().into_iter().filter(kept).collect();
    assert!(kept.is_empty(), "{kept:#?}");
}

#[test]
fn the_pod_meets_the_restricted_standard() {
    let namespace = one("Namespace", "cloudpc-system");
    assert_eq!(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted");

    let pod = one("Deployment", "cloudpc-operator")["spec"]["template"]["spec"].clone();
    for host in ["hostNetwork", "hostPID", "hostIPC"] {
        assert!(pod.get(host).is_none(), "{host}");
    }
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["runAsUser"], 65532);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    for volume in pod["volumes"].as_array().expect("volumes") {
        assert!(volume.get("projected").is_some(), "{volume}: only projected volumes are needed");
    }
    for container in pod["containers"].as_array().expect("containers") {
        let context = &container["securityContext"];
        assert_eq!(context["allowPrivilegeEscalation"], false);
        assert_eq!(context["readOnlyRootFilesystem"], true);
        assert_eq!(context["runAsNonRoot"], true);
        assert_eq!(texts(&context["capabilities"]["drop"]), set(&["ALL"]));
        assert!(context["capabilities"].get("add").is_none());
        assert!(container["resources"]["limits"]["memory"].is_string());
        assert!(container["resources"]["limits"]["cpu"].is_string());
        assert!(
            container["ports"]
                .as_array()
                .expect("ports")
                .iter()
                .all(|port| port.get("hostPort").is_none())
        );
    }
}

#[test]
fn tokens_are_mounted_only_where_they_are_asked_for() {
    assert_eq!(one("ServiceAccount", "cloudpc-operator")["automountServiceAccountToken"], false);
    let pod = one("Deployment", "cloudpc-operator")["spec"]["template"]["spec"].clone();
    assert_eq!(pod["automountServiceAccountToken"], false);

    let container = &pod["containers"][0];
    let file = container["env"]
        .as_array()
        .expect("environment")
        .iter()
        .find(|variable| variable["name"] == "AZURE_FEDERATED_TOKEN_FILE")
        .and_then(|variable| variable["value"].as_str())
        .expect("the token file is set");
    let volumes = pod["volumes"].as_array().expect("volumes");
    let token = volumes
        .iter()
        .flat_map(|volume| volume["projected"]["sources"].as_array().expect("sources"))
        .map(|source| &source["serviceAccountToken"])
        .find(|token| token["audience"] == "api://AzureADTokenExchange")
        .expect("a token for Entra");
    let mounts = container["volumeMounts"].as_array().expect("mounts");
    let path = token["path"].as_str().expect("a path");
    assert!(
        mounts
            .iter()
            .any(|mount| format!("{}/{path}", mount["mountPath"].as_str().unwrap()) == file),
        "{file} is not where the token is mounted"
    );
    assert!(mounts.iter().all(|mount| mount["readOnly"] == true));
}

#[test]
fn s10_no_role_has_a_wildcard_or_a_way_to_more_rights_and_secrets_are_read_in_one_namespace_by_name() {
    for role in roles() {
        let own = role["kind"] == "Role" && role["metadata"]["namespace"] == "cloudpc-system";
        for rule in role["rules"].as_array().expect("rules") {
            for part in ["apiGroups", "resources", "verbs", "nonResourceURLs"] {
                let words = texts(&rule[part]);
                assert!(words.iter().all(|word| !word.contains('*')), "{rule}");
                assert!(words.is_disjoint(&set(&["impersonate", "bind", "escalate"])), "{rule}");
            }
            let touched = texts(&rule["resources"]);
            if touched.contains("secrets") {
                assert!(own && texts(&rule["verbs"]) == set(&["get"]), "{rule}");
            }
            if touched.iter().any(|resource| resource.starts_with("serviceaccounts")) {
                let itself = touched == set(&["serviceaccounts"]) && texts(&rule["resourceNames"]) == set(&["cloudpc-operator"]);
                let looks = itself && texts(&rule["verbs"]) == set(&["get"]);
                assert!(own && (looks || touched == set(&["serviceaccounts/token"])), "{rule}");
            }
            let written = !texts(&rule["verbs"]).is_subset(&set(&["get", "list", "watch"]));
            assert!(!written || !touched.contains("namespaces"), "{rule}");
        }
    }
}

/// The rights that the controller needs on a kind, whatever the table in `rights` says: it never creates, deletes or replaces a
/// resource, and reads one by its name only after a write conflict, where the status has the id of an object in Graph.
fn needed(kind: &Kind) -> Vec<String> {
    let resource = kind.plural();
    let mut rights = vec![format!("patch {resource}/status")];
    let verbs = ["list", "watch", "patch"];
    rights.extend(verbs.map(|verb| format!("{verb} {resource}")));
    // A resource that refers to a tenant represents an object there.
    rights.extend(kind.declares("tenantRef").then(|| format!("get {resource}")));
    rights
}

/// That these are used, all of them, is shown end to end.
#[test]
fn s10_the_controller_has_exactly_the_rights_that_it_uses() {
    let mut granted = BTreeSet::new();
    let ours = |role: &&Value| {
        role["metadata"]["name"]
            .as_str()
            .is_some_and(|name| name.starts_with("cloudpc-operator"))
    };
    for role in roles().iter().filter(ours) {
        for rule in role["rules"].as_array().expect("rules") {
            for resource in texts(&rule["resources"]) {
                for verb in texts(&rule["verbs"]) {
                    granted.insert(format!("{} {verb} {resource}", role["kind"].as_str().unwrap()));
                }
            }
        }
    }
    let mut expected = BTreeSet::new();
    for right in kinds().flat_map(needed) {
        expected.insert(format!("ClusterRole {right}"));
    }
    for verb in ["list", "watch"] {
        expected.insert(format!("ClusterRole {verb} namespaces"));
    }
    for verb in ["create", "patch"] {
        expected.insert(format!("ClusterRole {verb} events"));
    }
    for verb in ["create", "get", "update"] {
        expected.insert(format!("Role {verb} leases"));
    }
    expected.insert("ClusterRole get customresourcedefinitions".to_owned());
    expected.insert("ClusterRole get validatingadmissionpolicies".to_owned());
    expected.insert("ClusterRole get validatingadmissionpolicybindings".to_owned());
    expected.insert("Role get namespaces".to_owned());
    expected.insert("Role get serviceaccounts".to_owned());
    expected.insert("Role get secrets".to_owned());
    expected.insert("Role create serviceaccounts/token".to_owned());
    assert_eq!(granted, expected);
}

/// The names of which the controller may get a resource.
fn readable(resource: &str) -> BTreeSet<String> {
    let mut rules = Vec::new();
    for role in roles().iter().filter(|role| {
        role["metadata"]["name"]
            .as_str()
            .is_some_and(|name| name.starts_with("cloudpc-operator"))
    }) {
        let all = role["rules"].as_array().expect("rules").clone();
        rules.extend(
            all.into_iter()
                .filter(|rule| texts(&rule["resources"]).contains(resource) && texts(&rule["verbs"]).contains("get")),
        );
    }
    assert_eq!(rules.len(), 1, "{resource}: {rules:?}");
    texts(&rules[0]["resourceNames"])
}

/// Whether it is being removed is asked by name, and of every definition.
#[test]
fn s51_the_controller_can_look_at_each_definition_and_at_itself_and_at_no_other() {
    let definitions: BTreeSet<String> = kinds().map(|kind| kind.definition().to_owned()).collect();
    assert_eq!(readable("customresourcedefinitions"), definitions);
    assert_eq!(readable("namespaces"), set(&["cloudpc-system"]));
    assert_eq!(readable("serviceaccounts"), set(&["cloudpc-operator"]));

    let variables = one("Deployment", "cloudpc-operator")["spec"]["template"]["spec"]["containers"][0]["env"].clone();
    let account = variables
        .as_array()
        .expect("environment")
        .iter()
        .find(|variable| variable["name"] == "POD_SERVICE_ACCOUNT");
    let field = &account.expect("it knows its service account")["valueFrom"]["fieldRef"]["fieldPath"];
    assert_eq!(field, "spec.serviceAccountName");
}

/// What it compares with the shipped policy is that policy, and it sees no other.
#[test]
fn s26_the_controller_can_look_at_the_policy_for_approvals_and_at_no_other() {
    for (resource, kind) in [
        ("validatingadmissionpolicies", "ValidatingAdmissionPolicy"),
        ("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"),
    ] {
        let name = one(kind, "cloudpc-approvals")["metadata"]["name"].clone();
        assert_eq!(readable(resource), texts(&Value::Array(vec![name])), "{kind}");
    }
    let binding = one("ValidatingAdmissionPolicyBinding", "cloudpc-approvals")["spec"].clone();
    assert_eq!(binding["policyName"], "cloudpc-approvals");
    // By default no program approves.
    let list = serde_json::json!({"name": "serviceAccounts", "expression": "[]"});
    assert_eq!(one("ValidatingAdmissionPolicy", "cloudpc-approvals")["spec"]["variables"][0], list);
}

/// The verb is in one role, which no built-in role has, so that the right to edit is not the right to approve.
#[test]
fn s26_one_role_approves_and_no_other_role_includes_it() {
    let approves = |role: &Value| {
        let mut rules = role["rules"].as_array().expect("rules").iter();
        rules.any(|rule| texts(&rule["verbs"]).contains("approve"))
    };
    let all = roles();
    let approving: Vec<&Value> = all.iter().filter(|role| approves(role)).collect();
    let [role] = approving[..] else { panic!("{approving:#?}") };
    assert_eq!(role["metadata"]["name"], "cloudpc-approver");
    let labels = role["metadata"]["labels"].as_object().expect("labels");
    assert!(!labels.keys().any(|label| label.contains("aggregate-to")), "{labels:?}");
}

#[test]
fn teams_can_neither_reach_tenants_nor_write_status() {
    for role in roles() {
        let labels = role["metadata"]["labels"].as_object().expect("labels");
        if labels.keys().any(|label| label.contains("aggregate-to")) {
            for resource in role["rules"]
                .as_array()
                .expect("rules")
                .iter()
                .flat_map(|rule| texts(&rule["resources"]))
            {
                let tenant = resource == "entratenants";
                assert!(!tenant && !resource.contains('/'), "{}: {resource}", role["metadata"]["name"]);
            }
        }
    }
}

#[test]
fn the_network_is_closed_but_for_a_few_ports() {
    let closed = one("NetworkPolicy", "default-deny")["spec"].clone();
    assert_eq!(closed["podSelector"], serde_json::json!({}));
    assert_eq!(texts(&closed["policyTypes"]), set(&["Ingress", "Egress"]));
    assert!(closed.get("ingress").is_none() && closed.get("egress").is_none());

    let open = one("NetworkPolicy", "cloudpc-operator")["spec"].clone();
    let ports = |direction: &str| -> BTreeSet<u64> {
        let rules = open[direction].as_array().expect("rules").iter();
        let listed = rules.flat_map(|rule| rule["ports"].as_array().expect("ports are named"));
        listed.map(|port| port["port"].as_u64().expect("a number")).collect()
    };
    assert_eq!(ports("egress"), BTreeSet::from([53, 443, 6443]));
    assert_eq!(ports("ingress"), BTreeSet::from([8080, 8081]));
}
