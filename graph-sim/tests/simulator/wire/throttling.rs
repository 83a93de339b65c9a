//! Limits by the virtual clock, at their exact boundaries.

use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::support::{ADMIN, OTHER_TENANT, POLICIES, Sim, TENANT, policy, seed};

async fn limit(sim: &Sim, throttling: Value) {
    let (status, answer) = sim.control(Method::PATCH, "/options", &json!({"throttling": throttling})).await;
    assert_eq!((status, &answer["throttling"]), (200, &throttling), "{answer}");
}

async fn advance(sim: &Sim, by: &str) {
    assert_eq!(sim.control(Method::POST, "/clock", &json!({"advance": by})).await.0, 200);
}

/// Status, `Retry-After` and the directory's headers of a GET.
async fn get(sim: &Sim, path: &str, token: &str) -> (u16, Option<String>, Vec<String>) {
    let response = sim.try_graph(Method::GET, path, token, None).await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let told = [
        "x-ms-resource-unit",
        "x-ms-throttle-limit-percentage",
        "x-ms-throttle-scope",
        "x-ms-throttle-information",
    ];
    let told = told.iter().filter_map(|name| header(name)).collect();
    (response.status().as_u16(), header("retry-after"), told)
}

async fn short(sim: &Sim, path: &str, token: &str) -> (u16, Option<String>) {
    let (status, retry_after, _) = get(sim, path, token).await;
    (status, retry_after)
}

fn wait(seconds: &str) -> (u16, Option<String>) {
    (429, Some(seconds.to_owned()))
}

#[tokio::test]
async fn a_window_lets_in_exactly_what_its_limit_says_and_tells_when_the_next_one_may_come() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    limit(&sim, json!({"listPerMinute": 2, "writePer20s": 1})).await;
    let ok = (200, None);
    assert_eq!(short(&sim, POLICIES, &token).await, ok);
    advance(&sim, "PT10.5S").await;
    assert_eq!(short(&sim, POLICIES, &token).await, ok);
    assert_eq!(short(&sim, POLICIES, &token).await, wait("50"));
    advance(&sim, "PT49.499S").await;
    assert_eq!(short(&sim, POLICIES, &token).await, wait("1"));
    advance(&sim, "PT0.001S").await;
    assert_eq!(short(&sim, POLICIES, &token).await, ok);
    assert_eq!(short(&sim, POLICIES, &token).await, wait("11"));

    // Other kinds of requests have limits of their own, or none; other tenants count for themselves.
    assert_eq!(short(&sim, &format!("{POLICIES}/{TENANT}"), &token).await.0, 404);
    let elsewhere = sim.app_token(OTHER_TENANT).await;
    assert_eq!(short(&sim, POLICIES, &elsewhere).await, ok);
    assert_eq!(sim.graph(Method::POST, POLICIES, &token, Some(&policy("one"))).await.0, 201);
    let body = policy("two");
    let (status, answer) = sim.graph(Method::POST, POLICIES, &token, Some(&body)).await;
    let error = &answer["error"];
    assert_eq!((status, &error["code"]), (429, &json!("TooManyRequests")), "{answer}");
    assert_eq!(
        (&error["innerError"]["code"], &error["innerError"]["status"]),
        (&json!("429"), &json!("429"))
    );
    assert_eq!(sim.policy_names().await, ["one"], "a refused request was carried out");
    let ledger = sim.peek("/ledger").await;
    let last = ledger.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["status"], &last["committed"], &last["body"]),
        (&json!(429), &json!(false), &body)
    );

    // The portal is not the client under test.
    let portal = json!({"tenant": TENANT, "as": ADMIN, "method": "GET", "path": POLICIES});
    assert_eq!(sim.control(Method::POST, "/portal", &portal).await.0, 200);
    limit(&sim, json!("off")).await;
    assert_eq!(short(&sim, POLICIES, &token).await, ok);
}

