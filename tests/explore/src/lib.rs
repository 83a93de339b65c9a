//! The explorer: the real controllers and the real client between a Kubernetes API and a Graph in the same process, with time paused,
//! and everything that can go wrong at every request. See README.md in this folder.

mod enumerate;
mod found;
mod oracle;
mod plan;
mod run;
mod scenario;
mod scenarios;
mod shrink;
mod timeline;
mod wires;
mod world;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::plan::Plan;
use crate::scenario::Scenario;

static PLANS: AtomicUsize = AtomicUsize::new(0);

/// Runs the tests that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    if let Ok(what) = std::env::var("EXPLORE") {
        return replay(&what);
    }
    let arguments = Arguments::from_args();
    let start = Instant::now();
    let mut trials: Vec<Trial> = scenario::all()
        .into_iter()
        .map(|scenario| Trial::test(format!("singles::{}", scenario.name), move || singles(&scenario)))
        .collect();
    trials.push(Trial::test("the_same_plan_gives_the_same_run", same));
    trials.extend(found::trials());
    let count = trials.len();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let (plans, seconds) = (PLANS.load(Ordering::Relaxed), start.elapsed().as_secs_f64());
    println!(
        "explored {count} scenarios and found plans: {plans} plans in {seconds:.0} s, {:.0} a second",
        plans as f64 / seconds
    );
    conclusion.exit_code()
}

/// One plan of one scenario, printed whole: `EXPLORE='policy-create | G4 cut-after'`.
fn replay(what: &str) -> ExitCode {
    let (name, plan) = what.split_once(' ').unwrap_or((what, "|"));
    let plan: Plan = match plan.parse() {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let Some(scenario) = scenario::all().into_iter().find(|scenario| scenario.name == name) else {
        eprintln!("there is no scenario {name}");
        return ExitCode::FAILURE;
    };
    let outcome = run::run(&scenario, &plan);
    println!("{}", timeline::told(&scenario, &plan, &outcome));
    for kind in oracle::KINDS {
        for object in outcome.world.cluster.objects(&world::plural(kind)) {
            println!(
                "{kind} {}: {}",
                object["metadata"]["name"],
                oracle::brief(&object["status"]["conditions"])
            );
        }
    }
    if outcome.violations.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The reference run of a scenario, and every plan with one turn.
fn singles(scenario: &Scenario) -> Result<(), Failed> {
    let nothing = Plan::default();
    let reference = run::run(scenario, &nothing);
    if !reference.violations.is_empty() {
        return Err(timeline::told(scenario, &nothing, &reference).into());
    }
    let mut kinds: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for plan in enumerate::singles(scenario, &reference.lines[..reference.explored]) {
        PLANS.fetch_add(1, Ordering::Relaxed);
        let outcome = run::run(scenario, &plan);
        if let Some(first) = outcome.violations.first() {
            let kind = kinds.entry(kind_of(first)).or_default();
            kind.0 += 1;
            if kind.1.is_empty() {
                kind.1 = format!("EXPLORE='{} {plan}'\n      {}", scenario.name, outcome.violations.join("\n      "));
            }
        }
    }
    if kinds.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = kinds
        .values()
        .map(|(count, example)| format!("{count} plans such as {example}"))
        .collect();
    Err(told.join("\n").into())
}

/// A violation without what differs between plans that show the same: ids and numbers.
fn kind_of(violation: &str) -> String {
    let words = violation
        .split_whitespace()
        .filter(|word| !word.chars().any(|c| c.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

/// A run is a function of its plan.
fn same() -> Result<(), Failed> {
    for scenario in scenario::all() {
        let told = || timeline::told(&scenario, &Plan::default(), &run::run(&scenario, &Plan::default()));
        let (first, second) = (told(), told());
        if first != second {
            let differs = first.lines().zip(second.lines()).find(|(one, other)| one != other);
            return Err(format!("{}: two runs differ: {differs:?}", scenario.name).into());
        }
    }
    Ok(())
}
