//! The endpoints other than single Graph requests: batches, the login service, the control API.

pub(crate) mod batch;
pub(crate) mod control;
pub(crate) mod login;
mod state;
