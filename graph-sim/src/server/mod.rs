//! The HTTPS server: the listener, its connections and its certificates.

mod connection;
pub(crate) mod listener;
pub(crate) mod tls;
