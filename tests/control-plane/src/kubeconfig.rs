//! Writes kubeconfig files and turns them into clients.
//!
//! Prohibition: credentials are referred to by path and never copied into the file.

use crate::layout::Layout;
use anyhow::{Context, Result};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A kubeconfig for the client certificate that was written under `name`.
pub(crate) fn with_certificate(layout: &Layout, name: &str) -> Result<PathBuf> {
    let user = json!({
        "client-certificate": layout.certificate(name),
        "client-key": layout.key(name),
    });
    write(layout, name, "default", &user)
}

/// A kubeconfig for a bearer token in the file `token`, which its owner renews.
pub(crate) fn with_token_file(layout: &Layout, name: &str, namespace: &str, token: &Path) -> Result<PathBuf> {
    write(layout, name, namespace, &json!({ "tokenFile": token }))
}

fn write(layout: &Layout, name: &str, namespace: &str, user: &Value) -> Result<PathBuf> {
    let kubeconfig = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "control-plane",
        "clusters": [{
            "name": "control-plane",
            "cluster": {
                "server": layout.api_url(),
                "certificate-authority": layout.ca_certificate(),
            },
        }],
        "users": [{ "name": name, "user": user }],
        "contexts": [{
            "name": "control-plane",
            "context": { "cluster": "control-plane", "user": name, "namespace": namespace },
        }],
    });
    let path = layout.kubeconfig(name);
    // JSON is YAML too.
    let text = serde_json::to_string_pretty(&kubeconfig).context("write a kubeconfig")?;
    std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    Ok(path)
}

/// A client that acts as the kubeconfig's user.
pub(crate) async fn client(path: &Path) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(path).with_context(|| format!("read {}", path.display()))?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .with_context(|| format!("load {}", path.display()))?;
    Client::try_from(config).with_context(|| format!("make a client from {}", path.display()))
}
