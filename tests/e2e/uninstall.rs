//! Removing the operator removes no desktops (S51): the controller, its definitions, its namespace, on the real API
//! server, by the commands of docs/uninstall.md.
//!
//! After each removal, the simulator's ledger has no write, and Graph is unchanged.

mod apply;
mod commands;
mod definitions;
mod going;
mod stuck;

use crate::scene::{
    ANALYSTS, CONTRACTORS, FINANCE, PATIENCE, apply as put, assignment, contoso, graph, id, namespace, policy, ready, reconcile, setting,
    with,
};
use crate::support::options;
use anyhow::{Context, Result, ensure};
use commands::follow;
use lab::{Lab, Operator, Options, eventually};
use serde_json::{Value, json};

const TEAM: &str = "team";
const POLICY: &str = "ProvisioningPolicy";
const SETTING: &str = "UserSetting";
const POLICIES: &str = "provisioningPolicies";
const SETTINGS: &str = "userSettings";

/// The resources with an object in Graph: kind, name, and the collection and name of the object.
const STANDING: [(&str, &str, &str, &str); 4] = [
    (POLICY, "desk", POLICIES, "Desk"),
    (POLICY, "closed", POLICIES, "Closed"),
    (SETTING, "users", SETTINGS, "Users"),
    (SETTING, "resting", SETTINGS, "Resting"),
];
const BOUND: [&str; 3] = ["finance", "closed", "users"];

/// The resources, as a team keeps them in its repository. `closed` removes the groups that no Assignment declares.
fn declared() -> Vec<Value> {
    vec![
        contoso(),
        namespace(TEAM, "contoso"),
        policy(TEAM, "desk", "Desk"),
        with(policy(TEAM, "closed", "Closed"), json!({"assignmentOwnership": "Exclusive"})),
        setting(TEAM, "users", "Users"),
        setting(TEAM, "resting", "Resting"),
        assignment(TEAM, "finance", POLICY, "desk", json!([{"id": FINANCE}, {"id": ANALYSTS}])),
        assignment(TEAM, "closed", POLICY, "closed", json!([{"id": CONTRACTORS}])),
        assignment(TEAM, "users", SETTING, "users", json!([{"id": FINANCE}])),
    ]
}

/// Applies them, and waits until all are Ready.
async fn settle(lab: &Lab) -> Result<()> {
    put(lab, &declared()).await?;
    for (kind, name, ..) in STANDING {
        ready(lab, kind, TEAM, name).await?;
    }
    for name in BOUND {
        ready(lab, "Assignment", TEAM, name).await?;
    }
    Ok(())
}

/// Policies and settings as Graph has them, with their groups.
async fn in_graph(lab: &Lab) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    for (_, _, collection, display_name) in STANDING {
        all.push(graph(lab, collection, display_name).await?);
    }
    Ok(all)
}

/// No application has requested a change, and everything is as it was.
async fn untouched(lab: &Lab, mark: u64, before: &[Value]) -> Result<()> {
    let writes = lab.sim.writes(mark).await?;
    ensure!(writes.is_empty(), "{writes:#?}");
    ensure!(in_graph(lab).await? == before, "Graph is not what it was");
    Ok(())
}

/// The resources exist, are not being deleted, and have the ids of their objects.
async fn stays(lab: &Lab) -> Result<()> {
    for (kind, name, collection, display_name) in STANDING {
        let object = lab.get(kind, TEAM, name).await?.with_context(|| format!("{kind} {name} is gone"))?;
        ensure!(object["metadata"]["deletionTimestamp"].is_null(), "{object}");
        ensure!(id(&object)? == graph(lab, collection, display_name).await?["id"], "{object}");
    }
    Ok(())
}

/// A ready replica, one more than the lab had.
async fn replica(lab: &Lab) -> Result<Operator> {
    let operator = lab.start_operator().await?;
    operator.wait_leading().await?;
    operator.wait_ready().await?;
    Ok(operator)
}

/// Waits until the lab's own replica has ended: without its rights it cannot keep the lease.
async fn ended(lab: &Lab) -> Result<()> {
    eventually(PATIENCE, "the controller has ended", async || {
        ensure!(!lab.operator().is_running()?, "it runs");
        Ok(())
    })
    .await
}

/// The lines of a replica's log with this message that name an id in Graph.
fn told_of(operator: &Operator, message: &str, graph_id: &str) -> Result<Vec<Value>> {
    let mut lines = operator.log_lines()?;
    lines.retain(|line| line["message"] == message && line["graph_id"] == graph_id);
    Ok(lines)
}

/// With the shipped settle window.
#[tokio::test]
async fn f61_removing_the_controller_changes_nothing_and_the_next_one_goes_on() -> Result<()> {
    let shipped = Options {
        settle_window: "60s".to_owned(),
        ..options()
    };
    let lab = Lab::start(shipped).await?;
    settle(&lab).await?;
    let (mark, before) = (lab.sim.mark().await?, in_graph(&lab).await?);
    let removed = follow(&lab, "Remove the controller").await?;
    ensure!(removed.contains("namespace \"cloudpc-system\" deleted"), "{removed}");
    ended(&lab).await?;
    stays(&lab).await?;
    untouched(&lab, mark, &before).await?;

    follow(&lab, "Put it back").await?;
    let _operator = replica(&lab).await?;
    for (kind, name, ..) in STANDING {
        reconcile(&lab, kind, TEAM, name, "again").await?;
        ready(&lab, kind, TEAM, name).await?;
    }
    for name in BOUND {
        reconcile(&lab, "Assignment", TEAM, name, "again").await?;
        ready(&lab, "Assignment", TEAM, name).await?;
    }
    stays(&lab).await?;
    untouched(&lab, mark, &before).await
}
