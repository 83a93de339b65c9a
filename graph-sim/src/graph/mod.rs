//! The routes of Microsoft Graph: permissions, query options, body checks and the objects behind them.
//!
//! Synchronous functions over the world; no input or output, no tokens, no ledger. What is not known is refused.

mod apply;
mod assign;
pub mod audit;
mod catalogue;
#[cfg(test)]
mod catalogue_tests;
mod check;
mod deprecation;
mod devices;
mod directory;
mod fill;
pub mod foreign;
mod groups;
mod licences;
pub mod odata;
mod page;
pub(crate) mod path;
pub mod permission;
mod plans;
mod policies;
mod problem;
mod project;
mod read;
mod regions;
mod resource;
mod resources;
pub mod routes;
pub mod schema;
mod seeding;
mod settings;
mod twins;
mod unknown;
mod write;

pub use catalogue::{default_gallery, default_organization_settings};
pub use directory::{find_deleted_group, find_group};
pub use fill::whole_cloud_pc;
pub use plans::{EnterprisePlan, enterprise_plan, service_plans};
pub use policies::change_options;
pub use regions::supported_regions;
pub use seeding::seed_object;

use crate::answer::{Answer, GraphRequest};
use crate::world::World;

/// Carries out one request of a known caller: route, method, permission, then the handler.
pub fn handle(world: &mut World, request: &GraphRequest<'_>) -> Answer {
    routes::dispatch(world, request).unwrap_or_else(problem::Problem::into_answer)
}
