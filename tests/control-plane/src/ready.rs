//! Waits until a component works, by asking it.
//!
//! Prohibition: no fixed waiting times; every wait ends with an answer, with the end of the
//! process, or with an error that carries the log.

use crate::certificates::Authority;
use crate::component::Component;
use crate::layout::Layout;
use crate::process::{EndedEarly, Process, tail};
use anyhow::{Context, Result, anyhow, bail};
use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use kube::config::AuthInfo;
use kube::{Api, Client, Config};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Generous, because a busy machine is no reason to fail; a broken start is noticed by the end of
/// the process.
const PATIENCE: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(50);

/// The running processes, shared with the tasks that wait for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Processes(Arc<Mutex<BTreeMap<Component, Process>>>);

impl Processes {
    /// Runs `f` on the map. A panic of another holder leaves nothing half done.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut BTreeMap<Component, Process>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Fails if the component is not running.
    pub(crate) fn check(&self, component: Component, layout: &Layout) -> Result<()> {
        let status = self.with(|processes| match processes.get_mut(&component) {
            Some(process) => process.ended(),
            None => bail!("{component} is not running"),
        })?;
        match status {
            None => Ok(()),
            Some(status) => Err(EndedEarly {
                component,
                status,
                log: tail(&layout.log(component.name())),
            }
            .into()),
        }
    }
}

/// Asks the components for their health, as the administrator.
#[derive(Clone)]
pub(crate) struct Probe {
    layout: Layout,
    processes: Processes,
    authority_der: Vec<u8>,
}

impl Probe {
    pub(crate) fn new(layout: Layout, processes: Processes, authority: &Authority) -> Self {
        Self {
            layout,
            processes,
            authority_der: authority.certificate_der.clone(),
        }
    }

    /// Returns once the component answers that it is ready.
    pub(crate) async fn until_ready(&self, component: Component) -> Result<()> {
        let client = self.client(component)?;
        self.poll(component, "ready", || async {
            let request = http::Request::get(component.health_path()).body(Vec::new())?;
            client.request_text(request).await?;
            Ok(())
        })
        .await
    }

    /// Returns once the controllers have done their first work: what a pod would find in the
    /// namespace `default`.
    pub(crate) async fn until_controllers_work(&self) -> Result<()> {
        let client = self.client(Component::ApiServer)?;
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
        let config_maps: Api<ConfigMap> = Api::namespaced(client, "default");
        self.poll(Component::ControllerManager, "at work", || async {
            accounts.get("default").await?;
            config_maps.get("kube-root-ca.crt").await?;
            Ok(())
        })
        .await
    }

    async fn poll<F: Future<Output = Result<()>>>(&self, component: Component, state: &str, ask: impl Fn() -> F) -> Result<()> {
        let start = Instant::now();
        loop {
            let answer = ask().await;
            // After the question: an answer counts only if it can have come from our process.
            self.processes.check(component, &self.layout)?;
            let Err(error) = answer else { return Ok(()) };
            if start.elapsed() > PATIENCE {
                let log = tail(&self.layout.log(component.name()));
                return Err(anyhow!(
                    "{component} is not {state} after {} s: {error}; the last lines of its log:\n{log}",
                    PATIENCE.as_secs()
                ));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// A client that gives up quickly, so that a hanging server does not hold a poll.
    fn client(&self, component: Component) -> Result<Client> {
        let url = format!("https://127.0.0.1:{}", component.port(&self.layout));
        let mut config = Config::new(url.parse().context("the component's address")?);
        config.root_cert = Some(vec![self.authority_der.clone()]);
        config.auth_info = AuthInfo {
            client_certificate: Some(path_text(self.layout.certificate("admin"))),
            client_key: Some(path_text(self.layout.key("admin"))),
            ..AuthInfo::default()
        };
        config.connect_timeout = Some(Duration::from_secs(2));
        config.read_timeout = Some(Duration::from_secs(5));
        config.default_retry = false;
        Client::try_from(config).with_context(|| format!("make a client for {component}"))
    }
}

fn path_text(path: std::path::PathBuf) -> String {
    path.to_string_lossy().into_owned()
}
