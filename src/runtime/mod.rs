//! Process plumbing: lease, watches, events, metrics, health, shutdown, telemetry.
//!
//! Nothing here knows a domain word. It imports neither the resource types, nor the Graph client, nor the
//! pipeline; they import it.

pub mod backoff;
pub mod clients;
pub mod contained;
pub mod decoded;
mod event_ledger;
pub mod events;
pub mod fair;
pub mod health;
pub mod lease;
pub mod metrics;
pub mod own_namespace;
pub mod paging;
pub mod pulse;
pub mod server;
pub mod shutdown;
pub mod tally;
pub mod telemetry;
pub mod text;
pub mod watch;
