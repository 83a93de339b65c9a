//! A resource waits for what it refers to, and continues when that appears, in any order.

use crate::scene::{ANALYSTS, FINANCE, PATIENCE, apply, assignment, contoso, graph, groups, namespace, policy, ready, setting, told, with};
use crate::support::lab;
use anyhow::{Result, ensure};
use lab::{TENANT, seconds};
use serde_json::json;

const WAITING: (&str, &str) = ("Reconciling", "True");

#[tokio::test]
async fn objects_applied_in_reverse_order_wait_by_name_and_become_ready() -> Result<()> {
    let lab = lab().await;
    let finance = json!([{"displayName": "Windows 365 Finance"}]);
    apply(
        &lab,
        &[
            namespace("team", "contoso"),
            assignment("team", "desk", "ProvisioningPolicy", "standard", finance),
            assignment("team", "rights", "UserSetting", "users", json!([{"mailNickname": "w365-analysts"}])),
        ],
    )
    .await?;
    for (name, target) in [("desk", "ProvisioningPolicy \"standard\""), ("rights", "UserSetting \"users\"")] {
        let message = told(&lab, "Assignment", "team", name, (WAITING.0, WAITING.1, "TargetNotFound")).await?;
        ensure!(message.contains(target), "{message}");
    }

    apply(&lab, &[policy("team", "standard", "Standard"), setting("team", "users", "Users")]).await?;
    for (kind, name) in [("ProvisioningPolicy", "standard"), ("UserSetting", "users")] {
        let message = told(&lab, kind, "team", name, (WAITING.0, WAITING.1, "TenantNotFound")).await?;
        ensure!(message.contains("EntraTenant \"contoso\""), "{message}");
    }
    let message = told(&lab, "Assignment", "team", "desk", (WAITING.0, WAITING.1, "TargetNotReady")).await?;
    ensure!(message.contains("contoso"), "the cause of the cause is not named: {message}");
    ensure!(lab.sim.ledger(0).await?.is_empty(), "something was sent though no tenant is known");

    apply(&lab, &[contoso()]).await?;
    for (kind, name) in [
        ("ProvisioningPolicy", "standard"),
        ("UserSetting", "users"),
        ("Assignment", "desk"),
        ("Assignment", "rights"),
    ] {
        ready(&lab, kind, "team", name).await?;
    }
    assert_eq!(groups(&graph(&lab, "provisioningPolicies", "Standard").await?), [FINANCE]);
    assert_eq!(groups(&graph(&lab, "userSettings", "Users").await?), [ANALYSTS]);
    Ok(())
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one course of events")]
async fn a_group_and_an_image_that_appear_later_are_found_without_help() -> Result<()> {
    let lab = lab().await;
    let future = with(
        policy("team", "future", "Future"),
        json!({"imageDisplayName": "Windows 12 Enterprise"}),
    );
    let newcomers = json!([{"displayName": "Windows 365 Newcomers"}]);
    let both = json!([{"mailNickname": "w365-interns"}, {"displayName": "Windows 365 Finance"}]);
    apply(
        &lab,
        &[
            contoso(),
            namespace("team", "contoso"),
            future,
            setting("team", "users", "Users"),
            assignment("team", "newcomers", "UserSetting", "users", newcomers),
            assignment("team", "both", "UserSetting", "users", both),
        ],
    )
    .await?;
    let message = told(&lab, "ProvisioningPolicy", "team", "future", ("Stalled", "True", "ImageNotFound")).await?;
    ensure!(message.contains("Windows 12 Enterprise"), "{message}");
    for (name, group) in [
        ("newcomers", "displayName=Windows 365 Newcomers"),
        ("both", "mailNickname=w365-interns"),
    ] {
        let message = told(&lab, "Assignment", "team", name, (WAITING.0, WAITING.1, "GroupNotFound")).await?;
        ensure!(message.contains(group), "{message}");
    }
    // The setting itself lacks nothing, and what could be resolved is not held up by what could not.
    told(&lab, "UserSetting", "team", "users", ("Synced", "True", "Synced")).await?;
    told(&lab, "UserSetting", "team", "users", ("Reconciling", "True", "AssignmentsPending")).await?;
    let message = told(
        &lab,
        "UserSetting",
        "team",
        "users",
        ("ReferencesResolved", "False", "GroupNotFound"),
    )
    .await?;
    ensure!(
        message.contains("Assignment both") || message.contains("Assignment newcomers"),
        "{message}"
    );
    assert_eq!(groups(&graph(&lab, "userSettings", "Users").await?), [FINANCE]);

    lab.sim
        .seed(&format!(
            "tenants: [{{id: {TENANT},
              groups: [{{id: 33333333-0000-4000-8000-000000000011, displayName: Windows 365 Newcomers}},
                       {{id: 33333333-0000-4000-8000-000000000012, displayName: Interns, mailNickname: w365-interns}}],
              galleryImages: [{{id: microsoftwindowsdesktop_windows-ent-cpc_win12, displayName: Windows 12 Enterprise,
                publisherName: microsoftwindowsdesktop, offerName: windows-ent-cpc, skuName: win12, status: supported}}]}}]"
        ))
        .await?;
    ready(&lab, "ProvisioningPolicy", "team", "future").await?;
    // A group is looked for once a minute at the latest.
    for name in ["newcomers", "both"] {
        lab.wait_condition("Assignment", "team", name, "Ready", "True", seconds(120))
            .await?;
    }
    let assigned = groups(&graph(&lab, "userSettings", "Users").await?);
    assert_eq!(assigned.len(), 3, "{assigned:?}");
    lab.wait_condition("UserSetting", "team", "users", "ReferencesResolved", "True", PATIENCE)
        .await?;
    Ok(())
}
