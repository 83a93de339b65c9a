//! cloudpc-operator keeps Windows 365 (Cloud PC) configuration in Microsoft Graph equal to Kubernetes resources.
//!
//! Dependencies point one way: [`api`] (resource types) and [`graph`] (the client) know nothing of each other;
//! `reconcile` is the pipeline over both; `controllers` holds what is specific to a kind; [`runtime`] is process
//! plumbing without domain words; [`cli`] turns arguments into a configuration; [`process`] puts it all together.

#![warn(clippy::disallowed_methods)]

pub mod api;
pub(crate) mod base;
pub mod cli;
pub(crate) mod cluster;
pub(crate) mod controllers;
pub mod graph;
pub mod process;
pub(crate) mod reconcile;
pub mod report;
pub mod runtime;
pub(crate) mod tenant;
