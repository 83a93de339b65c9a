//! Where one control plane keeps its files and on which ports it listens.
//!
//! Prohibition: paths and numbers only; contents are written elsewhere.

use anyhow::{Context, Result, bail};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

/// Below the range from which operating systems take ports for outgoing connections: a port stays
/// free for us while its component is stopped.
const FIRST_PORT: u16 = 20_000;
const LAST_PORT: u16 = 32_000;

/// The ports of one control plane, all on 127.0.0.1.
#[derive(Debug, Clone)]
pub(crate) struct Ports {
    pub(crate) etcd: u16,
    pub(crate) etcd_peer: u16,
    pub(crate) api: u16,
    pub(crate) controller_manager: u16,
}

impl Ports {
    /// Four ports that were free a moment ago. Another process may take one before its component
    /// binds it; the start is then repeated with others.
    pub(crate) fn choose() -> Result<Self> {
        // Held until all four are chosen, so that they differ.
        let held = [free_port()?, free_port()?, free_port()?, free_port()?];
        let [etcd, etcd_peer, api, controller_manager] = held.each_ref().map(|(port, _)| *port);
        Ok(Self {
            etcd,
            etcd_peer,
            api,
            controller_manager,
        })
    }
}

fn free_port() -> Result<(u16, TcpListener)> {
    let range = u64::from(LAST_PORT - FIRST_PORT);
    for _ in 0..200 {
        // Every RandomState has its own random keys; no other randomness is needed here.
        let random = RandomState::new().build_hasher().finish() % range;
        let port = FIRST_PORT + u16::try_from(random).context("the port range fits in 16 bits")?;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return Ok((port, listener));
        }
    }
    bail!("found no free port on 127.0.0.1 between {FIRST_PORT} and {LAST_PORT}")
}

/// The folder and the ports of one control plane.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) dir: PathBuf,
    pub(crate) ports: Ports,
    /// Whether the API server writes an audit log.
    pub(crate) audited: bool,
}

impl Layout {
    /// Makes the folders below `dir`.
    pub(crate) fn create(dir: &Path, audited: bool) -> Result<Self> {
        for name in ["pki", "kubeconfigs", "logs", "tokens"] {
            std::fs::create_dir(dir.join(name)).with_context(|| format!("create {name} in {}", dir.display()))?;
        }
        Ok(Self {
            dir: dir.to_owned(),
            ports: Ports::choose()?,
            audited,
        })
    }

    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.dir.join(relative)
    }

    pub(crate) fn ca_certificate(&self) -> PathBuf {
        self.certificate("ca")
    }

    pub(crate) fn certificate(&self, name: &str) -> PathBuf {
        self.path(format!("pki/{name}.crt"))
    }

    pub(crate) fn key(&self, name: &str) -> PathBuf {
        self.path(format!("pki/{name}.key"))
    }

    pub(crate) fn kubeconfig(&self, name: &str) -> PathBuf {
        self.path(format!("kubeconfigs/{name}.yaml"))
    }

    pub(crate) fn log(&self, component: &str) -> PathBuf {
        self.path(format!("logs/{component}.log"))
    }

    pub(crate) fn audit_policy(&self) -> PathBuf {
        self.path("audit-policy.yaml")
    }

    pub(crate) fn audit_log(&self) -> PathBuf {
        self.path("logs/audit.log")
    }

    pub(crate) fn api_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.api)
    }
}

#[cfg(test)]
mod tests {
    use super::Ports;
    use std::collections::BTreeSet;

    #[test]
    fn the_four_ports_differ() {
        let ports = Ports::choose().unwrap();
        let all = [ports.etcd, ports.etcd_peer, ports.api, ports.controller_manager];
        assert_eq!(BTreeSet::from(all).len(), 4, "{ports:?}");
    }
}
