//! What the fields of a spec mean: what is written, what is not changed, and what is waited for.

use crate::scene::{
    ANALYSTS, FINANCE, IMAGE, PATIENCE, RECEPTION, apply, assignment, change, contoso, delete, find, graph, id, namespace, path, policy,
    ready, reconcile, setting, told, two_polls, with, writes_to,
};
use crate::support::lab;
use anyhow::{Context, Result, ensure};
use lab::{Lab, seconds};
use serde_json::{Value, json};

const SETTING: &str = "UserSetting";
const SETTINGS: &str = "userSettings";
const POLICY: &str = "ProvisioningPolicy";

/// A change by hand.
async fn by_hand(lab: &Lab, display_name: &str, fields: Value) -> Result<()> {
    let object = graph(lab, SETTINGS, display_name).await?;
    let path = path(SETTINGS, object["id"].as_str().unwrap_or_default());
    lab.sim.portal("PATCH", &path, Some(fields)).await.map(drop)
}

#[tokio::test]
async fn orphan_observe_and_suspend_leave_graph_alone() -> Result<()> {
    let lab = lab().await;
    apply(&lab, &[contoso(), namespace("team", "contoso")]).await?;
    tokio::try_join!(
        async { orphan(&lab).await.context("deletionPolicy Orphan") },
        async { observe(&lab).await.context("mode Observe") },
        async { suspend(&lab).await.context("suspend") },
        async { unmanaged(&lab).await.context("a field that is not set") },
    )?;
    Ok(())
}

async fn orphan(lab: &Lab) -> Result<()> {
    let left = with(setting("team", "left", "Left"), json!({"deletionPolicy": "Orphan"}));
    let bound = assignment("team", "left", SETTING, "left", json!([{"id": FINANCE}]));
    apply(lab, &[left, bound]).await?;
    ready(lab, "Assignment", "team", "left").await?;
    let before = graph(lab, SETTINGS, "Left").await?;
    let mark = lab.sim.mark().await?;
    delete(lab, SETTING, "team", "left").await?;
    lab.wait_gone(SETTING, "team", "left", seconds(60)).await?;
    assert_eq!(graph(lab, SETTINGS, "Left").await?, before);
    assert_eq!(writes_to(lab, mark, before["id"].as_str().unwrap_or_default()).await?.len(), 0);
    let event = lab.wait_event(SETTING, "left", "Released", seconds(60)).await?;
    ensure!(event.note.unwrap_or_default().contains("Orphan"));
    Ok(())
}

async fn observe(lab: &Lab) -> Result<()> {
    let watched = with(setting("team", "watched", "Watched"), json!({"mode": "Observe"}));
    apply(
        lab,
        &[watched, with(setting("team", "seen", "Seen"), json!({"resetEnabled": false}))],
    )
    .await?;
    told(lab, SETTING, "team", "watched", ("Ready", "False", "ObservedDifference")).await?;
    let object = lab.get(SETTING, "team", "watched").await?.context("it is there")?;
    assert_eq!(object["status"]["plan"]["changes"], json!([{"op": "create", "to": "Watched"}]));

    let seen = id(&ready(lab, SETTING, "team", "seen").await?)?;
    change(lab, SETTING, "team", "seen", json!({"mode": "Observe"})).await?;
    ready(lab, SETTING, "team", "seen").await?;
    let mark = lab.sim.mark().await?;
    by_hand(lab, "Seen", json!({"resetEnabled": true})).await?;
    told(lab, SETTING, "team", "seen", ("Drifted", "True", "Drifted")).await?;
    two_polls(lab, SETTINGS).await?;
    let object = lab.get(SETTING, "team", "seen").await?.context("it is there")?;
    let status = &object["status"];
    assert_eq!(
        status["drift"],
        json!([{"path": "/resetEnabled", "desired": "false", "observed": "true"}])
    );
    assert_eq!(
        status["plan"]["changes"],
        json!([{"op": "update", "path": "/resetEnabled", "from": "true", "to": "false"}])
    );
    assert_eq!(writes_to(lab, mark, &seen).await?.len(), 0);
    ensure!(graph(lab, SETTINGS, "Watched").await.is_err(), "it was made");

    for name in ["seen", "watched"] {
        change(lab, SETTING, "team", name, json!({"mode": "Enforce"})).await?;
        let object = ready(lab, SETTING, "team", name).await?;
        ensure!(object["status"].get("plan").is_none(), "{}", object["status"]);
    }
    assert_eq!(graph(lab, SETTINGS, "Seen").await?["resetEnabled"], false);
    graph(lab, SETTINGS, "Watched").await.map(drop)
}

