//! Names of connections, images and service plans; values that clear a property; values that are in no list.

use crate::parity::takes;
use crate::scene::{PATIENCE, apply, assignment, contoso, graph, namespace, policy, ready, reconcile, told, with};
use crate::support::lab;
use anyhow::{Context, Error, Result, ensure};
use lab::{Lab, TENANT, seconds};
use serde_json::{Value, json};

/// A connection whose checks have passed, as a seed.
fn connection(id: &str, name: &str) -> String {
    let folder = "/subscriptions/88888888-0000-4000-8000-000000000001/resourceGroups/w";
    let network = format!("{folder}/providers/Microsoft.Network/virtualNetworks/n");
    format!(
        "tenants: [{{id: {TENANT}, onPremisesConnections: [{{id: {id}, displayName: {name}, connectionType: azureADJoin,
          subscriptionId: 88888888-0000-4000-8000-000000000001, resourceGroupId: {folder}, virtualNetworkId: {network},
          subnetId: {network}/subnets/s, healthCheckStatus: passed}}]}}]"
    )
}

fn joined(name: &str, display_name: &str, connection: &str) -> Value {
    let joins = json!([{"domainJoinType": "azureADJoin", "onPremisesConnectionName": connection}]);
    with(policy("team", name, display_name), json!({"domainJoinConfigurations": joins}))
}

async fn connection_of(lab: &Lab, display_name: &str) -> Result<String> {
    let held = graph(lab, "provisioningPolicies", display_name).await?;
    let id = held.pointer("/domainJoinConfigurations/0/onPremisesConnectionId");
    Ok(id.and_then(Value::as_str).context("no connection")?.to_owned())
}

#[tokio::test]
async fn a_connection_is_waited_for_resolved_once_and_never_guessed() -> Result<()> {
    let id = |last: &str| format!("66666666-0000-4000-8000-00000000000{last}");
    let lab = lab().await;
    for twin in ["a", "b"] {
        lab.sim.seed(&connection(&id(twin), "Twin hub")).await?;
    }
    apply(
        &lab,
        &[
            contoso(),
            namespace("team", "contoso"),
            joined("late", "Late", "Late hub"),
            joined("twin", "Twin", "Twin hub"),
        ],
    )
    .await?;
    let waiting = ("ReferencesResolved", "False", "ConnectionNotFound");
    let message = told(&lab, "ProvisioningPolicy", "team", "late", waiting).await?;
    ensure!(message.contains("Late hub"), "{message}");
    let refused = ("Stalled", "True", "AmbiguousReference");
    let message = told(&lab, "ProvisioningPolicy", "team", "twin", refused).await?;
    ensure!(message.contains(&id("a")) && message.contains(&id("b")), "{message}");
    let made = lab.sim.objects("provisioningPolicies").await?;
    ensure!(made.is_empty(), "a policy without its network: {made:?}");

    // As it is listed until its first health check has ended.
    let listed = json!({"value": [{"id": id("c"), "displayName": "Late hub", "healthCheckStatus": "pending"}]});
    let list = json!({"method": "GET", "path": "*/onPremisesConnections"});
    lab.sim
        .fault(json!({"match": list, "times": -1, "fault": {"status": 200, "body": listed}}))
        .await?;
    let pending = ("Reconciling", "True", "ConnectionNotReady");
    told(&lab, "ProvisioningPolicy", "team", "late", pending).await?;
    lab.sim.seed(&connection(&id("c"), "Late hub")).await?;
    lab.sim.clear_faults().await?;
    lab.wait_condition("ProvisioningPolicy", "team", "late", "Ready", "True", seconds(120))
        .await?;
    assert_eq!(connection_of(&lab, "Late").await?, id("c"));

    // Another object of the same name that appears later is not used.
    lab.sim.seed(&connection(&id("d"), "Late hub")).await?;
    reconcile(&lab, "ProvisioningPolicy", "team", "late", "again").await?;
    let kept = ready(&lab, "ProvisioningPolicy", "team", "late").await?;
    ensure!(
        kept["status"]["resolved"]["connections"][0]["id"] == id("c").as_str(),
        "{}",
        kept["status"]
    );
    assert_eq!(connection_of(&lab, "Late").await?, id("c"));
    Ok(())
}

