//! The requests to Graph that 200 policies with one Assignment each take, step by step, compared with the minimum.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use kube::api::{DeleteParams, ListParams};
use lab::{Entry, FLEET_NAMESPACE, Lab, operations, seconds};
use serde_json::json;

use crate::fleet;
use crate::goal::{Measured, count};

const POLICIES: usize = 200;
const LOOK: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(300);

pub async fn measure() -> Result<Vec<Measured>> {
    let lab = crate::started("1h").await?;
    let create = calls(&lab, async || {
        fleet::apply_to(&lab, POLICIES, 1).await?;
        until(async || Ok(fleet::ready(&lab, "ProvisioningPolicy").await? + fleet::ready(&lab, "Assignment").await? == 2 * POLICIES)).await
    });
    let create = measured("C1", "Created and Ready, Assignments applied first", &create.await?, 412.0);
    fleet::interval(&lab, "15s").await?;
    // The poll at the beginning of the new interval is not counted.
    polled(&lab).await?;
    polled(&lab).await?;
    let resync = calls(&lab, async || polled(&lab).await);
    let resync = measured("C2", "One look at all of them, without any difference", &resync.await?, 2.0);
    let drift = calls(&lab, async || drift(&lab).await);
    let drift = measured(
        "C3",
        "One field of one of them changed by hand, seen and corrected",
        &drift.await?,
        4.0,
    );
    fleet::interval(&lab, "1h").await?;
    let delete = calls(&lab, async || delete(&lab).await);
    let delete = measured("C4", "All of them deleted at once, with their Assignments", &delete.await?, 412.0);
    Ok(vec![create, resync, drift, delete])
}

fn measured(id: &'static str, what: &str, calls: &[Entry], goal: f64) -> Measured {
    let lines: Vec<String> = operations(calls)
        .into_iter()
        .map(|(operation, times)| {
            format!(
                "{times} {}",
                operation.rsplit_once("virtualEndpoint/").map_or(&*operation, |(_, rest)| rest)
            )
        })
        .collect();
    let how = format!(
        "{POLICIES} policies with an Assignment of one group each. {what}: {}.",
        lines.join(", ")
    );
    Measured::new(id, "Graph calls", how).at_most(count(calls.len()), goal)
}

/// The requests to Graph that a step takes, until it is over.
async fn calls(lab: &Lab, step: impl AsyncFnOnce() -> Result<()>) -> Result<Vec<Entry>> {
    let mark = lab.sim.mark().await?;
    step().await?;
    lab.sim.graph_requests(mark).await
}

async fn until(holds: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !holds().await? {
        ensure!(start.elapsed() < LONGEST, "it takes longer than {LONGEST:?}");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Waits until the collection is listed the next time, to its last page.
async fn polled(lab: &Lab) -> Result<()> {
    let mark = lab.sim.mark().await?;
    let pages = POLICIES.div_ceil(100);
    until(async || {
        let entries = lab.sim.graph_requests(mark).await?;
        Ok(entries.iter().filter(|entry| entry.path.ends_with(fleet::POLICIES)).count() >= pages)
    })
    .await
}

async fn drift(lab: &Lab) -> Result<()> {
    let object = lab
        .get("ProvisioningPolicy", FLEET_NAMESPACE, "fleet-7")
        .await?
        .context("it is there")?;
    let id = object["status"]["id"].as_str().context("an id")?;
    let path = format!("/beta/deviceManagement/virtualEndpoint/{}/{id}", fleet::POLICIES);
    lab.sim.portal("PATCH", &path, Some(json!({"enableSingleSignOn": false}))).await?;
    lab.wait_object(
        "ProvisioningPolicy",
        FLEET_NAMESPACE,
        "fleet-7",
        "it is corrected",
        seconds(90),
        |object| object["status"]["lastDrift"]["correctedAt"].is_string() && fleet::is_ready(object),
    )
    .await
    .map(drop)
}

async fn delete(lab: &Lab) -> Result<()> {
    for kind in ["ProvisioningPolicy", "Assignment"] {
        let api = lab.api(kind, FLEET_NAMESPACE);
        api.delete_collection(&DeleteParams::default(), &ListParams::default()).await?;
    }
    until(async || {
        let gone = async |kind: &str| -> Result<bool> {
            let list = lab.api(kind, FLEET_NAMESPACE).list(&ListParams::default().limit(1)).await?;
            Ok(list.items.is_empty())
        };
        Ok(gone("ProvisioningPolicy").await? && gone("Assignment").await?)
    })
    .await
}
