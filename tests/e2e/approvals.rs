//! What takes Cloud PCs away is held until an approver has approved exactly that: on the real API server, with the installation as it is shipped.

use crate::approvals_admission::{APPROVER, EDITOR, TEAM};
use crate::scene::{FINANCE, PATIENCE, apply, assignment, contoso, delete, graph, namespace, policy, ready, told, with};
use crate::support::options;
use anyhow::{Context, Result, ensure};
use lab::{Lab, eventually, groups};
use serde_json::{Value, json};

const POLICY: &str = "ProvisioningPolicy";
const POLICIES: &str = "provisioningPolicies";
/// What a pass says that holds a plan.
const HELD: (&str, &str, &str) = ("Ready", "False", "ApprovalRequired");

/// A team with a policy whose only group has one member, who has a licence, in a tenant with the shipped limit: none.
async fn team() -> Result<Lab> {
    let lab = Lab::start(options()).await?;
    let desk = policy(TEAM, "desk", "Desk");
    let finance = assignment(TEAM, "finance", POLICY, "desk", json!([{"id": FINANCE}]));
    let careful = with(contoso(), json!({"safety": null}));
    apply(&lab, &[careful, namespace(TEAM, "contoso"), desk, finance]).await?;
    for (name, role, user) in [("editor", "admin", EDITOR), ("approver", "cloudpc-approver", APPROVER)] {
        let (role, user) = (format!("--clusterrole={role}"), format!("--user={user}"));
        lab.kubectl(&["create", "rolebinding", name, &role, &user, "--namespace=team"])
            .await?;
    }
    ready(&lab, "Assignment", TEAM, "finance").await?;
    ensure!(cloud_pcs(&lab).await?.len() == 1, "Fiona has a Cloud PC");
    Ok(lab)
}

/// The status of each Cloud PC.
async fn cloud_pcs(lab: &Lab) -> Result<Vec<String>> {
    let cloud_pcs = lab.sim.objects("cloudPCs").await?;
    let status = |pc: &Value| pc["status"].as_str().unwrap_or_default().to_owned();
    Ok(cloud_pcs.iter().map(status).collect())
}

/// The plan that the policy holds.
async fn plan(lab: &Lab) -> Result<Value> {
    let policy = lab.get(POLICY, TEAM, "desk").await?.context("the policy is there")?;
    Ok(policy["status"]["plan"].clone())
}

#[tokio::test]
async fn s26_a_removed_assignment_is_held_counted_named_and_carried_out_when_it_is_approved() -> Result<()> {
    let lab = team().await?;
    let mark = lab.sim.mark().await?;
    delete(&lab, "Assignment", TEAM, "finance").await?;
    let message = told(&lab, POLICY, TEAM, "desk", HELD).await?;
    for part in ["1 Cloud PC at risk", "kubectl annotate", "--field-manager=cloudpc-approver"] {
        ensure!(message.contains(part), "{part:?} is not in {message}");
    }
    told(&lab, "Assignment", TEAM, "finance", HELD).await?;
    let held = plan(&lab).await?;
    let id = held["risk"]["planId"].as_str().context("a plan has an id")?.to_owned();
    ensure!(held["risk"]["cloudPCsAtRisk"] == 1, "{held}");
    let named = held["risk"]["cloudPCNames"][0].as_str().unwrap_or_default();
    ensure!(
        named.contains("fiona@contoso.com") && named.contains("no group stays assigned"),
        "{named}"
    );
    ensure!(!message.contains("fiona"), "names are in the plan alone: {message}");
    let table = lab.kubectl(&["get", "cpp", "desk", "--namespace=team"]).await?;
    ensure!(table.contains("ApprovalRequired") && table.contains(" 1 "), "{table}");

    let refused = lab
        .approve(EDITOR, TEAM, "desk", &id)
        .await
        .expect_err("an editor approves nothing");
    ensure!(format!("{refused:#}").contains("cloudpc-approver"), "{refused:#}");
    lab.approve(APPROVER, TEAM, "desk", "another").await?;
    eventually(PATIENCE, "an approval of another plan is pointed out", async || {
        let message = told(&lab, POLICY, TEAM, "desk", HELD).await?;
        ensure!(message.contains("it is of another plan"), "{message}");
        Ok(())
    })
    .await?;
    ensure!(plan(&lab).await?["risk"]["planId"] == id.as_str(), "the plan is the same");
    ensure!(lab.sim.writes(mark).await?.is_empty(), "something was written");
    ensure!(cloud_pcs(&lab).await?.iter().all(|status| status != "inGracePeriod"));

    lab.approve(APPROVER, TEAM, "desk", &id).await?;
    lab.wait_gone("Assignment", TEAM, "finance", PATIENCE).await?;
    let policy = ready(&lab, POLICY, TEAM, "desk").await?;
    let approvals = policy["status"]["approvals"].as_array().cloned().unwrap_or_default();
    ensure!(
        approvals.len() == 1 && approvals[0]["by"] == APPROVER && approvals[0]["usedAt"].is_string(),
        "{approvals:?}"
    );
    ensure!(policy["status"]["plan"].is_null(), "{}", policy["status"]["plan"]);
    ensure!(groups(&graph(&lab, POLICIES, "Desk").await?).is_empty());
    let tenant = lab.get("EntraTenant", "", "contoso").await?.context("the tenant is there")?;
    let taken = &tenant["status"]["cloudPCsAtRisk"];
    ensure!(
        taken[0]["planId"] == id.as_str() && taken[0]["count"] == 1 && taken[0]["approved"] == true,
        "{taken}"
    );
    lab.wait_event(POLICY, "desk", "Approved", PATIENCE).await?;
    Ok(())
}

