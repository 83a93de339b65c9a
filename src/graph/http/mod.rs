//! The innermost layer: connections over TLS, and the fence that no byte of a write passes after the lease may be lost.

pub mod fence;
pub mod transport;
pub mod wire;
