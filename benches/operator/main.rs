//! Prints what the operator costs and how fast it is: one line for each number, with how it was measured above it.
//!
//! All of it is measured on an optimised build, a real kube-apiserver with etcd, and the Graph simulator over TLS. It
//! asserts nothing: a slow machine is no reason to fail. The mass create is bound by Graph's limits, not by the machine, so
//! measurements that are not bound by the machine either run beside it, once it has begun.

mod calls;
mod drift;
mod fleet;
mod goal;
mod journal;
mod mass;
mod memory;
mod single;
mod start;
mod steady;

use std::path::PathBuf;

use anyhow::{Context, Result};
use lab::{Lab, Options, TENANT, seconds};

fn main() {
    // Arguments name parts; cargo adds a flag of its own.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let part = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    // On a separate runtime, so that it does not delay what is measured meanwhile.
    let mass = part("mass").then(|| {
        let (begun, applied) = std::sync::mpsc::channel();
        let mass = std::thread::spawn(move || run(mass::measure(begun)));
        // An end without a message is reported below.
        let _ = applied.recv();
        mass
    });
    if part("single") {
        run(single::measure());
    }
    if part("calls") {
        run(calls::measure());
    }
    if part("steady") {
        run(steady::measure());
    }
    if mass.is_some_and(|mass| mass.join().is_err()) {
        println!("# not measured: a panic");
    }
    if part("start") {
        run(start::measure());
    }
}

/// Measures and prints. A failure is reported, and does not stop the other measurements.
fn run(part: impl Future<Output = Result<Vec<goal::Measured>>>) {
    let measured = tokio::runtime::Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(part));
    match measured {
        Ok(measured) => measured.iter().for_each(goal::Measured::print),
        Err(error) => println!("# not measured: {error:#}"),
    }
}

/// The operator and the simulator, where `make bench` builds them: in the folder of the profile that this program is built with.
fn binaries() -> Result<(PathBuf, PathBuf)> {
    let own = std::env::current_exe()?;
    let built = own.ancestors().nth(2).context("this program is not in a target folder")?;
    Ok((built.join("cloudpc-operator"), built.join("graph-sim")))
}

/// A lab with groups for the fleet and a tenant that is Ready, polled at an interval; without an operator.
async fn lab() -> Result<Lab> {
    let (operator, simulator) = binaries()?;
    let options = Options {
        simulator_binary: Some(simulator),
        ..Options::new(&operator)
    };
    let options = options.seed(fleet::groups(TENANT));
    let lab = Lab::start(options.without_operator()).await?;
    lab.kubectl(&["apply", "-f", "examples/entra-tenant.yaml"]).await?;
    fleet::namespace(&lab).await?;
    Ok(lab)
}

/// The same with an operator that has signed in.
async fn started(interval: &str) -> Result<Lab> {
    let lab = lab().await?;
    fleet::interval(&lab, interval).await?;
    let lab = lab.with_operator().await?;
    lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", seconds(60))
        .await?;
    Ok(lab)
}

/// Measures in a lab that gets its objects in Kubernetes and Graph at once, with an operator that has signed in. The check at
/// the end of a lab is skipped: it cannot know that these objects belong to the operator.
async fn seeded(part: impl AsyncFnOnce(&Lab) -> Result<Vec<goal::Measured>>) -> Result<Vec<goal::Measured>> {
    let lab = started("10s").await?;
    let measured = part(&lab).await;
    lab.sim.stop().await?;
    measured
}
