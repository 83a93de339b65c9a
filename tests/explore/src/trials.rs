//! The tests: every plan with one turn, plans with two turns, and that a run is a function of its plan.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::Failed;

use crate::oracle::waits;
use crate::plan::Plan;
use crate::run::{Outcome, run};
use crate::scenario::Scenario;
use crate::shrink::shrunk;
use crate::{enumerate, scenario, timeline};

static PLANS: AtomicUsize = AtomicUsize::new(0);

/// How many plans were carried out.
pub fn plans() -> usize {
    PLANS.load(Ordering::Relaxed)
}

/// Of all plans, every so manieth is carried out: all with `EXPLORE_EVERY=1`, as `make explore` has it.
fn every() -> usize {
    const FEW: usize = 50;
    let every = std::env::var("EXPLORE_EVERY").ok().and_then(|every| every.parse().ok());
    every.filter(|every| *every > 0).unwrap_or(FEW)
}

/// Whether the first violation is enough, as it stands: `EXPLORE_FIRST=1`, as `make mutants` has it.
fn first_is_enough() -> bool {
    std::env::var_os("EXPLORE_FIRST").is_some()
}

/// Violations by kind: how many plans show it, and the first of them with what it violates.
#[derive(Default)]
struct Found(BTreeMap<String, (usize, Plan, Vec<String>)>);

impl Found {
    fn note(&mut self, plan: &Plan, outcome: &Outcome) {
        if let Some(first) = outcome.violations.first() {
            let kind = self
                .0
                .entry(kind_of(first))
                .or_insert_with(|| (0, plan.clone(), outcome.violations.clone()));
            kind.0 += 1;
        }
    }

    fn result(self, scenario: &Scenario) -> Result<(), Failed> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for (count, plan, violations) in self.0.into_values() {
            let plan = if first_is_enough() { plan } else { shrunk(scenario, &plan) };
            let _ = writeln!(text, "{count} plans, such as EXPLORE='{} {plan}'", scenario.name);
            for violation in violations {
                let _ = writeln!(text, "    {violation}");
            }
        }
        Err(text.into())
    }
}

/// A violation without what differs between plans that show the same: ids and numbers.
fn kind_of(violation: &str) -> String {
    let words = violation
        .split_whitespace()
        .filter(|word| !word.chars().any(|c| c.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

fn reference(scenario: &Scenario) -> Result<Outcome, Failed> {
    let nothing = Plan::default();
    let reference = run(scenario, &nothing);
    if reference.violations.is_empty() {
        return Ok(reference);
    }
    Err(timeline::told(scenario, &nothing, &reference).into())
}

/// Carries a plan out.
pub fn counted(scenario: &Scenario, plan: &Plan) -> Outcome {
    PLANS.fetch_add(1, Ordering::Relaxed);
    run(scenario, plan)
}

fn carry_out(scenario: &Scenario, plan: &Plan, reference: &Outcome, found: &mut Found) -> Outcome {
    let mut outcome = counted(scenario, plan);
    if waits::passes(plan) {
        outcome.violations.extend(outcome.end.judge(&reference.end));
    }
    found.note(plan, &outcome);
    outcome
}

/// Every plan with one turn.
pub fn singles(scenario: &Scenario) -> Result<(), Failed> {
    let reference = reference(scenario)?;
    let mut found = Found::default();
    for plan in enumerate::singles(scenario, reference.requests()).iter().step_by(every()) {
        carry_out(scenario, plan, &reference, &mut found);
        if first_is_enough() && !found.0.is_empty() {
            break;
        }
    }
    found.result(scenario)
}

/// Plans with two turns, of those that matter most.
pub fn pairs(scenario: &Scenario) -> Result<(), Failed> {
    let reference = reference(scenario)?;
    let mut found = Found::default();
    let mut count = 0;
    for first in enumerate::gravest(scenario, reference.requests()) {
        let after = carry_out(scenario, &first, &reference, &mut found);
        for second in enumerate::further(scenario, &first, after.requests()) {
            count += 1;
            if count % every() == 0 {
                carry_out(scenario, &second, &reference, &mut found);
            }
        }
    }
    found.result(scenario)
}

/// A run is a function of its plan.
pub fn same() -> Result<(), Failed> {
    for scenario in scenario::all() {
        let told = || timeline::told(&scenario, &Plan::default(), &run(&scenario, &Plan::default()));
        let (first, second) = (told(), told());
        if first != second {
            let differs = first.lines().zip(second.lines()).find(|(one, other)| one != other);
            return Err(format!("{}: two runs differ: {differs:?}", scenario.name).into());
        }
    }
    Ok(())
}
