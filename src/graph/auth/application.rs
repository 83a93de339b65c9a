//! The application that signs in, and how its token requests travel. `credential` makes credentials of it.

use std::sync::Arc;

use url::Url;

use crate::graph::http::clock_skew::ClockSkew;
use crate::graph::http::transport::Transport;

/// An application in one tenant, and how its token requests travel.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub transport: Transport,
    /// The issuer of the tokens. Always https.
    pub authority: Url,
    pub tenant_id: String,
    pub client_id: String,
    /// Learns from the date of every answer.
    pub clock: Arc<ClockSkew>,
}
