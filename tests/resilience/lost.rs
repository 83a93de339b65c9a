//! The object of a create whose answer was lost is recognised by its author (S45).

use crate::support::*;
use anyhow::{Context, Result, ensure};
use lab::{Entry, Lab};
use serde_json::{Value, json};

/// A setting with as few fields as possible, so that any object of its name has all of them.
fn sparse(name: &str) -> String {
    format!(
        "---
apiVersion: cloudpc.dev/v1alpha1
kind: UserSetting
metadata: {{name: {name}, namespace: {NS}}}
spec: {{tenantRef: {{name: contoso}}, displayName: {name}}}
"
    )
}

fn root(kind: Kind) -> String {
    format!("/beta/deviceManagement/virtualEndpoint/{}", kind.collection())
}

/// Loses the answer to the create of an object, and pauses the operator before it can look for the result.
async fn lose(stage: &Stage, kind: Kind, yaml: &str, loss: Value) -> Result<u64> {
    let mark = stage.lab.sim.mark().await?;
    stage.lab.sim.clear_faults().await?;
    fault(&stage.lab, "POST", &kind.path(""), loss).await?;
    stage.lab.apply_yaml(yaml).await?;
    struck(&stage.lab, 1).await?;
    stage.operator.pause()?;
    Ok(mark)
}

/// The writes to this object of Graph.
fn writes_to(entries: &[Entry], id: &Value) -> Vec<Entry> {
    let id = id.as_str().unwrap_or("none");
    entries
        .iter()
        .filter(|entry| entry.is_write() && entry.path.contains(id))
        .cloned()
        .collect()
}

#[tokio::test]
async fn f53_what_a_person_edits_before_it_is_found_stays_ours_and_goes_with_its_resource() -> Result<()> {
    let stage = Stage::new().await?;
    let lab = &stage.lab;
    for (name, kind) in [("edited-policy", Kind::Policy), ("edited-setting", Kind::Setting)] {
        lose(&stage, kind, &object(kind, name, ""), json!({"cut": "after"})).await?;
        let made = only(lab, kind, name).await?;
        let id = made["id"].as_str().context("an id")?;
        // Renamed: by its name it would not be found any more.
        let edit = json!({"displayName": format!("{name} of Alex")});
        lab.sim.portal("PATCH", &format!("{}/{id}", root(kind)), Some(edit)).await?;
        stage.operator.resume()?;
        let remote = stands_alone(lab, kind, name).await?;
        ensure!(remote["id"] == made["id"], "{remote} is not {made}");
        lab.delete_yaml(&object(kind, name, "")).await?;
        lab.wait_gone(kind.name(), NS, name, PATIENCE).await?;
        ensure!(lab.sim.objects(kind.collection()).await?.is_empty(), "{name} was left in Graph");
    }
    Ok(())
}

