//! A real Kubernetes control plane for tests and the demo: etcd, kube-apiserver and
//! kube-controller-manager, built once from pinned Go modules and started on loopback.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use control_plane::{Component, ControlPlane};
//!
//! let plane = ControlPlane::start().await?;
//! assert!(plane.kubectl().args(["get", "namespaces"]).status()?.success());
//! plane.kill(Component::ApiServer)?;
//! plane.restart(Component::ApiServer).await?;
//! # Ok(())
//! # }
//! ```
//!
//! It has RBAC, client certificates, ServiceAccount tokens with a public OIDC discovery
//! document, namespace deletion, garbage collection, aggregated roles. It has no node, no kubelet and no
//! scheduler. A workload runs as an ordinary process beside the control plane and gets its
//! identity from [`ControlPlane::service_account_kubeconfig`] and
//! [`ControlPlane::project_token`].
//!
//! Everything lives in one temporary folder and one process group; both are gone when the
//! [`ControlPlane`] is dropped, and also when its owner is killed.
//!
//! Prohibitions: this crate knows nothing of the operator, and no token or key is ever logged.

mod background;
mod binaries;
mod certificates;
mod cleanup;
mod component;
mod faults;
mod go_build;
mod kubeconfig;
mod layout;
mod parts;
mod plane;
mod process;
mod ready;
mod token;

pub use binaries::{ASSETS_ENV, Binaries, CACHE_ENV};
pub use component::Component;
pub use plane::ControlPlane;
pub use token::ProjectedToken;
