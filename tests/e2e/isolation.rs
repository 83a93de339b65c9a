//! A failing tenant, and a resource that cannot be read, delay no other.

use crate::scene::{
    ANALYSTS, FINANCE, PATIENCE, apply, assignment, change, contoso, find, graph, groups, namespace, policy, ready, reconcile, setting,
    tenant, told, two_polls, with, writes_to,
};
use crate::support::{lab, options};
use anyhow::{Context, Result, ensure};
use lab::{Lab, Operator, eventually, seconds};
use serde_json::{Value, json};

const FABRIKAM: &str = "eeeeeeee-0000-4000-8000-000000000001";
const FABRIKAM_APP: &str = "eeeeeeee-0000-4000-8000-00000000000e";
const POLICY: &str = "ProvisioningPolicy";
const POLICIES: &str = "provisioningPolicies";

#[tokio::test]
async fn a_tenant_that_fails_or_hangs_holds_up_no_other() -> Result<()> {
    let app = json!({"appId": FABRIKAM_APP, "federatedCredentials": [], "roles": ["CloudPC.ReadWrite.All", "Group.Read.All", "Organization.Read.All"]});
    let mut seed = json!({"tenants": [{"id": FABRIKAM, "displayName": "Fabrikam", "apps": [app]}]});
    let lab = Lab::start(options().seed(seed.to_string())).await?;
    let theirs = |object| with(object, json!({"tenantRef": {"name": "fabrikam"}}));
    apply(
        &lab,
        &[
            tenant("fabrikam", FABRIKAM, FABRIKAM_APP),
            namespace("theirs", "fabrikam"),
            theirs(policy("theirs", "desk", "Desk")),
            theirs(setting("theirs", "users", "Users")),
        ],
    )
    .await?;
    told(&lab, POLICY, "theirs", "desk", ("Ready", "Unknown", "AuthenticationFailed")).await?;
    apply(&lab, &[contoso(), namespace("ours", "contoso"), policy("ours", "desk", "Desk")]).await?;
    ready(&lab, POLICY, "ours", "desk").await?;

    // Now it signs in, and Graph does not answer any of its many objects.
    let many: Vec<Value> = (0..40)
        .map(|i| theirs(setting("theirs", &format!("users-{i}"), &format!("Users {i}"))))
        .collect();
    apply(&lab, &many).await?;
    let hang = |path: &str| json!({"match": {"tenant": FABRIKAM, "path": path}, "times": -1, "fault": {"latencyMs": 600_000}});
    lab.sim
        .fault(json!([hang("*/userSettings"), hang("*/provisioningPolicies")]))
        .await?;
    let app = seed["tenants"][0]["apps"][0].as_object_mut().context("an app")?;
    app.remove("federatedCredentials");
    lab.sim.seed(&seed.to_string()).await?;
    retry_until_it_hangs(&lab).await?;
    let mark = lab.sim.mark().await?;
    apply(&lab, &[setting("ours", "users", "Users")]).await?;
    ready(&lab, "UserSetting", "ours", "users").await?;
    // A pass of theirs that has ended knows that Graph does not answer; ours ended before any of them.
    let theirs = lab.get("UserSetting", "theirs", "users").await?.context("it is there")?;
    let reason = &find(&theirs, "Ready").context("no Ready")?["reason"];
    ensure!(
        reason != "GraphUnavailable",
        "ours waited until the other tenant's requests had timed out"
    );
    change(&lab, POLICY, "ours", "desk", json!({"description": "changed"})).await?;
    ready(&lab, POLICY, "ours", "desk").await?;
    two_polls(&lab, "userSettings").await?;
    let served = lab.sim.graph_requests(mark).await?;
    let unhung = |entry: &lab::Entry| entry.tenant.as_deref() == Some(FABRIKAM) && !entry.path.ends_with("/organization");
    ensure!(!served.iter().any(unhung), "the other tenant did not hang");
    assert_eq!(lab.sim.objects_of(FABRIKAM, POLICIES).await?.len(), 0);
    Ok(())
}

/// Makes the failing tenant retry, and waits until requests for its objects hang.
async fn retry_until_it_hangs(lab: &Lab) -> Result<()> {
    crate::scene::request(lab, "EntraTenant", "", "fabrikam", "now").await?;
    ready(lab, "EntraTenant", "", "fabrikam").await?;
    eventually(PATIENCE, "requests of the other tenant hang", async || {
        let faults = lab.sim.faults().await?;
        ensure!(faults.iter().all(|rule| rule["struck"].as_u64() > Some(0)), "{faults:?}");
        Ok(())
    })
    .await
}

/// Makes the API server store a number where the definition says text.
async fn loosen(lab: &Lab, definition: &str, property: &str) -> Result<()> {
    let path = format!("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/{property}");
    let patch = json!([{"op": "replace", "path": path, "value": {"x-kubernetes-int-or-string": true}}]).to_string();
    lab.kubectl(&["patch", "customresourcedefinition", definition, "--type=json", "-p", &patch])
        .await
        .map(drop)
}

