//! Definitions: protected unless an annotation allows their deletion; and what happens to their objects then.

use super::commands::{bash, blocks, follow, headings};
use super::{BOUND, POLICIES, POLICY, SETTING, STANDING, TEAM, declared, in_graph, replica, settle, told_of, untouched};
use crate::scene::{
    ANALYSTS, CONTRACTORS, FINANCE, PATIENCE, apply, assignment, change, delete, graph, groups, ready, reconcile, request, told, two_polls,
};
use crate::support::{lab, options};
use anyhow::{Context, Result, ensure};
use cloudpc_operator::api::all_crds;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use lab::{Lab, eventually};
use serde_json::{Value, json};

/// The names of all our definitions.
fn definitions() -> Vec<String> {
    all_crds().into_iter().filter_map(|crd| crd.metadata.name).collect()
}

const TENANTS: &str = "entratenants.cloudpc.dev";
const USER_SETTINGS: &str = "usersettings.cloudpc.dev";
const ASSIGNMENTS: &str = "assignments.cloudpc.dev";

/// A definition of another project.
const FOREIGN: &str = r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.org"},
    "spec": {"group": "example.org", "names": {"kind": "Thing", "plural": "things", "singular": "thing"}, "scope": "Namespaced", "versions":
    [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}}"#;

/// Waits until the API server refuses: a policy takes effect a moment after it was made.
async fn kept(lab: &Lab) -> Result<()> {
    eventually(PATIENCE, "definitions are kept", async || {
        let tried = lab.kubectl(&["delete", "crd", TENANTS, "--dry-run=server"]).await;
        ensure!(tried.is_err(), "it would be deleted");
        Ok(())
    })
    .await
}

/// The definitions are there, and none is being deleted.
async fn are_there(lab: &Lab) -> Result<()> {
    let api: Api<CustomResourceDefinition> = Api::all(lab.client());
    for name in definitions() {
        let found = api.get_opt(&name).await?.with_context(|| format!("{name} is gone"))?;
        ensure!(found.metadata.deletion_timestamp.is_none(), "{name} is being deleted");
    }
    Ok(())
}

/// What an attempt is refused with.
async fn refused(lab: &Lab, arguments: &[&str]) -> Result<String> {
    match lab.kubectl(arguments).await {
        Ok(printed) => anyhow::bail!("kubectl {} did it: {printed}", arguments.join(" ")),
        Err(error) => Ok(format!("{error:#}")),
    }
}

#[tokio::test]
async fn s51_a_definition_is_deleted_only_when_it_says_that_it_may_be() -> Result<()> {
    let lab = Lab::start(options().without_operator()).await?;
    kept(&lab).await?;
    for name in definitions() {
        let said = refused(&lab, &["delete", "crd", &name]).await?;
        let command = format!("kubectl annotate customresourcedefinition {name} cloudpc.dev/allow-deletion=true");
        ensure!(said.contains(&command) && said.contains("docs/uninstall.md"), "{said}");
    }
    lab.apply_yaml(FOREIGN).await?;
    lab.kubectl(&["delete", "crd", "things.example.org"]).await?;
    let all = Api::<CustomResourceDefinition>::all(lab.client())
        .delete_collection(&DeleteParams::default(), &ListParams::default())
        .await;
    ensure!(all.is_err(), "{all:?}");
    are_there(&lab).await?;

    // Together with the policy that protects them, and once more now that the policy is being deleted.
    for _ in 0..2 {
        let said = refused(&lab, &["delete", "-k", "crds"]).await?;
        ensure!(definitions().iter().all(|name| said.contains(name)), "{said}");
        kept(&lab).await?;
        are_there(&lab).await?;
    }
    // The policy outlasts the controller, and installing again on top of it is no error.
    follow(&lab, "Remove the controller").await?;
    refused(&lab, &["delete", "-k", "crds"]).await?;
    follow(&lab, "Put it back").await?;
    kept(&lab).await?;
    are_there(&lab).await?;

    let name = USER_SETTINGS;
    for (value, may) in [("false", false), ("True", false), ("true", true)] {
        let annotation = format!("cloudpc.dev/allow-deletion={value}");
        lab.kubectl(&["annotate", "--overwrite", "crd", name, &annotation]).await?;
        let tried = lab.kubectl(&["delete", "crd", name, "--dry-run=server"]).await;
        ensure!(tried.is_ok() == may, "{value}: {tried:?}");
    }
    lab.kubectl(&["delete", "crd", name]).await?;
    refused(&lab, &["delete", "crd", ASSIGNMENTS]).await.map(drop)
}

