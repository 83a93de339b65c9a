//! The generated specs are worth judging: many pass, many do not, and every rule has its say.

use std::collections::BTreeSet;

use cloudpc_operator::api::all_crds;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;

use crate::specs::objects;
use crate::verdict::objections;

/// As many as are held against a real API server in the end-to-end tests.
const COUNT: usize = 500;

fn definition<'a>(definitions: &'a [CustomResourceDefinition], object: &Value) -> &'a CustomResourceDefinition {
    let found = definitions.iter().find(|crd| object["kind"] == crd.spec.names.kind.as_str());
    found.expect("a kind that is generated")
}

/// The messages of every rule below `schema` that can be judged without an older object.
fn messages(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for rule in fields
                .get("x-kubernetes-validations")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let transition = rule["rule"].as_str().is_some_and(|text| text.contains("oldSelf"));
                if !transition {
                    found.insert(rule["message"].as_str().expect("every rule has a message").to_owned());
                }
            }
            fields.values().for_each(|value| messages(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| messages(value, found)),
        _ => {}
    }
}

#[test]
fn generated_specs_pass_and_fail_and_meet_every_rule() {
    let definitions = all_crds();
    let objects = objects(COUNT);
    let (mut accepted, mut said) = (0, String::new());
    for object in &objects {
        let objections = objections(definition(&definitions, object), object, None);
        accepted += usize::from(objections.is_empty());
        said += &objections.join("\n");
    }
    assert!((COUNT / 5..COUNT * 4 / 5).contains(&accepted), "{accepted} of {COUNT} pass");
    let mut expected = BTreeSet::new();
    for crd in &definitions {
        messages(&serde_json::to_value(crd).expect("definition serialises"), &mut expected);
    }
    assert!(expected.len() > 15, "the rules were not found");
    let silent: Vec<_> = expected.iter().filter(|message| !said.contains(*message)).collect();
    assert!(silent.is_empty(), "no generated spec meets these rules: {silent:#?}");
}
