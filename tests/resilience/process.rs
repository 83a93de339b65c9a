//! Replicas, signals, and that there is only one writer.

use crate::support::*;
use anyhow::{Context, Result, ensure};
use lab::{Component, Entry, Lab, Operator, eventually, seconds};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How long a lease lasts that is not released.
const LEASE_SECONDS: f64 = 20.0;

/// A lab with a leader and a waiting replica.
async fn replicas() -> Result<(Lab, Operator, Operator)> {
    let lab = bare("1h").await?;
    let leader = lab.start_operator().await?;
    leader.wait_leading().await?;
    let heir = lab.start_operator().await?;
    heir.wait_ready().await?;
    lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", PATIENCE).await?;
    Ok((lab, leader, heir))
}

/// The log lines with this message.
fn said(operator: &Operator, message: &str) -> Result<Vec<Value>> {
    let mut lines = operator.log_lines()?;
    lines.retain(|line| line["message"] == message);
    Ok(lines)
}

fn at(line: &Value) -> Result<jiff::Timestamp> {
    let text = line["timestamp"].as_str().with_context(|| format!("{line}"))?;
    Ok(text.parse()?)
}

/// The ids that an operator gave to what it wrote to Graph.
fn written_by(operator: &Operator) -> Result<BTreeSet<String>> {
    let lines = said(operator, "Graph write")?;
    Ok(lines
        .iter()
        .filter_map(|line| line["client_request_id"].as_str().map(str::to_owned))
        .collect())
}

/// Makes Graph create an object whose operator is paused before it reads the answer.
async fn create_unanswered(lab: &Lab, leader: &Operator, kind: Kind, name: &str) -> Result<()> {
    fault(lab, "POST", &kind.path(""), json!({"latencyMs": 3000})).await?;
    lab.apply_yaml(&object(kind, name, "")).await?;
    struck(lab, 1).await?;
    leader.pause()?;
    eventually(PATIENCE, "the object is made", async || only(lab, kind, name).await).await?;
    ensure!(status_now(lab, kind, name).await?["pendingCreate"].is_object());
    Ok(())
}

#[tokio::test]
async fn one_replica_leads_and_the_other_goes_on_where_it_was_killed() -> Result<()> {
    let (lab, leader, heir) = replicas().await?;
    let (kind, name) = (Kind::Setting, "inherited");
    ensure!(leader.metric("cloudpc_leader", &[]).await? > 0.5 && heir.metric("cloudpc_leader", &[]).await? < 0.5);
    create_unanswered(&lab, &leader, kind, name).await?;
    leader.kill()?;
    heir.wait_leading().await?;
    stands_alone(&lab, kind, name).await?;
    let creates = creates(&lab.sim.writes(0).await?, name);
    ensure!(creates.len() == 1, "{creates:#?}");
    ensure!(heir.metric("cloudpc_leader", &[]).await? > 0.5);
    Ok(())
}

#[tokio::test]
async fn a_terminated_leader_finishes_its_write_and_hands_over_at_once() -> Result<()> {
    let (lab, leader, heir) = replicas().await?;
    let (kind, name) = (Kind::Policy, "finished");
    fault(&lab, "POST", &kind.path(""), json!({"latencyMs": 3000})).await?;
    lab.apply_yaml(&object(kind, name, "")).await?;
    struck(&lab, 1).await?;
    ensure!(said(&heir, "pass")?.is_empty(), "two replicas work");
    let (status, lasted) = leader.terminate().await?;
    ensure!(status.success() && lasted <= seconds(25), "{status} after {lasted:?}");
    let object = status_now(&lab, kind, name).await?;
    ensure!(
        object["id"] == only(&lab, kind, name).await?["id"],
        "the answer was not recorded: {object}"
    );

    heir.wait_leading().await?;
    let last = leader.log_lines()?.pop().context("it said something")?;
    let first = said(&heir, "leading")?.pop().context("it leads")?;
    let gap = at(&first)?.duration_since(at(&last)?).as_secs_f64();
    ensure!(gap < LEASE_SECONDS / 2.0, "the heir waited {gap} s for the lease to expire");
    stands_alone(&lab, kind, name).await?;
    let creates = creates(&lab.sim.writes(0).await?, name);
    ensure!(creates.len() == 1, "{creates:#?}");
    let (status, _) = heir.terminate().await?;
    ensure!(status.success(), "{status}");
    Ok(())
}

