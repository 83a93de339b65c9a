//! Reads that a replica answers which is behind.

use std::time::Duration;

use graph_sim::Router;
use http::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::support::{app_token, graph, names, request, router, stale, treated};
use crate::wire::support::{ADMIN, POLICIES, TENANT, policy};

async fn read(router: &Router, path: &str, token: &str, seconds: i64) -> (u16, Value) {
    let read = treated(router, request(&Method::GET, path, token, None), stale(seconds));
    read.await.expect("an answer")
}

#[tokio::test(start_paused = true)]
async fn one_read_shows_the_state_of_a_while_ago() {
    let router = router();
    let token = app_token(&router).await;
    let (_, made) = graph(&router, Method::POST, POLICIES, &token, Some(&policy("one"))).await;
    let one = format!("{POLICIES}/{}", made["id"].as_str().unwrap());
    sleep(Duration::from_secs(10)).await;
    let renamed = Some(json!({"displayName": "renamed"}));
    router.by_hand(TENANT, ADMIN, &Method::PATCH, &one, renamed).unwrap();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(graph(&router, Method::DELETE, &one, &token, None).await.0, 204);
    sleep(Duration::from_secs(10)).await;
    for (seconds, expected) in [
        (0, None),
        (10, None),
        (11, Some("renamed")),
        (20, Some("renamed")),
        (21, Some("one")),
        (30, Some("one")),
        (31, None),
        (9999, None),
    ] {
        let (status, list) = read(&router, POLICIES, &token, seconds).await;
        assert_eq!((status, names(&list)), (200, Vec::from_iter(expected)), "{seconds} s ago");
        let (status, object) = read(&router, &one, &token, seconds).await;
        let shown = object["displayName"].as_str();
        assert_eq!(
            (status, shown),
            (if expected.is_some() { 200 } else { 404 }, expected),
            "{seconds} s ago"
        );
        let (_, count) = read(&router, &format!("{POLICIES}/$count"), &token, seconds).await;
        assert!(count.is_null() || count == json!(Vec::from_iter(expected).len()), "{count}");
    }
    // Only these reads: the next one shows the present, and a write is carried out now.
    assert_eq!(graph(&router, Method::GET, &one, &token, None).await.0, 404);
    let write = treated(&router, request(&Method::POST, POLICIES, &token, Some(&policy("new"))), stale(30));
    assert_eq!(write.await.unwrap().0, 201);
    assert_eq!(names(&graph(&router, Method::GET, POLICIES, &token, None).await.1), ["new"]);
    let ledger = router.ledger(0);
    assert_eq!(
        (&ledger[4]["staleBy"], ledger.last().unwrap().get("staleBy")),
        (&json!("PT0S"), None)
    );
    assert!(ledger.iter().any(|entry| entry["staleBy"] == "PT11S"), "{ledger:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_service_does_and_the_directory_are_seen_late_as_well() {
    let router = router();
    let token = app_token(&router).await;
    let more = json!({"tenants": [{
        "id": TENANT,
        "users": [{"userPrincipalName": "ada@contoso.com", "licences": ["CPC_E_2C_8GB_128GB"]}],
        "groups": [{"id": "aaaaaaaa-0000-4000-8000-000000000002", "displayName": "licensed", "members": ["ada@contoso.com"]}],
    }]});
    sleep(Duration::from_secs(1)).await;
    router.control(&Method::POST, "/seed", Some(&more)).unwrap();
    let groups = "/v1.0/groups";
    assert_eq!(names(&read(&router, groups, &token, 1).await.1), ["finance"]);
    assert_eq!(names(&read(&router, groups, &token, 0).await.1), ["finance", "licensed"]);

    let (_, made) = graph(&router, Method::POST, POLICIES, &token, Some(&policy("one"))).await;
    let assign = json!({"assignments": [{"target": {"groupId": "aaaaaaaa-0000-4000-8000-000000000002"}}]});
    let path = format!("{POLICIES}/{}/assign", made["id"].as_str().unwrap());
    assert_eq!(graph(&router, Method::POST, &path, &token, Some(&assign)).await.0, 204);
    // The directory is known after five minutes, and the Cloud PC is ready forty minutes later.
    sleep(Duration::from_secs(50 * 60)).await;
    let pcs = "/beta/deviceManagement/virtualEndpoint/cloudPCs";
    let state = |(_, list): (u16, Value)| list["value"][0]["status"].as_str().map(str::to_owned);
    assert_eq!(
        state(graph(&router, Method::GET, pcs, &token, None).await).as_deref(),
        Some("provisioned")
    );
    for (minutes, expected) in [
        (5, Some("provisioned")),
        (6, Some("provisioning")),
        (45, Some("provisioning")),
        (46, None),
    ] {
        assert_eq!(
            state(read(&router, pcs, &token, minutes * 60).await).as_deref(),
            expected,
            "{minutes} minutes ago"
        );
    }
    assert_eq!((router.violations(), router.panics()), (Vec::new(), 0));
}
