//! A simulator of Microsoft Graph's Cloud PC API and of the Entra token endpoint, over HTTPS or inside a process, without a tenant.
//!
//! It knows nothing of its clients. What it does not know, it refuses. See this crate's README, which also says
//! what *documented*, *captured*, *author* and *assumed* mean in comments.
//!
//! Floors, from the ground up. A module imports from lower floors only, and modules of one floor do not import each other:
//!
//! ```text
//! floor 1   base                               values: requests and answers, callers, time, ids, addresses
//! floor 2   catalogue contract options schema  what the service offers; its OpenAPI description; the options; the property tables
//! floor 3   wire world                         HTTP; everything that exists: tenants, objects, what is due
//! floor 4   entra life throttle                tokens and assertions; provisioning as time passes; limits
//! floor 5   faults graph                       fault rules and their answers; Microsoft Graph's routes and handlers
//! floor 6   seed                               the YAML that says what exists
//! floor 7   service                            what requests share: the world's lock, the ledger, the steps of every request
//! floor 8   endpoints                          batches, the login service, the control API
//! floor 9   pipeline                           the way of every request to its response
//! floor 10  router server                      for Rust code: requests without a connection; the HTTPS listener
//! floor 11  simulator                          for Rust code: a simulator inside the process, that listens
//! floor 12  cli                                the program
//! ```

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
mod pipeline;
mod router;
pub mod schema;
mod seed;
mod server;
mod service;
mod simulator;
mod throttle;
mod wire;
pub mod world;

pub use faults::{Fault, Treatment};
pub use pipeline::Cut;
pub use router::Router;
pub use simulator::{Simulator, SimulatorOptions};
