//! Brings up one control plane: its files, its processes in order, and its public discovery.
//!
//! Prohibition: a failed attempt leaves nothing behind; the next one starts from an empty folder.

use crate::binaries::Binaries;
use crate::certificates::Authority;
use crate::cleanup::Cleanup;
use crate::component::Component;
use crate::kubeconfig;
use crate::layout::Layout;
use crate::process::{EndedEarly, Process};
use crate::ready::{Probe, Processes};
use anyhow::{Context, Result};
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::PostParams;
use kube::{Api, Client};
use serde_json::json;

/// How often the start is repeated when a port was taken meanwhile.
const ATTEMPTS: usize = 5;

/// The user, the request and the right that allowed it; no bodies. Long requests, such as watches, are logged when they begin.
const AUDIT_POLICY: &str =
    r#"{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]}"#;

/// What one attempt to start makes.
pub(crate) struct Parts {
    pub(crate) binaries: Binaries,
    pub(crate) processes: Processes,
    pub(crate) layout: Layout,
    pub(crate) authority: Authority,
    pub(crate) cleanup: Cleanup,
}

impl Parts {
    /// Starts everything; with other ports if one was taken meanwhile.
    pub(crate) async fn start(binaries: Binaries, audited: bool) -> Result<Self> {
        let mut attempt = 1;
        loop {
            let error = match Self::attempt(binaries.clone(), audited).await {
                Ok(parts) => return Ok(parts),
                Err(error) => error,
            };
            let taken = error.downcast_ref::<EndedEarly>().is_some_and(EndedEarly::port_taken);
            if !taken || attempt == ATTEMPTS {
                return Err(error);
            }
            attempt += 1;
            tracing::info!("a port was taken meanwhile; trying others");
        }
    }

    async fn attempt(binaries: Binaries, audited: bool) -> Result<Self> {
        let cleanup = Cleanup::new()?;
        let layout = Layout::create(cleanup.dir(), audited)?;
        if audited {
            std::fs::write(layout.audit_policy(), AUDIT_POLICY).context("write the audit policy")?;
        }
        let authority = Authority::create(&layout)?;
        let parts = Self {
            binaries,
            processes: Processes::default(),
            layout,
            authority,
            cleanup,
        };
        parts.identities()?;
        let probe = parts.probe();
        for component in Component::ALL {
            parts.start_process(component)?;
            probe.until_ready(component).await?;
        }
        publish_discovery(&kubeconfig::client(&parts.layout.kubeconfig("admin")).await?).await?;
        probe.until_controllers_work().await?;
        Ok(parts)
    }

    /// Who the components and the administrator are.
    fn identities(&self) -> Result<()> {
        let users: [(&str, &str, &[&str]); 2] = [
            ("admin", "admin", &["system:masters"]),
            ("controller-manager", "system:kube-controller-manager", &[]),
        ];
        for (file, user, groups) in users {
            self.authority.client_certificate(&self.layout, file, user, groups)?;
            kubeconfig::with_certificate(&self.layout, file)?;
        }
        Ok(())
    }

    pub(crate) fn start_process(&self, component: Component) -> Result<()> {
        let process = Process::start(
            component,
            &self.binaries.path(component.name()),
            &component.arguments(&self.layout),
            &self.layout.log(component.name()),
            self.cleanup.group()?,
        )?;
        self.processes.with(|processes| processes.insert(component, process));
        Ok(())
    }

    pub(crate) fn probe(&self) -> Probe {
        Probe::new(self.layout.clone(), self.processes.clone(), &self.authority)
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        // A task that still winds down may share the map, so it is emptied here and now.
        self.processes.with(std::mem::take);
    }
}

/// Allows anonymous reads of the issuer's discovery document and keys, which an outside verifier needs.
async fn publish_discovery(client: &Client) -> Result<()> {
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": { "name": "public-service-account-issuer-discovery" },
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "system:service-account-issuer-discovery",
        },
        "subjects": [{
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Group",
            "name": "system:unauthenticated",
        }],
    }))
    .context("the discovery binding")?;
    Api::<ClusterRoleBinding>::all(client.clone())
        .create(&PostParams::default(), &binding)
        .await
        .context("let anybody read the issuer's keys")?;
    Ok(())
}
