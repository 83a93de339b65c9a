//! Graph is unreachable, fails in part, or refuses the sign-in: the status says so, requests stay few, and the operator recovers by itself.

use crate::support::*;
use anyhow::{Context, Result, ensure};
use lab::{Entry, Lab, eventually};
use serde_json::{Value, json};

/// Waits until nothing is known about an object.
async fn unknown(lab: &Lab, kind: Kind, name: &str) -> Result<Value> {
    lab.wait_condition(kind.name(), NS, name, "Ready", "Unknown", PATIENCE).await
}

fn version(object: &Value) -> &Value {
    &object["metadata"]["resourceVersion"]
}

/// How many passes over an object have ended with that result.
fn passes(stage: &Stage, name: &str, outcome: &str) -> Result<usize> {
    let lines = stage.operator.log_lines()?;
    let is_it = |line: &&Value| line["message"] == "pass" && line["name"] == name && line["outcome"] == outcome;
    Ok(lines.iter().filter(is_it).count())
}

#[tokio::test]
async fn a_silent_graph_is_told_of_where_it_matters_and_is_over_by_itself() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind) = (&stage.lab, Kind::Setting);
    for name in ["touched", "untouched"] {
        lab.apply_yaml(&object(kind, name, "")).await?;
        stands_alone(lab, kind, name).await?;
    }
    let before = ready(lab, kind.name(), "untouched").await?;
    let unanswered = || stage.operator.metric("cloudpc_graph_requests_total", &["status=\"none\""]);
    lab.sim.pause()?;
    lab.patch(kind.name(), NS, "touched", &json!({"spec": {"resetEnabled": true}}))
        .await?;
    let object = unknown(lab, kind, "touched").await?;
    ensure!(condition(&object["status"], "Ready")["reason"] == "GraphUnavailable", "{object}");
    ensure!(condition(&object["status"], "Synced")["status"] == "Unknown", "{object}");
    // One read and its two repeats.
    let asked = unanswered().await?;
    ensure!(asked < 3.5, "{asked} requests for one object");
    lab.sim.resume()?;
    stands_alone(lab, kind, "touched").await?;
    ensure!(only(lab, kind, "touched").await?["resetEnabled"] == true);
    let after = ready(lab, kind.name(), "untouched").await?;
    ensure!(
        version(&before) == version(&after),
        "an object that nobody touched was written: {after}"
    );
    Ok(())
}

#[tokio::test]
async fn a_failing_graph_is_asked_calmly_for_all_objects_together() -> Result<()> {
    const OBJECTS: usize = 8;
    const ROUNDS: usize = 4;
    let stage = Stage::new().await?;
    let (lab, kind) = (&stage.lab, Kind::Setting);
    let names: Vec<String> = (0..OBJECTS).map(|number| format!("calm-{number}")).collect();
    lab.apply_yaml(&names.iter().map(|name| object(kind, name, "")).collect::<String>())
        .await?;
    for name in &names {
        ready(lab, kind.name(), name).await?;
    }
    let mark = lab.sim.mark().await?;
    faults(lab, "GET", "*", -1, json!({"status": 503})).await?;
    for name in &names {
        lab.patch(kind.name(), NS, name, &json!({"spec": {"resetEnabled": true}})).await?;
    }
    let mut versions = Vec::new();
    for name in &names {
        versions.push(version(&unknown(lab, kind, name).await?).clone());
    }
    eventually(PATIENCE, "every object has failed some times", async || {
        let fewest = names
            .iter()
            .map(|name| passes(&stage, name, "failed"))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .min();
        ensure!(fewest >= Some(ROUNDS), "{fewest:?}");
        Ok(())
    })
    .await?;
    // A read and its two repeats for each round of the tenant, not for each object; the first round has no failure to learn from.
    let asked = lab.sim.graph_requests(mark).await?.len();
    let most = 3 * (OBJECTS + 2 * ROUNDS);
    ensure!(
        asked <= most,
        "{asked} requests for {ROUNDS} rounds of {OBJECTS} objects, at most {most} were expected"
    );
    for (name, version_then) in names.iter().zip(versions) {
        let now = unknown(lab, kind, name).await?;
        ensure!(version(&now) == &version_then, "the outage was told more than once: {now}");
    }
    let writes = lab.sim.writes(mark).await?;
    ensure!(writes.is_empty(), "{writes:#?}");
    lab.sim.clear_faults().await?;
    for name in &names {
        ready(lab, kind.name(), name).await?;
        ensure!(only(lab, kind, name).await?["resetEnabled"] == true);
    }
    ensure!(lab.sim.writes(mark).await?.len() == OBJECTS);
    Ok(())
}

async fn by_hand(lab: &Lab, name: &str) -> Result<Value> {
    let path = "/beta/deviceManagement/virtualEndpoint/userSettings";
    lab.sim.portal("POST", path, Some(json!({"displayName": name}))).await
}

/// Passes first pages and fails the three attempts at the second, `rounds` times.
async fn half_lists(lab: &Lab, kind: Kind, rounds: u64) -> Result<()> {
    // A rule that is used up lets requests pass to the next one, which then has seen one first page more.
    let rules: Vec<Value> = (0..rounds)
        .map(|round| json!({"match": {"method": "GET", "path": kind.path(""), "skip": round + 1}, "times": 3, "fault": {"status": 503}}))
        .collect();
    lab.sim.fault(json!(rules)).await
}

