//! S25: objects of other authors are never changed. Every lab checks that when it ends; here such objects are as similar to
//! the operator's own as possible.

use crate::support::*;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// Objects that a person creates: with the names that the operator is about to use, in another case, and with its groups.
async fn by_hand(stage: &Stage) -> Result<Vec<Value>> {
    let image = only(&stage.lab, Kind::Policy, "template").await?;
    let policy = json!({
        "displayName": "NEIGHBOUR", "imageId": image["imageId"], "imageDisplayName": image["imageDisplayName"], "imageType": "gallery",
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
    });
    let setting = json!({"displayName": "NEIGHBOUR", "localAdminEnabled": true, "resetEnabled": true});
    for (kind, body) in [(Kind::Policy, policy), (Kind::Setting, setting)] {
        let root = format!("/beta/deviceManagement/virtualEndpoint/{}", kind.collection());
        let made = stage.lab.sim.portal("POST", &root, Some(body)).await?;
        let id = made["id"].as_str().context("an id")?;
        let groups = json!({"assignments": [{"target": {"@odata.type": "#microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": ANALYSTS.1}}]});
        stage.lab.sim.portal("POST", &format!("{root}/{id}/assign"), Some(groups)).await?;
    }
    foreign(stage).await
}

async fn foreign(stage: &Stage) -> Result<Vec<Value>> {
    let policy = only(&stage.lab, Kind::Policy, "NEIGHBOUR").await?;
    Ok(vec![policy, only(&stage.lab, Kind::Setting, "NEIGHBOUR").await?])
}

#[tokio::test]
async fn s25_what_somebody_else_made_is_never_changed() -> Result<()> {
    let mut stage = Stage::new().await?;
    stage.lab.apply_yaml(&object(Kind::Policy, "template", "")).await?;
    ready(&stage.lab, "ProvisioningPolicy", "template").await?;
    let before = by_hand(&stage).await?;
    for kind in [Kind::Policy, Kind::Setting] {
        // A name that is in use, and a create whose answer is lost while an object of the same name exists.
        let lab = &stage.lab;
        lab.apply_yaml(&object(kind, "neighbour", "")).await?;
        lab.apply_yaml(&assignment(
            &format!("neighbour-{}", kind.collection().to_lowercase()),
            kind,
            "neighbour",
            &[ANALYSTS],
        ))
        .await?;
        let conflict = |status: &Value| condition(status, "Stalled")["reason"] == "NameConflict";
        status(lab, kind, "neighbour", "the namesake is seen", conflict).await?;
        fault(lab, "POST", &kind.path(""), json!({"cut": "after"})).await?;
        lab.apply_yaml(&object(kind, "beside", "")).await?;
        stands_alone(lab, kind, "beside").await?;
    }
    stage.crash().await?;
    for kind in [Kind::Policy, Kind::Setting] {
        reconciled(&stage.lab, kind.name(), "neighbour").await?;
        stage.lab.delete_yaml(&object(kind, "neighbour", "")).await?;
        stage.lab.delete_yaml(&object(kind, "beside", "")).await?;
    }
    ensure!(foreign(&stage).await? == before, "changed: {before:#?}");
    let writes = stage.lab.sim.foreign_writes().await?;
    ensure!(writes.is_empty(), "{writes:#?}");
    Ok(())
}
