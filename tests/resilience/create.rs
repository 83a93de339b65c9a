//! Creating exactly once on an API without idempotency keys.

use crate::support::*;
use anyhow::{Context, Result, ensure};
use lab::{Component, eventually};
use serde_json::{Value, json};

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_again_and_never_sent_twice() -> Result<()> {
    let stage = Stage::new().await?;
    let lab = &stage.lab;
    let losses = [
        ("cut", Kind::Policy, json!({"cut": "after"})),
        ("late-504", Kind::Policy, json!({"status": 504, "when": "after"})),
        ("late-500", Kind::Setting, json!({"status": 500, "when": "after"})),
        ("half", Kind::Setting, json!({"truncateAt": 20})),
        (
            "not-graph",
            Kind::Setting,
            json!({"status": 200, "when": "after", "body": "<html>captive portal</html>"}),
        ),
    ];
    for (name, kind, loss) in losses {
        let mark = lab.sim.mark().await?;
        fault(lab, "POST", &kind.path(""), loss).await?;
        lab.apply_yaml(&object(kind, name, "")).await?;
        stands_alone(lab, kind, name).await?;
        let creates = creates(&lab.sim.writes(mark).await?, name);
        ensure!(creates.len() == 1 && creates[0].fault.is_some(), "{name}: {creates:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_create_that_never_arrived_is_sent_again_only_when_its_absence_is_proven() -> Result<()> {
    let stage = Stage::new().await?;
    let lab = &stage.lab;
    let losses = [
        ("early-504", Kind::Policy, json!({"status": 504})),
        ("early-cut", Kind::Setting, json!({"cut": "before"})),
    ];
    for (name, kind, loss) in losses {
        let mark = lab.sim.mark().await?;
        fault(lab, "POST", &kind.path(""), loss).await?;
        lab.apply_yaml(&object(kind, name, "")).await?;
        stands_alone(lab, kind, name).await?;
        let entries = lab.sim.graph_requests(mark).await?;
        let [lost, sent] = creates(&entries, name)[..]
            .to_vec()
            .try_into()
            .map_err(|all| anyhow::anyhow!("{name}: {all:#?}"))?;
        ensure!(!lost.committed && sent.committed, "{lost:?} {sent:?}");
        let lists = entries
            .iter()
            .filter(|entry| lost.seq < entry.seq && entry.seq < sent.seq && entry.path.ends_with(kind.collection()));
        ensure!(lists.count() >= 2, "{name} was sent again without two looks: {entries:#?}");
        // The settle window of the lab's operator.
        let waited = time(&sent)?.duration_since(time(&lost)?);
        ensure!(waited.as_millis() >= 2000, "{name} was sent again after {waited:#}");
    }
    Ok(())
}

#[tokio::test]
async fn a_crash_between_the_commit_and_the_answer_makes_no_second_object() -> Result<()> {
    let mut stage = Stage::new().await?;
    for (name, kind) in [("crash-policy", Kind::Policy), ("crash-setting", Kind::Setting)] {
        stage.lab.sim.clear_faults().await?;
        let mark = stage.lab.sim.mark().await?;
        fault(&stage.lab, "POST", &kind.path(""), json!({"latencyMs": 3000})).await?;
        stage.lab.apply_yaml(&object(kind, name, "")).await?;
        stage.crash_unanswered(mark).await?;
        stands_alone(&stage.lab, kind, name).await?;
        let creates = creates(&stage.lab.sim.writes(mark).await?, name);
        ensure!(creates.len() == 1, "{creates:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_crash_before_the_request_is_sent_leads_to_one_object() -> Result<()> {
    let mut stage = Stage::new().await?;
    let (name, kind) = ("early-crash", Kind::Policy);
    // The list that precedes the intent, and then the request itself: a request that is dropped while it waits is not carried out.
    for (method, count) in [("GET", 0), ("POST", 1)] {
        stage.lab.sim.clear_faults().await?;
        fault(&stage.lab, method, &kind.path(""), json!({"latencyMs": 4000})).await?;
        if count == 0 {
            stage.lab.apply_yaml(&object(kind, name, "")).await?;
        }
        struck(&stage.lab, 1).await?;
        let intent = status_now(&stage.lab, kind, name).await?["pendingCreate"].clone();
        ensure!(intent.is_object() == (method == "POST"), "at the {method} the intent is {intent}");
        stage.crash().await?;
    }
    stands_alone(&stage.lab, kind, name).await?;
    let committed = creates(&stage.lab.sim.writes(0).await?, name);
    ensure!(committed.iter().filter(|create| create.committed).count() == 1, "{committed:#?}");
    Ok(())
}

#[tokio::test]
async fn without_a_durable_intent_nothing_is_created() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "no-intent");
    // The pass is in the list before the intent when the API server stops answering.
    fault(lab, "GET", &kind.path(""), json!({"latencyMs": 3000})).await?;
    lab.apply_yaml(&object(kind, name, "")).await?;
    struck(lab, 1).await?;
    lab.plane.pause(Component::ApiServer)?;
    eventually(PATIENCE, "the pass gives up", async || {
        let mut passes = stage
            .operator
            .log_lines()?
            .into_iter()
            .filter(|line| line["message"] == "pass" && line["name"] == name);
        passes
            .next_back()
            .filter(|pass| pass["reason"] == "KubernetesApi")
            .context("no such pass")
    })
    .await?;
    let early = lab.sim.writes(0).await?;
    ensure!(early.is_empty(), "written to Graph without an intent: {early:#?}");
    lab.plane.resume(Component::ApiServer)?;
    stands_alone(lab, kind, name).await?;
    let creates = creates(&lab.sim.writes(0).await?, name);
    ensure!(creates.len() == 1, "{creates:#?}");
    Ok(())
}

#[tokio::test]
async fn an_id_that_kubernetes_does_not_take_is_written_until_it_sticks() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "sticks");
    fault(lab, "POST", &kind.path(""), json!({"latencyMs": 3000})).await?;
    lab.apply_yaml(&object(kind, name, "")).await?;
    struck(lab, 1).await?;
    lab.plane.pause(Component::ApiServer)?;
    eventually(PATIENCE, "the id was not taken once", async || {
        let lines = stage.operator.log_lines()?;
        lines
            .into_iter()
            .find(|line| line["message"] == "the id of a new object was not recorded; trying again")
            .context("no such line")
    })
    .await?;
    only(lab, kind, name).await?;
    lab.plane.resume(Component::ApiServer)?;
    stands_alone(lab, kind, name).await?;
    let creates = creates(&lab.sim.writes(0).await?, name);
    ensure!(creates.len() == 1, "{creates:#?}");
    Ok(())
}