async fn suspend(lab: &Lab) -> Result<()> {
    apply(lab, &[setting("team", "resting", "Resting")]).await?;
    let object = id(&ready(lab, SETTING, "team", "resting").await?)?;
    change(lab, SETTING, "team", "resting", json!({"suspend": true})).await?;
    // Ready stays as it was.
    told(lab, SETTING, "team", "resting", ("Synced", "Unknown", "Suspended")).await?;
    let last = lab.get(SETTING, "team", "resting").await?.context("it is there")?;
    ensure!(find(&last, "Ready").is_some_and(|ready| ready["status"] == "True"), "{last}");
    let mark = lab.sim.mark().await?;
    by_hand(lab, "Resting", json!({"localAdminEnabled": true})).await?;
    two_polls(lab, SETTINGS).await?;
    told(lab, SETTING, "team", "resting", ("Synced", "Unknown", "Suspended")).await?;
    let mut requests = lab.sim.graph_requests(mark).await?;
    requests.retain(|entry| entry.path.contains(&object));
    ensure!(requests.is_empty(), "{requests:?}");
    assert_eq!(graph(lab, SETTINGS, "Resting").await?["localAdminEnabled"], true);

    change(lab, SETTING, "team", "resting", json!({"suspend": null})).await?;
    ready(lab, SETTING, "team", "resting").await?;
    assert_eq!(graph(lab, SETTINGS, "Resting").await?["localAdminEnabled"], false);
    Ok(())
}

async fn unmanaged(lab: &Lab) -> Result<()> {
    apply(lab, &[setting("team", "free", "Free")]).await?;
    let object = id(&ready(lab, SETTING, "team", "free").await?)?;
    let mark = lab.sim.mark().await?;
    let portal = json!({"resetEnabled": true, "restorePointSetting": {"frequencyType": "fourHours", "userRestoreEnabled": true}});
    by_hand(lab, "Free", portal.clone()).await?;
    two_polls(lab, SETTINGS).await?;
    let seen = reconcile(lab, SETTING, "team", "free", "now").await?;
    assert_eq!(find(&seen, "Drifted").context("no Drifted")?["status"], "False");
    assert_eq!(writes_to(lab, mark, &object).await?.len(), 0);
    change(lab, SETTING, "team", "free", json!({"localAdminEnabled": true})).await?;
    ready(lab, SETTING, "team", "free").await?;
    let after = graph(lab, SETTINGS, "Free").await?;
    assert_eq!((&after["resetEnabled"], &after["localAdminEnabled"]), (&json!(true), &json!(true)));
    assert_eq!(after["restorePointSetting"]["frequencyType"], "fourHours");
    Ok(())
}

#[tokio::test]
async fn patches_are_minimal_requests_are_echoed_and_a_tenant_outlives_its_users() -> Result<()> {
    let lab = lab().await;
    apply(&lab, &[contoso(), namespace("team", "contoso")]).await?;
    patches(&lab).await.context("changed fields")?;
    requested(&lab).await.context("reconcile now")?;
    tenant_last(&lab).await.context("deletion of a tenant")
}

async fn patches(lab: &Lab) -> Result<()> {
    let all = json!({"description": "old", "windowsSetting": {"locale": "en-GB"}, "enableSingleSignOn": true});
    apply(lab, &[with(policy("team", "desk", "Desk"), all)]).await?;
    let object = id(&ready(lab, POLICY, "team", "desk").await?)?;
    for answer in ["entity", "noContent"] {
        lab.sim.options(json!({"patchAnswer": answer})).await?;
        let mark = lab.sim.mark().await?;
        change(lab, POLICY, "team", "desk", json!({"description": answer})).await?;
        ready(lab, POLICY, "team", "desk").await?;
        let writes = writes_to(lab, mark, &object).await?;
        let bodies: Vec<_> = writes.iter().map(|entry| (entry.method.as_str(), entry.body.clone())).collect();
        assert_eq!(bodies, [("PATCH", Some(json!({"description": answer})))]);
        assert_eq!(graph(lab, "provisioningPolicies", "Desk").await?["description"], answer);
    }
    lab.sim.options(json!({"patchAnswer": "entity"})).await.map(drop)
}