/// Every resource that was deleted has reported the id of its object in Graph. (A policy may have another event of this reason:
/// that an Assignment was deleted without releasing its groups.)
async fn each_is_told(lab: &Lab, before: &[Value]) -> Result<()> {
    for ((kind, name, ..), object) in STANDING.into_iter().zip(before) {
        let graph_id = object["id"].as_str().context("an id")?;
        eventually(PATIENCE, &format!("{kind} {name} says what it leaves in Graph"), async || {
            let events = lab.events(kind, name).await?;
            let released = events.into_iter().filter(|event| event.reason.as_deref() == Some("Released"));
            let notes: Vec<String> = released.filter_map(|event| event.note).collect();
            let told = notes.iter().any(|note| note.contains(graph_id) && note.contains("definition"));
            ensure!(told, "{notes:?}");
            Ok(())
        })
        .await?;
        let lines = told_of(lab.operator(), "left in Graph, because a definition is being deleted", graph_id)?;
        ensure!(!lines.is_empty(), "the log does not name {graph_id}");
    }
    Ok(())
}

#[tokio::test]
async fn s51_definitions_that_are_deleted_on_purpose_leave_everything_in_graph() -> Result<()> {
    let lab = lab().await;
    settle(&lab).await?;
    // What would delay another deletion does not delay this one.
    change(&lab, SETTING, TEAM, "resting", json!({"suspend": true})).await?;
    told(&lab, SETTING, TEAM, "resting", ("Synced", "Unknown", "Suspended")).await?;
    let (mark, before) = (lab.sim.mark().await?, in_graph(&lab).await?);

    let steps = blocks("Remove everything")?;
    let [keep, delete, controller, policy] = steps.as_slice() else {
        anyhow::bail!("other steps than these: {steps:#?}");
    };
    let listed = bash(&lab, keep).await?;
    for object in &before {
        ensure!(listed.contains(object["id"].as_str().context("an id")?), "{listed}");
    }
    bash(&lab, delete).await?;
    untouched(&lab, mark, &before).await?;
    each_is_told(&lab, &before).await?;
    bash(&lab, controller).await?;
    bash(&lab, policy).await?;
    untouched(&lab, mark, &before).await?;
    let left = lab
        .kubectl(&[
            "get",
            "crd,validatingadmissionpolicy,validatingadmissionpolicybinding,namespace,clusterrole",
            "--output=name",
        ])
        .await?;
    ensure!(!left.contains("cloudpc"), "{left}");

    // And all of it again: no orphaned object is adopted.
    follow(&lab, "Put it back").await?;
    let _operator = replica(&lab).await?;
    apply(&lab, &declared()).await?;
    ready(&lab, "EntraTenant", "", "contoso").await?;
    for (kind, name, ..) in STANDING {
        told(&lab, kind, TEAM, name, ("Ready", "False", "NameConflict")).await?;
    }
    untouched(&lab, mark, &before).await
}

