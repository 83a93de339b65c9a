//! What `apply` and `applyConfig` take, null above all: it is documented, or the description allows it.

use crate::contract::support::description;
use crate::routes::support::*;
use graph_sim::base::answer::ApiVersion::Beta;
use graph_sim::world::World;
use serde_json::{Value, json};

const CLOUD_PC: &str = "55555555-0000-4000-8000-00000000000a";

/// A tenant with a Cloud PC, and the id of its policy.
fn provisioned() -> (World, String) {
    let mut world = world();
    let id = create(&mut world, POLICIES, &policy_with(&json!({"enableSingleSignOn": true})));
    let pc = json!({"id": CLOUD_PC, "provisioningPolicyId": id, "status": "provisioned", "deviceRegionName": "eastus"});
    seed(&mut world, "cloudPCs", pc);
    (world, id)
}

fn region(world: &mut World) -> Value {
    let pc = get(world, Beta, &format!("/deviceManagement/virtualEndpoint/cloudPCs/{CLOUD_PC}"));
    pc.body.unwrap()["deviceRegionName"].clone()
}

/// The parameters of an action that can be null, as the description has them, and `policySettings`, for which a text says so.
fn nullable(template: &str) -> Vec<String> {
    let path = format!("/deviceManagement/virtualEndpoint/provisioningPolicies/{template}");
    let described = description(Beta).map(|all| all["paths"][path]["post"].clone());
    let schema = described.map(|one| one["requestBody"]["content"]["application/json"]["schema"]["properties"].clone());
    let properties = schema.as_ref().and_then(Value::as_object).into_iter().flatten();
    let marked = properties.filter(|(_, one)| one["nullable"] == true).map(|(name, _)| name.clone());
    marked.chain(["policySettings".to_owned()]).collect()
}

#[test]
fn null_is_taken_for_every_parameter_that_can_be_null_and_means_what_leaving_it_out_does() {
    for (action, template) in [("apply", "{cloudPcProvisioningPolicy-id}/apply"), ("applyConfig", "applyConfig")] {
        for name in nullable(template) {
            let (mut world, id) = provisioned();
            let mut body = if action == "apply" {
                json!({})
            } else {
                json!({"cloudPcIds": [CLOUD_PC]})
            };
            body[&name] = Value::Null;
            let target = if action == "apply" {
                format!("{POLICIES}/{id}/apply")
            } else {
                format!("{POLICIES}/applyConfig")
            };
            let answer = Ask::new(Beta, "POST", target).body(&body).send(&mut world);
            assert_eq!((answer.status, answer.committed), (204, true), "{action} {body}: {:?}", answer.body);
            assert_eq!(
                region(&mut world),
                "westeurope",
                "{action} {body}: without another setting it is the region"
            );
        }
    }
}

#[test]
fn a_parameter_that_cannot_be_null_or_makes_no_sense_is_refused_by_name() {
    let (mut world, id) = provisioned();
    let (apply, config) = (format!("{POLICIES}/{id}/apply"), format!("{POLICIES}/applyConfig"));
    for (target, body, named) in [
        (&apply, json!({"policySettings": "unknownFutureValue"}), "policySettings"),
        (&apply, json!({"reservePercentage": 100}), "reservePercentage"),
        (&apply, json!({"reservePercentage": 50}), "sharedByEntraGroup"),
        (&apply, json!({"isForceUserLogoffEnabled": true}), "isForceUserLogoffEnabled"),
        (&apply, json!({"cloudPcIds": []}), "cloudPcIds"),
        (&config, json!({"cloudPcIds": null}), "cloudPcIds"),
        (&config, json!({"cloudPcIds": []}), "cloudPcIds"),
        (&config, json!({"cloudPcIds": [CLOUD_PC, null]}), "cloudPcIds[1]"),
        (&config, json!({"cloudPcIds": [CLOUD_PC, UNKNOWN_ID]}), UNKNOWN_ID),
    ] {
        let answer = Ask::new(Beta, "POST", target).body(&body).send(&mut world);
        assert_eq!((answer.status, answer.committed), (400, false), "{body}");
        assert!(reason(&answer).contains(named), "{body}: {}", reason(&answer));
        assert_eq!(region(&mut world), "eastus", "{body} changed something");
    }
}
