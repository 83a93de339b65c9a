//! Cloud PCs of one policy, and how many have which status.

use graph_sim::base::answer::ApiVersion::{self, Beta, V1};
use graph_sim::options::CloudPcFilter;
use graph_sim::world::World;
use serde_json::{Value, json};

use crate::routes::support::*;

const CLOUD_PCS: &str = "/deviceManagement/virtualEndpoint/cloudPCs";
const POLICY: &str = "88888888-0000-4000-8000-00000000000a";
const OTHER: &str = "88888888-0000-4000-8000-00000000000b";
const STATUSES: [&str; 6] = ["provisioned", "movingRegion", "provisioned", "failed", "inGracePeriod", "preparing"];

/// Six Cloud PCs, of which every second one is of the policy.
fn fleet() -> World {
    let mut world = world();
    for (number, status) in STATUSES.iter().enumerate() {
        let policy = if number % 2 == 0 { POLICY } else { OTHER };
        let pc = json!({
            "id": format!("99999999-0000-4000-8000-00000000000{number}"), "displayName": format!("pc{number}"),
            "provisioningPolicyId": policy, "status": status,
        });
        seed(&mut world, "cloudPCs", pc);
    }
    world
}

fn filtered(more: &str) -> String {
    format!("{CLOUD_PCS}?$filter=provisioningPolicyId eq '{POLICY}'{more}")
}

#[test]
fn the_cloud_pcs_of_a_policy_are_listed_in_pages_in_every_status() {
    for version in VERSIONS {
        let mut world = fleet();
        let pages = follow(&mut world, version, &filtered("&$select=id,displayName&$top=2"));
        assert_eq!(pages, [vec!["pc0", "pc2"], vec!["pc4"]]);
        let count = format!("{CLOUD_PCS}/$count?$filter=provisioningPolicyId eq '{POLICY}'");
        assert_eq!(get(&mut world, version, &count).body.unwrap(), json!(3));
    }
}

/// Not established for every tenant: whether the service filters, passes over a filter or refuses it.
#[test]
fn a_filter_of_cloud_pcs_is_passed_over_or_refused_by_option() {
    for version in VERSIONS {
        let mut world = fleet();
        let count = format!("{CLOUD_PCS}/$count?$filter=provisioningPolicyId eq '{POLICY}'");
        world.options.cloud_pc_filter = CloudPcFilter::Ignore;
        let pages = follow(&mut world, version, &filtered("&$select=id,displayName&$top=4"));
        assert_eq!(pages, [vec!["pc0", "pc1", "pc2", "pc3"], vec!["pc4", "pc5"]]);
        assert_eq!(get(&mut world, version, &count).body.unwrap(), json!(6));
        world.options.cloud_pc_filter = CloudPcFilter::Refuse;
        for target in [filtered(""), filtered("&$top=2"), count] {
            let refusal = get(&mut world, version, &target);
            assert_eq!(refusal.status, 400, "{target}");
            assert!(reason(&refusal).contains("$filter"), "{}", reason(&refusal));
        }
        assert_eq!(get(&mut world, version, &format!("{CLOUD_PCS}?$top=2")).status, 200);
        // Other lists are not concerned.
        assert_eq!(get(&mut world, version, "/groups?$filter=displayName eq 'Sales'").status, 200);
    }
}

fn summary(world: &mut World, ask: Ask) -> Vec<(String, u64)> {
    let body = ask.send(world).body.unwrap();
    let counts = body["value"].as_array().unwrap().iter();
    let one = |one: &Value| (one["status"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap());
    counts.map(one).collect()
}

#[test]
fn cloud_pcs_are_counted_by_status() {
    let mut world = fleet();
    for name in ["retrieveCloudPcCountByStatus", "retrieveCloudPcCountByStatus()"] {
        let target = format!("{CLOUD_PCS}/{name}");
        let whole = summary(&mut world, Ask::new(Beta, "GET", target.as_str()).all_members());
        let expected = [
            ("provisioned", 2),
            ("movingRegion", 1),
            ("failed", 1),
            ("inGracePeriod", 1),
            ("preparing", 1),
        ];
        assert_eq!(whole, expected.map(|(status, count)| (status.to_owned(), count)));
        // (documented) Members after `unknownFutureValue` are hidden without the header.
        let hidden = summary(&mut world, Ask::new(Beta, "GET", target.as_str()));
        let expected = [("provisioned", 2), ("unknownFutureValue", 2), ("failed", 1), ("inGracePeriod", 1)];
        assert_eq!(hidden, expected.map(|(status, count)| (status.to_owned(), count)));
        assert_eq!(get(&mut world, V1, &target).status, 404);
        let closed = Ask::new(Beta, "GET", target.as_str()).by(app(&["Group.Read.All"])).send(&mut world);
        assert_eq!(closed.status, 403);
    }
    let mut empty = crate::routes::support::world();
    let answer = get(&mut empty, ApiVersion::Beta, &format!("{CLOUD_PCS}/retrieveCloudPcCountByStatus()"));
    assert_eq!(answer.body.unwrap()["value"], json!([]));
}