#[tokio::test]
async fn s51_groups_outlast_the_definition_of_assignments() -> Result<()> {
    let lab = lab().await;
    settle(&lab).await?;
    let (mark, before) = (lab.sim.mark().await?, in_graph(&lab).await?);
    let name = ASSIGNMENTS;
    lab.kubectl(&["annotate", "crd", name, "cloudpc.dev/allow-deletion=true"]).await?;
    lab.kubectl(&["delete", "crd", name]).await?;
    let desk = before[0]["id"].as_str().context("an id")?;
    for name in BOUND {
        let note = lab
            .wait_event("Assignment", name, "Released", PATIENCE)
            .await?
            .note
            .unwrap_or_default();
        ensure!(note.contains("keeps") && (name != "finance" || note.contains(desk)), "{note}");
    }
    // While the definition is gone, and when it is back without a resource.
    for installed in [false, true] {
        if installed {
            follow(&lab, "Put it back").await?;
        }
        for (kind, object) in [(POLICY, "desk"), (POLICY, "closed"), (SETTING, "users")] {
            reconcile(&lab, kind, TEAM, object, &format!("installed {installed}")).await?;
        }
        two_polls(&lab, POLICIES).await?;
        untouched(&lab, mark, &before).await?;
    }
    lab.wait_object(POLICY, TEAM, "desk", "the groups count as foreign", PATIENCE, |object| {
        object["status"]["foreignAssignments"] == json!([FINANCE, ANALYSTS])
    })
    .await?;
    let closed = lab.get(POLICY, TEAM, "closed").await?.context("it is there")?;
    ensure!(
        closed["status"]["assignmentProblems"][0]["reason"] == "RemovalHeld",
        "{}",
        closed["status"]
    );

    apply(&lab, &declared()).await?;
    for name in BOUND {
        // A watch that has failed for a while is retried after a minute at the latest, and may fail once more.
        lab.wait_condition("Assignment", TEAM, name, "Ready", "True", PATIENCE * 2).await?;
    }
    untouched(&lab, mark, &before).await?;
    // From now on the groups are declared again, and are removed when no Assignment declares them.
    apply(&lab, &[assignment(TEAM, "finance", POLICY, "desk", json!([{"id": FINANCE}]))]).await?;
    ready(&lab, "Assignment", TEAM, "finance").await?;
    ensure!(groups(&graph(&lab, POLICIES, "Desk").await?) == [FINANCE]);
    ensure!(groups(&graph(&lab, POLICIES, "Closed").await?) == [CONTRACTORS]);
    Ok(())
}

#[tokio::test]
async fn s51_while_there_is_no_definition_of_tenants_deleted_objects_stay_in_graph() -> Result<()> {
    let lab = lab().await;
    settle(&lab).await?;
    let (mark, before) = (lab.sim.mark().await?, in_graph(&lab).await?);
    let name = TENANTS;
    lab.kubectl(&["annotate", "crd", name, "cloudpc.dev/allow-deletion=true"]).await?;
    // The tenant does not wait for the resources that refer to it.
    lab.kubectl(&["delete", "crd", name, "--timeout=60s"]).await?;
    request(&lab, SETTING, TEAM, "users", "without").await?;
    told(&lab, SETTING, TEAM, "users", ("Ready", "False", "TenantNotFound")).await?;
    delete(&lab, POLICY, TEAM, "desk").await?;
    lab.wait_gone(POLICY, TEAM, "desk", PATIENCE).await?;
    let note = lab.wait_event(POLICY, "desk", "Released", PATIENCE).await?.note.unwrap_or_default();
    ensure!(
        note.contains(name) && note.contains(before[0]["id"].as_str().context("an id")?),
        "{note}"
    );

    follow(&lab, "Put it back").await?;
    apply(&lab, &declared()[..1]).await?;
    lab.wait_condition("EntraTenant", "", "contoso", "Ready", "True", PATIENCE * 2)
        .await?;
    ready(&lab, SETTING, TEAM, "users").await?;
    untouched(&lab, mark, &before).await
}

/// Commands in the documentation that no test has run may be wrong.
#[test]
fn f61_every_command_of_the_page_is_run_by_a_test() {
    let run = [
        "Remove the controller",
        "Put it back",
        "Remove everything",
        "When a removal got stuck",
    ];
    assert_eq!(headings(), run);
}
