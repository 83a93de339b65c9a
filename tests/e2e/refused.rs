//! What a person has to decide: the controller reports it once, by name and id, repeats nothing, and continues after the decision.

use crate::scene::{
    CONTRACTORS, FINANCE, apply, assignment, change, contoso, delete, find, graph, groups, id, namespace, path, policy, ready, reconcile,
    setting, told, two_polls, with, writes_to,
};
use crate::support::lab;
use anyhow::{Context, Result, ensure};
use lab::{Lab, TENANT, eventually, operations, seconds};
use serde_json::{Value, json};

const POLICY: &str = "ProvisioningPolicy";
const POLICIES: &str = "provisioningPolicies";
const SETTING: &str = "UserSetting";
const SETTINGS: &str = "userSettings";
const CREATE: &str = "/beta/deviceManagement/virtualEndpoint/provisioningPolicies";

fn stalled(reason: &'static str) -> (&'static str, &'static str, &'static str) {
    ("Stalled", "True", reason)
}

#[tokio::test]
async fn a_namespace_gets_in_by_its_label_and_two_groups_of_one_name_stop_the_assignment_alone() -> Result<()> {
    let lab = lab().await;
    apply(&lab, &[contoso(), namespace("inside", "contoso"), namespace("outside", "fabrikam")]).await?;
    ready(&lab, "EntraTenant", "", "contoso").await?;
    ambiguous_group(&lab).await.context("two groups of one name")?;
    namespace_not_allowed(&lab).await.context("a namespace that is not let in")
}

async fn namespace_not_allowed(lab: &Lab) -> Result<()> {
    let mark = lab.sim.mark().await?;
    apply(lab, &[setting("outside", "users", "Outside")]).await?;
    let message = told(lab, SETTING, "outside", "users", stalled("NamespaceNotAllowed")).await?;
    ensure!(message.contains("\"contoso\"") && message.contains("\"outside\""), "{message}");
    let before = reconcile(lab, SETTING, "outside", "users", "now").await?;
    // The tenant is polled for the allowed namespace, and nothing is requested for the other one.
    two_polls(lab, POLICIES).await?;
    let mut requests = lab.sim.graph_requests(mark).await?;
    requests.retain(|entry| entry.path.contains(SETTINGS));

    apply(lab, &[namespace("outside", "contoso")]).await?;
    let after = ready(lab, SETTING, "outside", "users").await?;
    assert_eq!(after["metadata"]["generation"], before["metadata"]["generation"]);
    let object = graph(lab, SETTINGS, "Outside").await?;
    // No longer allowed, it stays as it is.
    apply(lab, &[namespace("outside", "fabrikam")]).await?;
    told(lab, SETTING, "outside", "users", stalled("NamespaceNotAllowed")).await?;
    assert_eq!(graph(lab, SETTINGS, "Outside").await?, object);
    ensure!(
        requests.is_empty(),
        "requests for an object that was not let in: {:?}",
        operations(&requests)
    );
    Ok(())
}

async fn ambiguous_group(lab: &Lab) -> Result<()> {
    let ids = ["33333333-0000-4000-8000-000000000021", "33333333-0000-4000-8000-000000000022"];
    let twins: Vec<Value> = ids.iter().map(|id| json!({"id": id, "displayName": "Twins"})).collect();
    lab.sim
        .seed(&json!({"tenants": [{"id": TENANT, "groups": twins}]}).to_string())
        .await?;
    let twins = json!([{"displayName": "Twins"}]);
    apply(
        lab,
        &[
            policy("inside", "twins", "Twins"),
            assignment("inside", "twins", POLICY, "twins", twins),
        ],
    )
    .await?;
    let message = told(lab, "Assignment", "inside", "twins", stalled("AmbiguousReference")).await?;
    ensure!(ids.iter().all(|id| message.contains(id)), "{message}");
    let policy = ready(lab, POLICY, "inside", "twins").await?;
    ensure!(find(&policy, "Stalled").is_none(), "{}", policy["status"]);
    assert_eq!(groups(&graph(lab, POLICIES, "Twins").await?), [""; 0]);
    change(lab, "Assignment", "inside", "twins", json!({"groups": [{"id": ids[1]}]})).await?;
    ready(lab, "Assignment", "inside", "twins").await?;
    assert_eq!(groups(&graph(lab, POLICIES, "Twins").await?), [ids[1]]);
    Ok(())
}

