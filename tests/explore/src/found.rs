//! What exploring has found, as tests by name: each line a scenario and the smallest plan that showed it.

use libtest_mimic::{Failed, Trial};

use crate::plan::Plan;
use crate::{run, scenario, timeline};

/// The name of the test, the scenario, the plan.
const FOUND: &[(&str, &str, &str)] = &[];

/// A test for each.
pub fn trials() -> impl Iterator<Item = Trial> {
    FOUND
        .iter()
        .map(|(name, scenario, plan)| Trial::test(format!("found::{name}"), move || holds(scenario, plan)))
}

fn holds(name: &str, plan: &str) -> Result<(), Failed> {
    let plan: Plan = plan.parse()?;
    let scenario = scenario::all().into_iter().find(|scenario| scenario.name == name);
    let scenario = scenario.ok_or_else(|| format!("there is no scenario {name}"))?;
    let outcome = run::run(&scenario, &plan);
    if outcome.violations.is_empty() {
        return Ok(());
    }
    Err(timeline::told(&scenario, &plan, &outcome).into())
}
