//! S27: a process with `--read-only` writes nothing, after any change of resources or objects, and reports that.

use crate::scene::{
    FINANCE, apply, assignment, change, contoso, delete, graph, id, namespace, path, policy, ready, reconcile, setting, told, two_polls,
};
use crate::support::lab;
use anyhow::{Context, Result, ensure};
use lab::{Lab, Operator, OperatorOptions, seconds};
use serde_json::json;

const POLICY: &str = "ProvisioningPolicy";
const SETTING: &str = "UserSetting";
/// Resources without an object in Graph, and with one that differs: only the latter have a report.
const MISSING: (&str, &str, &str) = ("Ready", "False", "ObservedDifference");
const REPORTED: (&str, &str, &str) = ("Ready", "True", "Observed");
const WAITS: (&str, &str, &str) = ("Ready", "False", "ReadOnly");

async fn read_only(lab: &Lab) -> Result<Operator> {
    let arguments = vec!["--read-only".to_owned()];
    let operator = lab
        .start_operator_with(OperatorOptions {
            arguments,
            ..OperatorOptions::default()
        })
        .await?;
    operator.wait_leading().await?;
    Ok(operator)
}

/// A process without the flag created these; then one with it took over.
async fn handed_over() -> Result<(Lab, Operator)> {
    let lab = lab().await;
    apply(
        &lab,
        &[
            contoso(),
            namespace("team", "contoso"),
            policy("team", "desk", "Desk"),
            policy("team", "gone", "Gone"),
            setting("team", "users", "Users"),
            setting("team", "leaving", "Leaving"),
            assignment("team", "finance", POLICY, "desk", json!([{"id": FINANCE}])),
        ],
    )
    .await?;
    for (kind, name) in [
        (POLICY, "desk"),
        (POLICY, "gone"),
        (SETTING, "users"),
        (SETTING, "leaving"),
        ("Assignment", "finance"),
    ] {
        ready(&lab, kind, "team", name).await?;
    }
    let (status, _) = lab.operator().terminate().await?;
    ensure!(status.success(), "it ended with {status}");
    let operator = read_only(&lab).await?;
    Ok((lab, operator))
}

#[tokio::test]
async fn s27_a_read_only_process_reports_and_changes_nothing_in_graph() -> Result<()> {
    let (lab, operator) = handed_over().await?;
    let mark = lab.sim.mark().await?;
    told(&lab, "EntraTenant", "", "contoso", ("PermissionsSufficient", "True", "ReadOnly")).await?;
    let tenant = ready(&lab, "EntraTenant", "", "contoso").await?;
    assert_eq!(tenant["status"]["readOnly"], true);
    // Equal objects are Ready; a new one, a change, drift and a deletion by hand are reported.
    reconcile(&lab, POLICY, "team", "desk", "now").await?;
    let gone = id(&ready(&lab, POLICY, "team", "gone").await?)?;
    lab.sim.portal("DELETE", &path("provisioningPolicies", &gone), None).await?;
    let users = id(&ready(&lab, SETTING, "team", "users").await?)?;
    let by_hand = json!({"localAdminEnabled": true});
    lab.sim.portal("PATCH", &path("userSettings", &users), Some(by_hand)).await?;
    apply(&lab, &[policy("team", "new", "New")]).await?;
    change(&lab, POLICY, "team", "desk", json!({"description": "changed"})).await?;
    for (kind, name, held) in [
        (POLICY, "new", MISSING),
        (POLICY, "gone", MISSING),
        (POLICY, "desk", REPORTED),
        (SETTING, "users", REPORTED),
    ] {
        let message = told(&lab, kind, "team", name, held).await?;
        ensure!(message.contains("--read-only"), "{name}: {message}");
    }
    // None of these has `deletionPolicy: Orphan`, so the deletions wait.
    delete(&lab, "Assignment", "team", "finance").await?;
    told(&lab, "Assignment", "team", "finance", ("Ready", "False", "Deleting")).await?;
    delete(&lab, SETTING, "team", "leaving").await?;
    delete(&lab, POLICY, "team", "desk").await?;
    for (kind, name) in [(SETTING, "leaving"), (POLICY, "desk")] {
        let message = told(&lab, kind, "team", name, WAITS).await?;
        ensure!(message.contains("--read-only"), "{name}: {message}");
    }
    two_polls(&lab, "provisioningPolicies").await?;
    two_polls(&lab, "userSettings").await?;
    let writes = lab.sim.writes(mark).await?;
    ensure!(writes.is_empty(), "{writes:#?}");

    // Without the flag the same work is done.
    let (status, _) = operator.terminate().await?;
    ensure!(status.success(), "it ended with {status}");
    let successor = lab.start_operator().await?;
    successor.wait_leading().await.context("the successor")?;
    for (kind, name) in [(SETTING, "leaving"), (POLICY, "desk"), ("Assignment", "finance")] {
        lab.wait_gone(kind, "team", name, seconds(120)).await?;
    }
    ready(&lab, POLICY, "team", "new").await?;
    ready(&lab, SETTING, "team", "users").await?;
    assert_eq!(graph(&lab, "userSettings", "Users").await?["localAdminEnabled"], false);
    Ok(())
}
