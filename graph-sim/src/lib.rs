//! A simulator of Microsoft Graph's Cloud PC API and of the Entra token endpoint, over HTTPS, without a tenant.
//!
//! It knows nothing of its clients. What it does not know, it refuses. See this crate's README.
//!
//! `pipeline` takes a request through faults, handler and ledger; `graph` and `entra` are what is simulated;
//! `contract` holds what goes over the wire against the service's published description; `control` is the hatch for tests;
//! `simulator` is the way in for Rust code.

pub mod answer;
mod batch;
pub mod cli;
pub mod clock;
pub mod collection;
pub mod contract;
mod control;
pub mod duration;
mod encoding;
mod entra;
mod exchange;
mod faults;
pub mod graph;
mod ids;
mod judge;
mod ledger;
pub mod life;
pub mod options;
mod pipeline;
mod seed;
mod server;
mod service;
mod simulator;
mod state;
pub mod throttle;
mod tls;
pub mod world;

pub use simulator::{Simulator, SimulatorOptions};
