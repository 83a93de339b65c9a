//! All plans with one turn, for a scenario: every crash point, every answer at every request, every hand at every point.

use std::collections::BTreeMap;

use crate::plan::{Plan, Side, What};
use crate::scenario::Scenario;
use crate::wires::Line;

use What::{
    CrashAfter, CrashBefore, CutAfter, CutBefore, Html, Replayed, Slow, Stale, Status400, Status401, Status403, Status404, Status409,
    Status412, Status500, Status500After, Status502, Status502After, Status503, Status503After, Status504, Status504After, Throttled,
    ThrottledDate, ThrottledFraction, ThrottledNegative, ThrottledPlain, ThrottledZero, Truncated, VeryStale,
};

/// Answers of Graph to any request.
const GRAPH: &[What] = &[
    CutBefore,
    CutAfter,
    Slow,
    Throttled,
    ThrottledPlain,
    ThrottledFraction,
    ThrottledNegative,
    ThrottledZero,
    ThrottledDate,
    Status500,
    Status502,
    Status503,
    Status504,
    Status400,
    Status401,
    Status403,
    Status404,
    Status409,
    Status412,
    Truncated,
    Html,
];
/// Answers to a write only.
const GRAPH_WRITE: &[What] = &[
    CrashBefore,
    CrashAfter,
    Status500After,
    Status502After,
    Status503After,
    Status504After,
    Replayed,
];
/// Answers to a read only.
const GRAPH_READ: &[What] = &[Stale, VeryStale];
/// Answers of the Kubernetes API.
const KUBERNETES: &[What] = &[CutBefore, CutAfter, Slow, Throttled, Status409, Status403, Status500, Status503];
const KUBERNETES_WRITE: &[What] = &[CrashBefore, CrashAfter];
const KUBERNETES_LIST: &[What] = &[CrashBefore, Stale, VeryStale];
/// Options of the simulator, each for a whole run.
const OPTIONS: &[(&str, &str)] = &[
    ("replicationLag", "PT20S"),
    ("replicationLag", "PT90S"),
    ("replicationLag", "PT4M"),
    ("missingId", "400"),
    ("patchAnswer", "noContent"),
    ("assignAnswer", "entity"),
    ("assignmentIdForm", "policyIdGroupId"),
    ("assignmentIdForm", "opaque"),
    ("deleteAssigned", "allow"),
    ("uniqueNames", "true"),
    ("createdBy", "name"),
    ("createdBy", "absent"),
    ("auditCorrelation", "own"),
    ("auditLag", "PT30M"),
    ("pageSize", "1"),
    ("gzipBodies", "refuse"),
    ("readOnlyInBody", "refuse"),
];

/// What can happen at a request.
pub fn at(line: &Line) -> impl Iterator<Item = What> {
    let lists: [&[What]; 2] = match (line.point.side, line.is_write()) {
        (Side::Graph, true) => [GRAPH, GRAPH_WRITE],
        (Side::Graph, false) => [GRAPH, GRAPH_READ],
        (Side::Kubernetes, true) => [KUBERNETES, KUBERNETES_WRITE],
        // A watch is answered by its stream; what can happen to that has scenarios of its own.
        (Side::Kubernetes, false) if line.is_watch() => [&[CutBefore, Status500], &[]],
        // Only a list that fills a cache may be old: a list of one namespace is always of the current state.
        (Side::Kubernetes, false) if line.path.contains("limit=") && !line.path.contains("/namespaces/") => [KUBERNETES, KUBERNETES_LIST],
        (Side::Kubernetes, false) => [KUBERNETES, &[]],
    };
    // The token endpoint is not replayed: nothing is made there.
    let sign_in = line.is_sign_in();
    let fits = move |what: &What| !sign_in || !matches!(what, Replayed | Stale | VeryStale);
    lists.into_iter().flatten().filter(move |what| fits(what)).cloned()
}

/// The requests without those that only repeat what was asked twice since the last write: polls of a state that stays.
fn telling(lines: &[Line]) -> Vec<&Line> {
    const TWICE: usize = 2;
    let mut asked: BTreeMap<(Side, &str), usize> = BTreeMap::new();
    let mut telling = Vec::new();
    for line in lines {
        if line.is_write() {
            asked.clear();
        }
        let times = asked.entry((line.point.side, line.path.as_str())).or_default();
        *times += 1;
        if line.is_write() || *times <= TWICE {
            telling.push(line);
        }
    }
    telling
}

/// All plans with one turn or one option, given the requests of a run in which nothing went otherwise.
pub fn singles(scenario: &Scenario, lines: &[Line]) -> Vec<Plan> {
    let mut plans: Vec<Plan> = OPTIONS.iter().map(|(name, value)| Plan::option(name, value)).collect();
    let nothing = Plan::default();
    for line in telling(lines) {
        plans.extend(at(line).map(|what| nothing.and(line.point, what)));
        if line.point.side == Side::Graph || line.is_write() {
            plans.extend(hands(scenario).map(|hand| nothing.and(line.point, hand)));
        }
    }
    plans
}

/// What a person can do.
fn hands(scenario: &Scenario) -> impl Iterator<Item = What> {
    scenario.hands.iter().map(|hand| What::Hand((*hand).to_owned()))
}

/// What matters most at a request, for plans with two turns.
fn grave(line: &Line) -> &'static [What] {
    match (line.point.side, line.is_write()) {
        (Side::Graph, true) => &[
            CrashBefore,
            CrashAfter,
            CutBefore,
            CutAfter,
            Status503After,
            Status400,
            Status404,
            Throttled,
        ],
        (Side::Graph, false) => &[CutBefore, Status404, Status503, Stale],
        (Side::Kubernetes, true) => &[CrashBefore, CrashAfter, CutAfter, Status409],
        (Side::Kubernetes, false) => &[],
    }
}

fn grave_plans(scenario: &Scenario, plan: &Plan, lines: &[Line]) -> Vec<Plan> {
    let mut plans = Vec::new();
    for line in telling(lines).into_iter().filter(|line| !line.is_sign_in()) {
        let hands = hands(scenario).filter(|_| line.point.side == Side::Graph);
        plans.extend(grave(line).iter().cloned().chain(hands).map(|what| plan.and(line.point, what)));
    }
    plans
}

/// The plans with one turn of those that matter most.
pub fn gravest(scenario: &Scenario, lines: &[Line]) -> Vec<Plan> {
    grave_plans(scenario, &Plan::default(), lines)
}

/// The plan with one turn more, of those that matter most, at every later request of the run that it gave.
pub fn further(scenario: &Scenario, plan: &Plan, lines: &[Line]) -> Vec<Plan> {
    let last = plan.turns.last().map(|turn| turn.at);
    let seen = lines.iter().position(|line| Some(line.point) == last).unwrap_or_default();
    grave_plans(scenario, plan, &lines[(seen + 1).min(lines.len())..])
}
