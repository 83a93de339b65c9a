//! The steps of the demo once everything runs: apply, drift, delete, count.

use crate::graph::{COLLECTIONS, KINDS, compare, declared, held, wanted};
use crate::report::Report;
use anyhow::{Context, Result, ensure};
use lab::{ADMIN, Lab, operations, seconds};
use serde_json::{Value, json};

/// The object that is changed by hand: namespace and name of a ProvisioningPolicy of the examples that has a description.
pub(crate) const EDITED: (&str, &str) = ("team-finance", "analysts");
const BY_HAND: &str = "Changed by hand";

/// Applies the examples and shows the result.
pub(crate) async fn apply(report: &mut Report, lab: &Lab) -> Result<()> {
    report.step("Apply the examples");
    for arguments in [
        ["apply", "-f", "examples/entra-tenant.yaml"],
        ["apply", "-k", "examples/team"],
        ["apply", "-f", "examples"],
    ] {
        report.line(&format!("kubectl {}", arguments.join(" ")));
        lab.kubectl(&arguments).await?;
    }
    report.step("Wait until every object is Ready: Graph was seen equal to it");
    lab.kubectl(&[
        "wait",
        "--for=condition=Ready",
        "--timeout=120s",
        "--all",
        "--all-namespaces",
        KINDS,
    ])
    .await?;
    report.line("kubectl get windows365 --all-namespaces");
    report.text(&lab.kubectl(&["get", "windows365", "--all-namespaces"]).await?);

    report.step("Look at what is in Graph");
    let graph = held(lab).await?;
    compare("after the examples", &graph, &wanted(lab, &declared(lab).await?, |_| true).await?)?;
    ensure!(!graph.is_empty(), "the examples made nothing");
    report.text(&graph.join("\n"));
    Ok(())
}

/// Changes an object by hand and shows that this is reported and corrected.
pub(crate) async fn drift(report: &mut Report, lab: &Lab) -> Result<()> {
    let (namespace, name) = EDITED;
    report.step(&format!("{ADMIN} changes {namespace}/{name} by hand, as in the portal"));
    for object in declared(lab).await?.iter().filter(|object| object["kind"] == "EntraTenant") {
        let tenant = object["metadata"]["name"].as_str().context("a tenant has a name")?;
        lab.patch("EntraTenant", "", tenant, &json!({"spec": {"interval": "5s"}})).await?;
        report.line(&format!(
            "EntraTenant {tenant}: interval set to 5s, so that this need not wait for the usual one"
        ));
    }
    let before = lab
        .get("ProvisioningPolicy", namespace, name)
        .await?
        .context("the example is gone")?;
    let id = before["status"]["id"].as_str().context("the example has no id")?;
    let path = format!("/beta/deviceManagement/virtualEndpoint/provisioningPolicies/{id}");
    lab.sim.portal("PATCH", &path, Some(json!({"description": BY_HAND}))).await?;
    report.line(&format!("PATCH {path} {{\"description\": \"{BY_HAND}\"}}"));

    report.step("The operator reports the drift and corrects it");
    let detected = lab.wait_event("ProvisioningPolicy", name, "DriftDetected", seconds(60)).await?;
    let corrected = |object: &Value| object["status"]["lastDrift"]["correctedAt"].is_string();
    let after = lab
        .wait_object(
            "ProvisioningPolicy",
            namespace,
            name,
            "the drift is corrected",
            seconds(60),
            corrected,
        )
        .await?;
    report.line(&format!("Event DriftDetected: {}", detected.note.unwrap_or_default()));
    let drift = &after["status"]["lastDrift"];
    for field in drift["fields"].as_array().into_iter().flatten() {
        report.line(&format!(
            "status.lastDrift: {} was {}, should be {}",
            field["path"], field["observed"], field["desired"]
        ));
    }
    report.line(&format!("detected {}, corrected {}", drift["detectedAt"], drift["correctedAt"]));
    let graph = lab.sim.objects("provisioningPolicies").await?;
    let now = graph
        .iter()
        .find(|object| object["id"] == id)
        .context("the policy is not in Graph any more")?;
    let (is, should) = (&now["description"], &before["spec"]["description"]);
    ensure!(is == should, "Graph has the description {is} instead of {should}");
    report.line(&format!("Graph has the description {is} again"));
    Ok(())
}

/// Deletes everything and shows what that leaves.
pub(crate) async fn delete(report: &mut Report, lab: &Lab) -> Result<()> {
    report.step("Delete everything at once");
    let objects = declared(lab).await?;
    report.line(&format!("kubectl delete {KINDS} --all --all-namespaces"));
    lab.kubectl(&["delete", KINDS, "--all", "--all-namespaces", "--timeout=120s"])
        .await?;
    lab.kubectl(&["delete", "namespace", EDITED.0, "--timeout=120s"]).await?;
    let left = held(lab).await?;
    compare(
        "after deleting",
        &left,
        &wanted(lab, &objects, |object| object["spec"]["deletionPolicy"] == "Orphan").await?,
    )?;
    report.line("Kubernetes has none of them any more. Graph has only what is declared with deletionPolicy: Orphan:");
    report.text(&left.join("\n"));

    report.step(&format!("{ADMIN} removes these by hand"));
    for (_, collection) in COLLECTIONS {
        for object in lab.sim.objects(collection).await? {
            let path = format!(
                "/beta/deviceManagement/virtualEndpoint/{collection}/{}",
                object["id"].as_str().context("an id")?
            );
            lab.sim
                .portal("POST", &format!("{path}/assign"), Some(json!({"assignments": []})))
                .await?;
            lab.sim.portal("DELETE", &path, None).await?;
        }
    }
    compare("in the end", &held(lab).await?, &[])?;
    report.line("Graph is empty");
    Ok(())
}

/// Counts the operator's requests to Entra and Graph.
pub(crate) async fn requests(report: &mut Report, lab: &Lab) -> Result<()> {
    report.step("Count the operator's requests, from the simulator's ledger");
    let entries = lab.sim.ledger(0).await?;
    let (by_hand, operator): (Vec<_>, Vec<_>) = entries.into_iter().partition(lab::Entry::is_by_hand);
    for (operation, count) in operations(&operator) {
        report.line(&format!("{count:>5}  {operation}"));
    }
    report.line(&format!("{:>5}  in all, and {} made by hand", operator.len(), by_hand.len()));
    let failed: Vec<String> = operator
        .iter()
        .filter(|entry| entry.status.is_none_or(|status| status >= 500))
        .map(lab::Entry::operation)
        .collect();
    ensure!(failed.is_empty(), "the simulator failed: {}", failed.join(", "));
    Ok(())
}
