//! The real kubectl, as the administrator, from the root of the repository.

use crate::lab::Lab;
use crate::repository;
use anyhow::{Context, Result, bail};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

impl Lab {
    /// Runs kubectl and gives what it printed. Paths count from the root of the repository.
    ///
    /// # Errors
    /// What kubectl said, when it fails.
    pub async fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        run(self.plane.kubectl(), arguments, "").await
    }

    /// Approves a plan of a ProvisioningPolicy as a user, as docs/approvals.md says.
    ///
    /// # Errors
    /// The API server's refusal.
    pub async fn approve(&self, user: &str, namespace: &str, policy: &str, plan: &str) -> Result<String> {
        let (approve, by) = (format!("cloudpc.dev/approve={plan}"), format!("cloudpc.dev/approved-by={user}"));
        let (namespace, policy) = (format!("--namespace={namespace}"), format!("cpp/{policy}"));
        let manager = "--field-manager=cloudpc-approver";
        self.kubectl(&["annotate", "--as", user, "--overwrite", manager, &namespace, &policy, &approve, &by])
            .await
    }

    /// The same as another user, given by a kubeconfig.
    ///
    /// # Errors
    /// What kubectl said, when it fails.
    pub async fn kubectl_as(&self, kubeconfig: &std::path::Path, arguments: &[&str]) -> Result<String> {
        run(self.plane.kubectl_as(kubeconfig), arguments, "").await
    }

    /// Applies YAML.
    ///
    /// # Errors
    /// What kubectl said, when it fails.
    pub async fn apply_yaml(&self, yaml: &str) -> Result<String> {
        run(self.plane.kubectl(), &["apply", "-f", "-"], yaml).await
    }

    /// Deletes what YAML names and waits until it is gone.
    ///
    /// # Errors
    /// What kubectl said, when it fails.
    pub async fn delete_yaml(&self, yaml: &str) -> Result<String> {
        run(self.plane.kubectl(), &["delete", "--timeout=120s", "-f", "-"], yaml).await
    }
}

async fn run(kubectl: std::process::Command, arguments: &[&str], input: &str) -> Result<String> {
    let mut child = Command::from(kubectl)
        .args(arguments)
        .current_dir(repository())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A caller that gives up does not leave it behind.
        .kill_on_drop(true)
        .spawn()
        .context("start kubectl")?;
    let mut stdin = child.stdin.take().context("kubectl has a standard input")?;
    // One that ends without reading says why by itself.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.context("wait for kubectl")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("kubectl {}: {}{text}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}