#[tokio::test]
async fn a_leader_that_slept_through_its_lease_writes_nothing_when_it_wakes() -> Result<()> {
    let (lab, leader, heir) = replicas().await?;
    let (kind, name) = (Kind::Setting, "slept");
    let bound = assignment("finance", kind, name, &[FINANCE]);
    lab.apply_yaml(&bound).await?;
    create_unanswered(&lab, &leader, kind, name).await?;
    heir.wait_leading().await?;
    ready(&lab, "Assignment", "finance").await?;
    // Work that the paused process would find when it continues.
    lab.patch(kind.name(), NS, name, &json!({"spec": {"resetEnabled": true}})).await?;
    let remote = stands_alone(&lab, kind, name).await?;
    ensure!(remote["resetEnabled"] == true && groups(&remote) == ids(&[FINANCE]), "{remote}");
    let mark = lab.sim.mark().await?;
    leader.resume()?;
    eventually(PATIENCE, "the sleeper ends", async || {
        ensure!(!leader.is_running()?, "it is still there");
        Ok(())
    })
    .await?;
    // Whichever of the two notices first: the election, or the process that sees the gap in its own pulse.
    let reasons = ["the lease was lost", "paused for longer than its lease allows"];
    let logs = leader.logs()?;
    ensure!(
        reasons.iter().any(|reason| logs.contains(reason)),
        "it ended for another reason: {logs}"
    );
    // It may have overwritten the status with the answer that it got before the pause; the new leader has to correct that.
    stands_alone(&lab, kind, name).await?;
    lab.delete_yaml(&bound).await?;
    let remote = stands_alone(&lab, kind, name).await?;
    ensure!(groups(&remote).is_empty(), "the group has no owner any more: {remote}");
    let by_heir = written_by(&heir)?;
    for write in lab.sim.writes(mark).await? {
        let id = write.client_request_id.clone().unwrap_or_default();
        ensure!(by_heir.contains(&id), "the sleeper wrote {write:#?}");
    }
    ensure!(creates(&lab.sim.writes(0).await?, name).len() == 1);
    Ok(())
}

