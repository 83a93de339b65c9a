//! A large converged set: what it costs to keep, how soon drift is seen, and what a start with it takes.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lab::{Entry, FLEET_NAMESPACE, Lab, Operator, eventually, seconds};
use serde_json::Value;

use crate::drift;
use crate::fleet::{self, Template};
use crate::goal::{Measured, count, milliseconds, percentile};
use crate::memory::{self, Memory};

/// Policies at first, each with an Assignment; and later.
const SMALL: usize = 1000;
const LARGE: usize = 5000;
/// P1 and P2: so many short intervals stand for a day of 288 long ones.
const SHORT: Duration = seconds(10);
const INTERVALS: usize = 6;
/// Starts for P12.
const STARTS: usize = 5;

pub async fn measure() -> Result<Vec<Measured>> {
    let lab = crate::started("10s").await?;
    let measured = all(&lab).await;
    // Its end is no test: that the seeded objects are the operator's is something that the judge of a lab cannot know.
    lab.sim.stop().await?;
    measured
}

async fn all(lab: &Lab) -> Result<Vec<Measured>> {
    fleet::apply(lab, 1).await?;
    let template = Template::of(lab).await?;
    lab.operator().terminate().await?;
    template.copies(lab, 1, SMALL).await?;

    let (cold_small, operator) = cold_start(lab).await?;
    first_passes(&operator, 2 * SMALL).await?;
    let mut measured = steady(lab).await?;
    measured.push(drift::measure(lab, SMALL).await?);
    let small = Memory::of(&operator)?;
    operator.terminate().await?;

    template.copies(lab, SMALL, LARGE).await?;
    let (cold_large, operator) = cold_start(lab).await?;
    first_passes(&operator, 2 * LARGE).await?;
    measured.push(requeue(lab, &operator).await?);
    let large = Memory::of(&operator)?;
    measured.push(memory::measured(&small, &large));
    measured.push(
        Measured::new(
            "P12",
            "ms (2,000 / 10,000 resources)",
            format!(
                "Exec until the caches are complete, as the log tells it; p50 of {STARTS} starts, the lease is free, a real kube-apiserver."
            ),
        )
        .at_most(milliseconds(cold_small), 150.0)
        .at_most(milliseconds(cold_large), 500.0),
    );
    Ok(measured)
}

/// Starts replicas one after the other. Returns how long it took until the caches were complete, and the last replica.
async fn cold_start(lab: &Lab) -> Result<(Duration, Operator)> {
    let mut samples = Vec::with_capacity(STARTS);
    loop {
        let operator = lab.start_operator().await?;
        operator.wait_leading().await?;
        let line = eventually(seconds(60), "the caches are complete", async || {
            line(&operator, |line| {
                line["message"] == "readiness changed" && line["component"] == "caches"
            })
        })
        .await?;
        let complete: jiff::Timestamp = time(&line)?;
        let started = jiff::Timestamp::try_from(operator.started())?;
        samples.push(Duration::try_from(complete.duration_since(started))?);
        if samples.len() == STARTS {
            return Ok((percentile(&samples, 50), operator));
        }
        operator.terminate().await?;
    }
}

fn line(operator: &Operator, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    operator
        .log_lines()?
        .into_iter()
        .find(|line| wanted(line))
        .context("no such line yet")
}

fn time(line: &Value) -> Result<jiff::Timestamp> {
    Ok(line["timestamp"].as_str().context("a line without a time")?.parse()?)
}

/// Waits until each object has had a pass, and until the memory that this took has settled.
async fn first_passes(operator: &Operator, objects: usize) -> Result<()> {
    eventually(seconds(120), "every object has had a pass", async || {
        let passes = operator.metric("cloudpc_reconciles_total", &[]).await?;
        ensure!(passes >= count(objects), "{passes} passes");
        Ok(())
    })
    .await
}

/// P1 and P2: what a converged set costs.
async fn steady(lab: &Lab) -> Result<Vec<Measured>> {
    // The first list after a start is nobody's interval.
    eventually(SHORT * 4, "a poll", async || {
        polls(lab, lab.sim.mark().await? / 2).await?.checked_sub(1).context("none")
    })
    .await?;
    let (mark, versions) = (lab.sim.mark().await?, versions(lab).await?);
    tokio::time::sleep(SHORT * u32::try_from(INTERVALS)?).await;
    let requests = lab.sim.graph_requests(mark).await?;
    let polls = polls(lab, mark).await?.max(1);
    let lists = requests.iter().filter(|entry| entry.path.ends_with(fleet::POLICIES)).count();
    let writes = requests.iter().filter(|entry| entry.is_write()).count();
    let moved = self::versions(lab).await?.difference(&versions).count();
    Ok(vec![
        Measured::new(
            "P1",
            "Graph calls a resync",
            format!("{SMALL} converged policies with an Assignment each: lists of policies in {polls} intervals, divided by {polls}; {} other calls.", requests.len() - lists),
        )
        .at_most(count(requests.len()) / count(polls), 11.0),
        Measured::new(
            "P2",
            "writes",
            format!(
                "The same {polls} intervals of {} s: writes to Graph, and resources with another resourceVersion in Kubernetes. What is due in a day is due once an interval, so intervals are counted and not hours.",
                SHORT.as_secs()
            ),
        )
        .at_most(count(writes + moved), 0.0),
    ])
}

/// How many polls began since a mark.
async fn polls(lab: &Lab, since: u64) -> Result<usize> {
    let requests = lab.sim.graph_requests(since).await?;
    let first_page =
        |entry: &&Entry| entry.path.ends_with(fleet::POLICIES) && !entry.query.as_deref().unwrap_or_default().contains("skiptoken");
    Ok(requests.iter().filter(first_page).count())
}

async fn versions(lab: &Lab) -> Result<HashSet<String>> {
    let mut versions = HashSet::new();
    for (kind, namespace) in [
        ("ProvisioningPolicy", FLEET_NAMESPACE),
        ("Assignment", FLEET_NAMESPACE),
        ("EntraTenant", ""),
    ] {
        for object in lab.api(kind, namespace).list(&Default::default()).await? {
            versions.extend(object.metadata.resource_version);
        }
    }
    Ok(versions)
}

/// P11: everything in the namespace is looked at again because the namespace's labels changed.
async fn requeue(lab: &Lab, operator: &Operator) -> Result<Measured> {
    let before = passes(operator)?.len();
    lab.kubectl(&["label", "namespace", FLEET_NAMESPACE, "bench=again"]).await?;
    let times = eventually(seconds(60), "every policy is looked at again", async || {
        let times = passes(operator)?.split_off(before);
        ensure!(times.len() >= LARGE, "{} are", times.len());
        Ok(times)
    })
    .await?;
    let took = Duration::try_from(times[times.len() - 1].duration_since(times[0]))?;
    Ok(Measured::new(
        "P11",
        "passes/s",
        format!("{LARGE} converged policies, each compared with the cached list of Graph, woken at once; from the first pass line of the log to the last."),
    )
    .at_least(count(times.len()) / took.as_secs_f64(), 5000.0))
}

fn passes(operator: &Operator) -> Result<Vec<jiff::Timestamp>> {
    let lines = operator.log_lines()?;
    lines
        .iter()
        .filter(|line| line["message"] == "pass" && line["kind"] == "ProvisioningPolicy")
        .map(time)
        .collect()
}
