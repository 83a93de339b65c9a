//! Everything running together, with real programs: a Kubernetes control plane, the Graph simulator over TLS, and the
//! operator's binary as the ServiceAccount that `manifests/` gives it.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use lab::{Lab, Options, seconds};
//!
//! let lab = Lab::start(Options::new("target/debug/cloudpc-operator")).await?;
//! lab.kubectl(&["apply", "-f", "examples/entra-tenant.yaml"]).await?;
//! lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", seconds(60)).await?;
//! lab.operator().kill()?;
//! assert!(lab.sim.writes(0).await?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! Prohibitions: nothing outlives a [`Lab`], neither a process nor a file; no test waits for a time, only for
//! something that is seen ([`eventually`]); this crate knows the operator from outside only.

mod binaries;
mod control;
mod directory;
pub mod exposition;
mod fleet;
pub mod kstatus;
mod kubectl;
mod lab;
mod ledger;
mod objects;
mod operator;
pub mod oracle;
mod process;
mod seeds;
mod simulator;
mod wait;

pub use control_plane::{Component, ControlPlane};
pub use fleet::{FLEET_NAMESPACE, Fleet, policy};
pub use lab::{AUDIENCE, Lab, NAMESPACE, Options, SERVICE_ACCOUNT};
pub use ledger::{Entry, groups, operations};
pub use objects::condition;
pub use operator::{Operator, OperatorOptions};
pub use seeds::{ADMIN, TENANT};
pub use simulator::Simulator;
pub use wait::{eventually, seconds};

use std::path::Path;

/// The root of the repository, where `manifests/` and `examples/` are.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