/// Stores a resource that the controller cannot read, as soon as the API server accepts it.
async fn spoil(lab: &Lab, operator: &Operator, kind: &str, name: &str, spec: Value) -> Result<()> {
    let before = operator
        .metric("cloudpc_malformed_objects_total", &[&format!("kind=\"{kind}\"")])
        .await?;
    eventually(PATIENCE, "the loosened definition is in force", async || {
        change(lab, kind, "team", name, spec.clone()).await
    })
    .await?;
    let event = lab.wait_event(kind, name, "Malformed", PATIENCE).await?;
    ensure!(event.note.as_deref().unwrap_or_default().contains("integer `5`"), "{event:?}");
    let after = operator
        .metric("cloudpc_malformed_objects_total", &[&format!("kind=\"{kind}\"")])
        .await?;
    ensure!(after > before, "{before} malformed objects before, {after} after");
    Ok(())
}

#[tokio::test]
async fn s31_an_object_that_cannot_be_read_is_reported_and_left_alone_and_the_others_go_on() -> Result<()> {
    let lab = lab().await;
    apply(
        &lab,
        &[
            contoso(),
            namespace("team", "contoso"),
            policy("team", "odd", "Odd"),
            policy("team", "desk", "Desk"),
            assignment("team", "finance", POLICY, "desk", json!([{"displayName": "Windows 365 Finance"}])),
            assignment("team", "analysts", POLICY, "desk", json!([{"id": ANALYSTS}])),
        ],
    )
    .await?;
    for name in ["finance", "analysts"] {
        ready(&lab, "Assignment", "team", name).await?;
    }
    let odd = ready(&lab, POLICY, "team", "odd").await?;
    let odd = crate::scene::id(&odd)?;
    loosen(&lab, "provisioningpolicies.cloudpc.dev", "displayName").await?;
    loosen(&lab, "assignments.cloudpc.dev", "groups/items/properties/displayName").await?;
    let mark = lab.sim.mark().await?;
    spoil(&lab, lab.operator(), POLICY, "odd", json!({"displayName": 5})).await?;
    spoil(
        &lab,
        lab.operator(),
        "Assignment",
        "finance",
        json!({"groups": [{"displayName": 5}]}),
    )
    .await?;
    others_go_on(&lab, "first").await.context("beside objects that became unreadable")?;

    // The same holds for a process that never saw them readable.
    let (status, _) = lab.operator().terminate().await?;
    ensure!(status.success(), "it ended with {status}");
    let successor = lab.start_operator().await?;
    successor.wait_leading().await?;
    others_go_on(&lab, "second")
        .await
        .context("in a process that never saw them readable")?;
    assert_eq!(writes_to(&lab, mark, &odd).await?.len(), 0);
    graph(&lab, POLICIES, "Odd").await?;

    change(&lab, POLICY, "team", "odd", json!({"displayName": "Even"})).await?;
    change(&lab, "Assignment", "team", "finance", json!({"groups": [{"id": ANALYSTS}]})).await?;
    let even = ready(&lab, POLICY, "team", "odd").await?;
    assert_eq!(crate::scene::id(&even)?, odd);
    ready(&lab, "Assignment", "team", "finance").await?;
    eventually(PATIENCE, "the group that is not declared any more is taken off", async || {
        let assigned = groups(&graph(&lab, POLICIES, "Desk").await?);
        ensure!(assigned.len() == 2 && !assigned.contains(&FINANCE.to_owned()), "{assigned:?}");
        Ok(())
    })
    .await
}

/// Objects of the same kind are made and changed, and the groups of the unreadable Assignment stay.
async fn others_go_on(lab: &Lab, step: &str) -> Result<()> {
    apply(lab, &[policy("team", step, step)]).await?;
    ready(lab, POLICY, "team", step).await?;
    change(lab, POLICY, "team", "desk", json!({"description": step})).await?;
    ready(lab, POLICY, "team", "desk").await?;
    // If a group were to be removed, it would be when another one is added.
    let newcomers = json!([{"id": ANALYSTS}, {"mailNickname": format!("w365-{step}")}]);
    let seed = json!({"tenants": [{"id": lab::TENANT, "groups": [{"displayName": step, "mailNickname": format!("w365-{step}")}]}]});
    lab.sim.seed(&seed.to_string()).await?;
    change(lab, "Assignment", "team", "analysts", json!({"groups": newcomers})).await?;
    lab.wait_condition("Assignment", "team", "analysts", "Ready", "True", seconds(60))
        .await?;
    reconcile(lab, POLICY, "team", "desk", step).await?;
    let desk = graph(lab, POLICIES, "Desk").await?;
    assert_eq!(desk["description"], step);
    let assigned = groups(&desk);
    ensure!(assigned.iter().any(|group| group == FINANCE) && assigned.len() == 3, "{assigned:?}");
    Ok(())
}
