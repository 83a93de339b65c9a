//! One run: a scenario in a world in which a plan happens, until everything is quiet.

use std::sync::Arc;
use std::time::Duration;

use cloudpc_operator::base::simulation;
use cloudpc_operator::cli::Config;
use cloudpc_operator::process::{Surroundings, run_in};
use cloudpc_operator::runtime::shutdown::Shutdown;
use cloudpc_operator::runtime::telemetry::LogFormat;
use jiff::{SignedDuration, Timestamp};
use tower::service_fn;

use crate::oracle;
use crate::oracle::reference::End;
use crate::plan::Plan;
use crate::scenario::{Scenario, Step};
use crate::wires::{self, Line};
use crate::world::{SYSTEM, World};

/// How often a tenant of a scenario is polled.
pub const INTERVAL: Duration = Duration::from_secs(60);
/// How long a scenario waits for what it expects before it goes on without it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// After so long without quiet there is none.
const NEVER: Duration = Duration::from_secs(90 * 60);
/// By then the audit log has told what was lost when a set of groups was replaced.
const LOG: Duration = Duration::from_secs(17 * 60);
/// Between the end of a process and the work of the next.
const SUCCESSION: SignedDuration = SignedDuration::from_secs(3);

/// What came of a run.
pub struct Outcome {
    /// All requests of the controller.
    pub lines: Vec<Line>,
    /// How many of them there were before the last process, which only has to do nothing.
    explored: usize,
    /// What is wrong. Empty: nothing.
    pub violations: Vec<String>,
    /// What is compared with a run in which nothing goes otherwise.
    pub end: End,
    /// The world at the end.
    pub world: Arc<World>,
}

impl Outcome {
    /// The requests at which something can go otherwise.
    pub fn requests(&self) -> &[Line] {
        &self.lines[..self.explored]
    }
}

/// How a process ended.
enum Ended {
    /// The plan ended it.
    Crashed,
    /// The scenario is over.
    Done,
    /// By itself.
    Failed(String),
}

/// Carries a plan out.
pub fn run(scenario: &Scenario, plan: &Plan) -> Outcome {
    let world = Arc::new(World::new(plan));
    let mut course = Course {
        steps: (scenario.steps)(),
        next: 0,
        phase: Phase::Steps,
        problems: Vec::new(),
        explored: None,
    };
    for process in 0.. {
        match one_process(scenario, &world, &mut course, process) {
            Ended::Done => break,
            Ended::Crashed => {}
            Ended::Failed(error) => {
                course.problems.push(format!("the process ended: {error}"));
                break;
            }
        }
        *world.time.lock() += SUCCESSION;
        world.wires.next_process();
    }
    let lines = world.wires.lines();
    let mut violations = course.problems;
    violations.extend(oracle::judge(scenario, plan, &world));
    let explored = course.explored.unwrap_or(lines.len());
    Outcome {
        explored,
        end: End::new(&world, &lines[..explored]),
        lines,
        violations,
        world,
    }
}

/// A process from its start to its end, in a runtime of its own: with it everything that the process remembers is gone.
fn one_process(scenario: &Scenario, world: &Arc<World>, course: &mut Course, process: u64) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let at = *world.time.lock();
    let ended = runtime.block_on(async {
        simulation::begin(at, process);
        let config = config(process);
        let (first, second, hands) = (Arc::clone(world), Arc::clone(world), scenario.hand);
        let surroundings = Surroundings::simulated(
            service_fn(move |request| wires::kubernetes(Arc::clone(&first), hands, request)),
            service_fn(move |request| wires::graph(Arc::clone(&second), hands, request)),
        );
        // A task of its own, so that it is not polled whenever the scenario looks whether something holds.
        let running = tokio::spawn(async move { run_in(&config, &surroundings, Shutdown::new()).await });
        let ended = tokio::select! {
            biased;
            () = world.wires.crash.notified() => Ended::Crashed,
            result = running => Ended::Failed(format!("{result:?}")),
            ended = course.proceed(world) => ended,
        };
        *world.time.lock() = simulation::now().expect("it has begun");
        ended
    });
    drop(runtime);
    simulation::end();
    ended
}

