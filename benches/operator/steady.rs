//! A converged set: what it costs to keep, and how soon drift is seen.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result};
use lab::{Entry, FLEET_NAMESPACE, Lab, eventually, seconds};

use crate::goal::{Measured, count};
use crate::journal::first_passes;
use crate::{drift, fleet};

/// Policies, each with an Assignment.
const POLICIES: usize = 1000;
/// P1 and P2: this many short intervals represent a day of 288 long ones.
const SHORT: Duration = seconds(10);
const INTERVALS: usize = 6;

pub async fn measure() -> Result<Vec<Measured>> {
    crate::seeded(all).await
}

async fn all(lab: &Lab) -> Result<Vec<Measured>> {
    let template = fleet::Template::begin(lab).await?;
    template.copies(lab, 1, POLICIES).await?;
    let operator = lab.start_operator().await?;
    first_passes(&operator, 2 * POLICIES).await?;
    let mut measured = steady(lab).await?;
    measured.push(drift::measure(lab, &operator, POLICIES).await?);
    Ok(measured)
}

/// P1 and P2: what a converged set costs.
async fn steady(lab: &Lab) -> Result<Vec<Measured>> {
    // The first list after a start belongs to no interval.
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
            format!("{POLICIES} converged policies with an Assignment each: lists of policies in {polls} intervals, divided by {polls}; {} other calls.", requests.len() - lists),
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