#[tokio::test]
async fn s26_a_deletion_is_one_plan_and_an_approval_of_it_is_used_once() -> Result<()> {
    let lab = team().await?;
    delete(&lab, POLICY, TEAM, "desk").await?;
    told(&lab, POLICY, TEAM, "desk", HELD).await?;
    let id = plan(&lab).await?["risk"]["planId"].as_str().context("a plan has an id")?.to_owned();
    lab.approve(APPROVER, TEAM, "desk", &id).await?;
    lab.wait_gone(POLICY, TEAM, "desk", PATIENCE).await?;
    ensure!(lab.sim.objects(POLICIES).await?.is_empty());

    // The same policy again: what was approved is over.
    apply(&lab, &[policy(TEAM, "desk", "Desk")]).await?;
    ready(&lab, "Assignment", TEAM, "finance").await?;
    delete(&lab, POLICY, TEAM, "desk").await?;
    lab.approve(APPROVER, TEAM, "desk", &id).await?;
    let message = told(&lab, POLICY, TEAM, "desk", HELD).await?;
    ensure!(plan(&lab).await?["risk"]["planId"] != id.as_str(), "{message}");
    Ok(())
}

#[tokio::test]
async fn s26_within_the_limit_nobody_is_asked_and_without_the_policy_nothing_is_taken_away() -> Result<()> {
    let lab = team().await?;
    lab.patch("EntraTenant", "", "contoso", &json!({"spec": {"safety": {"maxCloudPCsAtRisk": 1}}}))
        .await?;
    lab.kubectl(&["delete", "validatingadmissionpolicybinding", "cloudpc-approvals"])
        .await?;
    delete(&lab, "Assignment", TEAM, "finance").await?;
    let unprotected = ("Ready", "False", "ApprovalUnprotected");
    let message = told(&lab, POLICY, TEAM, "desk", unprotected).await?;
    ensure!(message.contains("cloudpc-approvals"), "{message}");
    ensure!(groups(&graph(&lab, POLICIES, "Desk").await?) == [FINANCE]);

    lab.kubectl(&["apply", "--server-side", "-k", "manifests"]).await?;
    crate::scene::request(&lab, POLICY, TEAM, "desk", "again").await?;
    lab.wait_gone("Assignment", TEAM, "finance", PATIENCE).await?;
    let tenant = lab.get("EntraTenant", "", "contoso").await?.context("the tenant is there")?;
    let taken = &tenant["status"]["cloudPCsAtRisk"];
    ensure!(taken[0]["count"] == 1 && taken[0]["approved"] == false, "{taken}");
    Ok(())
}
