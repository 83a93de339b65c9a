//! A run as people read it: both sides in the order of time.

use std::fmt::Write;

use crate::plan::Plan;
use crate::run::{Outcome, seconds};
use crate::scenario::Scenario;

/// The longest body that is printed.
const BODY: usize = 4000;

/// The scenario, the plan, what is wrong, and all requests.
pub fn told(scenario: &Scenario, plan: &Plan, outcome: &Outcome) -> String {
    let mut text = format!("{} {plan}\n", scenario.name);
    for violation in &outcome.violations {
        let _ = writeln!(text, "  !! {violation}");
    }
    text.push_str(&requests(outcome));
    text
}

/// One line for each request.
pub fn requests(outcome: &Outcome) -> String {
    let mut text = String::new();
    for line in &outcome.lines {
        let status = line.status.map_or("-".to_owned(), |status| status.as_u16().to_string());
        let turns: Vec<String> = line.turns.iter().map(|what| format!(" <== {what}")).collect();
        let _ = writeln!(
            text,
            "{:>6}s p{} {:<5} {status:<4} {} {}{}{}",
            seconds(line.sent),
            line.process,
            line.point.to_string(),
            line.method,
            line.path,
            turns.concat(),
            body(line),
        );
    }
    text
}

fn body(line: &crate::wires::Line) -> String {
    // A sign-in has an assertion in it.
    if line.body.is_empty() || line.is_sign_in() {
        return String::new();
    }
    let text: String = String::from_utf8_lossy(&line.body).chars().take(BODY).collect();
    format!(" {text}")
}