#[tokio::test]
async fn what_is_deleted_while_its_create_is_in_doubt_is_found_first_and_then_deleted() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind) = (&stage.lab, Kind::Policy);
    let losses = [
        ("made", json!({"latencyMs": 2000, "cut": "after"})),
        ("not-made", json!({"latencyMs": 2000, "cut": "before"})),
    ];
    for (name, loss) in losses {
        lab.sim.clear_faults().await?;
        let mark = lab.sim.mark().await?;
        fault(lab, "POST", &kind.path(""), loss).await?;
        lab.apply_yaml(&object(kind, name, "")).await?;
        struck(lab, 1).await?;
        lab.delete_yaml(&object(kind, name, "")).await?;
        let left = named(lab, kind, name).await?;
        ensure!(left.is_empty(), "nobody looks after {left:#?}");
        let writes = lab.sim.writes(mark).await?;
        let deletes = writes.iter().filter(|write| write.method == "DELETE").count();
        ensure!(
            creates(&writes, name).len() == 1 && deletes == usize::from(name == "made"),
            "{writes:#?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_resource_restored_without_its_status_takes_nothing_over_and_makes_nothing() -> Result<()> {
    let mut stage = Stage::new().await?;
    let (kind, name) = (Kind::Policy, "restored");
    stage.lab.apply_yaml(&object(kind, name, "")).await?;
    stage.lab.apply_yaml(&assignment("finance", kind, name, &[FINANCE])).await?;
    ready(&stage.lab, "Assignment", "finance").await?;
    let before = stands_alone(&stage.lab, kind, name).await?;
    stage.operator.kill()?;
    let mark = stage.lab.sim.mark().await?;
    let lose = r#"--patch=[{"op": "remove", "path": "/status"}]"#;
    let arguments = [
        "patch",
        "provisioningpolicy",
        name,
        "-n",
        NS,
        "--subresource=status",
        "--type=json",
        lose,
    ];
    stage.lab.kubectl(&arguments).await?;
    stage.operator = start(&stage.lab).await?;
    let conflict = |status: &Value| condition(status, "Stalled")["reason"] == "NameConflict";
    let status = status(&stage.lab, kind, name, "the namesake is seen", conflict).await?;
    ensure!(status["id"].is_null(), "{status}");
    ensure!(only(&stage.lab, kind, name).await? == before);
    let writes = stage.lab.sim.writes(mark).await?;
    ensure!(writes.is_empty(), "{writes:#?}");
    Ok(())
}

/// An object of the same name that a person created while the answer was lost.
async fn namesake(lab: &lab::Lab, name: &str) -> Result<Value> {
    let body = json!({"displayName": name, "localAdminEnabled": true, "resetEnabled": true});
    let path = "/beta/deviceManagement/virtualEndpoint/userSettings";
    lab.sim.portal("POST", path, Some(body)).await
}

#[tokio::test]
async fn a_namesake_made_by_hand_meanwhile_is_not_taken_for_the_lost_object() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "namesake");
    fault(lab, "POST", &kind.path(""), json!({"latencyMs": 2000, "cut": "after"})).await?;
    lab.apply_yaml(&object(kind, name, "")).await?;
    struck(lab, 1).await?;
    let foreign = namesake(lab, name).await?;
    let seen = ready(lab, kind.name(), name).await?;
    ensure!(seen["status"]["id"] != foreign["id"], "{}", seen["status"]);
    ensure!(named(lab, kind, name).await?.len() == 2);
    lab.delete_yaml(&object(kind, name, "")).await?;
    let left = only(lab, kind, name).await?;
    ensure!(left["id"] == foreign["id"] && left["localAdminEnabled"] == true, "{left}");
    Ok(())
}

#[tokio::test]
async fn a_namesake_is_not_taken_over_because_the_spec_changed_after_a_lost_create() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "changed-since");
    fault(lab, "POST", &kind.path(""), json!({"latencyMs": 2000, "cut": "before"})).await?;
    lab.apply_yaml(&object(kind, name, "")).await?;
    struck(lab, 1).await?;
    let foreign = namesake(lab, name).await?;
    // The spec has changed since the create was sent.
    lab.patch(kind.name(), NS, name, &json!({"spec": {"resetEnabled": true}})).await?;
    let decided = |status: &Value| condition(status, "Stalled")["status"] == "True" || condition(status, "Ready")["status"] == "True";
    let status = status(lab, kind, name, "it is decided", decided).await?;
    ensure!(status["id"] != foreign["id"], "somebody else's object was taken over: {status}");
    let left = only(lab, kind, name).await?;
    ensure!(left["localAdminEnabled"] == true, "somebody else's object was changed: {left}");
    Ok(())
}
