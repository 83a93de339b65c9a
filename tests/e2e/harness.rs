//! The lab itself: the disturbances that the other topics rely on, and that a lab leaves no process and no file behind.

use crate::support::lab;
use anyhow::{Result, ensure};
use lab::{eventually, seconds};

#[tokio::test]
async fn replicas_and_the_simulator_can_be_disturbed_and_nothing_outlives_the_lab() -> Result<()> {
    let lab = lab().await;
    let first = lab.operator();
    assert!(first.rss_kib()? > 0);
    assert!(first.metric("cloudpc_leader", &[]).await? > 0.0);

    let second = lab.start_operator().await?;
    second.wait_ready().await?;
    second.pause()?;
    first.probe("/readyz").await?;
    second.resume()?;
    // The lease is released at an orderly end, and the other replica takes over.
    let (status, _) = first.terminate().await?;
    ensure!(status.success(), "it ended with {status}");
    second.wait_leading().await?;
    assert!(!first.is_running()? && second.is_running()?);

    lab.sim.pause()?;
    let asked = tokio::time::timeout(seconds(1), lab.sim.mark()).await;
    assert!(asked.is_err(), "a paused simulator answered");
    lab.sim.resume()?;
    let mark = lab.sim.mark().await?;
    lab.kubectl(&["apply", "-f", "examples/entra-tenant.yaml"]).await?;
    lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", seconds(60))
        .await?;
    assert!(!lab.sim.graph_requests(mark).await?.is_empty());
    assert_eq!(lab.sim.writes(mark).await?.len(), 0);

    let dir = lab.plane.dir().to_owned();
    drop(lab);
    assert!(!dir.exists(), "{} is left", dir.display());
    eventually(seconds(10), "the other replica has ended, too", async || {
        ensure!(!second.is_running()?, "it runs");
        Ok(())
    })
    .await
}
