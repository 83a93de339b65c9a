//! What can be asked of the simulator beside a single Graph request: batches, the login service, the control API.

pub(crate) mod batch;
pub(crate) mod control;
pub(crate) mod login;
mod state;
