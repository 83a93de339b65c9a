//! A tenant as all passes share it: its client, the gate, the snapshots of its objects, and what was looked up in it.

pub mod audit;
pub mod credentials;
pub mod endpoints;
pub mod fingerprint;
pub mod gate;
pub mod list_demand;
pub mod lookups;
pub mod metering;
pub mod packed;
pub mod shared;
pub mod snapshot;
pub mod suspects;
pub mod write_access;

#[cfg(test)]
pub(crate) mod tests;
