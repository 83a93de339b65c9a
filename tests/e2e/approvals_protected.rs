//! S26: whether the controller sees that approvals are protected, and what becomes of the protection when it is changed, removed
//! and put back.

use crate::approval_protection::protected;
use crate::approvals_admission::{APPROVER, EDITOR, GITOPS, LISTED, NO_PERSON, NO_VERB, POLICY, annotate, kubectl, list, refused, team};
use crate::scene::PATIENCE;
use crate::support::options;
use anyhow::{Context, Result, bail, ensure};
use lab::{Lab, NAMESPACE, eventually};

const BINDING: &str = "validatingadmissionpolicybinding/cloudpc-approvals";
const WARN: &str = r#"--patch={"spec": {"validationActions": ["Warn"]}}"#;
const DENY: &str = r#"--patch={"spec": {"validationActions": ["Deny"]}}"#;

type Commands = Vec<Vec<&'static str>>;

fn patch(object: &'static str, patch: &'static str) -> Vec<&'static str> {
    vec!["patch", object, "--type=merge", patch]
}

/// How it is weakened, what the controller says, and the commands that it names for that.
fn weakened() -> [(Commands, &'static str, Commands); 7] {
    let some = r#"--patch={"spec": {"matchResources": {"objectSelector": {"matchLabels": {"a": "b"}}}}}"#;
    let ignore = r#"--patch={"spec": {"failurePolicy": "Ignore"}}"#;
    let nobody = r#"--patch={"spec": {"matchConditions": [{"name": "none", "expression": "false"}]}}"#;
    let hold = r#"--patch={"metadata": {"finalizers": ["example.com/hold"]}}"#;
    let free = r#"--patch={"metadata": {"finalizers": null}}"#;
    [
        (
            vec![patch(BINDING, WARN)],
            "spec.validationActions of the",
            vec![vec!["delete", BINDING]],
        ),
        (
            vec![patch(BINDING, some)],
            "spec.matchResources of the",
            vec![vec!["delete", BINDING]],
        ),
        (
            vec![patch(POLICY, ignore)],
            "spec.failurePolicy of the",
            vec![vec!["delete", POLICY]],
        ),
        (
            vec![patch(POLICY, nobody)],
            "spec.matchConditions of the",
            vec![vec!["delete", POLICY]],
        ),
        (
            vec![vec!["delete", BINDING]],
            "the ValidatingAdmissionPolicyBinding cloudpc-approvals is missing",
            vec![],
        ),
        (
            vec![vec!["delete", POLICY]],
            "the ValidatingAdmissionPolicy cloudpc-approvals is missing",
            vec![],
        ),
        (
            vec![patch(POLICY, hold), vec!["delete", POLICY, "--wait=false"]],
            "the ValidatingAdmissionPolicy cloudpc-approvals is being deleted",
            vec![patch(POLICY, free)],
        ),
    ]
}

/// What the controller would see now.
async fn seen(lab: &Lab) -> Result<String, String> {
    let protection = protected(&lab.client()).await;
    protection
        .map(|protection| protection.epoch().to_owned())
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn s26_the_controller_sees_whether_the_policy_is_there_and_as_shipped() -> Result<()> {
    let lab = Lab::start(options().without_operator()).await?;
    // As it was applied by either kind of apply, with whatever the API server has filled in.
    let first = seen(&lab).await.map_err(anyhow::Error::msg)?;
    lab.kubectl(&["apply", "-k", "manifests"]).await?;
    ensure!(
        seen(&lab).await.as_ref() == Ok(&first),
        "applied again, it is another one: {:?}",
        seen(&lab).await
    );

    let mut epochs = vec![first];
    for (commands, said, remedy) in weakened() {
        for command in &commands {
            lab.kubectl(command).await?;
        }
        let refusal = seen(&lab).await.err().with_context(|| format!("{commands:?} was not seen"))?;
        ensure!(refusal.contains(said), "{refusal}");
        for command in &remedy {
            lab.kubectl(command).await?;
        }
        lab.kubectl(&["apply", "--server-side", "-k", "manifests"]).await?;
        let epoch = seen(&lab).await.map_err(anyhow::Error::msg)?;
        ensure!(!epochs.contains(&epoch), "{commands:?} and back is no other epoch: {epochs:?}");
        epochs.push(epoch);
    }
    // Undone without being made anew.
    lab.kubectl(&patch(BINDING, WARN)).await?;
    lab.kubectl(&patch(BINDING, DENY)).await?;
    let epoch = seen(&lab).await.map_err(anyhow::Error::msg)?;
    ensure!(!epochs.contains(&epoch), "Warn and back is no other epoch: {epochs:?}");
    without_rights(&lab).await
}

/// What the controller's own rights let it see, and what it says without them.
async fn without_rights(lab: &Lab) -> Result<()> {
    let kubeconfig = lab.plane.service_account_kubeconfig(NAMESPACE, lab::SERVICE_ACCOUNT).await?;
    let client = lab.plane.client(kubeconfig).await?;
    protected(&client).await?;
    lab.kubectl(&["delete", "clusterrolebinding", "cloudpc-operator"]).await?;
    eventually(PATIENCE, "the right is gone", async || {
        let refusal = protected(&client).await.err().context("it still reads")?.to_string();
        ensure!(
            refusal.contains("no approval counts: the controller may not read it (403"),
            "{refusal}"
        );
        Ok(())
    })
    .await
}

/// The controller is removed, with the policy, and put back: a moment later the policy holds as before, and what was written
/// meanwhile is in another epoch.
#[tokio::test]
async fn s26_removed_and_put_back_the_policy_holds_as_before() -> Result<()> {
    let lab = team().await?;
    let before = seen(&lab).await.map_err(anyhow::Error::msg)?;
    let (desk, label) = ("ProvisioningPolicy/desk", ["label", "--overwrite", "cpp", "desk", "edited=yes"]);
    lab.kubectl(&["delete", "-k", "manifests"]).await?;
    // The teams' rights on our kinds are gone with it; a program that has every right still writes.
    eventually(PATIENCE, "the policy is gone", async || {
        kubectl(&lab, GITOPS, &annotate(desk, "p-5", APPROVER, &[])).await
    })
    .await?;
    ensure!(seen(&lab).await.is_err());

    lab.kubectl(&["apply", "--server-side", "-k", "manifests"]).await?;
    eventually(PATIENCE, "the policy is back", async || {
        let refusal = kubectl(&lab, LISTED, &annotate(desk, "p-6", LISTED, &["--dry-run=server"])).await;
        let refusal = refused_in(refusal)?;
        ensure!(refusal.contains(NO_PERSON), "{refusal}");
        Ok(())
    })
    .await?;
    eventually(PATIENCE, "the roles are back", async || kubectl(&lab, EDITOR, &label).await).await?;
    refused(&lab, EDITOR, &annotate(desk, "p-6", EDITOR, &[]), NO_VERB).await?;
    kubectl(&lab, APPROVER, &annotate(desk, "p-6", APPROVER, &[])).await?;
    let after = seen(&lab).await.map_err(anyhow::Error::msg)?;
    ensure!(before != after, "an approval from in between would count: {before}");
    // The list is read each time: an account that is taken off approves no more.
    list(&lab, &[LISTED]).await?;
    eventually(PATIENCE, "the account is listed", async || {
        kubectl(&lab, LISTED, &annotate(desk, "p-7", LISTED, &["--dry-run=server"])).await
    })
    .await?;
    list(&lab, &[]).await?;
    eventually(PATIENCE, "the account is not listed", async || {
        let refusal = refused_in(kubectl(&lab, LISTED, &annotate(desk, "p-7", LISTED, &["--dry-run=server"])).await)?;
        ensure!(refusal.contains(NO_PERSON), "{refusal}");
        Ok(())
    })
    .await
}

/// What an attempt was refused with.
fn refused_in(attempt: Result<String>) -> Result<String> {
    match attempt {
        Ok(printed) => bail!("it was not refused: {printed}"),
        Err(refusal) => Ok(format!("{refusal:#}")),
    }
}
