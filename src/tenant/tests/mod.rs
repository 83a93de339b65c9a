//! Tests of a tenant as passes share it: signing in, the gate, the snapshots.

mod change_windows;
mod credentials;
mod gate;
mod permissions;
pub(crate) mod sign_in;
pub(crate) mod snapshot;
mod trouble;
