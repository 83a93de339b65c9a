//! Which resource an object belongs to, across namespaces, EntraTenants, clusters and forged statuses (S43, S45, S46).

use crate::support::*;
use anyhow::{Context, Result, ensure};
use lab::{Entry, Lab};
use serde_json::{Value, json};

const OTHER: &str = "team-other";

/// A second EntraTenant for the same tenant of Entra, which allows another namespace.
async fn second_tenant(lab: &Lab, name: &str, tenant_id: &str) -> Result<()> {
    lab.apply_yaml(&format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: {OTHER}}}}}
---
apiVersion: cloudpc.dev/v1alpha1
kind: EntraTenant
metadata: {{name: {name}}}
spec:
  tenantId: {tenant_id}
  clientId: 22222222-2222-2222-2222-222222222222
  allowedNamespaces: {{names: [{OTHER}]}}
  interval: 5s
  safety: {{maxCloudPCsAtRisk: 1000}}
"
    ))
    .await
    .map(drop)
}

/// An object of another namespace, under another EntraTenant.
fn elsewhere(kind: Kind, name: &str, tenant: &str, display_name: &str) -> String {
    object(kind, name, "")
        .replace(&format!("namespace: {NS}"), &format!("namespace: {OTHER}"))
        .replace("name: contoso", &format!("name: {tenant}"))
        .replace(&format!("displayName: {name}"), &format!("displayName: {display_name}"))
}

async fn stalled(lab: &Lab, kind: Kind, namespace: &str, name: &str, reason: &str) -> Result<Value> {
    let object = lab
        .wait_object(kind.name(), namespace, name, &format!("Stalled {reason}"), PATIENCE, |object| {
            condition(&object["status"], "Stalled")["reason"] == reason
        })
        .await?;
    Ok(object["status"].clone())
}

fn concerning(entries: &[Entry], id: &Value) -> Vec<Entry> {
    let id = id.as_str().unwrap_or("none");
    entries
        .iter()
        .filter(|entry| entry.is_write() && entry.path.contains(id))
        .cloned()
        .collect()
}

/// Writes a status into a resource, as a user with that right can.
async fn forge(lab: &Lab, kind: Kind, namespace: &str, name: &str, status: &Value) -> Result<()> {
    let patch = json!({"status": status}).to_string();
    let resource = kind.name().to_lowercase();
    lab.kubectl(&[
        "patch",
        &resource,
        "-n",
        namespace,
        name,
        "--subresource=status",
        "--type=merge",
        "-p",
        &patch,
    ])
    .await
    .map(drop)
}