async fn requested(lab: &Lab) -> Result<()> {
    apply(lab, &[setting("team", "users", "Users")]).await?;
    let object = id(&ready(lab, SETTING, "team", "users").await?)?;
    // The second replaces the first: with both in the spec, the answer has both.
    let annotations = [
        json!({"cloudpc.dev/reconcile-requested-at": "first"}),
        json!({"cloudpc.dev/reconcile-requested-at": null, "reconcile.fluxcd.io/requestedAt": "second"}),
    ];
    for (annotation, at) in annotations.into_iter().zip(["first", "second"]) {
        let mark = lab.sim.mark().await?;
        lab.patch(SETTING, "team", "users", &json!({"metadata": {"annotations": annotation}}))
            .await?;
        lab.wait_object(SETTING, "team", "users", "the request is echoed", seconds(60), |object| {
            object["status"]["lastHandledReconcileAt"] == at
        })
        .await?;
        let mut requests = lab.sim.graph_requests(mark).await?;
        requests.retain(|entry| entry.path.ends_with(&object));
        ensure!(requests.iter().any(|entry| entry.method == "GET"), "{at}: no fresh read");
        ensure!(requests.iter().all(|entry| entry.method == "GET"), "{at}: {requests:?}");
    }
    Ok(())
}

async fn tenant_last(lab: &Lab) -> Result<()> {
    delete(lab, "EntraTenant", "", "contoso").await?;
    let message = told(lab, "EntraTenant", "", "contoso", ("Ready", "False", "InUse")).await?;
    for user in ["ProvisioningPolicy team/desk", "UserSetting team/users"] {
        ensure!(message.contains(user), "{message}");
    }
    // The resources of the tenant are still reconciled, so that they can be deleted in order.
    change(lab, SETTING, "team", "users", json!({"localAdminEnabled": true})).await?;
    ready(lab, SETTING, "team", "users").await?;
    delete(lab, POLICY, "team", "desk").await?;
    lab.wait_gone(POLICY, "team", "desk", seconds(60)).await?;
    ensure!(
        lab.get("EntraTenant", "", "contoso").await?.is_some(),
        "the tenant went before its users"
    );
    delete(lab, SETTING, "team", "users").await?;
    lab.wait_gone("EntraTenant", "", "contoso", seconds(60)).await?;
    ensure!(
        lab.get(SETTING, "team", "users").await?.is_none(),
        "the tenant went before its users"
    );
    assert_eq!(lab.sim.objects(SETTINGS).await?.len(), 0);
    assert_eq!(lab.sim.objects("provisioningPolicies").await?.len(), 0);
    Ok(())
}

/// Without the finalizer, a deletion would leave the object in Graph behind, so the controller does not wait for the next idle pass.
#[tokio::test]
async fn a_finalizer_that_somebody_takes_off_is_put_back_at_once() -> Result<()> {
    let lab = lab().await;
    let groups = assignment("team", "groups", "UserSetting", "users", json!([{"id": FINANCE}]));
    apply(
        &lab,
        &[contoso(), namespace("team", "contoso"), setting("team", "users", "Users"), groups],
    )
    .await?;
    ready(&lab, "Assignment", "team", "groups").await?;
    for (kind, namespace, name) in [
        ("EntraTenant", "", "contoso"),
        ("UserSetting", "team", "users"),
        ("Assignment", "team", "groups"),
    ] {
        lab.patch(kind, namespace, name, &json!({"metadata": {"finalizers": null}})).await?;
        lab.wait_object(kind, namespace, name, "the finalizer is back", PATIENCE, |object| {
            object["metadata"]["finalizers"] == json!(["cloudpc.dev/finalizer"])
        })
        .await?;
    }
    Ok(())
}

