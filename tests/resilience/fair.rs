//! A backlog or failures of one namespace do not affect another one (S48). With the shipped settle window.

use crate::support::*;
use anyhow::{Context, Result, ensure};
use lab::{Entry, Lab, Operator, OperatorOptions, eventually};
use serde_json::{Value, json};

/// The namespace that is not involved.
const OTHER: &str = "team-other";
const KIND: Kind = Kind::Setting;

/// A lab with two namespaces, and an operator with the shipped settle window.
async fn two_namespaces() -> Result<(Operator, Lab)> {
    let lab = bare("1h").await?;
    lab.apply_yaml(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {OTHER}}}}}"))
        .await?;
    let allowed = json!({"spec": {"allowedNamespaces": {"names": [NS, OTHER]}}});
    lab.patch("EntraTenant", "", "contoso", &allowed).await?;
    let arguments = vec!["--no-leader-election".to_owned(), "--settle-window=60s".to_owned()];
    let options = OperatorOptions {
        arguments,
        ..OperatorOptions::default()
    };
    let operator = lab.start_operator_with(options).await?;
    operator.wait_leading().await?;
    lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", PATIENCE).await?;
    Ok((operator, lab))
}

fn of_the_other(name: &str) -> String {
    object(KIND, name, "").replace(&format!("namespace: {NS}"), &format!("namespace: {OTHER}"))
}

async fn other_ready(lab: &Lab, name: &str) -> Result<Value> {
    lab.wait_condition(KIND.name(), OTHER, name, "Ready", "True", PATIENCE).await
}

