//! A cluster in which a removal got stuck: definitions and resources in Terminating, and no controller that removes their finalizers.

use super::commands::{bash, blocks};
use super::{BOUND, STANDING, TEAM, in_graph, replica, settle, untouched};
use crate::scene::PATIENCE;
use crate::support::lab;
use anyhow::{Context, Result, ensure};
use lab::{Lab, NAMESPACE, eventually};

const GET: [&str; 3] = ["get", "customresourcedefinition", "--output=name"];

/// What `kubectl delete -k manifests` did when definitions were a part of it, and nothing protected them.
async fn wedge(lab: &Lab) -> Result<()> {
    lab.operator().terminate().await?;
    lab.kubectl(&["annotate", "customresourcedefinition", "--all", "cloudpc.dev/allow-deletion=true"])
        .await?;
    lab.kubectl(&["delete", "customresourcedefinition", "--all", "--wait=false"])
        .await?;
    lab.kubectl(&["delete", "-k", "manifests"]).await?;
    for (kind, name, ..) in STANDING {
        lab.wait_object(kind, TEAM, name, "it is stuck", PATIENCE, |object| {
            object["metadata"]["deletionTimestamp"].is_string()
        })
        .await?;
    }
    Ok(())
}

async fn no_definition(lab: &Lab) -> Result<()> {
    eventually(PATIENCE, "no definition is left", async || {
        let left = lab.kubectl(&GET).await?;
        ensure!(left.is_empty(), "{left}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn f61_a_stuck_removal_ends_when_the_operator_is_put_back_and_graph_is_left_alone() -> Result<()> {
    let lab = lab().await;
    settle(&lab).await?;
    let (mark, before) = (lab.sim.mark().await?, in_graph(&lab).await?);
    wedge(&lab).await?;
    let steps = blocks("When a removal got stuck")?;
    bash(&lab, steps[0]).await?;
    let _operator = replica(&lab).await?;
    no_definition(&lab).await?;
    untouched(&lab, mark, &before).await?;
    for ((kind, name, ..), object) in STANDING.into_iter().zip(&before) {
        let note = lab.wait_event(kind, name, "Released", PATIENCE).await?.note.unwrap_or_default();
        ensure!(note.contains(object["id"].as_str().context("an id")?), "{note}");
    }
    Ok(())
}

#[tokio::test]
async fn f61_where_no_controller_can_run_finalizers_are_taken_off_by_hand() -> Result<()> {
    let lab = lab().await;
    settle(&lab).await?;
    let (mark, before) = (lab.sim.mark().await?, in_graph(&lab).await?);
    wedge(&lab).await?;
    let steps = blocks("When a removal got stuck")?;
    ensure!(steps.len() == 2, "{steps:#?}");
    let printed = bash(&lab, steps[1]).await?;
    for name in STANDING.iter().map(|(_, name, ..)| *name).chain(BOUND).chain(["contoso"]) {
        ensure!(printed.contains(&format!("/{name} patched")), "{name}: {printed}");
    }
    no_definition(&lab).await?;
    ensure!(!lab.kubectl(&["get", "namespace", "--output=name"]).await?.contains(NAMESPACE));
    untouched(&lab, mark, &before).await
}
