//! The HTTPS server: the listener and its certificates, and the way of a request from its connection to its response.

mod connection;
pub(crate) mod listener;
mod pipeline;
mod request;
pub(crate) mod tls;
