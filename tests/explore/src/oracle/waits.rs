//! O4: what passes by itself leaves nothing to a person.

use crate::plan::{Plan, What};
use crate::scenario::Scenario;
use crate::world::{World, plural};

use What::{
    CrashAfter, CrashBefore, CutAfter, CutBefore, Slow, Status500, Status500After, Status502, Status502After, Status503, Status503After,
    Status504, Status504After, Throttled, ThrottledDate, ThrottledFraction, ThrottledNegative, ThrottledPlain, ThrottledZero,
};

/// A process that ends, an answer that is lost, a service that fails for once.
const PASSING: [What; 19] = [
    CrashBefore,
    CrashAfter,
    CutBefore,
    CutAfter,
    Slow,
    Status500,
    Status500After,
    Status502,
    Status502After,
    Status503,
    Status503After,
    Status504,
    Status504After,
    Throttled,
    ThrottledPlain,
    ThrottledFraction,
    ThrottledNegative,
    ThrottledZero,
    ThrottledDate,
];

/// The scenarios that leave something to a person whatever happens: something is taken, gone, or not what it claims to be.
const STALLS: [&str; 8] = [
    "policy-rename-onto-taken",
    "create-onto-taken",
    "forged-id",
    "forged-owner",
    "definition-deleted",
    "neighbours",
    "removal-held",
    "replacement-held",
];

/// Whether all of a plan passes by itself.
pub fn passes(plan: &Plan) -> bool {
    plan.options.is_empty() && plan.turns.iter().all(|turn| PASSING.contains(&turn.what))
}

pub fn judge(scenario: &Scenario, plan: &Plan, world: &World) -> Vec<String> {
    if !passes(plan) || STALLS.contains(&scenario.name) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for kind in super::KINDS {
        let objects = world.cluster.objects(&plural(kind));
        for object in objects.iter().filter(|object| super::is_stalled(object)) {
            let (name, conditions) = (&object["metadata"]["name"], super::brief(&object["status"]["conditions"]));
            found.push(format!(
                "O4: {kind} {name} waits for a person, and nothing has happened that does not pass: {conditions}"
            ));
        }
    }
    found
}
