//! Graph asks for a pause: the whole tenant obeys.

use crate::support::*;
use anyhow::{Context, Result, ensure};
use lab::{Entry, Lab, eventually};
use serde_json::json;

/// In seconds.
const PAUSE: i128 = 6;

/// Waits for the refusal.
async fn throttled(lab: &Lab, since: u64) -> Result<Entry> {
    eventually(PATIENCE, "a request is throttled", async || {
        let entries = lab.sim.graph_requests(since).await?;
        entries.into_iter().find(|entry| entry.status == Some(429)).context("none yet")
    })
    .await
}

/// Nothing was sent to the tenant while it had asked for a pause.
fn pause_kept(entries: &[Entry], refusal: &Entry) -> Result<()> {
    for entry in entries.iter().filter(|entry| entry.seq > refusal.seq) {
        let later = time(entry)?.duration_since(time(refusal)?);
        ensure!(
            later.as_millis() >= PAUSE * 1000,
            "{later:#} after {refusal:#?} there was {entry:#?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_pause_that_graph_asks_one_object_for_is_kept_by_all_objects_of_the_tenant() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind) = (&stage.lab, Kind::Setting);
    for name in ["asked", "other"] {
        lab.apply_yaml(&object(kind, name, "")).await?;
        stands_alone(lab, kind, name).await?;
    }
    let mark = lab.sim.mark().await?;
    let rule = json!({"status": 429, "headers": {"Retry-After": PAUSE.to_string()}});
    fault(lab, "GET", &kind.path("/*"), rule).await?;
    lab.patch(kind.name(), NS, "asked", &json!({"spec": {"resetEnabled": true}}))
        .await?;
    let refusal = throttled(lab, mark).await?;
    lab.patch(kind.name(), NS, "other", &json!({"spec": {"resetEnabled": true}}))
        .await?;
    for name in ["asked", "other"] {
        ready(lab, kind.name(), name).await?;
    }
    pause_kept(&lab.sim.graph_requests(mark).await?, &refusal)
}

#[tokio::test]
async fn a_throttled_create_is_known_to_have_done_nothing_and_is_sent_after_the_pause() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "throttled");
    let mark = lab.sim.mark().await?;
    let rule = json!({"status": 429, "headers": {"Retry-After": PAUSE.to_string()}});
    fault(lab, "POST", &kind.path(""), rule).await?;
    lab.apply_yaml(&object(kind, name, "")).await?;
    let refusal = throttled(lab, mark).await?;
    stands_alone(lab, kind, name).await?;
    let entries = lab.sim.graph_requests(mark).await?;
    pause_kept(&entries, &refusal)?;
    let creates = creates(&entries, name);
    ensure!(creates.len() == 2 && creates[1].committed, "{creates:#?}");
    Ok(())
}

#[tokio::test]
async fn a_throttled_list_holds_its_tenant_back_and_decides_nothing() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind) = (&stage.lab, Kind::Setting);
    lab.apply_yaml(&object(kind, "there", "")).await?;
    stands_alone(lab, kind, "there").await?;
    let mark = lab.sim.mark().await?;
    let rule = json!({"status": 429, "headers": {"Retry-After": PAUSE.to_string()}});
    fault(lab, "GET", &kind.path(""), rule).await?;
    // A create lists first.
    lab.apply_yaml(&object(kind, "new", "")).await?;
    let refusal = throttled(lab, mark).await?;
    lab.patch(kind.name(), NS, "there", &json!({"spec": {"resetEnabled": true}}))
        .await?;
    for name in ["new", "there"] {
        ready(lab, kind.name(), name).await?;
    }
    for name in ["new", "there"] {
        stands_alone(lab, kind, name).await?;
    }
    let entries = lab.sim.graph_requests(mark).await?;
    ensure!(creates(&entries, "new").len() == 1);
    pause_kept(&entries, &refusal)
}

#[tokio::test]
async fn a_tenant_with_a_lower_limit_than_planned_gets_everything_and_nothing_twice() -> Result<()> {
    const LIMIT: usize = 12;
    let names: Vec<String> = (0..2 * LIMIT + 4).map(|n| format!("crowd-{n}")).collect();
    let stage = Stage::new().await?;
    let (lab, kind) = (&stage.lab, Kind::Setting);
    // Refused requests count, so a client that does not wait is never served.
    lab.sim
        .options(json!({"throttling": {"writePer20s": LIMIT, "countRefused": true}}))
        .await?;
    let mark = lab.sim.mark().await?;
    let all: String = names.iter().map(|name| object(kind, name, "")).collect();
    lab.apply_yaml(&all).await?;
    for name in &names {
        ready(lab, kind.name(), name).await?;
        only(lab, kind, name).await?;
    }
    let writes = lab.sim.writes(mark).await?;
    let refused = writes.iter().filter(|entry| entry.status == Some(429)).count();
    ensure!(refused > 0, "the limit was never met");
    // Those that were under way side by side, each time that the limit was met; not one for each object that waits.
    ensure!(refused <= names.len(), "{refused} refused: {writes:#?}");
    ensure!(
        writes.iter().filter(|entry| entry.committed).count() == names.len(),
        "one create for each: {writes:#?}"
    );
    Ok(())
}
