//! Checks of what is shipped next to the binary: definitions and their rules, examples, manifests, documentation.
//!
//! No API server and no simulator here: these run in seconds, and the end-to-end tests apply the same files for real.

mod assignment_rules;
mod claims;
mod definitions;
mod docs;
mod examples;
mod fields;
mod floors;
mod generate;
mod generated;
mod index;
mod isolation;
mod kinds;
mod links;
mod manifests;
mod metrics;
mod mutants;
mod new_kind;
mod openapi;
mod people;
mod policy_rules;
mod quota;
mod rights;
mod rows;
mod shape;
mod sources;
mod specs;
mod support;
mod tenant_and_setting_rules;
mod verdict;
