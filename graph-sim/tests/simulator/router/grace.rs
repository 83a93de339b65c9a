//! Who put a Cloud PC into its grace period, and when.

use std::sync::Arc;
use std::time::Duration;

use graph_sim::Router;
use http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::support::{answered, app_token, graph, request, router};
use crate::wire::support::{ADMIN, POLICIES, TENANT, policy};

const GROUP: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const ADA: &str = "ada@contoso.com";
const BOB: &str = "bob@contoso.com";

fn people(members: &[&str]) -> Value {
    json!({"tenants": [{
        "id": TENANT,
        "users": [
            {"userPrincipalName": ADA, "licences": ["CPC_E_2C_8GB_128GB"]},
            {"userPrincipalName": BOB, "licences": ["CPC_E_2C_8GB_128GB"]},
        ],
        "groups": [{"id": GROUP, "displayName": "licensed", "members": members}],
    }]})
}

fn stays(router: &Router, path: &str) -> Vec<Value> {
    let answer = router.control(&Method::GET, path, None).expect("an answer");
    answer.as_array().expect("a list").clone()
}

/// Of each stay: the user, and the minutes after the start at which it began, ended well and ended by deletion.
fn brief(stays: &[Value]) -> Vec<(String, [Option<i64>; 3])> {
    let minutes = |time: &Value| {
        let time: jiff::Timestamp = time.as_str()?.parse().ok()?;
        Some(time.duration_since(super::support::start()).as_mins())
    };
    let one = |stay: &Value| {
        let user = stay["userPrincipalName"].as_str().expect("a user").to_owned();
        (user, ["enteredAt", "leftAt", "deletedAt"].map(|name| minutes(&stay[name])))
    };
    stays.iter().map(one).collect()
}

async fn minutes(minutes: u64) {
    sleep(Duration::from_secs(60 * minutes)).await;
}

/// Two Cloud PCs that are ready, at 0:50. Gives the policy.
async fn provisioned(router: &Router, token: &str) -> String {
    router.control(&Method::POST, "/seed", Some(&people(&[ADA, BOB]))).unwrap();
    let (_, made) = graph(router, Method::POST, POLICIES, token, Some(&policy("one"))).await;
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(assign(router, token, &id, &[GROUP]).await, 204);
    minutes(50).await;
    id
}

async fn assign(router: &Router, token: &str, policy: &str, groups: &[&str]) -> u16 {
    let all: Vec<Value> = groups.iter().map(|group| json!({"target": {"groupId": group}})).collect();
    let path = format!("{POLICIES}/{policy}/assign");
    graph(router, Method::POST, &path, token, Some(&json!({ "assignments": all })))
        .await
        .0
}

#[tokio::test(start_paused = true)]
async fn every_stay_in_the_grace_period_names_the_request_that_led_to_it() {
    let router = router();
    let token = app_token(&router).await;
    let policy = provisioned(&router, &token).await;
    assert_eq!(stays(&router, "/grace"), Vec::<Value>::new());

    assert_eq!(assign(&router, &token, &policy, &[]).await, 204);
    let number = router.ledger(0).last().unwrap()["seq"].clone();
    minutes(8).await;
    assert_eq!(assign(&router, &token, &policy, &[GROUP]).await, 204);
    let entered = stays(&router, "/grace");
    let expected = [ADA, BOB].map(|user| (user.to_owned(), [Some(50), Some(58), None]));
    assert_eq!(brief(&entered), expected);
    for stay in &entered {
        assert_eq!(
            (&stay["cause"], &stay["tenant"], &stay["provisioningPolicyId"]),
            (&number, &json!(TENANT), &json!(policy))
        );
    }

    // A person takes Bob out of the group: the service learns of it later, and the request is the cause nevertheless.
    let users = format!("/v1.0/groups/{GROUP}/members/microsoft.graph.user");
    let (_, members) = graph(&router, Method::GET, &users, &token, None).await;
    let bob = members["value"][1]["id"].as_str().unwrap();
    let member = format!("/v1.0/groups/{GROUP}/members/{bob}/$ref");
    assert_eq!(router.by_hand(TENANT, ADMIN, &Method::DELETE, &member, None).unwrap().0, 204);
    let by_hand = router.ledger(0).last().unwrap()["seq"].clone();
    minutes(7 * 24 * 60 + 30).await;
    let later = stays(&router, "/grace?since=2026-01-05T09:00:00Z");
    assert_eq!(brief(&later), [(BOB.to_owned(), [Some(63), None, Some(63 + 7 * 24 * 60)])]);
    assert_eq!(later[0]["cause"], by_hand);
    assert_eq!(stays(&router, "/grace").len(), 3, "the earlier ones stay in the log");
}

