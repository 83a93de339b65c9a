//! Nothing is left behind: after a drop, a panic, and the sudden death of the owner.

use crate::support::{assert_gone, config_map, eventually, processes_of};
use control_plane::{Component, ControlPlane};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::PostParams;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

#[tokio::test]
async fn two_live_side_by_side_and_each_is_gone_when_dropped() {
    let (first, second) = tokio::join!(ControlPlane::start(), ControlPlane::start());
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first.url(), second.url());
    let maps: Api<ConfigMap> = Api::namespaced(first.admin_client().await.unwrap(), "default");
    let others: Api<ConfigMap> = Api::namespaced(second.admin_client().await.unwrap(), "default");
    maps.create(&PostParams::default(), &config_map("mine", "1")).await.unwrap();
    assert!(others.get_opt("mine").await.unwrap().is_none());

    let dir = first.dir().to_owned();
    assert!(processes_of(&dir).len() >= Component::ALL.len());
    // The hardest case for a cleanup: a process that cannot react.
    first.pause(Component::Etcd).unwrap();
    drop(first);
    assert_gone(&dir);
    others.get("kube-root-ca.crt").await.unwrap();
    let dir = second.dir().to_owned();
    drop(second);
    assert_gone(&dir);
}

#[test]
fn a_panic_leaves_nothing() {
    let (send, receive) = std::sync::mpsc::channel::<PathBuf>();
    let owner = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let plane = ControlPlane::start().await.unwrap();
            send.send(plane.dir().to_owned()).unwrap();
            panic!("on purpose");
        });
    });
    let dir = receive.recv().expect("it started");
    owner.join().unwrap_err();
    assert_gone(&dir);
}

#[tokio::test]
async fn a_killed_owner_leaves_nothing() {
    let mut owner = Command::new(env!("CARGO_BIN_EXE_control-plane"))
        .arg("run")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(owner.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let kubeconfig = line.trim().strip_prefix("export KUBECONFIG=").expect("it started");
    let dir = PathBuf::from(kubeconfig).ancestors().nth(2).unwrap().to_owned();
    assert!(processes_of(&dir).len() >= Component::ALL.len());

    owner.kill().unwrap();
    owner.wait().unwrap();
    eventually("everything is gone", async || !dir.exists() && processes_of(&dir).is_empty()).await;
}
