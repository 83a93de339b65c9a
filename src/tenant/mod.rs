//! A tenant as all passes share it: its client, the gate, the snapshots of its objects, and what was looked up in it.

pub(crate) mod audit;
pub(crate) mod change_windows;
pub(crate) mod credentials;
pub(crate) mod endpoints;
pub(crate) mod fingerprint;
pub(crate) mod fleet;
pub(crate) mod gate;
pub(crate) mod list_demand;
pub(crate) mod lookups;
pub(crate) mod metering;
pub(crate) mod packed;
pub(crate) mod shared;
pub(crate) mod snapshot;
pub(crate) mod suspects;
pub(crate) mod tenants;
pub(crate) mod write_access;

#[cfg(test)]
pub(crate) mod tests;