fn config(process: u64) -> Config {
    Config {
        leader_election_namespace: SYSTEM.to_owned(),
        leader_election_id: "cloudpc-operator".to_owned(),
        leader_election: false,
        instance: "operator".to_owned(),
        service_account: Some("cloudpc-operator".to_owned()),
        identity: format!("operator_{process}"),
        health_address: ([127, 0, 0, 1], 0).into(),
        metrics_address: ([127, 0, 0, 1], 0).into(),
        tenant_metrics: false,
        log_format: LogFormat::Human,
        federated_token_file: None,
        authority_host: "https://login.microsoftonline.com".parse().expect("an address"),
        graph_endpoint: "https://graph.microsoft.com".parse().expect("an address"),
        settle_window: Duration::from_secs(60),
        concurrency: 8,
        read_only: false,
    }
}

/// How far a run is. It outlasts the processes.
struct Course {
    steps: Vec<Step>,
    next: usize,
    phase: Phase,
    problems: Vec<String>,
    explored: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// The scenario's steps.
    Steps,
    /// Waiting for quiet.
    Settling,
    /// Another process has started, without memory: it must write nothing.
    Restarted(usize),
}

impl Course {
    async fn proceed(&mut self, world: &World) -> Ended {
        if self.phase == Phase::Steps {
            while let Some(step) = self.steps.get(self.next) {
                match step {
                    Step::Do(act) => act(world),
                    Step::Until(holds) => until(world, *holds).await,
                    Step::Pause(duration) => tokio::time::sleep(*duration).await,
                    Step::Crash => {
                        self.next += 1;
                        return Ended::Crashed;
                    }
                }
                self.next += 1;
            }
            self.phase = Phase::Settling;
        }
        if self.phase == Phase::Settling {
            let mut is_quiet = quiet(world).await;
            if is_quiet && !world.assigned_by_hand.lock().is_empty() {
                tokio::time::sleep(LOG).await;
                is_quiet = quiet(world).await;
            }
            if !is_quiet {
                self.problems.push(format!("no quiet within {} min", NEVER.as_secs() / 60));
                return Ended::Done;
            }
            if !oracle::all_ready(world) {
                // A new process tries again what was refused.
                return Ended::Done;
            }
            self.phase = Phase::Restarted(writes(world));
            self.explored = Some(world.wires.lines().len());
            return Ended::Crashed;
        }
        if let Phase::Restarted(before) = self.phase {
            tokio::time::sleep(INTERVAL * 3).await;
            let more = writes(world) - before;
            // With two turns the second may come as late as this.
            let explored = self.explored.unwrap_or_default();
            let undisturbed = world.wires.lines()[explored..].iter().all(|line| line.turns.is_empty());
            if more > 0 && undisturbed {
                self.problems
                    .push(format!("a new process wrote {more} times where nothing was to be done"));
            }
        }
        Ended::Done
    }
}

/// Waits until something holds, or for [`PATIENCE`].
async fn until(world: &World, holds: fn(&World) -> bool) {
    let end = tokio::time::Instant::now() + PATIENCE;
    while !holds(world) && tokio::time::Instant::now() < end {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Waits until nothing is written for three intervals and every object is Ready or says what it is stalled by.
async fn quiet(world: &World) -> bool {
    let (end, mut before) = (tokio::time::Instant::now() + NEVER, usize::MAX);
    while tokio::time::Instant::now() < end {
        tokio::time::sleep(INTERVAL * 3).await;
        let now = writes(world);
        if now == before && oracle::unsettled(world).is_empty() {
            return true;
        }
        before = now;
    }
    false
}

/// How often something was changed, in Graph or in Kubernetes, by whomever.
fn writes(world: &World) -> usize {
    let committed = world
        .graph
        .ledger(0)
        .iter()
        .filter(|entry| entry["committed"] == true && entry["api"] != "entra")
        .count();
    committed + world.cluster.changes().len()
}

/// The simulated time as seconds after the start.
pub fn seconds(time: Timestamp) -> i64 {
    let start: Timestamp = crate::world::START.parse().expect("a time");
    time.duration_since(start).as_secs()
}
