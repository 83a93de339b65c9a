//! Several applications of one tenant: each signs in separately, and is shown as the author of its objects.

use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::support::{ADMIN, APP, POLICIES, SCOPE, Sim, TENANT, policy, seed};

const OTHER_APP: &str = "22222222-2222-2222-2222-333333333333";

fn two_apps() -> Value {
    let mut seed = seed();
    let other = json!({"appId": OTHER_APP, "displayName": "terraform", "clientSecret": "canary-other", "roles": ["CloudPC.ReadWrite.All"]});
    seed["tenants"][0]["apps"].as_array_mut().expect("apps").push(other);
    seed
}

#[tokio::test]
async fn what_another_application_or_a_person_makes_is_known_as_theirs() {
    let sim = Sim::start(&two_apps());
    let own = sim.app_token(TENANT).await;
    let by_secret = [
        ("grant_type", "client_credentials"),
        ("client_id", OTHER_APP),
        ("scope", SCOPE),
        ("client_secret", "canary-other"),
    ];
    let (status, answer) = sim.token(TENANT, &by_secret).await;
    assert_eq!(status, 200, "{answer}");
    let theirs = answer["access_token"].as_str().expect("a token").to_owned();

    for token in [&own, &theirs] {
        assert_eq!(sim.graph(Method::POST, POLICIES, token, Some(&policy("twin"))).await.0, 201);
    }
    let by_hand = json!({"tenant": TENANT, "as": ADMIN, "method": "POST", "path": POLICIES, "body": policy("twin")});
    assert_eq!(sim.control(Method::POST, "/portal", &by_hand).await.0, 201);

    let (_, list) = sim.get(POLICIES, &own).await;
    let authors: Vec<&Value> = list["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["createdBy"])
        .collect();
    assert_eq!(authors, [APP, OTHER_APP, ADMIN]);

    assert_eq!(sim.control(Method::POST, "/clock", &json!({"advance": "PT5M"})).await.0, 200);
    let (_, events) = sim.get("/v1.0/deviceManagement/virtualEndpoint/auditEvents", &own).await;
    let actors = events["value"].as_array().expect("a list").iter().map(|event| &event["actor"]);
    let actors: Vec<_> = actors
        .map(|actor| json!([actor["applicationId"], actor["applicationDisplayName"], actor["userPrincipalName"]]))
        .collect();
    let expected = [
        json!([APP, "cloudpc-operator", null]),
        json!([OTHER_APP, "terraform", null]),
        json!([null, null, ADMIN]),
    ];
    assert_eq!(actors, expected);
    let ledger = sim.peek("/ledger").await;
    let entries = ledger.as_array().expect("a list").iter();
    let senders: Vec<&Value> = entries.filter(|one| one["committed"] == true).map(|one| &one["actor"]).collect();
    assert_eq!(
        senders,
        [
            &json!({ "appId": APP }),
            &json!({ "appId": OTHER_APP }),
            &json!({ "userPrincipalName": ADMIN })
        ]
    );
}
