//! HTTP as the simulator speaks it: a request that was read, the response that is sent, compressed bodies, host names.

pub(crate) mod encoding;
pub(crate) mod exchange;
pub(crate) mod hosts;
pub(crate) mod response;
