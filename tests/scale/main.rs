//! A converged set costs nothing: no write anywhere, and one list per page, collection and interval.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use kube::api::ListParams;
use lab::{Entry, FLEET_NAMESPACE, Fleet, Lab, Options, TENANT, eventually, seconds};
use serde_json::json;

const FLEET: Fleet = Fleet {
    policies: 200,
    settings: 50,
};
/// How many intervals are watched.
const INTERVALS: usize = 8;
const POLICIES: &str = "/beta/deviceManagement/virtualEndpoint/provisioningPolicies";

#[tokio::test(flavor = "multi_thread")]
async fn a_converged_set_costs_no_write_and_one_list_a_page_and_interval() -> Result<()> {
    let options = Options::new(Path::new(env!("CARGO_BIN_EXE_cloudpc-operator"))).seed(FLEET.seed(TENANT));
    let lab = Lab::start(options).await?;
    lab.kubectl(&["apply", "-f", "examples/entra-tenant.yaml"]).await?;
    lab.patch("EntraTenant", "", "contoso", &json!({"spec": {"interval": "5s"}}))
        .await?;
    lab.apply_yaml(&FLEET.objects("contoso")).await?;
    eventually(seconds(180), "every object is Ready", async || lab.fleet_ready(FLEET).await).await?;
    ensure!(
        lab.sim.objects("provisioningPolicies").await?.len() == FLEET.policies,
        "one policy in Graph for each resource"
    );
    ensure!(
        lab.sim.objects("userSettings").await?.len() == FLEET.settings,
        "one setting in Graph for each resource"
    );

    // What the last pass caused may still be under way; from the second poll after it on, nothing may move.
    let settled = lab.sim.mark().await?;
    eventually(seconds(60), "two polls have passed", async || {
        polls(&lab, settled).await?.checked_sub(2).context("not yet")
    })
    .await?;
    let (mark, before) = (lab.sim.mark().await?, versions(&lab).await?);
    eventually(seconds(120), "many intervals have passed", async || {
        polls(&lab, mark).await?.checked_sub(INTERVALS).context("not yet")
    })
    .await?;

    let requests = lab.sim.ledger(mark).await?;
    let writes: Vec<&Entry> = requests.iter().filter(|entry| entry.is_write()).collect();
    ensure!(writes.is_empty(), "writes to Graph in the steady state: {writes:?}");
    let after = versions(&lab).await?;
    let moved: Vec<_> = after.iter().filter(|(name, version)| before.get(*name) != Some(version)).collect();
    ensure!(moved.is_empty() && before.len() == after.len(), "written in Kubernetes: {moved:?}");
    one_list_a_page_and_interval(&requests)
}

/// Every page is requested equally often: once an interval; nothing else is requested.
fn one_list_a_page_and_interval(requests: &[Entry]) -> Result<()> {
    let mut pages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in requests.iter().filter(|entry| entry.is_graph_request()) {
        let url = format!("{} {}?{}", entry.method, entry.path, entry.query.as_deref().unwrap_or_default());
        pages.entry(url).or_default().push(entry.time.clone());
    }
    let policy_pages: BTreeSet<&String> = pages.keys().filter(|url| url.contains(POLICIES)).collect();
    ensure!(
        policy_pages.len() == FLEET.policies.div_ceil(100),
        "pages of policies: {policy_pages:?}"
    );
    for (url, times) in &pages {
        ensure!(
            url.starts_with("GET ") && (url.contains("provisioningPolicies?") || url.contains("userSettings?")),
            "not a list: {url}"
        );
        // Intervals are jittered by a tenth and the watch may begin and end inside one.
        let off = times.len().abs_diff(INTERVALS);
        ensure!(off <= 1, "{url}: {} times in {INTERVALS} intervals: {times:?}", times.len());
    }
    Ok(())
}

/// How many polls of the policies began since a mark.
async fn polls(lab: &Lab, since: u64) -> Result<usize> {
    let requests = lab.sim.graph_requests(since).await?;
    let first_pages = requests
        .iter()
        .filter(|entry| entry.path == POLICIES && !entry.query.as_deref().unwrap_or_default().contains("skiptoken"));
    Ok(first_pages.count())
}

/// The version of every object that the operator may write, the lease aside.
async fn versions(lab: &Lab) -> Result<BTreeMap<String, String>> {
    let mut versions = BTreeMap::new();
    for kind in ["EntraTenant", "ProvisioningPolicy", "UserSetting", "Assignment"] {
        let namespace = if kind == "EntraTenant" { "" } else { FLEET_NAMESPACE };
        for object in lab.api(kind, namespace).list(&ListParams::default()).await? {
            let metadata = object.metadata;
            versions.insert(
                format!("{kind} {}", metadata.name.unwrap_or_default()),
                metadata.resource_version.unwrap_or_default(),
            );
        }
    }
    let events: kube::Api<k8s_openapi::api::events::v1::Event> = kube::Api::all(lab.client());
    for event in events.list(&ListParams::default()).await? {
        let metadata = event.metadata;
        versions.insert(
            format!("Event {}", metadata.name.unwrap_or_default()),
            metadata.resource_version.unwrap_or_default(),
        );
    }
    Ok(versions)
}