#[tokio::test]
async fn f54_s45_what_another_writer_makes_in_the_window_is_not_ours_however_sparse_the_spec() -> Result<()> {
    let stage = Stage::new().await?;
    let lab = &stage.lab;
    let app = "22222222-2222-2222-2222-222222222222";
    lab.sim
        .seed(&format!(
            "tenants: [{{id: {}, apps: [{{appId: {app}, displayName: cloudpc-operator, clientSecret: s3cret, roles: [CloudPC.ReadWrite.All, Group.Read.All, Organization.Read.All]}}]}}]",
            lab::TENANT
        ))
        .await?;
    // A write of the operator that the log shows with its id.
    lab.apply_yaml(&object(Kind::Setting, "before", "")).await?;
    stands_alone(lab, Kind::Setting, "before").await?;
    for (name, by_person) in [("namesake-of-a-person", true), ("namesake-of-a-program", false)] {
        let mark = lose(&stage, Kind::Setting, &sparse(name), json!({"cut": "before"})).await?;
        let body = json!({"displayName": name, "localAdminEnabled": true});
        let made = match by_person {
            true => lab.sim.portal("POST", &root(Kind::Setting), Some(body)).await?,
            false => {
                lab.sim
                    .as_application(app, "s3cret", "POST", &root(Kind::Setting), Some(body))
                    .await?
            }
        };
        stage.operator.resume()?;
        let conflict = |status: &Value| condition(status, "Stalled")["reason"] == "NameConflict";
        let status = status(lab, Kind::Setting, name, "the namesake is left alone", conflict).await?;
        ensure!(status["id"].is_null() && status["pendingCreate"].is_null(), "{status}");
        lab.delete_yaml(&sparse(name)).await?;
        lab.wait_gone("UserSetting", NS, name, PATIENCE).await?;
        ensure!(only(lab, Kind::Setting, name).await?["id"] == made["id"]);
        let writes = writes_to(&lab.sim.writes(mark).await?, &made["id"]);
        ensure!(writes.is_empty(), "{writes:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn where_the_audit_log_lags_nothing_is_taken_and_nothing_is_created_before_it_tells() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, name) = (&stage.lab, "late");
    lab.sim.options(json!({"auditLag": "PT5M"})).await?;
    let mark = lose(&stage, Kind::Setting, &sparse(name), json!({"cut": "after"})).await?;
    stage.operator.resume()?;
    let waits = |status: &Value| {
        condition(status, "Ready")["message"]
            .as_str()
            .is_some_and(|text| text.contains("audit log"))
    };
    status(lab, Kind::Setting, name, "the log is waited for", waits).await?;
    ensure!(creates(&lab.sim.writes(mark).await?, name).len() == 1);
    // The event is old enough to be shown now; the operator does not know the simulator's clock, so it asks the log again by itself.
    lab.sim.options(json!({"auditLag": "PT0S"})).await?;
    lab.sim.advance("PT5M").await?;
    stands_alone(lab, Kind::Setting, name).await?;
    ensure!(creates(&lab.sim.writes(mark).await?, name).len() == 1);
    Ok(())
}

#[tokio::test]
async fn a_log_without_our_ids_and_an_object_without_its_author_leave_it_to_a_person() -> Result<()> {
    let stage = Stage::new().await?;
    let (lab, name) = (&stage.lab, "open");
    lab.sim.options(json!({"auditCorrelation": "own", "createdBy": "absent"})).await?;
    lab.apply_yaml(&object(Kind::Policy, "before", "")).await?;
    stands_alone(lab, Kind::Policy, "before").await?;
    // Created by the operator's application, at the right time, with all that was sent: the log is known to carry no request ids,
    // and shows no other create.
    lose(&stage, Kind::Policy, &object(Kind::Policy, "alone", ""), json!({"cut": "after"})).await?;
    stage.operator.resume()?;
    stands_alone(lab, Kind::Policy, "alone").await?;
    // With another create of the same application in that time, nothing proves it.
    let mark = lose(&stage, Kind::Setting, &sparse(name), json!({"cut": "after"})).await?;
    let app = "22222222-2222-2222-2222-222222222222";
    lab.sim
        .seed(&format!(
            "tenants: [{{id: {}, apps: [{{appId: {app}, displayName: cloudpc-operator, clientSecret: s3cret, roles: [CloudPC.ReadWrite.All, Group.Read.All, Organization.Read.All]}}]}}]",
            lab::TENANT
        ))
        .await?;
    let body = json!({"displayName": "another program's"});
    lab.sim
        .as_application(app, "s3cret", "POST", &root(Kind::Setting), Some(body))
        .await?;
    stage.operator.resume()?;
    let open = |status: &Value| condition(status, "Stalled")["reason"] == "ClaimUnproven";
    status(lab, Kind::Setting, name, "a person is asked", open).await?;
    let made = only(lab, Kind::Setting, name).await?;
    ensure!(writes_to(&lab.sim.writes(mark).await?, &made["id"]).is_empty());
    // A person decides: the object is deleted, and another one is created.
    lab.sim
        .portal(
            "DELETE",
            &format!("{}/{}", root(Kind::Setting), made["id"].as_str().unwrap_or_default()),
            None,
        )
        .await?;
    let all = lab.sim.objects("userSettings").await?;
    let other = all
        .iter()
        .find(|one| one["displayName"] == "another program's")
        .context("it is there")?;
    lab.sim
        .portal(
            "DELETE",
            &format!("{}/{}", root(Kind::Setting), other["id"].as_str().unwrap_or_default()),
            None,
        )
        .await?;
    reconciled(lab, "UserSetting", name).await?;
    stands_alone(lab, Kind::Setting, name).await?;
    Ok(())
}

#[tokio::test]
async fn a_marked_create_is_recognised_where_nothing_else_tells_and_its_mark_is_removed() -> Result<()> {
    let stage = Stage::new().await?;
    let lab = &stage.lab;
    lab.sim
        .options(json!({"auditCorrelation": "own", "createdBy": "absent", "auditLag": "PT30M"}))
        .await?;
    lab.patch("EntraTenant", "", "contoso", &json!({"spec": {"createMarker": "Description"}}))
        .await?;
    for (name, extra, description) in [("marked", "", ""), ("marked-too", "description: of finance", "of finance")] {
        lose(&stage, Kind::Policy, &object(Kind::Policy, name, extra), json!({"cut": "after"})).await?;
        stage.operator.resume()?;
        let remote = stands_alone(lab, Kind::Policy, name).await?;
        ensure!(remote["description"] == description, "{remote}");
    }
    // Without a lost answer as well.
    lab.apply_yaml(&object(Kind::Policy, "plain", "")).await?;
    let remote = stands_alone(lab, Kind::Policy, "plain").await?;
    ensure!(remote["description"] == "", "{remote}");
    let made = lab.sim.writes(0).await?;
    ensure!(
        creates(&made, "plain")[0]
            .body
            .as_ref()
            .is_some_and(|body| body["description"] != "")
    );
    Ok(())
}

/// The operator with the shipped settle window.
async fn shipped(interval: &str) -> Result<(Lab, lab::Operator)> {
    let mut options = lab::Options::new(env!("CARGO_BIN_EXE_cloudpc-operator")).without_operator();
    options.settle_window = "60s".to_owned();
    let lab = bare_with(options, interval).await?;
    let operator = start(&lab).await?;
    lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", PATIENCE).await?;
    Ok((lab, operator))
}

#[tokio::test]
async fn f8_a_lost_answer_is_found_within_seconds_with_the_shipped_window_where_the_log_tells_at_once() -> Result<()> {
    let (lab, _operator) = shipped("1h").await?;
    for (name, kind) in [("quick-policy", Kind::Policy), ("quick-setting", Kind::Setting)] {
        fault(&lab, "POST", &kind.path(""), json!({"cut": "after"})).await?;
        lab.apply_yaml(&object(kind, name, "")).await?;
        // Below the settle window, which would have to pass without proof.
        lab.wait_condition(kind.name(), NS, name, "Ready", "True", lab::seconds(45)).await?;
        ensure!(creates(&lab.sim.writes(0).await?, name).len() == 1);
    }
    Ok(())
}

#[tokio::test]
async fn f52_what_graph_created_and_does_not_show_is_neither_created_again_nor_forgotten_when_it_is_deleted() -> Result<()> {
    let stage = Stage::polling("5s").await?;
    let lab = &stage.lab;
    lab.sim.options(json!({"replicationLag": "PT4M"})).await?;
    for (name, kind) in [("hidden-policy", Kind::Policy), ("hidden-setting", Kind::Setting)] {
        lab.apply_yaml(&object(kind, name, "")).await?;
        lab.apply_yaml(&assignment(&format!("{name}-groups"), kind, name, &[ANALYSTS]))
            .await?;
        // Far more than two settle windows of this test.
        let hidden = |status: &Value| {
            let ready = condition(status, "Ready");
            ready["reason"] == "NotVisibleYet" && ready["message"].as_str().is_some_and(|text| text.contains("not created again"))
        };
        status(lab, kind, name, "it is not shown", hidden).await?;
        for _ in 0..3 {
            reconciled(lab, kind.name(), name).await?;
        }
        ensure!(creates(&lab.sim.writes(0).await?, name).len() == 1, "{name} was created again");
    }
    // Without groups nothing follows the create, so its answer is all that is known until the next list.
    lab.apply_yaml(&object(Kind::Policy, "alone", "")).await?;
    lab.wait_condition("ProvisioningPolicy", NS, "alone", "Ready", "True", PATIENCE)
        .await?;
    lab.apply_yaml(&object(Kind::Policy, "alone", "deletionPolicy: Orphan")).await?;
    let edited = |status: &Value| status["observedGeneration"] == 2;
    status(lab, Kind::Policy, "alone", "the edit is looked at", edited).await?;
    for _ in 0..3 {
        reconciled(lab, "ProvisioningPolicy", "alone").await?;
    }
    let unseen = |status: &Value| condition(status, "Ready")["reason"] == "NotVisibleYet" && status["owner"]["seen"] != true;
    status(lab, Kind::Policy, "alone", "it is not shown", unseen).await?;
    ensure!(creates(&lab.sim.writes(0).await?, "alone").len() == 1, "alone was created again");
    lab.apply_yaml(&object(Kind::Policy, "short-lived", "")).await?;
    lab.wait_condition("ProvisioningPolicy", NS, "short-lived", "Ready", "True", PATIENCE)
        .await?;
    for name in ["hidden-policy", "short-lived"] {
        lab.delete_yaml(&object(Kind::Policy, name, "")).await?;
        lab.wait_gone("ProvisioningPolicy", NS, name, PATIENCE).await?;
        ensure!(
            named(lab, Kind::Policy, name).await?.is_empty(),
            "a deletion of {name} without a DELETE"
        );
    }
    // What is written from now on shows at once; what was written before has waited long enough.
    lab.sim.options(json!({"replicationLag": "PT0S"})).await?;
    lab.sim.advance("PT5M").await?;
    stands_alone(lab, Kind::Setting, "hidden-setting").await?;
    Ok(())
}

#[tokio::test]
async fn f55_an_id_that_answers_400_is_absent_when_the_list_agrees() -> Result<()> {
    let stage = Stage::polling("5s").await?;
    let lab = &stage.lab;
    lab.sim.options(json!({"missingId": 400})).await?;
    for (name, kind) in [("gone-policy", Kind::Policy), ("gone-setting", Kind::Setting)] {
        lab.apply_yaml(&object(kind, name, "")).await?;
        let remote = stands_alone(lab, kind, name).await?;
        let id = remote["id"].as_str().context("an id")?;
        lab.sim.portal("DELETE", &format!("{}/{id}", root(kind)), None).await?;
        let again = |status: &Value| status["id"].is_string() && status["id"] != remote["id"];
        status(lab, kind, name, "it is created again", again).await?;
        let remote = stands_alone(lab, kind, name).await?;
        let id = remote["id"].as_str().context("an id")?;
        // Deleted by a person first, and then by its resource.
        lab.sim.portal("DELETE", &format!("{}/{id}", root(kind)), None).await?;
        lab.delete_yaml(&object(kind, name, "")).await?;
        lab.wait_gone(kind.name(), NS, name, PATIENCE).await?;
        lab.apply_yaml(&object(kind, name, "")).await?;
        stands_alone(lab, kind, name).await?;
        lab.delete_yaml(&object(kind, name, "")).await?;
        lab.wait_gone(kind.name(), NS, name, PATIENCE).await?;
        ensure!(named(lab, kind, name).await?.is_empty());
    }
    Ok(())
}
