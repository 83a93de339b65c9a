//! A thousand objects at once, compared with the number of writes that Intune accepts from one application in one tenant.

use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use anyhow::Result;
use lab::{Entry, Lab, operations};
use serde_json::json;

use crate::fleet;
use crate::goal::{Measured, count};

const POLICIES: usize = 1000;
/// Intune's published limit.
const WRITES_PER_20S: usize = 100;
/// What is not Ready by then is reported as not Ready.
const LONGEST: Duration = Duration::from_secs(520);
const LOOK: Duration = Duration::from_secs(5);

/// `begun` is notified when everything is applied.
pub async fn measure(begun: Sender<()>) -> Result<Vec<Measured>> {
    let lab = crate::started("300s").await?;
    lab.sim.options(json!({"throttling": {"writePer20s": WRITES_PER_20S}})).await?;
    let (mark, start) = (lab.sim.mark().await?, Instant::now());
    fleet::apply(&lab, POLICIES).await?;
    begun.send(())?;
    let ready = until_ready(&lab, start).await?;
    let (took, calls) = (start.elapsed().as_secs(), lab.sim.graph_requests(mark).await?);
    let refused = calls.iter().filter(|entry| entry.status == Some(429)).count();
    let writes = calls.iter().filter(|entry| entry.is_write()).count();
    let how = format!(
        "{POLICIES} policies with an Assignment each, {} groups, applied at once, Assignments first; Graph takes {WRITES_PER_20S} writes in \
         20 s. {ready} were Ready after {took} s; {writes} of the calls were writes; lists and lookups: {}.",
        10,
        reads(&calls)
    );
    // Objects that were not created are missing in the calls; the goal is for all of them.
    let (calls, goal) = (count(calls.len()), if ready == POLICIES { 2030.0 } else { 0.0 });
    Ok(vec![
        Measured::new("P3", "Graph calls", how).at_most(calls, goal),
        Measured::new("P5", "answers 429", "Of the same calls, those that Graph refused as too many.").at_most(count(refused), 5.0),
    ])
}

/// Waits until all are Ready, and returns how many are when the time is over.
async fn until_ready(lab: &Lab, start: Instant) -> Result<usize> {
    loop {
        let ready = fleet::ready(lab, "ProvisioningPolicy")
            .await?
            .min(fleet::ready(lab, "Assignment").await?);
        if ready == POLICIES || start.elapsed() > LONGEST {
            return Ok(ready);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn reads(calls: &[Entry]) -> String {
    let reads: Vec<Entry> = calls.iter().filter(|entry| !entry.is_write()).cloned().collect();
    let counted = operations(&reads).into_iter();
    let short = |operation: &str| {
        operation
            .rsplit_once("virtualEndpoint/")
            .map_or(operation.to_owned(), |(_, rest)| rest.to_owned())
    };
    let lines: Vec<String> = counted.map(|(operation, times)| format!("{times} {}", short(&operation))).collect();
    lines.join(", ")
}
