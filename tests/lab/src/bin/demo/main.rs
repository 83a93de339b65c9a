//! `make demo`: the operator at work, on this machine and without a tenant.
//!
//! Prohibition: the demo ends with status 0 only when everything that it prints was checked.

mod act;
mod approve;
mod graph;
mod keep;
mod report;

use anyhow::{Context, Result};
use clap::Parser;
use lab::{Lab, Options};
use report::Report;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Shows the operator at work: a real Kubernetes API server, a simulated Microsoft Graph, the examples.
#[derive(Parser)]
#[command(name = "demo")]
struct Arguments {
    /// Leave everything running in the foreground before the examples are deleted.
    #[arg(long)]
    keep: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(until_interrupted(arguments.keep)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(130),
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("\nThe demo failed: {error:#}");
    ExitCode::FAILURE
}

/// Whether the demo was completed. Dropping it midway ends all processes that it started.
async fn until_interrupted(keep: bool) -> Result<bool> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let interrupted = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::pin!(interrupted);
    let mut report = Report::start();
    let lab = tokio::select! {
        lab = show(&mut report) => lab?,
        () = &mut interrupted => return Ok(false),
    };
    if keep {
        keep::explain(&lab).await?;
        interrupted.await;
        println!("\nStopping.");
        return Ok(true);
    }
    tokio::select! {
        end = end(&mut report, lab) => end.map(|()| true),
        () = interrupted => Ok(false),
    }
}

/// The steps up to a corrected drift.
async fn show(report: &mut Report) -> Result<Lab> {
    let operator = std::env::current_exe()
        .context("find the demo's own binary")?
        .with_file_name("cloudpc-operator");
    report.step("Start etcd, kube-apiserver, kube-controller-manager and graph-sim, a simulated Microsoft Graph and Entra");
    let lab = Lab::prepare(Options::new(operator)).await?;
    report.line(&format!("Kubernetes {}, Graph {}", lab.plane.url(), lab.sim.graph_url()));
    report.step("Install the operator: kubectl apply --server-side -k crds, then -k manifests");
    lab.install().await?;
    report.step("Start the operator as its ServiceAccount, cloudpc-system/cloudpc-operator; it signs in to Entra by workload identity");
    let lab = lab.with_operator().await?;
    // A Cloud PC that is not ready yet would have no grace period.
    lab.sim.options(serde_json::json!({"provisioningTime": "PT0S"})).await?;
    act::apply(report, &lab).await?;
    act::drift(report, &lab).await?;
    Ok(lab)
}

/// The steps from there to the deletion of everything.
async fn end(report: &mut Report, lab: Lab) -> Result<()> {
    approve::approve(report, &lab).await?;
    act::delete(report, &lab).await?;
    act::requests(report, &lab).await?;
    report.step("Stop everything");
    let (status, _) = lab.operator().terminate().await?;
    anyhow::ensure!(status.success(), "the operator ended with {status} after SIGTERM");
    drop(lab);
    report.finish();
    Ok(())
}