#[tokio::test]
async fn a_leader_that_wakes_to_a_heap_of_work_leaves_it_to_its_successor() -> Result<()> {
    const OBJECTS: usize = 8;
    let (lab, leader, heir) = replicas().await?;
    let kind = Kind::Setting;
    let names: Vec<String> = (0..OBJECTS).map(|number| format!("heap-{number}")).collect();
    lab.apply_yaml(&names.iter().map(|name| object(kind, name, "")).collect::<String>())
        .await?;
    for name in &names {
        ready(&lab, kind.name(), name).await?;
    }
    leader.pause()?;
    // The new leader cannot do the work either, so the paused process finds all of it undone.
    faults(&lab, "PATCH", "*", -1, json!({"status": 503})).await?;
    for name in &names {
        lab.patch(kind.name(), NS, name, &json!({"spec": {"resetEnabled": true}})).await?;
    }
    heir.wait_leading().await?;
    struck(&lab, 1).await?;
    leader.resume()?;
    eventually(PATIENCE, "the sleeper ends", async || {
        ensure!(!leader.is_running()?, "it is still there");
        Ok(())
    })
    .await?;
    lab.sim.clear_faults().await?;
    for name in &names {
        ready(&lab, kind.name(), name).await?;
        ensure!(only(&lab, kind, name).await?["resetEnabled"] == true);
    }
    let by_leader = written_by(&leader)?;
    let by_heir = written_by(&heir)?;
    let updates = lab.sim.writes(0).await?.into_iter().filter(|write| write.method == "PATCH");
    for update in updates {
        let id = update.client_request_id.clone().unwrap_or_default();
        ensure!(by_heir.contains(&id) && !by_leader.contains(&id), "the sleeper wrote {update:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn without_a_lease_a_pause_ends_nothing() -> Result<()> {
    let (lab, leader, heir) = replicas().await?;
    let alone = start(&lab).await?;
    for operator in [&leader, &alone] {
        operator.pause()?;
    }
    // Now both have been paused for longer than any lease lasts.
    heir.wait_leading().await?;
    for operator in [&leader, &alone] {
        operator.resume()?;
    }
    eventually(PATIENCE, "the one with a lease ends", async || {
        ensure!(!leader.is_running()?, "it is still there");
        Ok(())
    })
    .await?;
    let (status, _) = heir.terminate().await?;
    ensure!(status.success(), "{status}");
    // The other one continues normally.
    let (kind, name) = (Kind::Setting, "after-the-pause");
    lab.apply_yaml(&object(kind, name, "")).await?;
    stands_alone(&lab, kind, name).await?;
    ensure!(
        alone.is_running()? && !alone.logs()?.contains("lease"),
        "it speaks of a lease: {}",
        alone.logs()?
    );
    Ok(())
}

/// Stopped anywhere in the middle of its requests: while connecting, while sending, while waiting for an answer.
#[tokio::test]
async fn f57_a_leader_that_is_stopped_amid_its_writes_completes_none_when_it_wakes() -> Result<()> {
    const OBJECTS: usize = 12;
    let (lab, mut leader, mut heir) = replicas().await?;
    let kind = Kind::Setting;
    // Paused when Graph has had this many writes of the round.
    for (round, after) in [0, 2, 7].into_iter().enumerate() {
        let names: Vec<String> = (0..OBJECTS).map(|number| format!("round-{round}-{number}")).collect();
        let begun = lab.sim.mark().await?;
        lab.apply_yaml(&names.iter().map(|name| object(kind, name, "")).collect::<String>())
            .await?;
        eventually(PATIENCE, "it is in the middle of its work", async || {
            let writes = lab.sim.writes(begun).await?.len();
            ensure!(writes >= after, "{writes} writes");
            Ok(())
        })
        .await?;
        leader.pause()?;
        heir.wait_leading().await?;
        let woken = lab.sim.mark().await?;
        leader.resume()?;
        eventually(PATIENCE, "the sleeper ends", async || {
            ensure!(!leader.is_running()?, "it is still there");
            Ok(())
        })
        .await?;
        for name in &names {
            let seen = ready(&lab, kind.name(), name).await?;
            ensure!(seen["status"]["id"] == only(&lab, kind, name).await?["id"], "{seen}");
        }
        let by_heir = written_by(&heir)?;
        // A request that broke off before its end was never carried out.
        let broken_off = |write: &Entry| write.status.is_none() && !write.committed;
        for write in lab.sim.writes(woken).await?.into_iter().filter(|write| !broken_off(write)) {
            let id = write.client_request_id.clone().unwrap_or_default();
            ensure!(by_heir.contains(&id), "the sleeper wrote {write:#?}");
        }
        leader = std::mem::replace(&mut heir, lab.start_operator().await?);
        heir.wait_ready().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_status_that_somebody_else_wrote_over_is_put_right() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "spoilt");
    lab.apply_yaml(&object(kind, name, "")).await?;
    let before = stands_alone(lab, kind, name).await?;
    // What a former leader writes that knows the id and no later change.
    let spoil = r#"--patch=[{"op": "remove", "path": "/status/conditions"}, {"op": "remove", "path": "/status/syncedGeneration"}]"#;
    let arguments = ["patch", "usersetting", name, "-n", NS, "--subresource=status", "--type=json", spoil];
    lab.kubectl(&arguments).await?;
    ready(lab, kind.name(), name).await?;
    ensure!(stands_alone(lab, kind, name).await? == before);
    Ok(())
}

#[tokio::test]
async fn a_restarted_api_server_costs_no_write_and_the_operator_goes_on() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "goes-on");
    lab.apply_yaml(&object(kind, name, "")).await?;
    lab.apply_yaml(&assignment("finance", kind, name, &[FINANCE])).await?;
    ready(lab, "Assignment", "finance").await?;
    stands_alone(lab, kind, name).await?;
    let mark = lab.sim.mark().await?;
    lab.plane.restart(Component::ApiServer).await?;
    lab.patch(kind.name(), NS, name, &json!({"spec": {"resetEnabled": true}})).await?;
    let remote = stands_alone(lab, kind, name).await?;
    ensure!(remote["resetEnabled"] == true, "{remote}");
    let writes = lab.sim.writes(mark).await?;
    ensure!(writes.len() == 1 && writes[0].method == "PATCH", "{writes:#?}");
    stage.operator.wait_ready().await?;
    ensure!(stage.operator.probe("/livez").await?.0 == 200);
    ensure!(stage.operator.metrics().await?.contains("cloudpc_reconciles_total"));
    let (status, _) = stage.operator.terminate().await?;
    ensure!(status.success(), "{status}");
    Ok(())
}