#[tokio::test]
async fn s45_two_entratenants_of_one_tenant_never_hold_one_object() -> Result<()> {
    let stage = Stage::polling("5s").await?;
    let lab = &stage.lab;
    second_tenant(lab, "contoso-two", lab::TENANT).await?;
    lab.wait_condition("EntraTenant", "", "contoso-two", "Ready", "True", PATIENCE)
        .await?;
    let (name, kind) = ("shared-name", Kind::Policy);
    // The first one loses its answer while the second one asks for the same name.
    let mark = lab.sim.mark().await?;
    fault(lab, "POST", &kind.path(""), json!({"cut": "after"})).await?;
    lab.apply_yaml(&object(kind, name, "")).await?;
    struck(lab, 1).await?;
    lab.apply_yaml(&elsewhere(kind, "second", "contoso-two", name)).await?;
    let remote = stands_alone(lab, kind, name).await?;
    let status = stalled(lab, kind, OTHER, "second", "NameConflict").await?;
    ensure!(status["id"].is_null(), "{status}");
    let message = condition(&status, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    ensure!(!message.contains(NS), "another namespace is named: {message}");
    ensure!(creates(&lab.sim.writes(mark).await?, name).len() == 1);
    // It is deleted, and the object of the first one stays.
    let mark = lab.sim.mark().await?;
    lab.delete_yaml(&elsewhere(kind, "second", "contoso-two", name)).await?;
    lab.wait_gone(kind.name(), OTHER, "second", PATIENCE).await?;
    ensure!(only(lab, kind, name).await?["id"] == remote["id"]);
    ensure!(concerning(&lab.sim.writes(mark).await?, &remote["id"]).is_empty());
    Ok(())
}

#[tokio::test]
async fn f60_a_rename_onto_a_taken_name_is_refused_before_anything_is_sent() -> Result<()> {
    let stage = Stage::polling("5s").await?;
    let lab = &stage.lab;
    let by_hand = json!({"displayName": "Taken by hand", "localAdminEnabled": true});
    lab.sim
        .portal("POST", "/beta/deviceManagement/virtualEndpoint/userSettings", Some(by_hand))
        .await?;
    for unique in [false, true] {
        lab.sim.options(json!({"uniqueNames": unique})).await?;
        let (first, second) = (format!("first-{unique}"), format!("second-{unique}"));
        for name in [&first, &second] {
            lab.apply_yaml(&object(Kind::Setting, name, "")).await?;
            stands_alone(lab, Kind::Setting, name).await?;
        }
        for taken in ["taken BY hand", &first.to_uppercase()] {
            let mark = lab.sim.mark().await?;
            lab.patch("UserSetting", NS, &second, &json!({"spec": {"displayName": taken}}))
                .await?;
            stalled(lab, Kind::Setting, NS, &second, "NameConflict").await?;
            reconciled(lab, "UserSetting", &second).await?;
            let writes = lab.sim.writes(mark).await?;
            ensure!(writes.is_empty(), "{taken}: {writes:#?}");
            lab.patch("UserSetting", NS, &second, &json!({"spec": {"displayName": second}}))
                .await?;
            ready(lab, "UserSetting", &second).await?;
        }
        // A free name is accepted.
        let free = format!("free-{unique}");
        lab.patch("UserSetting", NS, &second, &json!({"spec": {"displayName": free}}))
            .await?;
        ready(lab, "UserSetting", &second).await?;
        only(lab, Kind::Setting, &free).await?;
    }
    Ok(())
}

#[tokio::test]
async fn s43_a_forged_or_copied_id_writes_nothing_to_what_it_points_at() -> Result<()> {
    let mut stage = Stage::polling("5s").await?;
    let root = "/beta/deviceManagement/virtualEndpoint/provisioningPolicies";
    for name in ["ours", "forged"] {
        stage.lab.apply_yaml(&object(Kind::Policy, name, "")).await?;
        stands_alone(&stage.lab, Kind::Policy, name).await?;
    }
    let ours = status_now(&stage.lab, Kind::Policy, "ours").await?;
    let own = status_now(&stage.lab, Kind::Policy, "forged").await?;
    let template = only(&stage.lab, Kind::Policy, "ours").await?;
    let mut by_hand = json!({"displayName": "by hand", "imageType": "gallery"});
    for name in ["imageId", "imageDisplayName", "domainJoinConfigurations"] {
        by_hand[name] = template[name].clone();
    }
    let foreign = stage.lab.sim.portal("POST", root, Some(by_hand)).await?;

    // A running controller knows the right id and restores it.
    forge(&stage.lab, Kind::Policy, NS, "forged", &json!({"id": foreign["id"]})).await?;
    reconciled(&stage.lab, "ProvisioningPolicy", "forged").await?;
    let status = status_now(&stage.lab, Kind::Policy, "forged").await?;
    ensure!(status["id"] == own["id"], "{status}");

    // Forged while it is down: another writer's object, and another resource's.
    for (id, owner, reason) in [
        (&foreign["id"], own["owner"].clone(), "ClaimUnproven"),
        (&foreign["id"], Value::Null, "ClaimUnproven"),
        (&ours["id"], ours["owner"].clone(), "ClaimConflict"),
    ] {
        stage.operator.kill()?;
        forge(&stage.lab, Kind::Policy, NS, "forged", &json!({"id": id, "owner": owner})).await?;
        let mark = stage.lab.sim.mark().await?;
        stage.operator = start(&stage.lab).await?;
        // What has to be changed, and what has to be deleted: both are held.
        stage
            .lab
            .patch("ProvisioningPolicy", NS, "forged", &json!({"spec": {"description": "mine"}}))
            .await?;
        stalled(&stage.lab, Kind::Policy, NS, "forged", reason).await?;
        let writes = concerning(&stage.lab.sim.writes(mark).await?, id);
        ensure!(writes.is_empty(), "{reason}: {writes:#?}");
        ready(&stage.lab, "ProvisioningPolicy", "ours").await?;
    }
    stage
        .lab
        .kubectl(&["delete", "provisioningpolicy", "-n", NS, "forged", "--wait=false"])
        .await?;
    stalled(&stage.lab, Kind::Policy, NS, "forged", "ClaimConflict").await?;
    stage
        .lab
        .patch("ProvisioningPolicy", NS, "forged", &json!({"spec": {"deletionPolicy": "Orphan"}}))
        .await?;
    stage.lab.wait_gone("ProvisioningPolicy", NS, "forged", PATIENCE).await?;
    ensure!(only(&stage.lab, Kind::Policy, "ours").await?["id"] == ours["id"]);
    Ok(())
}

#[tokio::test]
async fn s43_a_status_of_another_cluster_or_tenant_is_stalled_and_its_objects_are_not_recreated() -> Result<()> {
    let stage = Stage::polling("5s").await?;
    let lab = &stage.lab;
    let fabrikam = "99999999-1111-1111-1111-111111111111";
    lab.sim
        .seed(&format!(
            "tenants: [{{id: {fabrikam}, displayName: Fabrikam, apps: [{{appId: 22222222-2222-2222-2222-222222222222, displayName: cloudpc-operator, roles: [CloudPC.ReadWrite.All, Group.Read.All, Organization.Read.All]}}]}}]"
        ))
        .await?;
    second_tenant(lab, "moving", lab::TENANT).await?;
    let yaml = elsewhere(Kind::Policy, "moved", "moving", "moved");
    lab.apply_yaml(&yaml).await?;
    lab.wait_condition("ProvisioningPolicy", OTHER, "moved", "Ready", "True", PATIENCE)
        .await?;
    let before = only(lab, Kind::Policy, "moved").await?;

    // The EntraTenant is deleted by force and created again under its name for another tenant.
    let patch = json!({"metadata": {"finalizers": null}}).to_string();
    lab.kubectl(&["delete", "entratenant", "moving", "--wait=false"]).await?;
    lab.kubectl(&["patch", "entratenant", "moving", "--type=merge", "-p", &patch])
        .await?;
    lab.wait_gone("EntraTenant", "", "moving", PATIENCE).await?;
    let mark = lab.sim.mark().await?;
    second_tenant(lab, "moving", fabrikam).await?;
    let status = stalled(lab, Kind::Policy, OTHER, "moved", "ForeignOwner").await?;
    ensure!(status["id"] == before["id"], "{status}");
    lab.kubectl(&["delete", "provisioningpolicy", "-n", OTHER, "moved", "--wait=false"])
        .await?;
    stalled(lab, Kind::Policy, OTHER, "moved", "ForeignOwner").await?;
    ensure!(lab.sim.writes(mark).await?.is_empty());
    ensure!(lab.sim.objects_of(fabrikam, "provisioningPolicies").await?.is_empty());
    ensure!(only(lab, Kind::Policy, "moved").await? == before);
    Ok(())
}

#[tokio::test]
async fn s43_a_status_restored_from_another_cluster_writes_nothing() -> Result<()> {
    let mut stage = Stage::polling("5s").await?;
    stage.lab.apply_yaml(&object(Kind::Policy, "restored", "")).await?;
    let before = stands_alone(&stage.lab, Kind::Policy, "restored").await?;
    stage.operator.kill()?;
    forge(
        &stage.lab,
        Kind::Policy,
        NS,
        "restored",
        &json!({"owner": {"cluster": "00000000-1111-2222-3333-444444444444"}}),
    )
    .await?;
    let mark = stage.lab.sim.mark().await?;
    stage.operator = start(&stage.lab).await?;
    let status = stalled(&stage.lab, Kind::Policy, NS, "restored", "ForeignOwner").await?;
    let message = condition(&status, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    ensure!(message.contains("another cluster") && message.contains("Orphan"), "{message}");
    ensure!(stage.lab.sim.writes(mark).await?.is_empty());
    ensure!(only(&stage.lab, Kind::Policy, "restored").await? == before);
    Ok(())
}

#[tokio::test]
async fn s43_an_intent_of_another_cluster_or_tenant_takes_nothing_and_creates_nothing() -> Result<()> {
    let stage = Stage::polling("5s").await?;
    let (lab, kind, name) = (&stage.lab, Kind::Policy, "intended");
    lab.apply_yaml(&object(kind, name, "suspend: true")).await?;
    lab.wait_condition(kind.name(), NS, name, "Ready", "Unknown", PATIENCE).await?;
    let intent = json!({"pendingCreate": {
        "attempt": "00000000-1111-2222-3333-444444444444", "since": "2026-01-05T08:00:00Z", "sent": "{}",
        "displayName": name, "cloud": "Public", "tenantId": lab::TENANT,
    }});
    forge(lab, kind, NS, name, &intent).await?;
    let mark = lab.sim.mark().await?;
    lab.apply_yaml(&object(kind, name, "")).await?;
    let status = stalled(lab, kind, NS, name, "ForeignOwner").await?;
    let message = condition(&status, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    ensure!(message.contains("another cluster") && message.contains("Orphan"), "{message}");
    ensure!(lab.sim.writes(mark).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn s46_what_a_tenant_does_not_let_in_reserves_no_name_and_blocks_no_deletion() -> Result<()> {
    let stage = Stage::polling("5s").await?;
    let lab = &stage.lab;
    lab.apply_yaml(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {OTHER}}}}}"))
        .await?;
    let (kind, name) = (Kind::Setting, "wanted");
    // Older than the rightful one: one in a namespace that no tenant allows, and one that is suspended.
    lab.apply_yaml(&elsewhere(kind, "hostile", "contoso", name)).await?;
    stalled(lab, kind, OTHER, "hostile", "NamespaceNotAllowed").await?;
    lab.apply_yaml(&object(kind, "sleeping", "suspend: true").replace("displayName: sleeping", &format!("displayName: {name}")))
        .await?;
    lab.apply_yaml(&object(kind, name, "")).await?;
    stands_alone(lab, kind, name).await?;

    // Allowed once, and not any more: its object keeps its name and its tenant.
    let let_in = |namespaces: &str| json!({"spec": {"allowedNamespaces": {"names": namespaces.split(' ').collect::<Vec<_>>()}}});
    lab.patch("EntraTenant", "", "contoso", &let_in(&format!("{NS} {OTHER}"))).await?;
    lab.apply_yaml(&elsewhere(kind, "once", "contoso", "once")).await?;
    lab.wait_condition("UserSetting", OTHER, "once", "Ready", "True", PATIENCE).await?;
    lab.patch("EntraTenant", "", "contoso", &let_in(NS)).await?;
    stalled(lab, kind, OTHER, "once", "NamespaceNotAllowed").await?;
    lab.apply_yaml(&object(kind, "late", "").replace("displayName: late", "displayName: once"))
        .await?;
    let status = stalled(lab, kind, NS, "late", "NameConflict").await?;
    let message = condition(&status, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    ensure!(!message.contains(OTHER), "{message}");
    for resource in ["late", "sleeping", name] {
        lab.kubectl(&["delete", "usersetting", "-n", NS, resource]).await?;
    }
    lab.kubectl(&["delete", "entratenant", "contoso", "--wait=false"]).await?;
    let waits = |object: &Value| {
        let message = condition(&object["status"], "Ready")["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        message.contains("once") && !message.contains("hostile")
    };
    lab.wait_object("EntraTenant", "", "contoso", "it waits for what it let in", PATIENCE, waits)
        .await?;
    lab.patch("UserSetting", OTHER, "once", &json!({"spec": {"deletionPolicy": "Orphan"}}))
        .await?;
    lab.kubectl(&["delete", "usersetting", "-n", OTHER, "once"]).await?;
    lab.wait_gone("EntraTenant", "", "contoso", PATIENCE).await?;
    let held = lab.get("UserSetting", OTHER, "hostile").await?.context("it is still there")?;
    ensure!(held["status"]["id"].is_null(), "{held}");
    Ok(())
}
