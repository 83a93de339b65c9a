//! Groups on a target: only groups that an Assignment declares or declared are added and removed, unless the target is `Exclusive`.

use crate::scene::{
    ANALYSTS, CONTRACTORS, FINANCE, RECEPTION, apply, assignment, change, contoso, delete, graph, groups, id, namespace, path, policy,
    ready, setting, told, two_polls, with, writes_to,
};
use crate::support::lab;
use anyhow::{Context, Result, ensure};
use lab::{Lab, seconds};
use serde_json::{Value, json};

const POLICY: &str = "ProvisioningPolicy";
const POLICIES: &str = "provisioningPolicies";
const PLAN: &str = "55555555-0000-4000-8000-000000000001";

/// Adds a group by hand, as the portal does: together with all groups that are assigned already.
async fn add_by_hand(lab: &Lab, display_name: &str, group: &str) -> Result<()> {
    let object = graph(lab, POLICIES, display_name).await?;
    let mut all = object["assignments"].as_array().cloned().unwrap_or_default();
    all.iter_mut()
        .for_each(|entry| *entry = json!({"id": entry["id"], "target": entry["target"]}));
    all.push(json!({"target": {"@odata.type": "#microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": group}}));
    let path = path(POLICIES, &format!("{}/assign", object["id"].as_str().unwrap_or_default()));
    lab.sim.portal("POST", &path, Some(json!({"assignments": all}))).await.map(drop)
}

async fn assigned(lab: &Lab, display_name: &str) -> Result<Vec<String>> {
    Ok(groups(&graph(lab, POLICIES, display_name).await?))
}

#[tokio::test]
async fn groups_come_and_go_with_their_assignments_and_foreign_ones_stay() -> Result<()> {
    let lab = lab().await;
    apply(
        &lab,
        &[
            contoso(),
            namespace("team", "contoso"),
            policy("team", "desk", "Desk"),
            assignment(
                "team",
                "finance",
                POLICY,
                "desk",
                json!([{"mailNickname": "w365-finance"}, {"id": RECEPTION}]),
            ),
            assignment("team", "analysts", POLICY, "desk", json!([{"id": ANALYSTS}, {"id": RECEPTION}])),
        ],
    )
    .await?;
    for name in ["finance", "analysts"] {
        ready(&lab, "Assignment", "team", name).await?;
    }
    assert_eq!(assigned(&lab, "Desk").await?, [FINANCE, RECEPTION, ANALYSTS]);
    add_by_hand(&lab, "Desk", CONTRACTORS).await?;
    lab.wait_object(POLICY, "team", "desk", "it reports the foreign group", seconds(60), |object| {
        object["status"]["foreignAssignments"] == json!([CONTRACTORS])
    })
    .await?;

    let mark = lab.sim.mark().await?;
    delete(&lab, "Assignment", "team", "finance").await?;
    lab.wait_gone("Assignment", "team", "finance", seconds(60)).await?;
    // A group that another Assignment declares as well stays.
    assert_eq!(assigned(&lab, "Desk").await?, [RECEPTION, ANALYSTS, CONTRACTORS]);
    let object = id(&ready(&lab, POLICY, "team", "desk").await?)?;
    assert_eq!(writes_to(&lab, mark, &object).await?.len(), 1);
    exclusive_and_orphan(&lab, &object).await.context("Exclusive and Orphan")
}

async fn exclusive_and_orphan(lab: &Lab, object: &str) -> Result<()> {
    change(lab, POLICY, "team", "desk", json!({"assignmentOwnership": "Exclusive"})).await?;
    ready(lab, POLICY, "team", "desk").await?;
    assert_eq!(assigned(lab, "Desk").await?, [RECEPTION, ANALYSTS]);

    // `Orphan` and a target that is `Exclusive` contradict each other, and a person has to solve it.
    change(lab, "Assignment", "team", "analysts", json!({"deletionPolicy": "Orphan"})).await?;
    let mark = lab.sim.mark().await?;
    delete(lab, "Assignment", "team", "analysts").await?;
    let message = told(lab, "Assignment", "team", "analysts", ("Stalled", "True", "Conflict")).await?;
    ensure!(message.contains("Orphan") && message.contains("Exclusive"), "{message}");
    change(lab, POLICY, "team", "desk", json!({"assignmentOwnership": "Shared"})).await?;
    lab.wait_gone("Assignment", "team", "analysts", seconds(60)).await?;
    two_polls(lab, POLICIES).await?;
    assert_eq!(assigned(lab, "Desk").await?, [RECEPTION, ANALYSTS]);
    assert_eq!(writes_to(lab, mark, object).await?.len(), 0);
    let policy = ready(lab, POLICY, "team", "desk").await?;
    assert_eq!(policy["status"]["foreignAssignments"], json!([RECEPTION, ANALYSTS]));
    Ok(())
}