/// Waits until this many writes were made.
async fn written(lab: &Lab, since: u64, number: usize) -> Result<()> {
    eventually(PATIENCE, "a part of the backlog is written", async || {
        let writes = lab.sim.writes(since).await?;
        let made = writes.iter().filter(|write| write.committed).count();
        ensure!(made >= number, "{made} writes");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn s48_a_backlog_of_one_namespace_delays_an_edit_of_another_by_one_write_at_most() -> Result<()> {
    const BACKLOG: usize = 100;
    let (_operator, lab) = two_namespaces().await?;
    lab.apply_yaml(&of_the_other("theirs")).await?;
    let theirs = other_ready(&lab, "theirs").await?;
    let id = theirs["status"]["id"].as_str().context("an id")?.to_owned();
    lab.sim.options(json!({"throttling": {"writePer20s": 20}})).await?;
    let mark = lab.sim.mark().await?;
    let all: String = (0..BACKLOG).map(|number| object(KIND, &format!("backlog-{number}"), "")).collect();
    lab.apply_yaml(&all).await?;
    // At first the limit is not known yet.
    for (edit, written_before) in [22, 28, 34].into_iter().enumerate() {
        written(&lab, mark, written_before).await?;
        let asked = lab.sim.mark().await?;
        lab.patch(KIND.name(), OTHER, "theirs", &json!({"spec": {"resetEnabled": edit % 2 == 0}}))
            .await?;
        let is_theirs = |entry: &Entry| entry.path.ends_with(&id);
        let entries = eventually(PATIENCE, "the edit has gone out", async || {
            let entries = lab.sim.graph_requests(asked).await?;
            let out = entries
                .iter()
                .any(|entry| entry.method == "PATCH" && is_theirs(entry) && entry.committed);
            ensure!(out, "not yet");
            Ok(entries)
        })
        .await?;
        // By then the operator knows that something has to be written.
        let read = entries.iter().position(|entry| entry.method == "GET" && is_theirs(entry));
        let read = read.context("it is read before it is written")?;
        let out = entries.iter().position(|entry| entry.method == "PATCH" && is_theirs(entry));
        let between = &entries[read..out.context("it is written")?];
        let before = between.iter().filter(|entry| entry.is_write()).count();
        let told: Vec<String> = between
            .iter()
            .map(|entry| format!("{} {}", entry.time, entry.operation()))
            .collect();
        ensure!(before <= 1, "edit {edit} came after {before} writes: {told:#?}");
        other_ready(&lab, "theirs").await?;
    }
    let made = lab.sim.objects(KIND.collection()).await?.len() - 1;
    ensure!(made < BACKLOG, "there was a backlog all the time");
    Ok(())
}

#[tokio::test]
async fn s48_objects_that_answer_500_for_ever_hold_back_nobody_else_and_are_not_named_to_others() -> Result<()> {
    const HOSTILE: usize = 12;
    const ROUNDS: usize = 4;
    let (operator, lab) = two_namespaces().await?;
    let hostile: Vec<String> = (0..HOSTILE).map(|number| format!("hostile-{number}")).collect();
    lab.apply_yaml(&hostile.iter().map(|name| object(KIND, name, "")).collect::<String>())
        .await?;
    for name in ["edited", "left-alone"] {
        lab.apply_yaml(&of_the_other(name)).await?;
        other_ready(&lab, name).await?;
    }
    let mut ids = Vec::new();
    for name in &hostile {
        let object = ready(&lab, KIND.name(), name).await?;
        ids.push(object["status"]["id"].as_str().context("an id")?.to_owned());
    }
    let left_alone = other_ready(&lab, "left-alone").await?;
    let tenant = lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", PATIENCE).await?;
    for id in &ids {
        let rule = json!({"match": {"path": KIND.path(&format!("/{id}"))}, "times": -1, "fault": {"status": 500}});
        lab.sim.fault(rule).await?;
    }
    for name in &hostile {
        lab.patch(KIND.name(), NS, name, &json!({"spec": {"resetEnabled": true}})).await?;
    }
    for round in 0..ROUNDS {
        eventually(PATIENCE, "the hostile objects fail again", async || {
            let lines = operator.log_lines()?;
            let failed = |name: &String| {
                let is_it = |line: &&Value| line["message"] == "pass" && line["name"] == **name && line["outcome"] == "failed";
                lines.iter().filter(is_it).count()
            };
            let all: usize = hostile.iter().map(failed).sum();
            ensure!(all >= HOSTILE * (round + 1), "{all} times");
            Ok(())
        })
        .await?;
        lab.patch(KIND.name(), OTHER, "edited", &json!({"spec": {"resetEnabled": round % 2 == 0}}))
            .await?;
        // It only ever reports that it is in order, or that work is under way.
        let edited = other_ready(&lab, "edited").await?;
        told_nothing(&edited, &hostile, &ids)?;
    }
    for name in &hostile {
        let object = lab.get(KIND.name(), NS, name).await?.context("it is there")?;
        ensure!(condition(&object["status"], "Ready")["reason"] == "GraphUnavailable", "{object}");
    }
    let now = other_ready(&lab, "left-alone").await?;
    ensure!(
        now["metadata"]["resourceVersion"] == left_alone["metadata"]["resourceVersion"],
        "{now}"
    );
    let now = lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", PATIENCE).await?;
    ensure!(now["metadata"]["resourceVersion"] == tenant["metadata"]["resourceVersion"], "{now}");
    // The events of others do not mention them either.
    let events = format!("{:?}", lab.events(KIND.name(), "edited").await?);
    told_nothing(&json!(events), &hostile, &ids)?;
    let unknown = lab.events(KIND.name(), "edited").await?;
    ensure!(
        unknown.iter().all(|event| event.reason.as_deref() != Some("GraphUnavailable")),
        "{unknown:?}"
    );
    Ok(())
}

/// No name and no id of theirs is in the status of another resource.
fn told_nothing(object: &Value, names: &[String], ids: &[String]) -> Result<()> {
    let said = object.to_string();
    let mut theirs = names.iter().chain(ids);
    ensure!(!theirs.any(|word| said.contains(word)), "{said}");
    Ok(())
}
