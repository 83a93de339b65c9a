//! The control plane as its users see it: start, connect, drop. How it is
//! disturbed is in `faults`.
//!
//! Prohibition: no process and no file may outlive a [`ControlPlane`].

use crate::background::Background;
use crate::binaries::Binaries;
use crate::component::Component;
use crate::kubeconfig;
use crate::parts::Parts;
use crate::process::Process;
use crate::token::{ProjectedToken, Subject};
use anyhow::{Context, Result};
use kube::Client;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The lifetime of the tokens in ServiceAccount kubeconfigs.
const KUBECONFIG_TOKEN: Duration = Duration::from_secs(3600);

/// A running control plane. Several can run side by side.
///
/// Dropping it kills its processes and removes its folder, also during a panic. When the owner is
/// killed or ends without dropping it, a small watcher does the same.
///
/// All methods take `&self`, so it can be shared in an `Arc`. None of them depends on the
/// runtime on which it is called.
pub struct ControlPlane {
    // Fields drop in this order: first the users of the processes, last their folder.
    pub(crate) background: Background,
    kept_tokens: Mutex<Vec<ProjectedToken>>,
    pub(crate) parts: Parts,
    next_file: AtomicU32,
    admin_kubeconfig: PathBuf,
    ca_pem_path: PathBuf,
}

impl ControlPlane {
    /// Builds the binaries if need be, starts the three components and waits until they work:
    /// the API server is ready, and the namespace `default` has its ServiceAccount and its CA
    /// bundle. The issuer's discovery document and keys can be read anonymously.
    ///
    /// # Errors
    /// When a binary is missing and cannot be built, or a component does not come up; the error
    /// then carries the last lines of its log.
    pub async fn start() -> Result<Self> {
        Self::start_with(false).await
    }

    /// The same with an audit log: one line for every request, see [`ControlPlane::audit_log_path`].
    ///
    /// # Errors
    /// See [`ControlPlane::start`].
    pub async fn start_audited() -> Result<Self> {
        Self::start_with(true).await
    }

    async fn start_with(audited: bool) -> Result<Self> {
        let background = Background::new()?;
        let parts = background
            .run(async move {
                let binaries = tokio::task::spawn_blocking(Binaries::locate)
                    .await
                    .context("the build ended early")??;
                Parts::start(binaries, audited).await
            })
            .await?;
        Ok(Self {
            background,
            kept_tokens: Mutex::default(),
            next_file: AtomicU32::new(0),
            admin_kubeconfig: parts.layout.kubeconfig("admin"),
            ca_pem_path: parts.layout.ca_certificate(),
            parts,
        })
    }

    /// The API server's address, `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        self.parts.layout.api_url()
    }

    /// The issuer of ServiceAccount tokens: the `iss` claim, and where discovery starts. It is
    /// the API server's address.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.url()
    }

    /// The certificate of the authority that signed the servers' certificates.
    #[must_use]
    pub fn ca_pem_path(&self) -> &Path {
        &self.ca_pem_path
    }

    /// The folder of this control plane; it is removed on drop.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.parts.cleanup.dir()
    }

    /// Where a component writes its log.
    #[must_use]
    pub fn log_path(&self, component: Component) -> PathBuf {
        self.parts.layout.log(component.name())
    }

    /// Where the API server writes an event of `audit.k8s.io/v1` a line, after [`ControlPlane::start_audited`].
    #[must_use]
    pub fn audit_log_path(&self) -> PathBuf {
        self.parts.layout.audit_log()
    }

    /// The process id of a component that was not stopped or killed.
    #[must_use]
    pub fn process_id(&self, component: Component) -> Option<u32> {
        self.parts.processes.with(|processes| processes.get(&component).map(Process::id))
    }

    /// A kubeconfig with every right (group `system:masters`).
    #[must_use]
    pub fn admin_kubeconfig(&self) -> &Path {
        &self.admin_kubeconfig
    }

    /// A kubeconfig with a new client certificate for a user without any right of its own.
    ///
    /// # Errors
    /// For more than two groups: that is what a certificate from here can carry.
    pub fn user_kubeconfig(&self, name: &str, groups: &[&str]) -> Result<PathBuf> {
        let layout = &self.parts.layout;
        let file = self.file_name("user");
        self.parts.authority.client_certificate(layout, &file, name, groups)?;
        kubeconfig::with_certificate(layout, &file)
    }

    /// A kubeconfig for an existing ServiceAccount: a token file that is kept fresh as long as
    /// the control plane lives, and the account's namespace as the default one.
    ///
    /// # Errors
    /// When the ServiceAccount does not exist or the API server does not answer.
    pub async fn service_account_kubeconfig(&self, namespace: &str, name: &str) -> Result<PathBuf> {
        let token = self.token(namespace, name, None, KUBECONFIG_TOKEN).await?;
        let file = self.file_name("service-account");
        let path = kubeconfig::with_token_file(&self.parts.layout, &file, namespace, token.path())?;
        let mut kept = self.kept_tokens.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(token);
        Ok(path)
    }

    /// A token of an existing ServiceAccount for `audience`, in a file that is renewed like a
    /// projected volume. The API server accepts no `ttl` below ten minutes.
    ///
    /// # Errors
    /// When the ServiceAccount does not exist or the API server does not give a token.
    pub async fn project_token(&self, namespace: &str, service_account: &str, audience: &str, ttl: Duration) -> Result<ProjectedToken> {
        self.token(namespace, service_account, Some(audience), ttl).await
    }

    /// A client that acts as the user of `kubeconfig`, on the caller's runtime.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn client(&self, kubeconfig: impl AsRef<Path>) -> Result<Client> {
        kubeconfig::client(kubeconfig.as_ref()).await
    }

    /// A client with every right, on the caller's runtime.
    ///
    /// # Errors
    /// When the files were removed meanwhile.
    pub async fn admin_client(&self) -> Result<Client> {
        self.client(self.admin_kubeconfig()).await
    }

    /// kubectl as the administrator; add arguments and run it.
    #[must_use]
    pub fn kubectl(&self) -> Command {
        self.kubectl_as(self.admin_kubeconfig())
    }

    /// kubectl as the user of `kubeconfig`.
    #[must_use]
    pub fn kubectl_as(&self, kubeconfig: &Path) -> Command {
        let mut kubectl = Command::new(self.parts.binaries.path("kubectl"));
        kubectl
            .env("KUBECONFIG", kubeconfig)
            // Neither read nor write what belongs to the person at this machine.
            .env("KUBECACHEDIR", self.parts.layout.path("kubectl-cache"))
            .env("KUBERC", "off");
        kubectl
    }

    async fn token(&self, namespace: &str, service_account: &str, audience: Option<&str>, ttl: Duration) -> Result<ProjectedToken> {
        let subject = Subject {
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            audience: audience.map(str::to_owned),
            ttl,
        };
        let dir = self.parts.layout.path("tokens").join(self.file_name("token"));
        std::fs::create_dir(&dir).with_context(|| format!("create {}", dir.display()))?;
        let path = dir.join("token");
        let kubeconfig = self.admin_kubeconfig.clone();
        ProjectedToken::create(&self.background, kubeconfig, path, subject).await
    }

    /// Users' names may contain anything, so files are numbered.
    fn file_name(&self, kind: &str) -> String {
        format!("{kind}-{}", self.next_file.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        self.background.shut_down();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_shared_between_tasks() {
        fn shared<T: Send + Sync + 'static>() {}
        shared::<ControlPlane>();
        shared::<ProjectedToken>();
    }
}
