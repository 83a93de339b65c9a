//! What people change in the portal: reported before it is corrected, or only reported.

use crate::assign::assign_by_hand;
use crate::support::*;
use anyhow::{Result, ensure};
use lab::Lab;
use serde_json::{Value, json};

/// The shortest interval that a tenant can have.
const OFTEN: &str = "5s";

async fn by_hand(lab: &Lab, kind: Kind, method: &str, id: &Value, body: Option<Value>) -> Result<()> {
    let id = id.as_str().unwrap_or_default();
    let path = format!("/beta/deviceManagement/virtualEndpoint/{}/{id}", kind.collection());
    lab.sim.portal(method, &path, body).await.map(drop)
}

/// Delays the correction; while it is under way, the drift has been reported already.
async fn reported_before_corrected(stage: &Stage, kind: Kind, name: &str, detected: f64) -> Result<Value> {
    let lab = &stage.lab;
    struck(lab, 1).await?;
    let status = status_now(lab, kind, name).await?;
    ensure!(condition(&status, "Drifted")["status"] == "True", "{status}");
    ensure!(condition(&status, "Ready")["status"] == "False", "{status}");
    ensure!(
        !status["drift"][0].is_null() && status["lastDrift"]["correctedAt"].is_null(),
        "{status}"
    );
    lab.wait_event(kind.name(), name, "DriftDetected", PATIENCE).await?;
    let label = format!("kind=\"{}\"", kind.name());
    let counted = stage.operator.metric("cloudpc_drift_detected_total", &[&label]).await?;
    ensure!((counted - detected).abs() < 0.1, "{counted} drifts were counted");
    Ok(status)
}

/// In the end nothing differs, and the status has the last drift.
async fn corrected(lab: &Lab, kind: Kind, name: &str) -> Result<Value> {
    let fixed = |status: &Value| status["lastDrift"]["correctedAt"].is_string() && status["drift"].is_null();
    status(lab, kind, name, "the drift is corrected", fixed).await?;
    lab.wait_event(kind.name(), name, "DriftCorrected", PATIENCE).await?;
    stands_alone(lab, kind, name).await
}

#[tokio::test]
async fn a_property_changed_by_hand_is_reported_and_set_back() -> Result<()> {
    let stage = Stage::polling(OFTEN).await?;
    let (lab, kind, name) = (&stage.lab, Kind::Policy, "property");
    lab.apply_yaml(&object(kind, name, "description: as declared")).await?;
    let remote = stands_alone(lab, kind, name).await?;
    let mark = lab.sim.mark().await?;
    fault(lab, "PATCH", &kind.path("/*"), json!({"latencyMs": 2000})).await?;
    by_hand(lab, kind, "PATCH", &remote["id"], Some(json!({"description": "by hand"}))).await?;
    let status = reported_before_corrected(&stage, kind, name, 1.0).await?;
    let field = json!({"path": "/description", "desired": "as declared", "observed": "by hand"});
    ensure!(status["drift"] == json!([field]), "{status}");
    let remote = corrected(lab, kind, name).await?;
    ensure!(remote["description"] == "as declared", "{remote}");
    let writes = lab.sim.writes(mark).await?;
    ensure!(writes.len() == 1, "{writes:#?}");
    Ok(())
}

#[tokio::test]
async fn a_group_taken_off_by_hand_is_reported_and_put_back_and_a_foreign_one_stays() -> Result<()> {
    let stage = Stage::polling(OFTEN).await?;
    let (lab, kind, name) = (&stage.lab, Kind::Policy, "groups");
    lab.apply_yaml(&object(kind, name, "")).await?;
    lab.apply_yaml(&assignment("both", kind, name, &[ANALYSTS, CONTRACTORS])).await?;
    ready(lab, "Assignment", "both").await?;
    let remote = stands_alone(lab, kind, name).await?;
    let mark = lab.sim.mark().await?;
    fault(lab, "POST", &kind.path("/*/assign"), json!({"latencyMs": 2000})).await?;
    assign_by_hand(lab, kind, &remote["id"], &[ANALYSTS, RECEPTION]).await?;
    let status = reported_before_corrected(&stage, kind, name, 1.0).await?;
    ensure!(status["drift"][0]["path"] == format!("/assignments/{}", CONTRACTORS.1), "{status}");
    ensure!(status["foreignAssignments"] == json!([RECEPTION.1]), "{status}");
    let remote = corrected(lab, kind, name).await?;
    ensure!(groups(&remote) == ids(&[ANALYSTS, CONTRACTORS, RECEPTION]), "{remote}");
    ensure!(lab.sim.writes(mark).await?.len() == 1);

    // Under Exclusive the foreign group is removed.
    lab.patch(kind.name(), NS, name, &json!({"spec": {"assignmentOwnership": "Exclusive"}}))
        .await?;
    let remote = stands_alone(lab, kind, name).await?;
    ensure!(groups(&remote) == ids(&[ANALYSTS, CONTRACTORS]), "{remote}");
    Ok(())
}

