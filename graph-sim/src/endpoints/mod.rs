//! The endpoints other than single Graph requests: batches, the login service, the control API.

pub(crate) mod batch;
pub(crate) mod control;
mod grace;
pub(crate) mod login;
mod state;
