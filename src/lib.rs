//! cloudpc-operator keeps Windows 365 (Cloud PC) configuration in Microsoft Graph equal to Kubernetes resources.
//!
//! Dependencies point one way: [`api`] (resource types) and [`graph`] (the client) do not depend on each other;
//! `reconcile` is the pipeline over both; `controllers` contains what is specific to a kind; [`runtime`] is process
//! infrastructure without domain terms; [`cli`] turns arguments into a configuration; [`process`] puts it all together.

// Only outside of tests: there a wildcard is a test that fails.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]
#![warn(clippy::disallowed_methods)]

pub mod api;
pub mod base;
pub mod cli;
pub(crate) mod cluster;
pub(crate) mod controllers;
pub mod graph;
pub mod process;
pub(crate) mod reconcile;
pub mod report;
pub mod runtime;
pub(crate) mod tenant;
