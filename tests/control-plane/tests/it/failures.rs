//! The messages when a control plane cannot be built or started. The command is run as a
//! separate process, because all of this depends on the environment.

use control_plane::{ASSETS_ENV, Binaries, CACHE_ENV};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const NAMES: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

fn command(action: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_control-plane"));
    command.arg(action);
    command
}

fn failure(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn script(path: &Path, lines: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The real binaries, but an etcd of our own making.
async fn assets_with_etcd(etcd: impl FnOnce(&Path) -> String) -> TempDir {
    let real = tokio::task::spawn_blocking(Binaries::locate).await.unwrap().unwrap();
    let assets = tempfile::tempdir().unwrap();
    for name in &NAMES[1..] {
        symlink(real.path(name), assets.path().join(name)).unwrap();
    }
    script(&assets.path().join("etcd"), &etcd(&real.path("etcd")));
    assets
}

#[test]
fn a_missing_asset_is_named() {
    let assets = tempfile::tempdir().unwrap();
    for name in ["etcd", "kube-apiserver", "kubectl"] {
        script(&assets.path().join(name), "exit 0");
    }
    let said = failure(command("build").env(ASSETS_ENV, assets.path()));
    assert!(said.contains("missing: kube-controller-manager"), "{said}");
}

#[test]
fn without_go_the_way_out_is_named() {
    let cache = tempfile::tempdir().unwrap();
    let build = || {
        let mut build = command("build");
        build.env_remove(ASSETS_ENV).env(CACHE_ENV, cache.path());
        build
    };
    let said = failure(build().env("PATH", cache.path()));
    assert!(said.contains("cannot run `go`") && said.contains(ASSETS_ENV), "{said}");

    let bin = tempfile::tempdir().unwrap();
    script(&bin.path().join("go"), "echo go1.9.1");
    let said = failure(build().env("PATH", bin.path()));
    assert!(said.contains("Go 1.9.1 is too old"), "{said}");
}

#[tokio::test]
async fn a_failed_start_shows_the_log() {
    let assets = assets_with_etcd(|_| "echo the disk is on fire >&2; exit 3".to_owned()).await;
    let said = failure(command("run").env(ASSETS_ENV, assets.path()));
    assert!(said.contains("etcd ended before it was ready (exit status: 3)"), "{said}");
    assert!(said.contains("the disk is on fire"), "{said}");
}

#[tokio::test]
async fn a_port_taken_meanwhile_is_replaced() {
    let assets = assets_with_etcd(|real| {
        let real = real.display();
        format!(
            "if mkdir \"$0.tried\" 2>/dev/null; then\n\
             echo 'listen tcp 127.0.0.1:1: bind: address already in use' >&2; exit 1\n\
             fi\nexec '{real}' \"$@\""
        )
    })
    .await;
    let mut owner = command("run")
        .env(ASSETS_ENV, assets.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(owner.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert!(line.starts_with("export KUBECONFIG="), "{line}");
    assert!(assets.path().join("etcd.tried").exists());

    let id = i32::try_from(owner.id()).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGTERM).unwrap();
    assert!(owner.wait().unwrap().success());
    output.read_to_string(&mut line).unwrap();
}
