//! How soon an edit by hand is corrected.

use std::time::Duration;

use anyhow::{Result, ensure};
use lab::{Entry, Lab, Operator, eventually, seconds};
use serde_json::json;

use crate::fleet;
use crate::goal::{Measured, percentile};
use crate::journal::lines;

const INTERVAL: Duration = seconds(60);
const EDITS: usize = 40;

/// P8: edits by hand at random times, until the PATCH that corrects each.
pub async fn measure(lab: &Lab, operator: &Operator, policies: usize) -> Result<Measured> {
    fleet::interval(lab, &format!("{}s", INTERVAL.as_secs())).await?;
    // The short intervals before used up the budget of lists, so a list may be under way for seconds.
    let polls = lines(operator, "poll")?.len();
    eventually(INTERVAL * 2, "a poll at the new interval", async || {
        ensure!(lines(operator, "poll")?.len() > polls + 1, "none yet");
        Ok(())
    })
    .await?;
    let mark = lab.sim.mark().await?;
    for index in 0..EDITS {
        // Evenly over two intervals, each at a random time of its share.
        let share = INTERVAL * 2 / u32::try_from(EDITS)?;
        let early = share.mul_f64(fastrand::f64());
        tokio::time::sleep(early).await;
        let path = format!(
            "/beta/deviceManagement/virtualEndpoint/{}/88888888-0000-4000-8000-{:012}",
            fleet::POLICIES,
            index + 1
        );
        lab.sim.portal("PATCH", &path, Some(json!({"description": "by hand"}))).await?;
        tokio::time::sleep(share - early).await;
    }
    let mut seen = Vec::new();
    eventually(INTERVAL * 2, "every edit is taken back", async || {
        seen = detections(&lab.sim.ledger(mark).await?)?;
        ensure!(seen.len() == EDITS, "{} are", seen.len());
        Ok(())
    })
    .await?;
    Ok(Measured::new(
        "P8",
        "s (p50 / p99)",
        format!("{EDITS} policies of {policies} edited by hand over two intervals of {} s, each up to a tenth shorter, until the PATCH that takes the edit back.", INTERVAL.as_secs()),
    )
    .at_most(percentile(&seen, 50).as_secs_f64(), 30.0)
    .at_most(percentile(&seen, 99).as_secs_f64(), 62.0))
}

fn detections(ledger: &[Entry]) -> Result<Vec<Duration>> {
    let mut seen = Vec::new();
    for edit in ledger.iter().filter(|entry| entry.is_by_hand() && entry.method == "PATCH") {
        let object = edit.path.rsplit('/').next().unwrap_or_default();
        let answer = ledger
            .iter()
            .find(|entry| entry.seq > edit.seq && entry.is_write() && entry.path.ends_with(object));
        if let Some(answer) = answer {
            let (from, to): (jiff::Timestamp, jiff::Timestamp) = (edit.time.parse()?, answer.time.parse()?);
            seen.push(Duration::try_from(to.duration_since(from))?);
        }
    }
    Ok(seen)
}
