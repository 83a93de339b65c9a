//! A simulator of Microsoft Graph's Cloud PC API and of the Entra token endpoint, over HTTPS, without a tenant.
//!
//! It knows nothing of its clients. What it does not know, it refuses. See this crate's README.
//!
//! `pipeline` takes a request through faults, handler and ledger; `graph` and `entra` are what is simulated;
//! `contract` holds what goes over the wire against the service's published description; `control` is the hatch for tests;
//! `simulator` is the way in for Rust code.

pub mod base;
pub mod catalogue;
pub mod cli;
pub mod contract;
mod endpoints;
mod entra;
mod faults;
pub mod graph;
pub mod life;
pub mod options;
pub mod schema;
mod seed;
mod server;
mod service;
mod simulator;
mod throttle;
mod wire;
pub mod world;

pub use simulator::{Simulator, SimulatorOptions};
