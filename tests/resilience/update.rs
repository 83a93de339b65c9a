//! Changing properties when answers are lost and the process is killed.

use crate::support::*;
use anyhow::{Result, ensure};
use lab::Lab;
use serde_json::{Value, json};

/// The updates since a mark.
async fn updates(lab: &Lab, mark: u64) -> Result<Vec<lab::Entry>> {
    let writes = lab.sim.writes(mark).await?;
    Ok(writes.into_iter().filter(|write| write.method == "PATCH").collect())
}

#[tokio::test]
async fn an_update_is_repeated_only_when_it_did_not_happen() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Policy, "updated");
    lab.apply_yaml(&object(kind, name, "")).await?;
    stands_alone(lab, kind, name).await?;
    // The fault, and how often the update is sent in the end.
    let losses = [
        ("cut after the commit", json!({"cut": "after"}), 1),
        ("504 after the commit", json!({"status": 504, "when": "after"}), 1),
        ("an answer that breaks off", json!({"truncateAt": 10}), 1),
        ("204", json!({"status": 204, "when": "after"}), 1),
        ("504 before the commit", json!({"status": 504}), 2),
        ("cut before the commit", json!({"cut": "before"}), 2),
        ("another version than was read", json!({"status": 412}), 2),
    ];
    for (loss, rule, sent) in losses {
        let mark = lab.sim.mark().await?;
        fault(lab, "PATCH", &kind.path("/*"), rule).await?;
        lab.patch(kind.name(), NS, name, &json!({"spec": {"description": loss}})).await?;
        let remote = stands_alone(lab, kind, name).await?;
        ensure!(remote["description"] == loss, "{loss}: {remote}");
        let updates = updates(lab, mark).await?;
        ensure!(updates.len() == sent && updates[0].fault.is_some(), "{loss}: {updates:#?}");
        ensure!(
            updates.iter().all(|update| update.body == Some(json!({"description": loss}))),
            "{loss}: {updates:#?}"
        );
        let status = status_now(lab, kind, name).await?;
        ensure!(
            status["lastDrift"].is_null(),
            "{loss}: our own change looks like somebody else's: {status}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_update_that_a_crash_left_unanswered_is_not_repeated() -> Result<()> {
    let mut stage = Stage::new().await?;
    let (kind, name) = (Kind::Setting, "crashed");
    stage.lab.apply_yaml(&object(kind, name, "")).await?;
    stands_alone(&stage.lab, kind, name).await?;
    let mark = stage.lab.sim.mark().await?;
    fault(&stage.lab, "PATCH", &kind.path("/*"), json!({"latencyMs": 3000})).await?;
    let change = json!({"spec": {"resetEnabled": true}});
    stage.lab.patch(kind.name(), NS, name, &change).await?;
    stage.crash_unanswered(mark).await?;
    let remote = stands_alone(&stage.lab, kind, name).await?;
    ensure!(remote["resetEnabled"] == true, "{remote}");
    let updates = updates(&stage.lab, mark).await?;
    ensure!(updates.len() == 1, "{updates:#?}");
    let status: Value = status_now(&stage.lab, kind, name).await?;
    ensure!(status["lastDrift"].is_null(), "our own change looks like somebody else's: {status}");
    Ok(())
}
