//! S26: what becomes of an approval when Flux applies the manifest of the object again, with Flux's own library
//! (tests/flux-apply), and when a person replaces the object.
//!
//! Flux takes the fields of every manager whose name begins with `kubectl` for its own, and so removes what its manifests do not
//! have. So `kubectl annotate` has to name another manager; and the controller has to copy an approval into the status when it
//! sees it, because `kubectl replace` removes it whoever set it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::approval_protection::protected;
use crate::approvals_admission::{APPROVER, LEAD, TEAM, annotate, approved, file, kubectl, team};
use crate::scene::policy;
use anyhow::{Context, Result, ensure};
use lab::{Lab, repository};
use serde_json::json;
use tokio::process::Command;

const DESK: &str = "ProvisioningPolicy/desk";
const GITOPS: &str = "system:serviceaccount:flux-system:kustomize-controller";

/// Builds the program from the module that go.mod and go.sum pin. Go does nothing where it is built already.
async fn build() -> Result<PathBuf> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("flux-apply");
    let output = Command::new("go")
        .args(["build", "-mod=readonly", "-trimpath", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(repository().join("tests/flux-apply"))
        .env("CGO_ENABLED", "0")
        .env("GOWORK", "off")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("cannot run `go`, which builds tests/flux-apply")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "go could not build tests/flux-apply: {said}");
    Ok(program)
}

/// Flux as it runs in clusters: as its ServiceAccount, which has every right.
struct Flux {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Flux {
    async fn of(lab: &Lab, program: PathBuf) -> Result<Self> {
        let kubeconfig = lab.plane.service_account_kubeconfig("flux-system", "kustomize-controller").await?;
        Ok(Self { program, kubeconfig })
    }

    /// Applies a manifest, and gives what was done.
    async fn apply(&self, manifest: &Path) -> Result<String> {
        let output = Command::new(&self.program)
            .arg(manifest)
            .env("KUBECONFIG", &self.kubeconfig)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("run flux-apply")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{said}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

#[tokio::test]
async fn s26_flux_removes_an_approval_that_kubectl_set_and_keeps_one_of_our_own_manager() -> Result<()> {
    // Before the lab, because the first time it takes minutes.
    let program = build().await?;
    let lab = team().await?;
    let flux = Flux::of(&lab, program).await?;
    let folder = tempfile::tempdir()?;
    let manifest = file(&folder, "desk.json", &policy(TEAM, "desk", "Desk"))?;
    // The object was made by kubectl apply; from now on it is Flux's.
    ensure!(flux.apply(&manifest).await?.contains("configured"));
    ensure!(flux.apply(&manifest).await?.contains("unchanged"));
    let given = |plan: &str| Some((plan.to_owned(), APPROVER.to_owned()));

    // With a manager of its own it survives, however often Flux applies.
    kubectl(
        &lab,
        APPROVER,
        &annotate(DESK, "p-1", APPROVER, &["--field-manager=cloudpc-approver"]),
    )
    .await?;
    for _ in 0..2 {
        ensure!(flux.apply(&manifest).await?.contains("unchanged"));
        ensure!(approved(&lab, "ProvisioningPolicy", "desk").await? == given("p-1"));
    }

    // With kubectl's own (`kubectl-annotate`) the next apply removes it, and the policy lets it do so.
    let both = ["annotate", DESK, "cloudpc.dev/approve-", "cloudpc.dev/approved-by-"];
    kubectl(&lab, APPROVER, &both).await?;
    kubectl(&lab, APPROVER, &annotate(DESK, "p-2", APPROVER, &[])).await?;
    ensure!(approved(&lab, "ProvisioningPolicy", "desk").await? == given("p-2"));
    ensure!(flux.apply(&manifest).await?.contains("configured"));
    ensure!(
        approved(&lab, "ProvisioningPolicy", "desk").await?.is_none(),
        "Flux kept what kubectl-annotate set"
    );

    // A manager that was the first to set it keeps it: the same approval once more, by kubectl's own, is no reason to remove it.
    kubectl(
        &lab,
        APPROVER,
        &annotate(DESK, "p-3", APPROVER, &["--field-manager=cloudpc-approver"]),
    )
    .await?;
    kubectl(&lab, APPROVER, &annotate(DESK, "p-3", APPROVER, &[])).await?;
    flux.apply(&manifest).await?;
    ensure!(approved(&lab, "ProvisioningPolicy", "desk").await? == given("p-3"));

    // `kubectl replace` sends the whole object, and removes it whoever set it.
    kubectl(&lab, LEAD, &["replace", "-f", &manifest.to_string_lossy()]).await?;
    ensure!(
        approved(&lab, "ProvisioningPolicy", "desk").await?.is_none(),
        "kubectl replace kept it"
    );
    from_the_repository(&lab, &flux, &folder).await
}

/// An approval that was committed: Flux sets it, and is no person.
async fn from_the_repository(lab: &Lab, flux: &Flux, folder: &tempfile::TempDir) -> Result<()> {
    let mut with = policy(TEAM, "desk", "Desk");
    with["metadata"]["annotations"] = json!({"cloudpc.dev/approve": "p-4", "cloudpc.dev/approved-by": GITOPS});
    let committed = file(folder, "committed.json", &with)?;
    let refusal = flux.apply(&committed).await.err().context("Flux approved")?;
    ensure!(
        format!("{refusal:#}").contains("is a ServiceAccount: let a person approve"),
        "{refusal:#}"
    );
    // Listed by the kustomization that the documentation shows.
    let installation = tempfile::tempdir()?;
    std::os::unix::fs::symlink(repository().join("manifests"), installation.path().join("manifests"))?;
    let page = include_str!("../../docs/approvals.md");
    let block = page.split("\n```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    let kustomization = format!("resources: [manifests]\n{}", block.context("the page has a patch")?);
    std::fs::write(installation.path().join("kustomization.yaml"), kustomization)?;
    let installation = installation.path().to_string_lossy();
    lab.kubectl(&["apply", "--server-side", "--force-conflicts", "-k", &installation])
        .await?;
    protected(&lab.client()).await?;
    lab::eventually(crate::scene::PATIENCE, "the list has taken effect", async || {
        flux.apply(&committed).await
    })
    .await?;
    ensure!(approved(lab, "ProvisioningPolicy", "desk").await? == Some(("p-4".to_owned(), GITOPS.to_owned())));
    Ok(())
}
