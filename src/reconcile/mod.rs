//! The pipeline `resolve → observe → plan → guard → apply → report`, generic over the kind, and what it needs.
//!
//! Nothing outside this module patches a Kubernetes object; nothing in it builds a URL. Plans are pure; conditions
//! are reports, never inputs; status is computed once, compared, and written once. The two exceptions are written
//! ahead of a Graph write, because a crash must not lose them: the intent of a create, and what becomes ours by an assign.

pub(crate) mod apply;
pub(crate) mod assign;
pub(crate) mod assignments;
pub(crate) mod authorship;
pub(crate) mod claim_registry;
pub(crate) mod claims;
pub(crate) mod confirm_removals;
pub(crate) mod context;
pub(crate) mod create;
pub(crate) mod declarations;
pub(crate) mod declared_groups;
pub(crate) mod delete;
pub(crate) mod desire;
pub(crate) mod drift;
pub(crate) mod driver;
pub(crate) mod guard;
pub(crate) mod key;
pub(crate) mod memory;
pub(crate) mod name_reservation;
pub(crate) mod observe;
pub(crate) mod pass;
pub(crate) mod pins;
pub(crate) mod pipeline;
pub(crate) mod plan;
pub(crate) mod poll;
pub(crate) mod proofs;
pub(crate) mod put_back;
pub(crate) mod recover;
pub(crate) mod references;
pub(crate) mod replaced;
pub(crate) mod resolve;
pub(crate) mod risk;
pub(crate) mod terminating;
pub(crate) mod trial;
pub(crate) mod uninstall;
pub(crate) mod vanished;

#[cfg(test)]
pub(crate) mod tests;
