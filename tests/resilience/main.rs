//! What the operator guarantees under faults, with real programs: kube-apiserver, the operator's binary, the simulator over TLS.
//!
//! One module a topic. `cargo build --workspace --bins` has to come first, for the simulator's binary; `make test` does it.
//! Every test has a lab of its own and runs with a short settle window; none waits for a time, only for what can be seen.

mod assign;
mod create;
mod delete;
mod drift;
mod fair;
mod foreign;
mod lost;
mod malformed;
mod outage;
mod ownership;
mod process;
mod references;
mod refused;
mod support;
mod throttle;
mod update;