#[tokio::test]
async fn a_custom_image_and_a_service_plan_are_found_by_name() -> Result<()> {
    let lab = lab().await;
    let custom = |fields: Value| {
        let image = json!({"imageType": "custom", "imageDisplayName": "Engineering base"});
        with(with(policy("team", "custom", "Custom"), image), fields)
    };
    let shared = with(
        policy("team", "shared", "Shared"),
        json!({"provisioningType": "sharedByEntraGroup"}),
    );
    let group = |plan: &str| json!([{"displayName": "Windows 365 Reception", "servicePlanName": plan, "allotmentLicensesCount": 1}]);
    apply(
        &lab,
        &[
            contoso(),
            namespace("team", "contoso"),
            custom(json!({})),
            shared,
            assignment("team", "desk", "ProvisioningPolicy", "shared", group("No such plan")),
        ],
    )
    .await?;
    let refused = ("Stalled", "True", "AmbiguousReference");
    let message = told(&lab, "ProvisioningPolicy", "team", "custom", refused).await?;
    ensure!(message.contains("1.0.2") && message.contains("spec.imageVersion"), "{message}");
    // Microsoft's catalogue does not have it, so waiting does not help.
    let waiting = ("Stalled", "True", "ServicePlanNotFound");
    let message = told(&lab, "Assignment", "team", "desk", waiting).await?;
    ensure!(message.contains("No such plan"), "{message}");

    let plan = "Cloud PC Frontline 2vCPU/8GB/128GB";
    let named = assignment("team", "desk", "ProvisioningPolicy", "shared", group(plan));
    apply(&lab, &[custom(json!({"imageVersion": "1.0.3"})), named]).await?;
    ready(&lab, "ProvisioningPolicy", "team", "custom").await?;
    let held = graph(&lab, "provisioningPolicies", "Custom").await?;
    ensure!(
        held["imageId"] == "99999999-0000-4000-8000-000000000002" && held["imageType"] == "custom",
        "{held}"
    );
    ready(&lab, "Assignment", "team", "desk").await?;
    let held = graph(&lab, "provisioningPolicies", "Shared").await?;
    let target = &held["assignments"][0]["target"];
    ensure!(target["servicePlanId"] == "55555555-0000-4000-8000-000000000001", "{target}");
    Ok(())
}

#[tokio::test]
async fn null_clears_in_graph_and_an_unknown_value_is_sent_with_a_warning() -> Result<()> {
    let lab = lab().await;
    apply(&lab, &[contoso(), namespace("team", "contoso")]).await?;
    let templated = |template: Value| {
        let fields = json!({"cloudPcNamingTemplate": template, "windowsSetting": {"locale": "tlh-QO"}});
        with(policy("team", "named", "Named"), fields)
    };
    takes(&lab, &templated(json!("FIN-%RAND:5%")), false).await?.map_err(Error::msg)?;
    ready(&lab, "ProvisioningPolicy", "team", "named").await?;
    let event = lab.wait_event("ProvisioningPolicy", "named", "UnknownValue", PATIENCE).await?;
    let note = event.note.unwrap_or_default();
    ensure!(note.contains("/windowsSetting/locale") && note.contains("tlh-QO"), "{note}");
    let held = graph(&lab, "provisioningPolicies", "Named").await?;
    ensure!(held["windowsSetting"]["locale"] == "tlh-QO", "{held}");

    takes(&lab, &templated(Value::Null), false).await?.map_err(Error::msg)?;
    ready(&lab, "ProvisioningPolicy", "team", "named").await?;
    let held = graph(&lab, "provisioningPolicies", "Named").await?;
    ensure!(held["cloudPcNamingTemplate"].is_null(), "{held}");
    // A spec without the field does not manage it.
    let mark = lab.sim.mark().await?;
    takes(&lab, &with(policy("team", "named", "Named"), json!({"description": "d"})), false)
        .await?
        .map_err(Error::msg)?;
    ready(&lab, "ProvisioningPolicy", "team", "named").await?;
    let writes = lab.sim.writes(mark).await?;
    let bodies: Vec<_> = writes.iter().filter_map(|entry| entry.body.as_ref()).collect();
    ensure!(bodies == [&json!({"description": "d"})], "{bodies:?}");
    Ok(())
}
