//! Command line for people and the Makefile: build the control plane, or run one.

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use control_plane::{Binaries, ControlPlane};
use tokio::signal::unix::{SignalKind, signal};

/// A real Kubernetes control plane on this machine, for tests and the demo.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Build the binaries and print the folder that holds them.
    Build,
    /// Start a control plane, print its kubeconfig, and end it on Ctrl-C.
    Run,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Action::Build => {
            println!("{}", Binaries::locate()?.dir().display());
            Ok(())
        }
        Action::Run => tokio::runtime::Runtime::new().context("start a runtime")?.block_on(run()),
    }
}

async fn run() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let plane = tokio::select! {
        plane = ControlPlane::start() => plane?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    println!("export KUBECONFIG={}", plane.admin_kubeconfig().display());
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