#[tokio::test]
async fn what_graph_refuses_is_not_sent_again_until_the_spec_changes() -> Result<()> {
    let lab = lab().await;
    apply(&lab, &[contoso(), namespace("team", "contoso")]).await?;
    refused_create(&lab).await.context("a create that Graph refuses")?;
    refused_assign(&lab).await.context("an assignment that Graph refuses")
}

async fn refused_create(lab: &Lab) -> Result<()> {
    let body = json!({"error": {"code": "BadRequest", "message": "The region is full.", "innerError": {"code": "RegionFull"}}});
    let rule = json!({"match": {"method": "POST", "path": format!("*/{POLICIES}")}, "times": -1, "fault": {"status": 400, "body": body}});
    lab.sim.fault(rule).await?;
    apply(lab, &[policy("team", "full", "Full")]).await?;
    let message = told(lab, POLICY, "team", "full", stalled("Refused")).await?;
    two_polls(lab, POLICIES).await?;
    let sent = creates(lab, "Full").await?;
    let [request_id] = sent.as_slice() else {
        anyhow::bail!("it was sent {} times", sent.len());
    };
    for part in ["The region is full.", "RegionFull", request_id] {
        ensure!(message.contains(part), "{part:?} is not in {message}");
    }
    lab.sim.clear_faults().await?;
    change(lab, POLICY, "team", "full", json!({"description": "elsewhere"})).await?;
    let object = ready(lab, POLICY, "team", "full").await?;
    assert_eq!(graph(lab, POLICIES, "Full").await?["id"], object["status"]["id"]);
    Ok(())
}

/// The request ids of the attempts to create a policy.
async fn creates(lab: &Lab, display_name: &str) -> Result<Vec<String>> {
    let mut writes = lab.sim.writes(0).await?;
    writes.retain(|entry| {
        let body = entry.body.as_ref();
        entry.method == "POST" && entry.path.ends_with(POLICIES) && body.is_some_and(|body| body["displayName"] == display_name)
    });
    Ok(writes.into_iter().map(|entry| entry.request_id).collect())
}

/// A real rule of the service: a service plan goes with Frontline only.
async fn refused_assign(lab: &Lab) -> Result<()> {
    let wrong = json!([{"id": FINANCE, "servicePlanId": "55555555-0000-4000-8000-000000000001", "allotmentLicensesCount": 1}]);
    apply(
        lab,
        &[
            assignment("team", "desk", POLICY, "desk", wrong),
            with(policy("team", "desk", "Desk"), json!({"provisioningType": "dedicated"})),
        ],
    )
    .await?;
    let message = told(lab, "Assignment", "team", "desk", stalled("InvalidSpec")).await?;
    ensure!(message.contains("servicePlanId"), "{message}");
    // Only that Assignment is affected.
    ready(lab, POLICY, "team", "desk").await?;
    two_polls(lab, POLICIES).await?;
    let object = graph(lab, POLICIES, "Desk").await?;
    let sent = writes_to(lab, 0, object["id"].as_str().unwrap_or_default()).await?;

    change(lab, "Assignment", "team", "desk", json!({"groups": [{"id": FINANCE}]})).await?;
    ready(lab, "Assignment", "team", "desk").await?;
    ready(lab, POLICY, "team", "desk").await?;
    assert_eq!(groups(&graph(lab, POLICIES, "Desk").await?), [FINANCE]);
    ensure!(sent.is_empty(), "what is known to be refused was sent: {:?}", operations(&sent));
    Ok(())
}

