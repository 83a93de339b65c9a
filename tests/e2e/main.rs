//! End to end, with real programs: kube-apiserver, the operator's binary with the rights of `manifests/`, the simulator.
//!
//! One module a topic. `cargo build --workspace --bins` has to come first, for the simulator's binary; `make test` does it.

mod admission;
// What the controller compares, on its own: it needs nothing but a client.
#[path = "../../src/cluster/approval_protection.rs"]
mod approval_protection;
mod approvals;
mod approvals_admission;
mod approvals_flux;
mod approvals_protected;
mod assignments;
mod canaries;
mod change_windows;
mod credentials;
mod examples;
mod exports;
mod harness;
mod idle;
mod isolation;
mod lease;
mod memory;
mod parity;
mod read_only;
mod references;
mod refused;
mod rights;
mod scene;
mod seeing;
mod semantics;
mod sign_in;
#[path = "../schema/specs.rs"]
mod specs;
mod support;
mod uninstall;
#[path = "../schema/verdict.rs"]
mod verdict;
mod waiting;
