//! The files in `crds/` are what the types say, and the YAML printed for people is complete.

use std::collections::{BTreeMap, BTreeSet};

use cloudpc_operator::api::all_crds;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use serde_json::{Value, json};

use crate::generate::{COMMAND, Generated};
use crate::support::{documents, package, yaml_files};

/// What keeps definitions from being deleted.
const KEEP: &str = "keep-definitions.yaml";

/// File name and content of one definition.
fn file_of(crd: &CustomResourceDefinition) -> (String, String) {
    let names = &crd.spec.names;
    let yaml = serde_saphyr::to_string(crd).expect("definition serialises");
    let text = format!(
        "# Definition of {}, generated from src/api. Do not edit; to write it again: {COMMAND}\n{yaml}",
        names.kind
    );
    (format!("{}.yaml", names.plural), text)
}

/// A file for each definition, and the list of these files in the kustomization.
pub fn generated() -> Vec<Generated> {
    let files = all_crds().into_iter().map(|crd| file_of(&crd));
    let files: BTreeMap<String, String> = files.collect();
    let listed = files.keys().map(|name| format!("- {name}\n")).collect();
    let list = Generated::part("crds/kustomization.yaml", "the definition of every kind", listed);
    let file = |(name, text)| Generated::file(format!("crds/{name}"), text);
    files.into_iter().map(file).chain([list]).collect()
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
    const KUSTOMIZATION: &str = "kustomization.yaml";
    let files = yaml_files("crds");
    let names = files.iter().filter_map(|path| path.file_name()?.to_str());
    let present: BTreeSet<&str> = names.filter(|name| *name != KUSTOMIZATION).collect();
    let kustomization = &documents(&package("crds").join(KUSTOMIZATION))[0];
    let installed = kustomization["resources"].as_array().expect("a list").iter();
    let installed: Vec<&str> = installed.filter_map(Value::as_str).collect();
    assert_eq!(installed.iter().copied().collect::<BTreeSet<_>>(), present);
    assert_eq!(installed.len(), present.len(), "one is listed twice: {installed:?}");

    let definitions = files.iter().flat_map(|path| documents(path));
    let definitions = definitions.filter(|object| object["kind"] == "CustomResourceDefinition");
    let found: BTreeSet<String> = definitions.map(|object| object["metadata"]["name"].to_string()).collect();
    let expected = all_crds().into_iter().map(|crd| json!(crd.metadata.name).to_string());
    assert_eq!(found, expected.collect(), "definitions of kinds that there are");
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
