//! No Cloud PC enters its grace period through us unless a person has approved a plan that names it, or the tenant's limit allows it.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::plan::{Plan, What};
use crate::world::World;

/// The limit of the tenants of most scenarios: more than there are Cloud PCs.
pub const PLENTY: i64 = 1000;

pub fn judge(plan: &Plan, world: &World) -> Vec<String> {
    // A person may take groups off as well.
    let by_hand = plan.turns.iter().any(|turn| matches!(turn.what, What::Hand(_)));
    let tenants = world.cluster.objects("entratenants");
    let lenient = tenants.iter().any(|tenant| tenant["spec"]["safety"]["maxCloudPCsAtRisk"] == PLENTY);
    if by_hand || lenient || tenants.is_empty() {
        return Vec::new();
    }
    let approved: BTreeSet<Vec<u8>> = world.approved.lock().iter().flat_map(pinned).collect();
    let lost = world
        .graph_objects("cloudPCs")
        .into_iter()
        .filter(|pc| pc["status"] == "inGracePeriod");
    let unasked = lost.filter(|pc| {
        let id = pc["id"].as_str().unwrap_or_default().to_lowercase();
        !approved.contains(&digest(&SHA256, id.as_bytes()).as_ref()[..8])
    });
    unasked
        .map(|pc| {
            format!(
                "Cloud PC {} of {} is in its grace period, and nobody approved that",
                pc["id"], pc["userPrincipalName"]
            )
        })
        .collect()
}

/// The Cloud PCs of a plan, as its status pins them.
fn pinned(plan: &serde_json::Value) -> Vec<Vec<u8>> {
    let text = plan["cloudPCDigests"].as_str().unwrap_or_default();
    let bytes = BASE64_STANDARD.decode(text).unwrap_or_default();
    bytes.chunks(8).map(<[u8]>::to_vec).collect()
}
