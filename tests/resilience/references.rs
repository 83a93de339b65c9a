//! The id that a name was resolved to is kept, checked again when necessary, and never replaced by another one without a request.

use crate::support::*;
use anyhow::{Result, ensure};
use lab::Lab;
use serde_json::{Value, json};

async fn delete_group(lab: &Lab, id: &str) -> Result<()> {
    lab.sim.portal("DELETE", &format!("/v1.0/groups/{id}"), None).await.map(drop)
}

async fn create_group(lab: &Lab, nickname: &str) -> Result<String> {
    let body = json!({"displayName": "Anybody's", "mailNickname": nickname, "mailEnabled": false, "securityEnabled": true});
    let made = lab.sim.portal("POST", "/v1.0/groups", Some(body)).await?;
    Ok(made["id"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn f58_a_deleted_group_stalls_its_assignment_alone_and_its_successor_is_taken_only_on_request() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, name, kind) = (&stage.lab, "pinned", Kind::Policy);
    lab.apply_yaml(&object(kind, name, "")).await?;
    lab.apply_yaml(&assignment("doomed", kind, name, &[RECEPTION])).await?;
    ready(lab, "Assignment", "doomed").await?;
    delete_group(lab, RECEPTION.1).await?;
    let successor = create_group(lab, RECEPTION.0).await?;
    // Another Assignment of the target is added: Graph refuses every set with the deleted group.
    lab.apply_yaml(&assignment("fine", kind, name, &[FINANCE])).await?;
    ready(lab, "Assignment", "fine").await?;
    let gone = |object: &Value| condition(&object["status"], "Stalled")["reason"] == "ReferenceGone";
    let doomed = lab
        .wait_object("Assignment", NS, "doomed", "its group is gone", PATIENCE, gone)
        .await?;
    let message = condition(&doomed["status"], "Ready")["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    ensure!(message.contains(RECEPTION.1) && message.contains(RECEPTION.0), "{message}");
    ensure!(
        !groups(&only(lab, kind, name).await?).contains(&successor),
        "the successor was taken unasked"
    );
    // Requested after that was reported.
    lab.patch(
        "Assignment",
        NS,
        "doomed",
        &json!({"metadata": {"annotations": {"cloudpc.dev/reconcile-requested-at": "now"}}}),
    )
    .await?;
    ready(lab, "Assignment", "doomed").await?;
    let remote = only(lab, kind, name).await?;
    ensure!(groups(&remote).contains(&successor), "{remote}");
    lab.wait_event("ProvisioningPolicy", name, "ReferenceChanged", PATIENCE).await?;
    nothing_left(lab, kind.name(), name).await
}

#[tokio::test]
async fn f58_a_reconcile_request_finds_that_a_pinned_group_is_gone() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, name, kind) = (&stage.lab, "asked", Kind::Setting);
    lab.apply_yaml(&object(kind, name, "")).await?;
    lab.apply_yaml(&assignment("doomed", kind, name, &[RECEPTION])).await?;
    lab.apply_yaml(&assignment("fine", kind, name, &[FINANCE])).await?;
    for name in ["doomed", "fine"] {
        ready(lab, "Assignment", name).await?;
    }
    delete_group(lab, RECEPTION.1).await?;
    reconciled(lab, kind.name(), name).await?;
    let gone = |object: &Value| condition(&object["status"], "Stalled")["reason"] == "ReferenceGone";
    lab.wait_object("Assignment", NS, "doomed", "its group is gone", PATIENCE, gone)
        .await?;
    ready(lab, "Assignment", "fine").await?;
    Ok(())
}
