//! One object in a quiet tenant: how soon Graph gets the request, and how soon the object is Ready.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::runtime::wait::await_condition;
use lab::{FLEET_NAMESPACE, Lab};
use serde_json::json;

use crate::fleet;
use crate::goal::{Measured, milliseconds, percentile};

/// Objects for each number, one after the other.
const SAMPLES: usize = 60;
/// Between two objects. Each needs its own list, and the budget allows one and a half a second.
const PAUSE: Duration = Duration::from_millis(750);
/// What Graph takes for each request in P7.
const LATENCY_MS: u64 = 40;

pub async fn measure() -> Result<Vec<Measured>> {
    let lab = crate::started("300s").await?;
    let write = write_latency(&lab).await?;
    let mut first = Vec::with_capacity(SAMPLES);
    for index in 0..SAMPLES {
        first.push(first_request(&lab, index).await?);
    }
    let slow = json!({"match": {"path": "*/virtualEndpoint/*"}, "times": -1, "fault": {"latencyMs": LATENCY_MS}});
    lab.sim.fault(slow).await?;
    let mut ready = Vec::with_capacity(SAMPLES);
    for index in 0..SAMPLES {
        ready.push(until_ready(&lab, SAMPLES + index).await?.1);
    }
    Ok(vec![
        Measured::new(
            "P6",
            "ms (p50 / p99)",
            format!(
                "From Kubernetes' answer to the create of a policy until the first Graph request that it causes, by the simulator's clock; \
                 {SAMPLES} objects, one a second, while a mass create goes on beside. A real kube-apiserver: the finalizer is written first, and such a write took {:.1} ms (p50), which is added to the goal.",
                milliseconds(write)
            ),
        )
        .at_most(milliseconds(percentile(&first, 50)), 5.0 + milliseconds(write))
        .at_most(milliseconds(percentile(&first, 99)), 25.0 + milliseconds(write)),
        Measured::new(
            "P7",
            "ms (p50 / p99)",
            format!(
                "From the request that creates a policy until a watch shows Ready=True; {SAMPLES} objects, one a second, Graph answers after {LATENCY_MS} ms."
            ),
        )
        .at_most(milliseconds(percentile(&ready, 50)), 250.0)
        .at_most(milliseconds(percentile(&ready, 99)), 400.0),
    ])
}

/// Creates one policy. Returns how long it took from its create in Kubernetes until Graph got the request.
async fn first_request(lab: &Lab, index: usize) -> Result<Duration> {
    let mark = lab.sim.mark().await?;
    let (created, _) = until_ready(lab, index).await?;
    let requests = lab.sim.graph_requests(mark).await?;
    let first: jiff::Timestamp = requests.first().context("no Graph request")?.time.parse()?;
    let created = jiff::Timestamp::try_from(created)?;
    // The operator may get the watch event before this test gets the answer.
    Ok(Duration::try_from(first.duration_since(created)).unwrap_or_default())
}

/// Creates one policy. Returns when Kubernetes answered, and how long it took from the request until the policy was Ready.
async fn until_ready(lab: &Lab, index: usize) -> Result<(SystemTime, Duration)> {
    let (api, object) = (lab.api("ProvisioningPolicy", FLEET_NAMESPACE), fleet::policy_object(index)?);
    let name = object.metadata.name.clone().context("no name")?;
    let ready = |object: Option<&DynamicObject>| object.is_some_and(|object| fleet::is_ready(&object.data));
    let watched = api.clone();
    let watch = tokio::spawn(async move { await_condition(watched, &name, ready).await });
    // The watch has to begin before the object is created.
    tokio::time::sleep(PAUSE).await;
    let clock = Instant::now();
    api.create(&Default::default(), &object).await?;
    let created = SystemTime::now();
    watch.await??;
    Ok((created, clock.elapsed()))
}

/// What a small write to this API server takes.
async fn write_latency(lab: &Lab) -> Result<Duration> {
    let api = lab.api("EntraTenant", "");
    let mut samples = Vec::with_capacity(SAMPLES);
    for index in 0..SAMPLES {
        let patch = Patch::Merge(json!({"metadata": {"labels": {"bench": index.to_string()}}}));
        let start = Instant::now();
        api.patch("contoso", &PatchParams::default(), &patch).await?;
        samples.push(start.elapsed());
    }
    Ok(percentile(&samples, 50))
}