#[tokio::test]
async fn an_object_deleted_by_hand_is_made_again_once_after_its_absence_is_proven() -> Result<()> {
    let stage = Stage::polling(OFTEN).await?;
    let (lab, kind, name) = (&stage.lab, Kind::Policy, "deleted");
    lab.apply_yaml(&object(kind, name, "")).await?;
    lab.apply_yaml(&assignment("finance", kind, name, &[FINANCE])).await?;
    ready(lab, "Assignment", "finance").await?;
    let first = stands_alone(lab, kind, name).await?;
    let mark = lab.sim.mark().await?;
    fault(lab, "POST", &kind.path(""), json!({"latencyMs": 2000})).await?;
    assign_by_hand(lab, kind, &first["id"], &[]).await?;
    by_hand(lab, kind, "DELETE", &first["id"], None).await?;
    reported_before_corrected(&stage, kind, name, 1.0).await?;
    let second = corrected(lab, kind, name).await?;
    ensure!(second["id"] != first["id"] && groups(&second) == ids(&[FINANCE]), "{second}");
    let entries = lab.sim.graph_requests(mark).await?;
    let creates = creates(&entries, name);
    ensure!(creates.len() == 1, "{creates:#?}");
    let looks: Vec<_> = entries
        .iter()
        .filter(|entry| entry.seq < creates[0].seq && entry.status == Some(404))
        .collect();
    ensure!(looks.len() >= 2, "made again after {looks:#?}");
    let apart = time(looks[looks.len() - 1])?.duration_since(time(looks[0])?);
    ensure!(apart.as_millis() >= 2000, "the two looks were {apart:#} apart");
    Ok(())
}

#[tokio::test]
async fn in_mode_observe_everything_is_reported_and_nothing_is_written() -> Result<()> {
    let stage = Stage::polling(OFTEN).await?;
    let (lab, kind, name) = (&stage.lab, Kind::Setting, "observed");
    lab.apply_yaml(&object(kind, name, "")).await?;
    lab.apply_yaml(&assignment("finance", kind, name, &[FINANCE])).await?;
    ready(lab, "Assignment", "finance").await?;
    let remote = stands_alone(lab, kind, name).await?;
    lab.patch(kind.name(), NS, name, &json!({"spec": {"mode": "Observe"}})).await?;
    ready(lab, kind.name(), name).await?;
    let mark = lab.sim.mark().await?;

    by_hand(lab, kind, "PATCH", &remote["id"], Some(json!({"resetEnabled": true}))).await?;
    let path = |wanted: &'static str| {
        move |status: &Value| {
            status["drift"]
                .as_array()
                .is_some_and(|drift| drift.iter().any(|field| field["path"] == wanted))
        }
    };
    let seen = status(lab, kind, name, "the property is reported", path("/resetEnabled")).await?;
    let ready = condition(&seen, "Ready");
    ensure!(ready["status"] == "True" && ready["reason"] == "Observed", "{seen}");
    ensure!(condition(&seen, "Synced")["status"] == "False", "{seen}");
    ensure!(seen["plan"]["changes"][0]["op"] == "update", "{seen}");
    lab.wait_event(kind.name(), name, "DriftDetected", PATIENCE).await?;

    assign_by_hand(lab, kind, &remote["id"], &[RECEPTION]).await?;
    let missing = "/assignments/33333333-0000-4000-8000-000000000001";
    status(lab, kind, name, "the group is reported", path(missing)).await?;

    by_hand(lab, kind, "DELETE", &remote["id"], None).await?;
    let seen = status(lab, kind, name, "the deletion is reported", path("")).await?;
    ensure!(
        condition(&seen, "Ready")["status"] == "False",
        "what is not there is no report: {seen}"
    );
    ensure!(seen["plan"]["changes"][0]["op"] == "create", "{seen}");
    let counted = stage
        .operator
        .metric("cloudpc_drift_detected_total", &["kind=\"UserSetting\""])
        .await?;
    ensure!((counted - 3.0).abs() < 0.1, "{counted} drifts were counted");
    let writes = lab.sim.writes(mark).await?;
    ensure!(writes.is_empty(), "{writes:#?}");
    Ok(())
}

#[tokio::test]
async fn what_was_ready_and_is_deleted_by_hand_at_once_is_made_again() -> Result<()> {
    let stage = Stage::polling(OFTEN).await?;
    let (lab, kind, name) = (&stage.lab, Kind::Policy, "at-once");
    lab.apply_yaml(&object(kind, name, "")).await?;
    lab.apply_yaml(&assignment("analysts", kind, name, &[ANALYSTS])).await?;
    ready(lab, "Assignment", "analysts").await?;
    let remote = only(lab, kind, name).await?;
    assign_by_hand(lab, kind, &remote["id"], &[]).await?;
    by_hand(lab, kind, "DELETE", &remote["id"], None).await?;
    let another = |status: &Value| status["id"].is_string() && status["id"] != remote["id"];
    status(lab, kind, name, "another one is made", another).await?;
    stands_alone(lab, kind, name).await?;
    Ok(())
}
