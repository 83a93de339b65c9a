//! The files in `crds/` are what the types say, and the YAML printed for people is complete.

use std::fs;

use cloudpc_operator::api::all_crds;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use serde_json::{Value, json};

use crate::support::{documents, package, yaml_files};

/// What keeps definitions from being deleted.
const KEEP: &str = "keep-definitions.yaml";

const UPDATE: &str = "UPDATE_CRDS=1 cargo test --test schema";

/// File name and content of one definition.
fn file_of(crd: &CustomResourceDefinition) -> (String, String) {
    let names = &crd.spec.names;
    let yaml = serde_saphyr::to_string(crd).expect("definition serialises");
    let text = format!(
        "# Definition of {}, generated from src/api. Do not edit; to write it again: {UPDATE}\n{yaml}",
        names.kind
    );
    (format!("{}.yaml", names.plural), text)
}

#[test]
fn definition_files_are_current() {
    let update = std::env::var_os("UPDATE_CRDS").is_some();
    for (name, text) in all_crds().iter().map(file_of) {
        let path = package("crds").join(&name);
        if update {
            fs::write(&path, text).expect("definition can be written");
        } else {
            let current = fs::read_to_string(&path).unwrap_or_default();
            assert!(current == text, "crds/{name} is not current; run: {UPDATE}");
        }
    }
}

#[test]
fn definition_files_read_back_as_they_are_meant() {
    for crd in all_crds() {
        let (name, text) = file_of(&crd);
        let read: CustomResourceDefinition = serde_saphyr::from_str(&text).expect("file is YAML");
        assert_eq!(read, crd, "{name}");
    }
}

#[test]
fn every_definition_is_installed_and_nothing_else() {
    let mut expected: Vec<String> = all_crds().iter().map(|crd| file_of(crd).0).collect();
    expected.sort();
    let files = yaml_files("crds");
    let present: Vec<&str> = files
        .iter()
        .filter_map(|path| path.file_name()?.to_str())
        .filter(|name| *name != "kustomization.yaml" && *name != KEEP)
        .collect();
    assert_eq!(present, expected);

    let kustomization = fs::read_to_string(package("crds/kustomization.yaml")).expect("is there");
    for name in expected.iter().map(String::as_str).chain([KEEP]) {
        assert!(kustomization.contains(&format!("- {name}")), "{name} is not installed");
    }
}

/// What goes with the installation in the hands of Helm, Argo CD and Flux would take every object along.
#[test]
fn s51_no_tool_prunes_a_definition_or_what_keeps_it() {
    let definitions = all_crds()
        .into_iter()
        .map(|crd| serde_json::to_value(crd).expect("definition serialises"));
    let policy = documents(&package("crds").join(KEEP));
    assert_eq!(policy.len(), 2);
    for object in definitions.chain(policy) {
        let expected = json!({
            "helm.sh/resource-policy": "keep",
            "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
            "kustomize.toolkit.fluxcd.io/prune": "disabled",
        });
        assert_eq!(object["metadata"]["annotations"], expected, "{}", object["metadata"]["name"]);
    }
}

/// Deleted with the definitions, in whatever order, it has to be there until they are gone.
#[test]
fn s51_what_keeps_definitions_keeps_itself_and_fails_closed() {
    let policy = documents(&package("crds").join(KEEP));
    for object in &policy {
        assert_eq!(
            object["metadata"]["finalizers"],
            json!(["cloudpc.dev/keep-definitions"]),
            "{object}"
        );
    }
    let find = |kind: &str| -> &Value { policy.iter().find(|object| object["kind"] == kind).expect("it is there") };
    assert_eq!(find("ValidatingAdmissionPolicy")["spec"]["failurePolicy"], "Fail");
    let binding = &find("ValidatingAdmissionPolicyBinding")["spec"];
    assert_eq!(binding["policyName"], find("ValidatingAdmissionPolicy")["metadata"]["name"]);
    assert_eq!(binding["validationActions"], json!(["Deny"]));
}
