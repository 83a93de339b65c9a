//! Prints how fast the simulator is with a large tenant, client included: seeding it, reading single objects over TLS, and
//! moving the clock. It asserts nothing about times.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use graph_sim::{Simulator, SimulatorOptions};
use reqwest::{Certificate, Client};
use serde_json::{Value, json};

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
const APP: &str = "22222222-2222-2222-2222-222222222222";
const SECRET: &str = "s3cret";
const POLICIES: usize = 1000;
const CLOUD_PCS: usize = 20_000;
const REQUESTS: usize = 40_000;
const CONNECTIONS: usize = 16;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let seed = seed().to_string();
    let start = Instant::now();
    let simulator = Simulator::start(SimulatorOptions {
        seeds: vec![seed],
        ..SimulatorOptions::default()
    })?;
    let seeded = format!("start with {POLICIES} policies and {CLOUD_PCS} Cloud PCs");
    line(&seeded, start.elapsed().as_secs_f64(), "s", "2");
    runtime.block_on(measure(&simulator))
}

async fn measure(simulator: &Simulator) -> Result<()> {
    let ca = Certificate::from_pem(simulator.ca_pem().as_bytes())?;
    // HTTP/1.1, so that there are as many connections as there are senders.
    let client = Client::builder().tls_certs_only([ca]).no_proxy().http1_only().build()?;
    let token = token(simulator, &client).await?;

    read_all(simulator, &client, &token, CONNECTIONS * 50).await?;
    let taken = read_all(simulator, &client, &token, REQUESTS).await?;
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let rate = REQUESTS as f64 / taken.as_secs_f64();
    line("GETs of one policy over TLS with keep-alive", rate, "per second", "5000");

    // All members leave the groups, so that each Cloud PC enters its grace period and is deleted at its end.
    let empty: Vec<Value> = (0..POLICIES).map(|index| group(index, &[])).collect();
    let leave = json!({"tenants": [{"id": TENANT, "groups": empty}]});
    control(simulator, &client, "seed", &leave).await?;
    let start = Instant::now();
    control(simulator, &client, "clock", &json!({"advance": "P30D"})).await?;
    let taken = start.elapsed().as_secs_f64();
    let state: Value = client
        .get(format!("{}/state", simulator.control_url()))
        .send()
        .await?
        .json()
        .await?;
    let tenant = &state["tenants"][TENANT];
    let gone = tenant["deleted"]["cloudPCs"].as_array().map_or(0, Vec::len);
    ensure!(gone == CLOUD_PCS, "{gone} Cloud PCs were deleted");
    line(
        &format!("30 days in which {CLOUD_PCS} Cloud PCs lose their reason and go"),
        taken,
        "s",
        "1",
    );
    Ok(())
}

async fn control(simulator: &Simulator, client: &Client, path: &str, body: &Value) -> Result<()> {
    let request = client.post(format!("{}/{path}", simulator.control_url())).json(body);
    request.send().await?.error_for_status()?;
    Ok(())
}

/// Reads policies one by one, from as many senders as there are connections.
async fn read_all(simulator: &Simulator, client: &Client, token: &str, requests: usize) -> Result<Duration> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut senders = Vec::new();
    for _ in 0..CONNECTIONS {
        let (next, client, token) = (Arc::clone(&next), client.clone(), token.to_owned());
        let root = format!(
            "{}/v1.0/deviceManagement/virtualEndpoint/provisioningPolicies",
            simulator.graph_url()
        );
        senders.push(tokio::spawn(async move {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= requests {
                    return anyhow::Ok(());
                }
                let request = client.get(format!("{root}/{}", id('1', index % POLICIES))).bearer_auth(&token);
                let response = request.send().await?;
                ensure!(response.status().is_success(), "{}", response.status());
                response.bytes().await?;
            }
        }));
    }
    for sender in senders {
        sender.await??;
    }
    Ok(start.elapsed())
}

async fn token(simulator: &Simulator, client: &Client) -> Result<String> {
    let form =
        format!("grant_type=client_credentials&client_id={APP}&client_secret={SECRET}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default");
    let request = client
        .post(format!("{}/{TENANT}/oauth2/v2.0/token", simulator.login_url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let answer: Value = request.send().await?.error_for_status()?.json().await?;
    Ok(answer["access_token"].as_str().context("no token")?.to_owned())
}

/// Every policy is assigned to a group of its own, and every Cloud PC belongs to a licensed member of that group.
fn seed() -> Value {
    let each = |count: usize, make: &dyn Fn(usize) -> Value| (0..count).map(make).collect::<Vec<_>>();
    let users = each(
        CLOUD_PCS,
        &|index| json!({"id": id('3', index), "userPrincipalName": user(index), "licences": ["CPC_E_2C_8GB_128GB"]}),
    );
    let groups = each(POLICIES, &|index| {
        let members: Vec<String> = (index..CLOUD_PCS).step_by(POLICIES).map(user).collect();
        group(index, &members)
    });
    let policies = each(POLICIES, &|index| {
        json!({
            "id": id('1', index), "displayName": format!("policy-{index}"), "provisioningType": "dedicated",
            "imageId": "microsoftwindowsdesktop_windows-ent-cpc_win11-24H2-ent-cpc-m365",
            "imageDisplayName": "Windows 11 Enterprise + Microsoft 365 Apps 24H2", "imageType": "gallery",
            "windowsSetting": {"locale": "en-US"},
            "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "regionName": "westeurope"}],
            "assignments": [{"target": {"@odata.type": "#microsoft.graph.cloudPcManagementGroupAssignmentTarget", "groupId": id('4', index)}}],
        })
    });
    let cloud_pcs = each(CLOUD_PCS, &|index| {
        json!({
            "id": id('5', index), "displayName": format!("policy-{} - {}", index % POLICIES, user(index)),
            "userPrincipalName": user(index), "provisioningPolicyId": id('1', index % POLICIES),
            "provisioningPolicyName": format!("policy-{}", index % POLICIES), "provisioningType": "dedicated",
            "servicePlanName": "Cloud PC Enterprise 2vCPU/8GB/128GB", "status": "provisioned",
        })
    });
    json!({
        "now": "2026-01-05T08:00:00Z",
        "tenants": [{
            "id": TENANT, "displayName": "Contoso", "verifiedDomains": ["contoso.com"],
            "apps": [{"appId": APP, "clientSecret": SECRET, "roles": ["CloudPC.ReadWrite.All"]}],
            "users": users, "groups": groups, "provisioningPolicies": policies, "cloudPCs": cloud_pcs,
        }],
    })
}

fn group(index: usize, members: &[String]) -> Value {
    json!({"id": id('4', index), "displayName": format!("group-{index}"), "members": members})
}

fn id(kind: char, index: usize) -> String {
    format!("{kind}0000000-0000-4000-8000-{index:012}")
}

fn user(index: usize) -> String {
    format!("user-{index}@contoso.com")
}

fn line(what: &str, value: f64, unit: &str, goal: &str) {
    println!("{what}: {value:.2} {unit} (goal {goal})");
}
