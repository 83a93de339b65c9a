//! A start with everything converged: how long it takes, how much memory is used then, and how fast the passes are.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lab::{FLEET_NAMESPACE, Lab, Operator, eventually, seconds};

use crate::fleet::Template;
use crate::goal::{Measured, count, milliseconds, percentile};
use crate::journal::{first_passes, lines, time};
use crate::memory::{self, Memory};

/// Resources, half of them policies and half of them Assignments.
const SMALL: usize = 1000;
const LARGE: usize = 10_000;
const POLICIES: usize = LARGE / 2;
/// Starts for P12.
const STARTS: usize = 5;
/// Polls before the memory of the smaller fleet is measured. Those of the larger one take minutes: polls have only a share of the budget.
const POLLS: usize = 2;

pub async fn measure() -> Result<Vec<Measured>> {
    crate::seeded(all).await
}

async fn all(lab: &Lab) -> Result<Vec<Measured>> {
    let template = Template::begin(lab).await?;
    template.copies(lab, 1, SMALL / 2).await?;
    let (small_start, operator) = cold_start(lab).await?;
    first_passes(&operator, SMALL).await?;
    polls(&operator).await?;
    let small = Memory::of(&operator)?;
    operator.terminate().await?;

    template.copies(lab, SMALL / 2, POLICIES).await?;
    let (large_start, operator) = cold_start(lab).await?;
    first_passes(&operator, LARGE).await?;
    let passes = wave(lab, &operator).await?;
    let large = Memory::of(&operator)?;
    Ok(vec![
        memory::measured(&small, &large),
        passes,
        Measured::new(
            "P12",
            "ms (1,000 / 10,000 resources)",
            format!(
                "Exec until the caches are complete, as the log tells it; p50 of {STARTS} starts, the lease is free, a real kube-apiserver."
            ),
        )
        .at_most(milliseconds(small_start), 150.0)
        .at_most(milliseconds(large_start), 500.0),
    ])
}

/// Starts replicas one after the other. Returns how long it took until the caches were complete, and the last replica.
async fn cold_start(lab: &Lab) -> Result<(Duration, Operator)> {
    let mut samples = Vec::with_capacity(STARTS);
    loop {
        let operator = lab.start_operator().await?;
        operator.wait_leading().await?;
        let line = eventually(seconds(60), "the caches are complete", async || {
            let mut lines = lines(&operator, "readiness changed")?;
            lines.retain(|line| line["component"] == "caches");
            lines.pop().context("no such line yet")
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

async fn polls(operator: &Operator) -> Result<()> {
    eventually(seconds(120), "some polls", async || {
        let polls = lines(operator, "poll")?.len();
        ensure!(polls >= POLLS, "{polls}");
        Ok(())
    })
    .await
}

/// P11: every resource of the namespace has a pass because the namespace's labels changed.
async fn wave(lab: &Lab, operator: &Operator) -> Result<Measured> {
    let before = passes(operator)?.len();
    lab.kubectl(&["label", "namespace", FLEET_NAMESPACE, "bench=again"]).await?;
    let times = eventually(seconds(60), "every policy is looked at again", async || {
        let times = passes(operator)?.split_off(before);
        ensure!(times.len() >= POLICIES, "{} are", times.len());
        Ok(times)
    })
    .await?;
    let took = Duration::try_from(times[times.len() - 1].duration_since(times[0]))?;
    Ok(Measured::new(
        "P11",
        "passes/s",
        format!("{POLICIES} converged policies, each compared with the cached list of Graph, woken at once; from the first pass line of the log to the last."),
    )
    .at_least(count(times.len()) / took.as_secs_f64(), 5000.0))
}

fn passes(operator: &Operator) -> Result<Vec<jiff::Timestamp>> {
    let mut lines = lines(operator, "pass")?;
    lines.retain(|line| line["kind"] == "ProvisioningPolicy");
    lines.iter().map(time).collect()
}
