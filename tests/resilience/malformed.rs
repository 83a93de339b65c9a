//! S31: a malformed answer affects only the object that it is about: the others continue, and nothing is concluded
//! from it.

use crate::support::*;
use anyhow::{Context, Result, ensure};
use lab::Lab;
use serde_json::{Value, json};

/// What a proxy, a broken service or a newer one may answer instead of the object.
fn nonsense(object: &Value) -> Vec<(&'static str, Value)> {
    let with = |field: &str, value: Value| {
        let mut object = object.clone();
        object[field] = value;
        object
    };
    vec![
        ("a web page", json!({"status": 200, "body": "<html>sign in</html>"})),
        ("half of it", json!({"truncateAt": 40})),
        ("too much", json!({"status": 200, "bodyBytes": 9 * 1024 * 1024})),
        ("too deep", json!({"status": 200, "body": "[".repeat(50_000)})),
        ("a list", json!({"status": 200, "body": [object]})),
        ("no id", json!({"status": 200, "body": with("id", Value::Null)})),
        ("no assignments", json!({"status": 200, "body": with("assignments", Value::Null)})),
        (
            "odd assignments",
            json!({"status": 200, "body": with("assignments", json!([{"id": 7, "target": "everybody"}]))}),
        ),
    ]
}

/// The other object is changed, and is Ready, while requests for the first one fail.
async fn the_other_goes_on(lab: &Lab, step: usize) -> Result<()> {
    let resets = step.is_multiple_of(2);
    lab.patch(Kind::Setting.name(), NS, "even", &json!({"spec": {"resetEnabled": resets}}))
        .await?;
    ready(lab, Kind::Setting.name(), "even").await?;
    ensure!(only(lab, Kind::Setting, "even").await?["resetEnabled"] == resets);
    Ok(())
}

#[tokio::test]
async fn s31_an_answer_that_makes_no_sense_concerns_one_object_only() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, kind) = (&stage.lab, Kind::Setting);
    for name in ["odd", "even"] {
        lab.apply_yaml(&object(kind, name, "")).await?;
    }
    lab.apply_yaml(&assignment("odd-finance", kind, "odd", &[FINANCE])).await?;
    ready(lab, "Assignment", "odd-finance").await?;
    let odd = stands_alone(lab, kind, "odd").await?;
    stands_alone(lab, kind, "even").await?;
    let id = odd["id"].as_str().context("an id")?;
    for (step, (what, nonsense)) in nonsense(&odd).into_iter().enumerate() {
        lab.sim.clear_faults().await?;
        let mark = lab.sim.mark().await?;
        faults(lab, "GET", &kind.path(&format!("/{id}")), -1, nonsense).await?;
        // The requested reconcile makes a fresh read, and that is the answer.
        let seen = reconciled(lab, kind.name(), "odd").await?;
        ensure!(
            condition(&seen["status"], "Ready")["status"] != "True",
            "{what}: {}",
            seen["status"]
        );
        ensure!(seen["status"]["id"] == id, "{what}: {}", seen["status"]);
        the_other_goes_on(lab, step).await.context(what)?;
        let writes = lab.sim.writes(mark).await?;
        ensure!(writes.iter().all(|write| !write.path.contains(id)), "{what}: {writes:#?}");
        ensure!(writes.len() == 1, "{what}: {writes:#?}");
    }
    lab.sim.clear_faults().await?;
    // Without a request it would retry after a pause that has grown with the failures.
    reconciled(lab, kind.name(), "odd").await?;
    let same = stands_alone(lab, kind, "odd").await?;
    ensure!(same["id"] == id && groups(&same) == ids(&[FINANCE]), "{same}");
    Ok(())
}
