//! Tests of a tenant as passes share it: signing in, the gate, the snapshots.

mod credentials;
mod gate;
mod permissions;
pub mod sign_in;
pub mod snapshot;
mod trouble;
