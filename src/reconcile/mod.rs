//! The pipeline `resolve → observe → plan → guard → apply → report`, generic over the kind, and what it needs.
//!
//! Nothing outside this module patches a Kubernetes object; nothing in it builds a URL. Plans are pure; conditions
//! are reports, never inputs; status is computed once, compared, and written once. The two exceptions are written
//! ahead of a Graph write, because a crash must not lose them: the intent of a create, and what becomes ours by an assign.

pub mod apply;
pub mod catalogues;
pub mod claims;
pub mod conditions;
pub mod context;
pub mod create;
pub mod credentials;
pub mod declared;
pub mod delete;
pub mod drift;
pub mod driver;
mod end;
pub mod endpoints;
pub mod gate;
pub mod guard;
pub mod managed;
pub mod memory;
mod metering;
pub mod missing;
pub mod names;
pub mod observe;
pub mod outcome;
pub mod packed;
pub mod pipeline;
mod place;
pub mod plan;
pub mod poll;
pub mod reasons;
pub mod references;
pub mod removal;
pub mod resolve;
pub mod run;
pub mod snapshot;
pub mod status;
mod suspects;
pub mod sweep;
pub mod tenant;
pub mod urgency;
pub mod waiting;

#[cfg(test)]
mod tests;