fn second_pages(entries: &[Entry]) -> usize {
    let second = |entry: &&Entry| entry.query.as_ref().is_some_and(|query| query.contains("skiptoken"));
    entries.iter().filter(second).count()
}

#[tokio::test]
async fn from_half_a_list_nothing_is_concluded() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "third");
    for name in ["first", "second"] {
        by_hand(lab, name).await?;
    }
    lab.apply_yaml(&object(kind, name, "")).await?;
    let remote = stands_alone(lab, kind, name).await?;
    let foreign = by_hand(lab, "fourth").await?;
    lab.sim.options(json!({"pageSize": 2})).await?;
    let mark = lab.sim.mark().await?;

    // Half a list shows no object of the same name; the whole one does.
    half_lists(lab, kind, 2).await?;
    lab.apply_yaml(&object(kind, "fourth", "")).await?;
    struck(lab, 6).await?;
    unknown(lab, kind, "fourth").await?;
    let conflict = |status: &Value| condition(status, "Stalled")["reason"] == "NameConflict";
    status(lab, kind, "fourth", "the namesake is seen", conflict).await?;
    ensure!(only(lab, kind, "fourth").await?["id"] == foreign["id"]);

    // A single read does not find the object, and half a list does not show it either; the whole one does.
    lab.sim.clear_faults().await?;
    let id = remote["id"].as_str().context("an id")?;
    faults(lab, "GET", &kind.path(&format!("/{id}")), -1, json!({"status": 404})).await?;
    half_lists(lab, kind, 2).await?;
    let pages = second_pages(&lab.sim.graph_requests(mark).await?);
    let change = json!({"spec": {"resetEnabled": true}});
    lab.patch(kind.name(), NS, name, &change).await?;
    eventually(PATIENCE, "a whole list contradicts", async || {
        let pages = second_pages(&lab.sim.graph_requests(mark).await?) - pages;
        ensure!(pages > 6, "{pages} requests for the second page");
        Ok(())
    })
    .await?;
    let absent = |status: &Value| condition(status, "Ready")["reason"] == "AbsenceUnconfirmed";
    status(lab, kind, name, "nothing is decided", absent).await?;
    let writes = lab.sim.writes(mark).await?;
    ensure!(writes.is_empty(), "decided from half a list: {writes:#?}");
    lab.sim.clear_faults().await?;
    let same = stands_alone(lab, kind, name).await?;
    ensure!(same["id"] == remote["id"] && same["resetEnabled"] == true, "{same}");
    Ok(())
}

#[tokio::test]
async fn a_refused_sign_in_is_explained_and_over_by_itself() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "signed-out");
    lab.apply_yaml(&object(kind, name, "")).await?;
    stands_alone(lab, kind, name).await?;
    let mark = lab.sim.mark().await?;
    let refusal = json!({"token": {"error": "invalid_client", "aadsts": 700_213}});
    faults(lab, "POST", "*/oauth2/v2.0/token", -1, refusal).await?;
    // A requested reconcile of the tenant requests a new token.
    let tenant = reconciled(lab, "EntraTenant", "contoso").await?;
    let authenticated = condition(&tenant["status"], "Authenticated");
    ensure!(authenticated["status"] == "False", "{tenant}");
    ensure!(
        authenticated["message"].as_str().is_some_and(|text| text.contains("700213")),
        "{authenticated}"
    );
    lab.kubectl(&["delete", "usersetting", name, "-n", NS, "--wait=false"]).await?;
    let held = unknown(lab, kind, name).await?;
    ensure!(held["metadata"]["finalizers"] == json!(["cloudpc.dev/finalizer"]), "{held}");
    eventually(PATIENCE, "the tenant has been tried some times", async || {
        let failed = passes(&stage, "contoso", "failed")?;
        ensure!(failed >= 3, "{failed} times");
        Ok(())
    })
    .await?;
    let tokens = lab
        .sim
        .ledger(mark)
        .await?
        .iter()
        .filter(|entry| entry.path.ends_with("/token"))
        .count();
    let tried = passes(&stage, "contoso", "failed")? + passes(&stage, name, "failed")?;
    ensure!(tokens <= tried + 1, "{tokens} token requests in {tried} passes");
    only(lab, kind, name).await?;
    lab.sim.clear_faults().await?;
    lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", PATIENCE).await?;
    lab.wait_gone(kind.name(), NS, name, PATIENCE).await?;
    ensure!(named(lab, kind, name).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_token_file_is_read_again_whenever_a_token_is_asked_for() -> Result<()> {
    const CANARY: &str = "bm90LWEtdG9rZW4.Y2FuYXJ5.c2lnbmF0dXJl";
    let stage = Stage::new().await?;
    let lab = &stage.lab;
    let token = stage.operator.token();
    std::fs::write(token.path(), CANARY)?;
    let tenant = reconciled(lab, "EntraTenant", "contoso").await?;
    ensure!(condition(&tenant["status"], "Authenticated")["status"] == "False", "{tenant}");
    token.renew_now().await?;
    lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", PATIENCE).await?;
    let told = format!(
        "{tenant}{}{:?}",
        stage.operator.logs()?,
        lab.events("EntraTenant", "contoso").await?
    );
    ensure!(!told.contains(CANARY), "an assertion was told");
    Ok(())
}
