//! The namespace or the ServiceAccount of the operator is deleted while a team deletes something: nothing is removed in
//! Graph until the operator is installed again.

use super::commands::follow;
use super::{POLICIES, POLICY, SETTING, TEAM, ended, in_graph, replica, settle, told_of, untouched};
use crate::scene::{PATIENCE, change, delete, find, graph, told};
use crate::support::lab;
use anyhow::{Context, Result, ensure};
use lab::{Component, Lab, NAMESPACE, Operator, SERVICE_ACCOUNT, eventually};
use serde_json::{Value, json};

/// The log says for each of them that nothing was removed.
async fn held(operator: &Operator, graph_ids: &[&str]) -> Result<()> {
    eventually(PATIENCE, "the log says that the removals are held", async || {
        for graph_id in graph_ids {
            let lines = told_of(operator, "nothing is removed in Graph", graph_id)?;
            ensure!(!lines.is_empty(), "nothing is said of {graph_id}");
            ensure!(lines.iter().all(|line| line["reason"] == "RemovalHeld"), "{lines:?}");
        }
        Ok(())
    })
    .await
}

fn ids(objects: &[Value]) -> Vec<&str> {
    objects.iter().filter_map(|object| object["id"].as_str()).collect()
}

#[tokio::test]
async fn s51_while_the_operators_namespace_goes_nothing_is_removed_in_graph() -> Result<()> {
    let lab = lab().await;
    settle(&lab).await?;
    let (mark, before) = (lab.sim.mark().await?, in_graph(&lab).await?);
    let graph_ids = ids(&before);
    // Without the controllers of Kubernetes the namespace stays in Terminating, and the rights in it with it.
    lab.plane.stop(Component::ControllerManager).await?;
    lab.kubectl(&["delete", "namespace", NAMESPACE, "--wait=false"]).await?;
    delete(&lab, POLICY, TEAM, "desk").await?;
    delete(&lab, SETTING, TEAM, "resting").await?;
    change(
        &lab,
        "Assignment",
        TEAM,
        "users",
        json!({"groups": [{"id": crate::scene::RECEPTION}]}),
    )
    .await?;
    for (kind, name) in [(POLICY, "desk"), (SETTING, "resting"), (SETTING, "users")] {
        let message = told(&lab, kind, TEAM, name, ("Ready", "False", "RemovalHeld")).await?;
        ensure!(message.contains("namespace \"cloudpc-system\" is being deleted"), "{message}");
        let event = lab.wait_event(kind, name, "RemovalHeld", PATIENCE).await?;
        ensure!(event.note.unwrap_or_default().contains("cloudpc-system"), "{kind} {name}");
    }
    held(lab.operator(), &[graph_ids[0], graph_ids[2], graph_ids[3]]).await?;
    untouched(&lab, mark, &before).await?;
    let desk = lab.get(POLICY, TEAM, "desk").await?.context("it is held")?;
    ensure!(
        find(&desk, "Ready").context("a word")?["message"]
            .as_str()
            .unwrap_or_default()
            .starts_with("deleting: ")
    );

    lab.plane.restart(Component::ControllerManager).await?;
    lab.kubectl(&["wait", "--for=delete", "--timeout=120s", "namespace", NAMESPACE])
        .await?;
    ended(&lab).await?;
    delete(&lab, POLICY, TEAM, "closed").await?;
    untouched(&lab, mark, &before).await?;

    // The team had deleted these, and now there is a controller that does it.
    follow(&lab, "Put it back").await?;
    let _operator = replica(&lab).await?;
    for (kind, name) in [(POLICY, "desk"), (POLICY, "closed"), (SETTING, "resting")] {
        lab.wait_gone(kind, TEAM, name, PATIENCE).await?;
    }
    ensure!(lab.sim.objects(POLICIES).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn s51_without_its_service_account_the_controller_removes_nothing() -> Result<()> {
    let lab = lab().await;
    settle(&lab).await?;
    let (mark, before) = (lab.sim.mark().await?, in_graph(&lab).await?);
    lab.kubectl(&["delete", "serviceaccount", SERVICE_ACCOUNT, "--namespace", NAMESPACE])
        .await?;
    delete(&lab, "Assignment", TEAM, "finance").await?;
    delete(&lab, SETTING, TEAM, "users").await?;
    held(lab.operator(), &[ids(&before)[0], ids(&before)[2]]).await?;
    ended(&lab).await?;
    untouched(&lab, mark, &before).await?;
    // Only the roles are missing: the request is refused, which does not say that nothing is being deleted.
    follow(&lab, "Put it back").await?;
    let operator = replica(&lab).await?;
    lab.wait_gone(SETTING, TEAM, "users", PATIENCE).await?;
    lab.wait_gone("Assignment", TEAM, "finance", PATIENCE).await?;
    without_rights(&lab, &operator).await
}

async fn without_rights(lab: &Lab, operator: &Operator) -> Result<()> {
    let closed = graph(lab, POLICIES, "Closed").await?;
    let mark = lab.sim.mark().await?;
    lab.kubectl(&["delete", "rolebinding", "cloudpc-operator-self", "--namespace", NAMESPACE])
        .await?;
    delete(lab, POLICY, TEAM, "closed").await?;
    held(operator, &ids(std::slice::from_ref(&closed))).await?;
    let message = told(lab, POLICY, TEAM, "closed", ("Ready", "False", "RemovalHeld")).await?;
    ensure!(message.contains("refuses the controller (403"), "{message}");
    let writes = lab.sim.writes(mark).await?;
    ensure!(writes.is_empty(), "{writes:#?}");
    follow(lab, "Put it back").await?;
    lab.wait_gone(POLICY, TEAM, "closed", PATIENCE * 2).await
}
