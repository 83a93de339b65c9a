//! `assign` replaces the whole set, so every request must name every group that has to stay.

use crate::support::*;
use anyhow::{Result, ensure};
use lab::{Entry, Lab};
use serde_json::{Value, json};

/// Assigns groups to an object by hand; other groups are removed.
pub async fn assign_by_hand(lab: &Lab, kind: Kind, id: &Value, groups: &[(&str, &str)]) -> Result<()> {
    let id = id.as_str().unwrap_or_default();
    let path = format!("/beta/deviceManagement/virtualEndpoint/{}/{id}/assign", kind.collection());
    let entries: Vec<Value> = groups.iter().map(|(_, id)| json!({"target": {"groupId": id}})).collect();
    lab.sim.portal("POST", &path, Some(json!({"assignments": entries}))).await.map(drop)
}

/// Every request names every one of these groups.
fn all_keep(assigns: &[Entry], kept: &[(&str, &str)]) -> Result<()> {
    for assign in assigns {
        let sent = groups(assign.body.as_ref().unwrap_or(&Value::Null));
        let missing: Vec<String> = ids(kept).into_iter().filter(|id| !sent.contains(id)).collect();
        ensure!(missing.is_empty(), "{missing:?} would have been taken off by {assign:#?}");
    }
    Ok(())
}

/// A policy with a declared group and a foreign one.
async fn shared_policy(lab: &Lab, name: &str) -> Result<Value> {
    lab.apply_yaml(&object(Kind::Policy, name, "")).await?;
    lab.apply_yaml(&assignment("analysts", Kind::Policy, name, &[ANALYSTS])).await?;
    ready(lab, "Assignment", "analysts").await?;
    let remote = only(lab, Kind::Policy, name).await?;
    assign_by_hand(lab, Kind::Policy, &remote["id"], &[ANALYSTS, RECEPTION]).await?;
    reconciled(lab, Kind::Policy.name(), name).await?;
    Ok(remote)
}

