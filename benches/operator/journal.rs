//! What a replica reports: its log and its metrics.

use anyhow::{Context, Result, ensure};
use lab::{Operator, eventually, seconds};
use serde_json::Value;

use crate::goal::count;

/// The lines with a message, in their order.
pub fn lines(operator: &Operator, message: &str) -> Result<Vec<Value>> {
    let mut lines = operator.log_lines()?;
    lines.retain(|line| line["message"] == message);
    Ok(lines)
}

/// When a line was written.
pub fn time(line: &Value) -> Result<jiff::Timestamp> {
    Ok(line["timestamp"].as_str().context("a line without a time")?.parse()?)
}

/// Waits until this many objects have had a pass.
pub async fn first_passes(operator: &Operator, objects: usize) -> Result<()> {
    eventually(seconds(120), "every object has had a pass", async || {
        let passes = operator.metric("cloudpc_reconciles_total", &[]).await?;
        ensure!(passes >= count(objects), "{passes} passes");
        Ok(())
    })
    .await
}
