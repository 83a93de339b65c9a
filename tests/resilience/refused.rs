//! One Assignment that Graph refuses does not affect the others of the target, and a group that a person adds while a set is
//! replaced is not lost.

use crate::assign::assign_by_hand;
use crate::support::*;
use anyhow::{Context, Result, ensure};
use lab::Lab;
use serde_json::{Value, json};

/// An Assignment of groups by id, with further fields of its entries.
fn by_id(name: &str, target: &str, groups: &[(&str, &str)]) -> String {
    let groups: Vec<String> = groups.iter().map(|(id, extra)| format!("{{id: {id}{extra}}}")).collect();
    format!(
        "---
apiVersion: cloudpc.dev/v1alpha1
kind: Assignment
metadata: {{name: {name}, namespace: {NS}}}
spec: {{targetRef: {{kind: ProvisioningPolicy, name: {target}}}, groups: [{}]}}
",
        groups.join(", ")
    )
}

async fn assignment_stalled(lab: &Lab, name: &str, reason: &str) -> Result<Value> {
    let object = lab
        .wait_object("Assignment", NS, name, &format!("Stalled {reason}"), PATIENCE, |object| {
            condition(&object["status"], "Stalled")["reason"] == reason
        })
        .await?;
    Ok(object["status"].clone())
}

#[tokio::test]
async fn f59_a_refused_assignment_is_stalled_alone_and_the_others_come_and_go() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, name) = (&stage.lab, "mixed");
    lab.apply_yaml(&object(Kind::Policy, name, "provisioningType: dedicated")).await?;
    // A plan that a dedicated policy cannot have: known from the spec. Among others, all at once.
    let plan = ", servicePlanId: 55555555-0000-4000-8000-000000000001";
    let mut all = by_id("bad-plan", name, &[(ANALYSTS.1, plan)]);
    all += &by_id("finance", name, &[(FINANCE.1, "")]);
    all += &by_id("reception", name, &[(RECEPTION.1, "")]);
    lab.apply_yaml(&all).await?;
    for good in ["finance", "reception"] {
        ready(lab, "Assignment", good).await?;
    }
    assignment_stalled(lab, "bad-plan", "InvalidSpec").await?;
    ready(lab, "ProvisioningPolicy", name).await?;
    let remote = only(lab, Kind::Policy, name).await?;
    ensure!(groups(&remote) == ids(&[FINANCE, RECEPTION]), "{remote}");

    // One that only Graph can check: without a provisioningType in the spec, only Graph knows the policy's type.
    let name = "open";
    lab.apply_yaml(&object(Kind::Policy, name, "")).await?;
    let mut all = by_id("open-bad", name, &[(ANALYSTS.1, plan)]);
    all += &by_id("open-finance", name, &[(FINANCE.1, "")]);
    all += &by_id("open-reception", name, &[(RECEPTION.1, "")]);
    lab.apply_yaml(&all).await?;
    for good in ["open-finance", "open-reception"] {
        ready(lab, "Assignment", good).await?;
    }
    let status = assignment_stalled(lab, "open-bad", "Refused").await?;
    let message = condition(&status, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    ensure!(message.contains("request-id"), "Graph's words are missing: {message}");
    lab.delete_yaml(&by_id("open-finance", name, &[(FINANCE.1, "")])).await?;
    lab.wait_gone("Assignment", NS, "open-finance", PATIENCE).await?;
    lab.apply_yaml(&by_id("open-contractors", name, &[(CONTRACTORS.1, "")])).await?;
    ready(lab, "Assignment", "open-contractors").await?;
    let remote = only(lab, Kind::Policy, name).await?;
    ensure!(groups(&remote) == ids(&[RECEPTION, CONTRACTORS]), "{remote}");
    ready(lab, "ProvisioningPolicy", name).await?;
    // Once corrected, it is applied, too.
    lab.apply_yaml(&by_id("open-bad", name, &[(ANALYSTS.1, "")])).await?;
    ready(lab, "Assignment", "open-bad").await?;
    nothing_left(lab, "ProvisioningPolicy", name).await?;
    lab.delete_yaml(&by_id("open-bad", name, &[(ANALYSTS.1, "")])).await?;
    lab.wait_gone("Assignment", NS, "open-bad", PATIENCE).await?;
    Ok(())
}

/// A policy with one declared group, as Graph holds it.
async fn with_analysts(lab: &Lab, kind: Kind, name: &str) -> Result<Value> {
    lab.apply_yaml(&object(kind, name, "")).await?;
    lab.apply_yaml(&assignment("analysts", kind, name, &[ANALYSTS])).await?;
    ready(lab, "Assignment", "analysts").await?;
    only(lab, kind, name).await
}

/// While the operator's request is under way, based on a read without the group, a person adds a group.
async fn race(lab: &Lab, kind: Kind, name: &str, remote: &Value, delayed: Value) -> Result<()> {
    fault(lab, "POST", &kind.path("/*/assign"), delayed).await?;
    lab.apply_yaml(&assignment("finance", kind, name, &[FINANCE])).await?;
    struck(lab, 1).await?;
    assign_by_hand(lab, kind, &remote["id"], &[ANALYSTS, RECEPTION]).await
}