#[tokio::test(start_paused = true)]
async fn what_no_request_did_is_the_directorys_or_the_seeds() {
    let router = router();
    let token = app_token(&router).await;
    provisioned(&router, &token).await;
    router.control(&Method::POST, "/seed", Some(&people(&[BOB]))).unwrap();
    let pc = |number: u8, status: &str| {
        json!({
            "id": format!("66666666-0000-4000-8000-00000000000{number}"), "userPrincipalName": "gone@contoso.com", "status": status,
            "provisioningPolicyId": "66666666-0000-4000-8000-0000000000ff",
        })
    };
    minutes(6).await;
    let more = json!({"tenants": [{"id": TENANT, "cloudPCs": [pc(1, "inGracePeriod"), pc(2, "provisioned")]}]});
    router.control(&Method::POST, "/seed", Some(&more)).unwrap();
    let entered = stays(&router, "/grace");
    let causes: Vec<(&str, &str)> = entered
        .iter()
        .map(|stay| (stay["userPrincipalName"].as_str().unwrap(), stay["cause"].as_str().unwrap()))
        .collect();
    let gone = ("gone@contoso.com", "seed");
    assert_eq!(causes, [(ADA, "directory"), gone, gone]);
}

/// Ids of requests are the same in every copy, so that one of a copy must not be taken for one of the template.
#[tokio::test(start_paused = true)]
async fn a_copy_does_not_take_its_own_requests_for_those_before_it() {
    let template = router();
    let token = app_token(&template).await;
    let policy = provisioned(&template, &token).await;
    assert_eq!(assign(&template, &token, &policy, &[]).await, 204);
    // Also what is under way counts.
    template.control(&Method::POST, "/seed", Some(&people(&[ADA]))).unwrap();
    // Its time goes on where the template's is.
    let (at, began) = (template.world().lock().unwrap().now(), Instant::now());
    let copy = template.copy(Arc::new(move || at + began.elapsed()));
    for _ in 0..10 {
        graph(&copy, Method::GET, POLICIES, &token, None).await;
        assert_eq!(assign(&copy, &token, &policy, &[]).await, 204);
    }
    let causes: Vec<Value> = stays(&copy, "/grace").iter().map(|stay| stay["cause"].clone()).collect();
    assert_eq!(causes, [Value::Null, Value::Null]);
    assert_eq!(stays(&template, "/grace").len(), 2);
    assert!(stays(&template, "/grace").iter().all(|stay| stay["cause"].is_number()));
}

#[tokio::test(start_paused = true)]
async fn the_stays_are_there_over_the_wire_and_a_wrong_question_is_refused() {
    let router = router();
    let asked = router.answer(request(&Method::GET, "/_sim/grace?since=2026-01-05T08:00:00Z", "", None));
    assert_eq!(answered(asked.await.unwrap()).await, (200, json!([])));
    for (path, status) in [("/grace?since=yesterday", 400), ("/grace?until=1", 400)] {
        assert_eq!(router.control(&Method::GET, path, None).unwrap_err().0, status, "{path}");
    }
    assert_eq!(router.control(&Method::POST, "/grace", None).unwrap_err().0, 405);
}
