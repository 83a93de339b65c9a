//! The pipeline `resolve → observe → plan → guard → apply → report`, generic over the kind, and what it needs.
//!
//! Nothing outside this module patches a Kubernetes object; nothing in it builds a URL. Plans are pure; conditions
//! are reports, never inputs; status is computed once, compared, and written once. The two exceptions are written
//! ahead of a Graph write, because a crash must not lose them: the intent of a create, and what becomes ours by an assign.

pub mod apply;
pub mod authorship;
pub mod claim_registry;
pub mod claims;
pub mod confirm_removals;
pub mod context;
pub mod create;
pub mod declarations;
pub mod delete;
pub mod desire;
pub mod drift;
pub mod driver;
pub mod guard;
pub mod memory;
pub mod name_reservation;
pub mod observe;
pub mod pass;
pub mod pins;
pub mod pipeline;
pub mod plan;
pub mod poll;
pub mod proofs;
pub mod put_back;
pub mod recover;
pub mod references;
pub mod replaced;
pub mod resolve;
pub mod terminating;
pub mod trial;
pub mod uninstall;
pub mod vanished;

#[cfg(test)]
pub(crate) mod tests;
