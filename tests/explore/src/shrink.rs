//! A plan that shows the same violation with less.

use crate::plan::Plan;
use crate::run::run;
use crate::scenario::Scenario;

/// The smallest plan that can be reached by leaving out one thing after the other and still violates something.
pub fn shrunk(scenario: &Scenario, plan: &Plan) -> Plan {
    let mut smallest = plan.clone();
    while let Some(less) = smallest
        .clone()
        .smaller()
        .find(|less| less.size() > 0 && !run(scenario, less).violations.is_empty())
    {
        smallest = less;
    }
    smallest
}
