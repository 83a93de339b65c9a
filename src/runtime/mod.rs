//! Process infrastructure: lease, watches, events, metrics, health, shutdown, telemetry.
//!
//! Nothing here uses a domain term. It imports neither the resource types, nor the Graph client, nor the
//! pipeline; they import it.

pub(crate) mod backoff;
pub(crate) mod clients;
pub(crate) mod contained;
pub(crate) mod decoded;
mod event_ledger;
pub(crate) mod events;
pub(crate) mod fair;
pub(crate) mod health;
pub(crate) mod lease;
pub mod metrics;
pub(crate) mod own_namespace;
pub(crate) mod paging;
pub(crate) mod pulse;
pub(crate) mod server;
pub mod shutdown;
pub(crate) mod tally;
pub mod telemetry;
pub(crate) mod watch;
