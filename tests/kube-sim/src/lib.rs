//! A Kubernetes API server in process, without sockets, for tests that run controllers many times.
//!
//! It answers the requests of kube's client as the real kube-apiserver does, and refuses what it does not know. Everything is
//! deterministic: versions, uids and generated names come from counters, times from the clock that is given, and watches end by
//! tokio's clock, which may be paused.
//!
//! ```
//! # use std::sync::Arc;
//! use kube_sim::{Cluster, Definitions};
//!
//! let definitions = Definitions::compile([])?;
//! let cluster = Cluster::new(Arc::new(jiff::Timestamp::now), &definitions);
//! assert!(cluster.object("namespaces", None, "default").is_some());
//! # Ok::<(), kube_sim::NotKnown>(())
//! ```

mod cluster;
mod definitions;
mod events;
mod fields;
mod meta;
mod paths;
mod request;
mod schema;
mod selectors;
mod sent;
mod status;
mod store;
mod token;
mod verbs;
mod watch;

use std::sync::Arc;

pub use cluster::Cluster;
pub use definitions::Definitions;
pub use schema::NotKnown;
pub use status::Body;
pub use store::{Change, Verb};

/// What time it is.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;
