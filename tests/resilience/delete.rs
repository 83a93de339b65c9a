//! Deleting: unassign, delete, and the finalizer last.

use crate::assign::assign_by_hand;
use crate::support::*;
use anyhow::{Context, Result, ensure};
use lab::{Entry, Lab, eventually, seconds};
use serde_json::{Value, json};

/// A policy with an assigned group, and its id.
async fn assigned_policy(lab: &Lab, name: &str) -> Result<Value> {
    lab.apply_yaml(&object(Kind::Policy, name, "")).await?;
    let bound = assignment(&format!("{name}-analysts"), Kind::Policy, name, &[ANALYSTS]);
    lab.apply_yaml(&bound).await?;
    ready(lab, "Assignment", &format!("{name}-analysts")).await?;
    Ok(only(lab, Kind::Policy, name).await?["id"].clone())
}

/// Requests the deletion without waiting for it.
async fn delete(lab: &Lab, kind: Kind, name: &str) -> Result<()> {
    let plural = kind.name().to_lowercase();
    lab.kubectl(&["delete", &plural, name, "-n", NS, "--wait=false"]).await.map(drop)
}

/// Waits until the resource is deleted; it has no object in Graph then.
async fn gone(lab: &Lab, kind: Kind, name: &str) -> Result<()> {
    lab.wait_gone(kind.name(), NS, name, seconds(90)).await?;
    let left = named(lab, kind, name).await?;
    ensure!(left.is_empty(), "the finalizer went before {left:#?}");
    Ok(())
}

fn deletes(entries: &[Entry]) -> Vec<Entry> {
    entries
        .iter()
        .filter(|entry| entry.is_write() && entry.method == "DELETE")
        .cloned()
        .collect()
}

#[tokio::test]
async fn the_finalizer_outlasts_every_lost_answer() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind) = (&stage.lab, Kind::Policy);
    // For the unassignment and the deletion: the fault, and how often each is sent in the end.
    let cases = [
        ("after", json!({"cut": "after"}), json!({"cut": "after"}), (1, 1)),
        ("before", json!({"cut": "before"}), json!({"status": 504}), (2, 2)),
        (
            "late",
            json!({"status": 504, "when": "after"}),
            json!({"status": 500, "when": "after"}),
            (1, 1),
        ),
    ];
    for (name, unassignment, deletion, sent) in cases {
        assigned_policy(lab, name).await?;
        let mark = lab.sim.mark().await?;
        fault(lab, "POST", &kind.path("/*/assign"), unassignment).await?;
        fault(lab, "DELETE", &kind.path("/*"), deletion).await?;
        delete(lab, kind, name).await?;
        gone(lab, kind, name).await?;
        let writes = lab.sim.writes(mark).await?;
        ensure!((assigns(&writes).len(), deletes(&writes).len()) == sent, "{name}: {writes:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_deletion_that_graph_does_not_carry_out_keeps_the_object() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "stuck");
    lab.apply_yaml(&object(kind, name, "")).await?;
    stands_alone(lab, kind, name).await?;
    faults(lab, "DELETE", &kind.path("/*"), 3, json!({"status": 503})).await?;
    delete(lab, kind, name).await?;
    struck(lab, 2).await?;
    let held = lab.get(kind.name(), NS, name).await?.context("the object is still there")?;
    ensure!(held["metadata"]["finalizers"] == json!(["cloudpc.dev/finalizer"]), "{held}");
    ensure!(condition(&held["status"], "Ready")["status"] != "True", "{held}");
    only(lab, kind, name).await?;
    gone(lab, kind, name).await
}

#[tokio::test]
async fn a_crash_after_any_step_is_taken_up_from_there() -> Result<()> {
    let mut stage = Stage::new().await?;
    let (kind, name) = (Kind::Policy, "crashed");
    assigned_policy(&stage.lab, name).await?;
    let mark = stage.lab.sim.mark().await?;
    fault(&stage.lab, "POST", &kind.path("/*/assign"), json!({"latencyMs": 3000})).await?;
    delete(&stage.lab, kind, name).await?;
    let unassignment = stage.crash_unanswered(mark).await?;
    ensure!(unassignment.path.ends_with("/assign"), "{unassignment:?}");
    stage.lab.sim.clear_faults().await?;
    fault(&stage.lab, "DELETE", &kind.path("/*"), json!({"latencyMs": 3000})).await?;
    let deletion = stage.crash_unanswered(unassignment.seq).await?;
    ensure!(deletion.method == "DELETE", "{deletion:?}");
    gone(&stage.lab, kind, name).await?;
    let writes = stage.lab.sim.writes(mark).await?;
    ensure!((assigns(&writes).len(), deletes(&writes).len()) == (1, 1), "{writes:#?}");
    Ok(())
}

#[tokio::test]
async fn a_group_that_comes_back_between_the_steps_is_not_a_dead_end() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Policy, "refused");
    ensure!(lab.sim.options(json!({})).await?["deleteAssigned"] == "refuse");
    let id = assigned_policy(lab, name).await?;
    fault(lab, "DELETE", &kind.path("/*"), json!({"latencyMs": 3000})).await?;
    delete(lab, kind, name).await?;
    struck(lab, 1).await?;
    assign_by_hand(lab, kind, &id, &[FINANCE]).await?;
    gone(lab, kind, name).await?;
    let deletes = deletes(&lab.sim.writes(0).await?);
    let statuses: Vec<Option<u16>> = deletes.iter().map(|delete| delete.status).collect();
    ensure!(statuses == [Some(400), Some(204)], "{deletes:#?}");
    Ok(())
}