#[tokio::test]
async fn an_allotment_keeps_its_identity_and_a_group_removed_by_hand_comes_back() -> Result<()> {
    let lab = lab().await;
    apply(&lab, &[contoso(), namespace("team", "contoso")]).await?;
    allotment(&lab).await.context("an allotment")?;
    removed_by_hand(&lab).await.context("a group removed by hand")
}

async fn allotment(lab: &Lab) -> Result<()> {
    let group =
        |count: u32| json!([{"id": RECEPTION, "servicePlanId": PLAN, "allotmentLicensesCount": count, "allotmentDisplayName": "Desk"}]);
    apply(
        lab,
        &[
            with(policy("team", "shift", "Shift"), json!({"provisioningType": "sharedByEntraGroup"})),
            assignment("team", "shift", POLICY, "shift", group(3)),
        ],
    )
    .await?;
    ready(lab, "Assignment", "team", "shift").await?;
    let before = entry(lab, "Shift").await?;
    assert_eq!(before["target"]["allotmentLicensesCount"], 3);

    change(lab, "Assignment", "team", "shift", json!({"groups": group(4)})).await?;
    ready(lab, "Assignment", "team", "shift").await?;
    let after = entry(lab, "Shift").await?;
    assert_eq!(
        (&after["id"], &after["target"]["allotmentLicensesCount"]),
        (&before["id"], &json!(4))
    );

    // More licences than were bought: Graph says so, and the existing assignments stay.
    change(lab, "Assignment", "team", "shift", json!({"groups": group(11)})).await?;
    let message = told(lab, "Assignment", "team", "shift", ("Stalled", "True", "Refused")).await?;
    ensure!(message.contains("has 10 licences"), "{message}");
    assert_eq!(entry(lab, "Shift").await?, after);
    change(lab, "Assignment", "team", "shift", json!({"groups": group(5)})).await?;
    ready(lab, "Assignment", "team", "shift").await?;
    assert_eq!(entry(lab, "Shift").await?["id"], before["id"]);
    Ok(())
}

/// The only assignment of a policy.
async fn entry(lab: &Lab, display_name: &str) -> Result<Value> {
    let object = graph(lab, POLICIES, display_name).await?;
    match object["assignments"].as_array().map(Vec::as_slice) {
        Some([only]) => Ok(only.clone()),
        other => anyhow::bail!("{other:?}"),
    }
}

async fn removed_by_hand(lab: &Lab) -> Result<()> {
    let users = setting("team", "users", "Users");
    let bound = assignment("team", "users", "UserSetting", "users", json!([{"id": FINANCE}, {"id": ANALYSTS}]));
    apply(lab, &[users, bound]).await?;
    ready(lab, "Assignment", "team", "users").await?;
    let object = graph(lab, "userSettings", "Users").await?;
    let path = path("userSettings", &format!("{}/assign", object["id"].as_str().unwrap_or_default()));
    lab.sim.portal("POST", &path, Some(json!({"assignments": []}))).await?;
    let event = lab.wait_event("UserSetting", "users", "DriftDetected", seconds(60)).await?;
    let note = event.note.unwrap_or_default();
    ensure!(note.contains(FINANCE) && note.contains(ANALYSTS), "{note}");
    lab.wait_object("UserSetting", "team", "users", "the drift is corrected", seconds(60), |object| {
        object["status"]["lastDrift"]["correctedAt"].is_string()
    })
    .await?;
    assert_eq!(groups(&graph(lab, "userSettings", "Users").await?), [FINANCE, ANALYSTS]);
    Ok(())
}
