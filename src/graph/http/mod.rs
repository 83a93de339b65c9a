//! What answers of Graph and of the token endpoint have in common, at the bottom: connections over TLS and the fence that
//! stops them when the process may not write any more; JSON within bounds; `Retry-After` and repeats; the error of the clock.

pub(crate) mod clock_skew;
pub(crate) mod fence;
pub(crate) mod json;
pub(crate) mod observer;
pub(crate) mod retry;
pub(crate) mod retry_after;
pub(crate) mod transport;
mod wire;
