//! What several tests need: leftovers, processes, waiting for conditions.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount};
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Only a guard against waiting for ever; no test expects anything to take this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// The command lines of the processes that have to do with a control plane's folder.
pub fn processes_of(dir: &Path) -> Vec<String> {
    let dir = dir.to_str().expect("a temporary folder has a plain name");
    let entries = std::fs::read_dir("/proc").expect("list /proc");
    entries
        .flatten()
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(dir))
        .collect()
}

/// Fails unless the control plane is gone without a trace.
pub fn assert_gone(dir: &Path) {
    assert_eq!(processes_of(dir), Vec::<String>::new());
    assert!(!dir.exists(), "{} is left", dir.display());
}

/// Polls until the condition holds.
pub async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < PATIENCE, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub async fn create_namespace(client: &Client, name: &str) {
    let namespace = Namespace {
        metadata: named(name),
        ..Namespace::default()
    };
    Api::all(client.clone())
        .create(&PostParams::default(), &namespace)
        .await
        .expect("create a namespace");
}

pub async fn create_service_account(client: &Client, namespace: &str, name: &str) {
    let account = ServiceAccount {
        metadata: named(name),
        ..ServiceAccount::default()
    };
    Api::namespaced(client.clone(), namespace)
        .create(&PostParams::default(), &account)
        .await
        .expect("create a ServiceAccount");
}

pub fn config_map(name: &str, value: &str) -> ConfigMap {
    ConfigMap {
        metadata: named(name),
        data: Some(BTreeMap::from([("key".to_owned(), value.to_owned())])),
        ..ConfigMap::default()
    }
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    }
}
