//! What exploring has found, as tests by name: each line a scenario and the smallest plan that showed it.

use libtest_mimic::{Failed, Trial};

use crate::plan::Plan;
use crate::{run, scenario, timeline};

/// The name of the test, the scenario, the plan.
const FOUND: &[(&str, &str, &str)] = &[
    ("a_list_that_graph_refuses_once_stalls_nothing", "policy-create", "| G3 400"),
    ("f12_the_second_product_of_a_request_is_reported", "policy-create", "| G5 replayed"),
    (
        "what_is_deleted_before_graph_shows_it_is_not_waited_for_without_end",
        "policy-create",
        "| K10 hand delete",
    ),
    (
        "f60_a_name_is_not_free_because_one_list_lacks_its_object",
        "policy-rename-onto-taken",
        "| G8 stale",
    ),
    (
        "s51_what_a_deleted_definition_leaves_in_a_cache_is_not_believed",
        "definition-deleted",
        "| K26 crash-after",
    ),
    ("a_tenant_that_waits_for_its_users_asks_seldom", "tenant-made-anew", "|"),
];

/// A test for each.
pub fn trials() -> impl Iterator<Item = Trial> {
    FOUND
        .iter()
        .map(|(name, scenario, plan)| Trial::test(format!("found::{name}"), move || holds(scenario, plan)))
}

fn holds(name: &str, plan: &str) -> Result<(), Failed> {
    let plan: Plan = plan.parse()?;
    let scenario = scenario::named(name)?;
    let outcome = run::run(&scenario, &plan);
    if outcome.violations.is_empty() {
        return Ok(());
    }
    Err(timeline::told(&scenario, &plan, &outcome).into())
}
