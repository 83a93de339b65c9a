//! A removed Assignment whose users would lose their Cloud PCs: held, counted, refused to an editor, approved by an approver.

use crate::report::Report;
use anyhow::{Context, Result, bail, ensure};
use lab::{Lab, condition, seconds};
use serde_json::{Value, json};

const POLICY: &str = "ProvisioningPolicy";
/// The policy and the Assignment of the examples that share this name.
const NAMESPACE: &str = "team-finance";
const NAME: &str = "analysts";
const EDITOR: &str = "editor@contoso.example";
const APPROVER: &str = "approver@contoso.example";

/// Shows the whole way of one change that puts a Cloud PC at risk.
pub(crate) async fn approve(report: &mut Report, lab: &Lab) -> Result<()> {
    report.step("Remove the analysts' Assignment: one of them has a Cloud PC, so the change is held");
    let in_team = format!("--namespace={NAMESPACE}");
    for (name, role, user) in [("editor", "admin", EDITOR), ("approver", "cloudpc-approver", APPROVER)] {
        let (role, user) = (format!("--clusterrole={role}"), format!("--user={user}"));
        lab.kubectl(&["create", "rolebinding", name, &role, &user, &in_team]).await?;
    }
    lab.kubectl(&["delete", "assignment", NAME, &in_team, "--wait=false"]).await?;
    report.line(&format!("kubectl delete assignment {NAME} {in_team}"));
    let policy = lab
        .wait_condition(POLICY, NAMESPACE, NAME, "ApprovalRequired", "True", seconds(90))
        .await?;
    report.text(&lab.kubectl(&["get", "cpp", NAME, &in_team]).await?);
    let ready = condition(&policy, "Ready").context("Ready is said")?;
    report.text(ready["message"].as_str().unwrap_or_default());
    for pc in policy["status"]["plan"]["risk"]["cloudPCNames"].as_array().into_iter().flatten() {
        report.line(&format!("status.plan names {}", pc.as_str().unwrap_or_default()));
    }
    let plan = policy["status"]["plan"]["risk"]["planId"].as_str().context("a plan has an id")?;

    report.step("An editor of the namespace cannot approve it");
    match lab.approve(EDITOR, NAMESPACE, NAME, plan).await {
        Ok(_) => bail!("an editor approved"),
        Err(refusal) => report.text(format!("{refusal:#}").lines().last().unwrap_or_default()),
    }

    report.step("An approver can, and exactly this is carried out");
    report.text(&lab.approve(APPROVER, NAMESPACE, NAME, plan).await?);
    lab.wait_gone("Assignment", NAMESPACE, NAME, seconds(90)).await?;
    let cloud_pcs = lab.sim.objects("cloudPCs").await?;
    let lost: Vec<&Value> = cloud_pcs.iter().filter(|pc| pc["status"] == "inGracePeriod").collect();
    ensure!(lost.len() == 1, "{} Cloud PCs are in their grace period", lost.len());
    report.line(&format!(
        "The Cloud PC of {} is in its grace period until {}",
        lost[0]["userPrincipalName"], lost[0]["gracePeriodEndDateTime"]
    ));
    let tenant = json!({"spec": {"safety": {"maxCloudPCsAtRisk": 100}}});
    lab.patch("EntraTenant", "", "contoso", &tenant).await?;
    report.line("EntraTenant contoso: maxCloudPCsAtRisk set to 100, so that the rest of the demo need not ask");
    Ok(())
}