#[tokio::test]
async fn what_somebody_else_deleted_first_lets_the_finalizer_go_and_orphans_are_left_alone() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind) = (&stage.lab, Kind::Setting);
    for (name, extra) in [("raced", ""), ("orphan", "deletionPolicy: Orphan")] {
        lab.apply_yaml(&object(kind, name, extra)).await?;
        stands_alone(lab, kind, name).await?;
    }
    fault(lab, "DELETE", &kind.path("/*"), json!({"latencyMs": 2000})).await?;
    delete(lab, kind, "raced").await?;
    struck(lab, 1).await?;
    let id = only(lab, kind, "raced").await?["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/beta/deviceManagement/virtualEndpoint/{}/{id}", kind.collection());
    lab.sim.portal("DELETE", &path, None).await?;
    gone(lab, kind, "raced").await?;

    let mark = lab.sim.mark().await?;
    delete(lab, kind, "orphan").await?;
    lab.wait_gone(kind.name(), NS, "orphan", seconds(90)).await?;
    only(lab, kind, "orphan").await?;
    let writes = lab.sim.writes(mark).await?;
    ensure!(writes.is_empty(), "{writes:#?}");
    eventually(PATIENCE, "the release is told", async || {
        let events = lab.events(kind.name(), "orphan").await?;
        events
            .into_iter()
            .find(|event| event.reason.as_deref() == Some("Released"))
            .context("no event")
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn what_the_list_shows_is_not_gone_because_its_id_answers_404() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind) = (&stage.lab, Kind::Policy);
    // Several, which wait for each other's list.
    let names = ["one", "two", "three", "four"];
    for name in names {
        lab.apply_yaml(&object(kind, name, "")).await?;
        stands_alone(lab, kind, name).await?;
    }
    for method in ["GET", "DELETE"] {
        faults(lab, method, &kind.path("/*"), -1, json!({"status": 404})).await?;
    }
    for name in names {
        delete(lab, kind, name).await?;
    }
    for name in names {
        let contradicts = |status: &Value| {
            let message = condition(status, "Ready")["message"].as_str().unwrap_or_default().to_owned();
            message.contains("contradicts itself")
        };
        status(lab, kind, name, "Graph contradicts itself", contradicts).await?;
        ensure!(named(lab, kind, name).await?.len() == 1);
    }
    lab.sim.clear_faults().await?;
    for name in names {
        gone(lab, kind, name).await?;
    }
    Ok(())
}