/// The cells of a table of kubectl, by the name of the object; `HEAD` are the columns.
fn cells(table: &str, name: &str) -> Vec<String> {
    let mut lines = table.lines();
    let head = lines.next().unwrap_or_default();
    // Every column begins where its title does.
    let starts: Vec<usize> = (0..head.len())
        .filter(|at| head.as_bytes()[*at] != b' ' && (*at == 0 || head[..*at].ends_with("  ")))
        .collect();
    let row = if name == "HEAD" {
        head
    } else {
        lines.find(|line| line.starts_with(&format!("{name} "))).unwrap_or_default()
    };
    let ends = starts.iter().skip(1).copied().chain([row.len()]);
    let cell = |(start, end): (usize, usize)| row.get(start..end.min(row.len())).unwrap_or_default().trim().to_owned();
    starts.iter().copied().zip(ends).map(cell).collect()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one course of events")]
async fn kubectl_shows_what_an_object_is_and_why_it_is_as_it_is() -> Result<()> {
    let lab = lab().await;
    let desk = with(policy("team", "desk", "Desk"), json!({"provisioningType": "dedicated"}));
    let lost = with(policy("team", "lost", "Lost"), json!({"imageDisplayName": "Windows 95"}));
    let groups = assignment("team", "groups", POLICY, "desk", json!([{"id": FINANCE}, {"id": RECEPTION}]));
    apply(
        &lab,
        &[
            contoso(),
            namespace("team", "contoso"),
            desk,
            lost,
            groups,
            setting("team", "users", "Users"),
        ],
    )
    .await?;
    ready(&lab, "Assignment", "team", "groups").await?;
    ready(&lab, SETTING, "team", "users").await?;
    lab.wait_object(POLICY, "team", "lost", "the image is missed", PATIENCE, |object| {
        find(object, "Ready").is_some_and(|ready| ready["reason"] == "ImageNotFound")
    })
    .await?;
    // A group that was assigned by hand is on the object, too.
    let object = graph(&lab, "provisioningPolicies", "Desk").await?;
    let mut assignments = object["assignments"].as_array().cloned().unwrap_or_default();
    assignments.push(json!({"target": {"@odata.type": "#microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": ANALYSTS}}));
    let assign = format!("{}/assign", path("provisioningPolicies", object["id"].as_str().unwrap_or_default()));
    lab.sim.portal("POST", &assign, Some(json!({"assignments": assignments}))).await?;
    let object = lab
        .wait_object(POLICY, "team", "desk", "the foreign group is counted", PATIENCE, |object| {
            object["status"]["assignedGroups"] == 3
        })
        .await?;

    let wide = async |kind: &str| lab.kubectl(&["get", kind, "--namespace", "team", "--output", "wide"]).await;
    let policies = wide("provisioningpolicies").await?;
    println!("{policies}");
    assert_eq!(
        cells(&policies, "HEAD").join(" "),
        "NAME READY STATUS ATRISK DRIFT TENANT IMAGE TYPE GROUPS ID AGE MESSAGE"
    );
    let row = cells(&policies, "desk");
    assert_eq!(row[1..9], ["True", "Synced", "", "False", "contoso", IMAGE, "dedicated", "3"]);
    let message = |object: &Value| find(object, "Ready").map(|ready| ready["message"].clone());
    assert_eq!(
        (json!(row[9]), Some(json!(row[11]))),
        (object["status"]["id"].clone(), message(&object))
    );
    let row = cells(&policies, "lost");
    assert_eq!(row[1..3], ["False", "ImageNotFound"]);
    ensure!(row[11].contains("Windows 95"), "{row:?}");

    let settings = wide("usersettings").await?;
    println!("{settings}");
    assert_eq!(
        cells(&settings, "HEAD").join(" "),
        "NAME READY STATUS DRIFT TENANT GROUPS ID AGE MESSAGE"
    );
    assert_eq!(cells(&settings, "users")[4..6], ["contoso", "0"]);
    let assignments = wide("assignments").await?;
    println!("{assignments}");
    ensure!(!cells(&assignments, "groups")[6].is_empty(), "{assignments}");
    println!("{}", wide("windows365").await?);

    // The count is no reason to write a status again.
    let object = lab.get(POLICY, "team", "desk").await?.context("it is there")?;
    two_polls(&lab, "provisioningPolicies").await?;
    let later = lab.get(POLICY, "team", "desk").await?.context("it is there")?;
    assert_eq!(object["metadata"]["resourceVersion"], later["metadata"]["resourceVersion"]);
    Ok(())
}