#[tokio::test]
async fn parts_of_a_batch_count_one_by_one() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    limit(&sim, json!({"listPerMinute": 3})).await;
    let url = "deviceManagement/virtualEndpoint/userSettings";
    let requests: Vec<Value> = (0..5)
        .map(|id| json!({"id": id.to_string(), "method": "GET", "url": url}))
        .collect();
    let (status, answer) = sim
        .graph(Method::POST, "/v1.0/$batch", &token, Some(&json!({"requests": requests})))
        .await;
    assert_eq!(status, 200);
    let seen: Vec<_> = answer["responses"].as_array().unwrap().iter().map(|part| &part["status"]).collect();
    assert_eq!(seen, [200, 200, 200, 429, 429]);
    assert_eq!(answer["responses"][3]["headers"]["Retry-After"], "60");
    assert!(answer["responses"][0]["headers"].get("Retry-After").is_none());
}

#[tokio::test]
async fn the_published_limits_are_those_of_cloud_pcs_and_of_the_directory() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    limit(&sim, json!("published")).await;
    let list = "/v1.0/deviceManagement/virtualEndpoint/cloudPCs";
    for path in [list, POLICIES] {
        for index in 0..91 {
            let (status, retry_after) = short(&sim, path, &token).await;
            let refused = index == 90 && path == list;
            assert_eq!(status == 429, refused, "{path} {index}");
            assert_eq!(retry_after, refused.then(|| "60".to_owned()));
        }
    }
    // Another sender of the tenant has a limit of its own, below the one of the tenant.
    let request = json!({"tenant": TENANT, "as": ADMIN, "scopes": ["CloudPC.Read.All", "Group.Read.All"]});
    let user = sim.control(Method::POST, "/token", &request).await.1["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    for index in 0..91 {
        // The refused one of the application counted too.
        assert_eq!(short(&sim, list, &user).await.0 == 429, index >= 89, "{index}");
    }
    let (status, retry_after, told) = get(&sim, "/v1.0/groups", &token).await;
    assert_eq!((status, retry_after, told), (200, None, vec!["1".to_owned()]));
}

#[tokio::test]
async fn the_directory_tells_how_full_its_bucket_is() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    limit(&sim, json!({"directoryUnitsPer10s": 10, "countRefused": true})).await;
    let mut seen = Vec::new();
    for _ in 0..11 {
        seen.push(get(&sim, "/v1.0/groups", &token).await);
    }
    let told = |count: usize, list: &[&str]| {
        let (status, retry_after, told) = &seen[count - 1];
        assert_eq!(told, list, "request {count}");
        (*status, retry_after.clone())
    };
    assert_eq!(told(7, &["1"]), (200, None));
    assert_eq!(told(8, &["1", "0.8"]), (200, None));
    assert_eq!(told(10, &["1", "1.0"]), (200, None));
    let scope = format!("Tenant_Application/ReadWrite/{}/{TENANT}", crate::wire::support::APP);
    assert_eq!(told(11, &["1", "1.1", &scope, "ResourceUnitLimitExceeded"]), wait("2"));
    // Eleven units are in use, the refused one among them; one drains in a second, and one has to fit.
    advance(&sim, "PT1.999S").await;
    assert_eq!(short(&sim, "/v1.0/groups", &token).await.0, 429);
    advance(&sim, "PT1.001S").await;
    assert_eq!(short(&sim, "/v1.0/groups", &token).await.0, 200);
}

/// A path is counted by the route that it leads to, in every spelling.
#[tokio::test]
async fn no_spelling_of_a_path_gets_around_a_limit() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let list = "/v1.0/deviceManagement/virtualEndpoint/cloudPCs";
    for other in [
        "/v1.0//deviceManagement/virtualEndpoint/cloudPCs",
        "/v1.0/deviceManagement/virtualEndpoint//cloudPCs/",
        "/v1.0/deviceManagement/virtualEndpoint/cloudPC%73",
        "/v1.0/device%4Danagement/virtual%45ndpoint/cloudPCs/%24count",
    ] {
        limit(&sim, json!("off")).await;
        assert_eq!(short(&sim, other, &token).await.0, 200, "{other} leads there");
        limit(&sim, json!({"listPerMinute": 1})).await;
        assert_eq!(short(&sim, list, &token).await.0, 200);
        assert_eq!(short(&sim, other, &token).await, wait("60"), "{other}");
        advance(&sim, "PT1M").await;
    }
}