#[tokio::test]
async fn an_object_made_by_hand_is_left_alone_and_its_name_is_taken_once_it_is_free() -> Result<()> {
    let lab = lab().await;
    apply(&lab, &[contoso(), namespace("team", "contoso")]).await?;
    let made = policy("", "", "Taken")["spec"].clone();
    let body = json!({"displayName": "Taken", "imageId": "microsoftwindowsdesktop_windows-ent-cpc_win11-25h2-ent-cpc-m365", "imageType": "gallery",
        "imageDisplayName": made["imageDisplayName"], "domainJoinConfigurations": made["domainJoinConfigurations"]});
    let foreign = lab.sim.portal("POST", CREATE, Some(body)).await?;
    let foreign_id = foreign["id"].as_str().context("an id")?.to_owned();
    let groups = json!({"assignments": [{"target": {"@odata.type": "#microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": CONTRACTORS}}]});
    lab.sim
        .portal("POST", &path(POLICIES, &format!("{foreign_id}/assign")), Some(groups))
        .await?;
    let before = graph(&lab, POLICIES, "Taken").await?;

    let finance = json!([{"id": FINANCE}]);
    apply(
        &lab,
        &[
            policy("team", "taken", "Taken"),
            assignment("team", "taken", POLICY, "taken", finance),
        ],
    )
    .await?;
    let message = told(&lab, POLICY, "team", "taken", stalled("NameConflict")).await?;
    ensure!(message.contains(&foreign_id), "{message}");
    two_polls(&lab, POLICIES).await?;
    let again = reconcile(&lab, POLICY, "team", "taken", "again").await?;
    told(&lab, POLICY, "team", "taken", stalled("NameConflict")).await?;
    ensure!(again["status"].get("id").is_none(), "{}", again["status"]);
    assert_eq!(graph(&lab, POLICIES, "Taken").await?, before);
    assert_eq!(lab.sim.writes(0).await?.len(), 0);

    // The author of the object renames it: there is no conflict any more.
    let renamed = json!({"displayName": "Taken by hand"});
    lab.sim.portal("PATCH", &path(POLICIES, &foreign_id), Some(renamed)).await?;
    let object = ready(&lab, POLICY, "team", "taken").await?;
    ensure!(id(&object)? != foreign_id, "the foreign object was taken");
    assert_eq!(writes_to(&lab, 0, &foreign_id).await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn of_two_resources_with_one_name_the_older_has_it_and_the_younger_follows() -> Result<()> {
    let lab = lab().await;
    apply(&lab, &[namespace("one", "contoso"), namespace("two", "contoso")]).await?;
    apply(&lab, &[policy("two", "elder", "Shared name")]).await?;
    let elder = created_at(&lab, "two", "elder").await?;
    // Kubernetes counts age in seconds, so the younger one is created again until it is younger.
    eventually(seconds(30), "a younger resource", async || {
        apply(&lab, &[policy("one", "younger", "shared NAME")]).await?;
        let younger = created_at(&lab, "one", "younger").await?;
        if younger <= elder {
            lab.kubectl(&["delete", "provisioningpolicies", "-n", "one", "--all"]).await?;
        }
        ensure!(younger > elder, "both were made at {elder}");
        Ok(())
    })
    .await?;
    // Neither has an object so far, so only their age decides.
    apply(&lab, &[contoso()]).await?;
    let owner = ready(&lab, POLICY, "two", "elder").await?;
    let message = told(&lab, POLICY, "one", "younger", stalled("NameConflict")).await?;
    ensure!(!message.contains("elder"), "a resource of another namespace is named: {message}");
    two_polls(&lab, POLICIES).await?;
    assert_eq!(lab.sim.objects(POLICIES).await?.len(), 1);

    delete(&lab, POLICY, "two", "elder").await?;
    lab.wait_gone(POLICY, "two", "elder", seconds(60)).await?;
    let heir = ready(&lab, POLICY, "one", "younger").await?;
    ensure!(id(&heir)? != id(&owner)?, "a deleted object was taken");
    assert_eq!(lab.sim.objects(POLICIES).await?.len(), 1);
    Ok(())
}

async fn created_at(lab: &Lab, namespace: &str, name: &str) -> Result<String> {
    let object = lab.get(POLICY, namespace, name).await?.context("it was just applied")?;
    Ok(object["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned())
}
