//! The explorer: the real controllers and the real client between a Kubernetes API and a Graph in the same process, with time paused,
//! and everything that can go otherwise at every request. See README.md in this folder.

mod enumerate;
mod found;
mod oracle;
mod orders;
mod plan;
mod run;
mod scenario;
mod scenarios;
mod shrink;
mod states;
mod timeline;
mod trials;
mod wires;
mod world;

use std::process::ExitCode;
use std::time::Instant;

use libtest_mimic::{Arguments, Trial};

use crate::plan::Plan;

/// Runs the tests that the arguments name, and prints how much was explored.
#[must_use]
pub fn main() -> ExitCode {
    if let Ok(what) = std::env::var("EXPLORE") {
        return replay(&what);
    }
    states::listen();
    let arguments = Arguments::from_args();
    let start = Instant::now();
    let pairs = std::env::var_os("EXPLORE_PAIRS").is_some();
    let mut all: Vec<Trial> = scenario::all()
        .into_iter()
        .filter(|scenario| !pairs || scenario.paired)
        .map(|scenario| match pairs {
            true => Trial::test(format!("pairs::{}", scenario.name), move || trials::pairs(&scenario)),
            false => Trial::test(format!("singles::{}", scenario.name), move || trials::singles(&scenario)),
        })
        .collect();
    if !pairs {
        all.push(Trial::test("every_order_of_events_and_any_of_them_lost", orders::all));
        all.push(Trial::test("the_same_plan_gives_the_same_run", trials::same));
        all.extend(found::trials());
    }
    let scenarios = scenario::all().len();
    let conclusion = libtest_mimic::run(&arguments, all);
    let (plans, seconds) = (trials::plans(), start.elapsed().as_secs_f64());
    println!(
        "{scenarios} scenarios, {plans} plans in {seconds:.0} s, {:.0} a second, {} states",
        f64::from(u32::try_from(plans).unwrap_or(u32::MAX)) / seconds,
        states::count()
    );
    conclusion.exit_code()
}

/// One plan of one scenario, printed whole: `EXPLORE='policy-create | G4 cut-after'`.
fn replay(what: &str) -> ExitCode {
    let (name, plan) = what.split_once(' ').unwrap_or((what, "|"));
    let parsed = scenario::named(name).and_then(|scenario| Ok((scenario, plan.parse::<Plan>()?)));
    let (scenario, plan) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
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
