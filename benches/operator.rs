//! Prints what the operator costs and how quick it is, on the real binary: memory with a fleet of objects, and the
//! time from the request that creates an object to the first Graph request that it causes. It asserts nothing.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use lab::{FLEET_NAMESPACE, Fleet, Lab, Options, TENANT, eventually, policy, seconds};

const FLEET: Fleet = Fleet {
    policies: 200,
    settings: 50,
};
/// How often the latency is measured.
const SAMPLES: usize = 40;

fn main() -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(measure())
}

async fn measure() -> Result<()> {
    println!(
        "Real kube-apiserver, simulator over TLS, release binary, {} policies, {} settings, {} assignments.",
        FLEET.policies, FLEET.settings, FLEET.policies
    );
    let options = Options::new(Path::new(env!("CARGO_BIN_EXE_cloudpc-operator"))).seed(FLEET.seed(TENANT));
    let lab = Lab::start(options).await?;
    lab.kubectl(&["apply", "-f", "examples/entra-tenant.yaml"]).await?;
    lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", seconds(60))
        .await?;
    println!("memory, no objects: {} MiB resident", mebibytes(lab.operator().rss_kib()?));
    lab.apply_yaml(&FLEET.objects("contoso")).await?;
    eventually(seconds(300), "every object is Ready", async || lab.fleet_ready(FLEET).await).await?;
    println!(
        "memory, {} objects: {} MiB resident",
        2 * FLEET.policies + FLEET.settings,
        mebibytes(lab.operator().rss_kib()?)
    );
    let calls = lab.sim.graph_requests(0).await?;
    let writes = calls.iter().filter(|entry| entry.is_write()).count();
    println!("Graph requests to converge them: {} ({writes} writes)", calls.len());

    let mut samples = Vec::with_capacity(SAMPLES);
    for index in 0..SAMPLES {
        samples.push(first_request(&lab, FLEET.policies + index).await?);
    }
    samples.sort();
    let at = |percent: usize| samples[(samples.len() * percent / 100).min(samples.len() - 1)].as_secs_f64() * 1000.0;
    println!(
        "create to first Graph request, {SAMPLES} samples: p50 {:.1} ms, p90 {:.1} ms, max {:.1} ms",
        at(50),
        at(90),
        at(100)
    );
    println!("(two writes to Kubernetes come before a create: the finalizer and the intent)");
    Ok(())
}

/// Creates one policy and tells how long it took until Graph heard of it.
async fn first_request(lab: &Lab, index: usize) -> Result<Duration> {
    let mark = lab.sim.mark().await?;
    let object = serde_saphyr::from_str(&policy("contoso", index))?;
    let start = SystemTime::now();
    lab.api("ProvisioningPolicy", FLEET_NAMESPACE)
        .create(&Default::default(), &object)
        .await?;
    let name = format!("fleet-{index}");
    lab.wait_condition("ProvisioningPolicy", FLEET_NAMESPACE, &name, "Ready", "True", seconds(30))
        .await?;
    let requests = lab.sim.graph_requests(mark).await?;
    let first: jiff::Timestamp = requests.first().context("no Graph request")?.time.parse()?;
    let start = jiff::Timestamp::try_from(start)?;
    Ok(Duration::try_from(first.duration_since(start))?)
}

fn mebibytes(kib: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let mebibytes = kib as f64 / 1024.0;
    format!("{mebibytes:.1}")
}
