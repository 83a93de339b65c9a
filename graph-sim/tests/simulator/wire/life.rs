//! The life of Cloud PCs through the control API: seeded, advanced by the clock, seen in the state.

use crate::wire::support::{ADMIN, POLICIES, Sim, TENANT, seed};
use reqwest::Method;
use serde_json::{Value, json};

const GROUP: &str = "aaaaaaaa-0000-4000-8000-000000000001";

fn licensed_seed() -> Value {
    let mut seed = seed();
    let tenant = &mut seed["tenants"][0];
    tenant["users"] = json!([
        {"userPrincipalName": ADMIN, "roles": ["Windows 365 Administrator"], "licences": ["CPC_E_2C_8GB_128GB"]},
    ]);
    tenant["groups"][0]["members"] = json!([ADMIN]);
    seed
}

async fn control(sim: &Sim, method: Method, path: &str, body: Value) -> Value {
    let request = sim.client.request(method, sim.url(&format!("/_sim{path}"))).body(body.to_string());
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    assert!(status < 300, "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

async fn portal(sim: &Sim, path: &str, body: Value) -> Value {
    let asked = json!({"tenant": TENANT, "as": ADMIN, "method": "POST", "path": path, "body": body});
    control(sim, Method::POST, "/portal", asked).await
}

async fn advance(sim: &Sim, duration: &str) -> Value {
    control(sim, Method::POST, "/clock", json!({ "advance": duration })).await;
    control(sim, Method::GET, "/state", Value::Null).await["tenants"][TENANT].clone()
}

/// A policy that is assigned and later assigned to no group, with the state of the tenant after each step.
async fn story() -> Vec<Value> {
    let sim = Sim::start(&licensed_seed());
    let policy = json!({
        "displayName": "finance", "imageId": "microsoftwindowsdesktop_windows-ent-cpc_win11-24H2-ent-cpc-m365",
        "imageDisplayName": "Windows 11 Enterprise + Microsoft 365 Apps 24H2", "imageType": "gallery",
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
    });
    let id = portal(&sim, POLICIES, policy).await["id"].as_str().expect("an id").to_owned();
    let assign = format!("{POLICIES}/{id}/assign");
    portal(&sim, &assign, json!({"assignments": [{"target": {"groupId": GROUP}}]})).await;
    let mut states = vec![advance(&sim, "PT0S").await, advance(&sim, "PT40M").await];
    portal(&sim, &assign, json!({"assignments": []})).await;
    states.extend([advance(&sim, "PT1S").await, advance(&sim, "P7D").await]);
    states
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_and_the_same_steps_lead_to_the_same_state() {
    let states = story().await;
    let statuses: Vec<&Value> = states.iter().map(|state| &state["cloudPCs"][0]["status"]).collect();
    assert_eq!(
        statuses,
        [&json!("provisioning"), &json!("provisioned"), &json!("inGracePeriod"), &Value::Null]
    );
    let gone = &states[3]["deleted"]["cloudPCs"][0];
    assert_eq!(gone["object"]["userPrincipalName"], ADMIN);
    assert_eq!(
        (&gone["at"], &gone["by"]),
        (&json!("2026-01-12T08:40:00Z"), &json!({"appId": graph_sim::life::SERVICE_APP_ID}))
    );
    let types: Vec<&Value> = states[3]["auditEvents"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| &event["activityType"])
        .collect();
    let [create, assign] = ["Create", "Assign"].map(|verb| json!(format!("{verb} CloudPcProvisioningPolicy")));
    assert_eq!(types, [&create, &assign, &assign]);
    assert_eq!(states, story().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_that_renames_a_user_makes_no_second_cloud_pc() {
    const NEW: &str = "New.Name@contoso.com";
    const SEEDED: &str = "66666666-0000-4000-8000-00000000000a";
    let mut seed = licensed_seed();
    let tenant = &mut seed["tenants"][0];
    tenant["provisioningPolicies"] = json!([{
        "displayName": "finance", "imageId": "microsoftwindowsdesktop_windows-ent-cpc_win11-24H2-ent-cpc-m365",
        "imageDisplayName": "Windows 11", "imageType": "gallery",
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
        "assignments": [{"target": {"groupId": GROUP.to_uppercase()}}],
    }]);
    let sim = Sim::start(&seed);
    let before = advance(&sim, "PT40M").await;
    let (old, user) = (&before["cloudPCs"][0], &before["users"][0]);
    assert_eq!(old["userPrincipalName"], ADMIN);
    // The group stays as it was seeded; the Cloud PC of another licence has the name that the user had.
    let id = user["id"].as_str().expect("an id").to_uppercase();
    let licences = ["CPC_E_2C_8GB_128GB", "CPC_E_4C_16GB_256GB"];
    let renamed = json!({"id": id, "userPrincipalName": NEW, "licences": licences});
    let left = json!({"id": SEEDED, "userPrincipalName": ADMIN.to_uppercase(), "provisioningPolicyId": old["provisioningPolicyId"],
        "servicePlanName": "Cloud PC Enterprise 4vCPU/16GB/256GB"});
    let more = json!({"tenants": [{"id": TENANT, "users": [renamed], "cloudPCs": [left]}]});
    control(&sim, Method::POST, "/seed", more).await;
    let after = advance(&sim, "P30D").await;
    assert_eq!(after["users"].as_array().expect("users").len(), 1);
    let pcs = after["cloudPCs"].as_array().expect("Cloud PCs");
    let found: Vec<[&Value; 3]> = pcs
        .iter()
        .map(|pc| ["id", "userPrincipalName", "status"].map(|name| &pc[name]))
        .collect();
    let provisioned = |id: &Value| [id.clone(), json!(NEW), json!("provisioned")];
    assert_eq!(json!(found), json!([provisioned(&old["id"]), provisioned(&json!(SEEDED))]));
}

/// A duration is the one of the option at its beginning, regardless of requests in between.
#[tokio::test(flavor = "multi_thread")]
async fn options_do_not_reach_back_to_what_has_begun() {
    let mut seed = licensed_seed();
    let policy = json!({
        "displayName": "finance", "imageId": "microsoftwindowsdesktop_windows-ent-cpc_win11-24H2-ent-cpc-m365",
        "imageDisplayName": "Windows 11 Enterprise + Microsoft 365 Apps 24H2", "imageType": "gallery",
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
        "assignments": [{"id": GROUP, "target": {"groupId": GROUP}}],
    });
    seed["tenants"][0]["provisioningPolicies"] = json!([policy]);
    let status = |state: &Value| state["cloudPCs"][0]["status"].clone();
    // It begins with the seed; no request was made since.
    let sim = Sim::start(&seed);
    control(&sim, Method::PATCH, "/options", json!({"provisioningTime": "PT1M"})).await;
    assert_eq!(status(&advance(&sim, "PT39M").await), "provisioning");
    assert_eq!(status(&advance(&sim, "PT1M").await), "provisioned");
    // The grace period begins with the request that takes the assignment away.
    let id = control(&sim, Method::GET, "/state", Value::Null).await["tenants"][TENANT]["provisioningPolicies"][0]["id"].clone();
    let assign = format!("{POLICIES}/{}/assign", id.as_str().expect("an id"));
    portal(&sim, &assign, json!({"assignments": []})).await;
    control(&sim, Method::PATCH, "/options", json!({"gracePeriod": "PT1H"})).await;
    assert_eq!(status(&advance(&sim, "P6D").await), "inGracePeriod");
    assert_eq!(status(&advance(&sim, "P1D").await), Value::Null);
}