/// The person's group, which was lost, is there beside the declared ones.
async fn is_there_again(lab: &Lab, kind: Kind, name: &str) -> Result<()> {
    lab::eventually(PATIENCE, "the group is there again", async || {
        let remote = only(lab, kind, name).await?;
        ensure!(groups(&remote) == ids(&[ANALYSTS, FINANCE, RECEPTION]), "{remote}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn f56_a_group_that_a_person_adds_while_the_set_is_replaced_is_assigned_again() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, name, kind) = (&stage.lab, "raced", Kind::Policy);
    let remote = with_analysts(lab, kind, name).await?;
    race(lab, kind, name, &remote, json!({"latencyMs": 3000})).await?;
    ready(lab, "Assignment", "finance").await?;
    let event = lab.wait_event("ProvisioningPolicy", name, "AssignmentPutBack", PATIENCE).await?;
    ensure!(format!("{event:?}").contains(RECEPTION.1), "{event:?}");
    is_there_again(lab, kind, name).await?;
    let status = status(lab, kind, name, "it is a foreign group still", |status| {
        status["foreignAssignments"].as_array().is_some_and(|all| all.len() == 1)
    })
    .await?;
    ensure!(status["foreignAssignments"][0] == RECEPTION.1, "{status}");
    Ok(())
}

#[tokio::test]
async fn f56_a_group_that_graph_does_not_show_yet_when_the_set_is_replaced_is_assigned_again() -> Result<()> {
    let mut options = lab::Options::new(env!("CARGO_BIN_EXE_cloudpc-operator")).without_operator();
    options.settle_window = "60s".to_owned();
    let lab = &bare_with(options, "1h").await?;
    let _operator = start(lab).await?;
    let (name, kind) = ("lagging", Kind::Policy);
    let remote = with_analysts(lab, kind, name).await?;
    lab.sim.options(json!({"replicationLag": "PT30S"})).await?;
    assign_by_hand(lab, kind, &remote["id"], &[ANALYSTS, RECEPTION]).await?;
    lab.apply_yaml(&assignment("finance", kind, name, &[FINANCE])).await?;
    lab::eventually(PATIENCE, "the set is replaced", async || {
        ensure!(groups(&only(lab, kind, name).await?) == ids(&[ANALYSTS, FINANCE]));
        Ok(())
    })
    .await?;
    lab.sim.options(json!({"replicationLag": "PT0S"})).await?;
    lab.wait_event("ProvisioningPolicy", name, "AssignmentPutBack", PATIENCE).await?;
    is_there_again(lab, kind, name).await
}

#[tokio::test]
async fn f56_a_group_that_was_lost_with_an_unanswered_replacement_is_assigned_again() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, name, kind) = (&stage.lab, "unanswered", Kind::Policy);
    let remote = with_analysts(lab, kind, name).await?;
    race(lab, kind, name, &remote, json!({"latencyMs": 3000, "cut": "after"})).await?;
    lab.wait_event("ProvisioningPolicy", name, "AssignmentPutBack", PATIENCE).await?;
    is_there_again(lab, kind, name).await
}

#[tokio::test]
async fn f56_a_group_that_was_lost_and_is_deleted_since_keeps_no_assignment_from_being_applied() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, name, kind) = (&stage.lab, "deleted-since", Kind::Policy);
    let remote = with_analysts(lab, kind, name).await?;
    race(lab, kind, name, &remote, json!({"latencyMs": 3000})).await?;
    lab.sim.portal("DELETE", &format!("/v1.0/groups/{}", RECEPTION.1), None).await?;
    ready(lab, "Assignment", "finance").await?;
    let mark = lab.sim.mark().await?;
    lab::eventually(PATIENCE, "the lost group is looked up", async || {
        let asked = lab.sim.graph_requests(mark).await?;
        ensure!(asked.iter().any(|entry| entry.path.ends_with(&format!("/groups/{}", RECEPTION.1))));
        Ok(())
    })
    .await?;
    lab.apply_yaml(&assignment("contractors", kind, name, &[CONTRACTORS])).await?;
    ready(lab, "Assignment", "contractors").await?;
    let remote = only(lab, kind, name).await?;
    ensure!(groups(&remote) == ids(&[ANALYSTS, FINANCE, CONTRACTORS]), "{remote}");
    Ok(())
}

#[tokio::test]
async fn d1_deleting_an_assignment_ends_when_the_removal_was_seen_with_the_shipped_window() -> Result<()> {
    let mut options = lab::Options::new(env!("CARGO_BIN_EXE_cloudpc-operator")).without_operator();
    options.settle_window = "60s".to_owned();
    let lab = &bare_with(options, "1h").await?;
    let _operator = start(lab).await?;
    // No Cloud PC depends on a setting; those of a policy are counted a settle window apart.
    let (name, kind) = ("four", Kind::Setting);
    lab.apply_yaml(&object(kind, name, "")).await?;
    for (index, group) in [FINANCE, RECEPTION, ANALYSTS, CONTRACTORS].iter().enumerate() {
        lab.apply_yaml(&assignment(&format!("a{index}"), kind, name, &[*group])).await?;
        ready(lab, "Assignment", &format!("a{index}")).await?;
    }
    for gone in ["a0", "a1"] {
        lab.kubectl(&["delete", "assignment", "-n", NS, gone, "--wait=false"]).await?;
        // Half a settle window would be too long already.
        lab.wait_gone("Assignment", NS, gone, lab::seconds(25)).await?;
    }
    let object = ready(lab, kind.name(), name).await?;
    let message = condition(&object["status"], "Ready")["message"]
        .as_str()
        .context("a message")?
        .to_owned();
    ensure!(message.contains("assigned to 2 groups"), "{message}");
    // The target and its Assignments are deleted together, without waiting for each other.
    lab.kubectl(&["delete", "usersetting", "-n", NS, name, "--wait=false"]).await?;
    lab.kubectl(&["delete", "assignment", "-n", NS, "a2", "a3", "--wait=false"]).await?;
    for gone in ["a2", "a3"] {
        lab.wait_gone("Assignment", NS, gone, lab::seconds(25)).await?;
    }
    lab.wait_gone(kind.name(), NS, name, lab::seconds(25)).await?;
    Ok(())
}