#[tokio::test]
async fn no_lost_answer_takes_a_group_off() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Policy, "shared");
    let remote = shared_policy(lab, name).await?;
    let answer = json!({"id": remote["id"], "displayName": name});
    // The fault, and how often the request is sent in the end.
    let losses = [
        ("cut after", json!({"cut": "after"}), 1),
        ("504 before", json!({"status": 504}), 2),
        ("504 after", json!({"status": 504, "when": "after"}), 1),
        ("200 with a body", json!({"status": 200, "when": "after", "body": answer}), 1),
    ];
    let declared = assignment("contractors", kind, name, &[CONTRACTORS]);
    for (loss, rule, sent) in losses {
        for add in [true, false] {
            let mark = lab.sim.mark().await?;
            fault(lab, "POST", &kind.path("/*/assign"), rule.clone()).await?;
            let wanted = if add {
                lab.apply_yaml(&declared).await?;
                ready(lab, "Assignment", "contractors").await?;
                ids(&[ANALYSTS, RECEPTION, CONTRACTORS])
            } else {
                lab.delete_yaml(&declared).await?;
                ids(&[ANALYSTS, RECEPTION])
            };
            let remote = stands_alone(lab, kind, name).await?;
            ensure!(groups(&remote) == wanted, "{loss}, add {add}: {remote}");
            let assigns = assigns(&lab.sim.writes(mark).await?);
            all_keep(&assigns, &[ANALYSTS, RECEPTION])?;
            ensure!(assigns.len() == sent, "{loss}, add {add}: {assigns:#?}");
            let status = status_now(lab, kind, name).await?;
            ensure!(
                status["lastDrift"].is_null(),
                "{loss}, add {add}: our own change looks like somebody else's: {status}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_assign_that_a_crash_left_unanswered_is_neither_repeated_nor_forgotten() -> Result<()> {
    let mut stage = Stage::new().await?;
    let (kind, name) = (Kind::Policy, "remembered");
    shared_policy(&stage.lab, name).await?;
    let mark = stage.lab.sim.mark().await?;
    fault(&stage.lab, "POST", &kind.path("/*/assign"), json!({"latencyMs": 3000})).await?;
    let declared = assignment("contractors", kind, name, &[CONTRACTORS]);
    stage.lab.apply_yaml(&declared).await?;
    stage.crash_unanswered(mark).await?;
    let lab = &stage.lab;
    ready(lab, "Assignment", "contractors").await?;
    stands_alone(lab, kind, name).await?;
    let sent = assigns(&lab.sim.writes(mark).await?);
    ensure!(sent.len() == 1, "{sent:#?}");
    all_keep(&sent, &[ANALYSTS, RECEPTION, CONTRACTORS])?;
    let status = status_now(lab, kind, name).await?;
    ensure!(status["foreignAssignments"] == json!([RECEPTION.1]), "{status}");
    // It is still known which Assignment the group belongs to: it is removed with that one.
    lab.delete_yaml(&declared).await?;
    let remote = stands_alone(lab, kind, name).await?;
    ensure!(groups(&remote) == ids(&[ANALYSTS, RECEPTION]), "{remote}");
    Ok(())
}

#[tokio::test]
async fn a_crash_between_create_and_assign_is_made_up_for() -> Result<()> {
    let mut stage = Stage::new().await?;
    let (kind, name) = (Kind::Setting, "unassigned");
    fault(&stage.lab, "POST", &kind.path("/*/assign"), json!({"latencyMs": 5000})).await?;
    stage.lab.apply_yaml(&assignment("early", kind, name, &[FINANCE, ANALYSTS])).await?;
    stage.lab.apply_yaml(&object(kind, name, "")).await?;
    struck(&stage.lab, 1).await?;
    // A request that is dropped while it waits is not carried out.
    stage.crash().await?;
    let lab = &stage.lab;
    ready(lab, "Assignment", "early").await?;
    let remote = stands_alone(lab, kind, name).await?;
    ensure!(groups(&remote) == ids(&[FINANCE, ANALYSTS]), "{remote}");
    let writes = lab.sim.writes(0).await?;
    ensure!(creates(&writes, name).len() == 1, "{writes:#?}");
    ensure!(
        assigns(&writes).iter().filter(|assign| assign.committed).count() == 1,
        "{writes:#?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_group_that_moves_from_one_assignment_to_another_is_never_taken_off() -> Result<()> {
    let mut stage = Stage::new().await?;
    let (kind, name) = (Kind::Policy, "moved");
    let first = assignment("first", kind, name, &[ANALYSTS]);
    let second = assignment("second", kind, name, &[CONTRACTORS]);
    stage.lab.apply_yaml(&object(kind, name, "")).await?;
    stage
        .lab
        .apply_yaml(&assignment("first", kind, name, &[ANALYSTS, CONTRACTORS]))
        .await?;
    ready(&stage.lab, "Assignment", "first").await?;
    let mark = stage.lab.sim.mark().await?;
    // One edit after the other, as a folder of manifests is applied.
    stage.lab.apply_yaml(&first).await?;
    stage.lab.apply_yaml(&second).await?;
    ready(&stage.lab, "Assignment", "second").await?;
    nothing_left(&stage.lab, kind.name(), name).await?;
    // And back again while the operator is away: at its start the new Assignment has no finalizer yet.
    stage.operator.kill()?;
    stage
        .lab
        .kubectl(&["delete", "assignment", "-n", NS, "second", "--wait=false"])
        .await?;
    stage.lab.apply_yaml(&second.replace("name: second,", "name: third,")).await?;
    stage.operator = start(&stage.lab).await?;
    ready(&stage.lab, "Assignment", "third").await?;
    stage.lab.wait_gone("Assignment", NS, "second", PATIENCE).await?;
    nothing_left(&stage.lab, kind.name(), name).await?;
    all_keep(&assigns(&stage.lab.sim.writes(mark).await?), &[ANALYSTS, CONTRACTORS])?;
    ensure!(groups(&only(&stage.lab, kind, name).await?) == ids(&[ANALYSTS, CONTRACTORS]));
    Ok(())
}

#[tokio::test]
async fn a_group_that_moves_to_an_assignment_that_cannot_be_judged_stays_on() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Policy, "reserved");
    let suspended = assignment("second", kind, name, &[FINANCE, CONTRACTORS]).replace("spec: {", "spec: {suspend: true, ");
    lab.apply_yaml(&object(kind, name, "")).await?;
    lab.apply_yaml(&assignment("first", kind, name, &[ANALYSTS, CONTRACTORS])).await?;
    ready(lab, "Assignment", "first").await?;
    let mark = lab.sim.mark().await?;
    lab.apply_yaml(&format!("{}{suspended}", assignment("first", kind, name, &[ANALYSTS])))
        .await?;
    nothing_left(lab, kind.name(), name).await?;
    // The group belongs to the second Assignment now, so the first one need not stay for it.
    lab.kubectl(&["delete", "assignment", "-n", NS, "first", "--wait=false"]).await?;
    lab.wait_gone("Assignment", NS, "first", PATIENCE).await?;
    let remote = only(lab, kind, name).await?;
    ensure!(groups(&remote) == ids(&[CONTRACTORS]), "{remote}");
    lab.apply_yaml(&assignment("second", kind, name, &[FINANCE, CONTRACTORS]).replace("spec: {", "spec: {suspend: false, "))
        .await?;
    ready(lab, "Assignment", "second").await?;
    all_keep(&assigns(&lab.sim.writes(mark).await?), &[CONTRACTORS])?;
    let remote = only(lab, kind, name).await?;
    ensure!(groups(&remote) == ids(&[FINANCE, CONTRACTORS]), "{remote}");
    Ok(())
}
