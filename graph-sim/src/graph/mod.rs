//! The routes of Microsoft Graph: permissions, query options, body checks and the objects behind them.
//!
//! Synchronous functions over the world; no input or output, no tokens, no ledger. Unknown requests are refused.
//! Its floors: `refusal`; `body`, `odata`, `not_simulated`; `collections`; `handlers`; `routes`, `seeding`; `unknown_path`; `dispatch`.

mod body;
mod collections;
mod dispatch;
mod handlers;
pub mod not_simulated;
pub mod odata;
mod refusal;
pub mod routes;
mod seeding;
mod unknown_path;

pub use collections::policies::change_options;
pub use refusal::permission;
pub use seeding::seed_object;

use crate::base::answer::{Answer, GraphRequest};
use crate::world::World;

/// Carries out one request of a known caller: route, method, permission, then the handler.
pub fn handle(world: &mut World, request: &GraphRequest<'_>) -> Answer {
    dispatch::dispatch(world, request).unwrap_or_else(refusal::problem::Problem::into_answer)
}
