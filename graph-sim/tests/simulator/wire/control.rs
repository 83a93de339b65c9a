//! The control API, seeds, and the answers to unknown paths.

use graph_sim::{Simulator, SimulatorOptions};
use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::support::{ADMIN, POLICIES, Sim, TENANT, USER, policy, seed};

#[tokio::test]
async fn the_portal_acts_as_an_administrator_and_past_the_faults() {
    let sim = Sim::start(&seed());
    sim.add_fault(json!({"times": -1, "fault": {"status": 500}})).await;
    let request = |name: &str| json!({"tenant": TENANT, "as": name, "method": "POST", "path": POLICIES, "body": policy("by hand")});
    let (status, answer) = sim.control(Method::POST, "/portal", &request(ADMIN)).await;
    assert_eq!((status, &answer["displayName"]), (201, &json!("by hand")), "{answer}");
    let (status, answer) = sim.control(Method::POST, "/portal", &request(USER)).await;
    assert_eq!((status, &answer["error"]["code"]), (403, &json!("Forbidden")));
    let ledger = sim.peek("/ledger").await;
    assert_eq!(
        (&ledger[0]["actor"], &ledger[0]["api"]),
        (&json!({"userPrincipalName": ADMIN}), &json!("beta"))
    );
    assert_eq!((&ledger[0]["committed"], &ledger[1]["status"]), (&json!(true), &json!(403)));

    let id = sim.peek("/state").await["tenants"][TENANT]["provisioningPolicies"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let delete = json!({"tenant": "contoso.com", "as": ADMIN, "method": "DELETE", "path": format!("{POLICIES}/{id}")});
    assert_eq!(sim.control(Method::POST, "/portal", &delete).await.0, 204);
    let gone = &sim.peek("/state").await["tenants"][TENANT]["deleted"]["provisioningPolicies"][0];
    assert_eq!(
        (&gone["object"]["id"], &gone["by"]),
        (&json!(id), &json!({"userPrincipalName": ADMIN}))
    );
    assert_eq!(gone["at"], "2026-01-05T08:00:00Z");

    for (wrong, named) in [("path", "/_sim/state"), ("as", "nobody"), ("tenant", "nowhere"), ("verb", "GET")] {
        let mut request = request(ADMIN);
        request[wrong] = json!(named);
        let (status, answer) = sim.control(Method::POST, "/portal", &request).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(
            answer.to_string().contains(if wrong == "verb" { "verb" } else { named }),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn options_change_what_they_name_and_refuse_what_is_unknown() {
    let sim = Sim::start(&seed());
    // The default of each comes first in the contract.
    let mut expected = json!({
        "pageSize": 100, "replicationLag": "PT0S", "throttling": "off", "uniqueNames": false, "patchAnswer": "entity",
        "assignAnswer": "noContent", "assignmentIdForm": "groupId", "deleteAssigned": "refuse", "missingId": 404,
        "provisioningTime": "PT40M", "gracePeriod": "P7D", "auditLag": "PT5M", "directoryLag": "PT5M",
        "createdBy": "applicationId", "auditCorrelation": "clientRequestId",
        "deletedGroupInAssign": "refuse", "nestedGroups": "ignore", "cloudPcFilter": "honour", "gzipBodies": "accept", "readOnlyInBody": "ignore",
    });
    for (name, value) in [
        ("pageSize", json!(1)),
        ("replicationLag", json!("PT0M")),
        ("throttling", json!("published")),
        ("uniqueNames", json!(true)),
        ("patchAnswer", json!("noContent")),
        ("assignAnswer", json!("entity")),
        ("assignmentIdForm", json!("opaque")),
        ("deleteAssigned", json!("allow")),
        ("missingId", json!(400)),
        ("createdBy", json!("name")),
        ("createdBy", json!("absent")),
        ("auditCorrelation", json!("own")),
        ("deletedGroupInAssign", json!("accept")),
        ("nestedGroups", json!("count")),
        ("cloudPcFilter", json!("ignore")),
        ("cloudPcFilter", json!("refuse")),
        ("gzipBodies", json!("refuse")),
        ("readOnlyInBody", json!("refuse")),
    ] {
        let (status, options) = sim.control(Method::PATCH, "/options", &json!({ name: value })).await;
        assert_eq!(status, 200);
        expected[name] = value;
        assert_eq!(options, expected);
    }
    for (wrong, named) in [
        (json!({"pageSise": 2}), "pageSise"),
        (json!({"pageSize": 0}), "pageSize"),
        (json!({"patchAnswer": "maybe"}), "maybe"),
        (json!({"missingId": 410}), "410"),
        (json!({"gracePeriod": "P1M"}), "P1M"),
    ] {
        let (status, answer) = sim.control(Method::PATCH, "/options", &wrong).await;
        assert_eq!(status, 400);
        assert!(answer["error"]["message"].as_str().unwrap().contains(named), "{answer}");
    }
    assert_eq!(sim.peek("/options").await["pageSize"], 1);
    let token = sim.app_token(TENANT).await;
    for name in ["a", "b"] {
        assert_eq!(sim.graph(Method::POST, POLICIES, &token, Some(&policy(name))).await.0, 201);
    }
    let (_, page) = sim.get(POLICIES, &token).await;
    assert_eq!(page["value"].as_array().unwrap().len(), 1);
    let next = page["@odata.nextLink"].as_str().unwrap();
    assert!(next.starts_with(sim.simulator.graph_url()), "{next}");
}

#[tokio::test]
async fn a_wrong_seed_is_refused_with_the_place() {
    let with = |path: &str, value: Value| {
        let mut seed = seed();
        seed.pointer_mut(path).expect("a place")["colour"] = value;
        seed.to_string()
    };
    let cases = [
        (with("", json!(1)), "colour"),
        (with("/tenants/1", json!(1)), "tenants[1]"),
        (with("/tenants/0/apps/0", json!(1)), "tenants[0].apps[0]"),
        (with("/tenants/0/users/1", json!(1)), "tenants[0].users[1]"),
        ("options: {pageSise: 3}".to_owned(), "pageSise"),
        ("options: {pageSize: 0}".to_owned(), "options: pageSize"),
        ("tenants: [{id: contoso}]".to_owned(), "tenants[0].id: 'contoso' is not a GUID"),
        ("trust: [no/such/file.pem]".to_owned(), "trust[0]: cannot read no/such/file.pem"),
        ("now: yesterday".to_owned(), "now: "),
        (
            format!("tenants: [{{id: {TENANT}, groups: [{{displayName: a, memberGroups: [a, b]}}]}}]"),
            "tenants[0].groups[0].memberGroups[1]: there is no group 'b'",
        ),
        ("tenants: [".to_owned(), "not YAML"),
        (
            format!("tenants: [{{id: {TENANT}, provisioningPolicies: [{{colour: red}}]}}]"),
            "tenants[0].provisioningPolicies[0]: ",
        ),
    ];
    for (yaml, named) in cases {
        let options = SimulatorOptions {
            seeds: vec![yaml.clone()],
            ..SimulatorOptions::default()
        };
        let error = Simulator::start(options).err().unwrap_or_else(|| panic!("taken: {yaml}"));
        let text = format!("{error:#}");
        assert!(
            text.contains(named) && (!yaml.contains("colour") || text.contains("colour")),
            "{yaml}: {text}"
        );
    }
}

#[test]
fn a_wrong_seed_is_refused_without_showing_a_secret() {
    let app = |secret: &str| format!("tenants:\n- id: {TENANT}\n  apps:\n  - appId: {TENANT}\n    clientSecret: {secret}\n");
    for yaml in [
        app("7465830"),
        app("[7465830]"),
        format!("{}   broken: [\n", app("\"7465830\"")),
        app("7465830: ["),
    ] {
        let options = SimulatorOptions {
            seeds: vec![yaml.clone()],
            ..SimulatorOptions::default()
        };
        let text = format!("{:#}", Simulator::start(options).err().unwrap_or_else(|| panic!("taken: {yaml}")));
        assert!(!text.contains("7465830"), "{text}");
    }
}

#[tokio::test]
async fn a_merged_seed_adds_and_replaces_and_a_wrong_one_changes_nothing() {
    let sim = Sim::start(&seed());
    let more = json!({"tenants": [{
        "id": TENANT, "groups": [{"displayName": "sales", "mailNickname": "sales"}],
        "apps": [{"appId": crate::wire::support::APP, "clientSecret": "canary-new", "roles": []}],
    }]});
    let (status, answer) = sim.control(Method::POST, "/seed", &more).await;
    assert_eq!(status, 200, "{answer}");
    let tenant = &sim.peek("/state").await["tenants"][TENANT];
    assert_eq!(tenant["displayName"], "Contoso");
    let names: Vec<_> = tenant["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["displayName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["finance", "sales"]);
    assert_eq!(tenant["apps"].as_array().unwrap().len(), 1);
    let (status, _) = sim.token(TENANT, &crate::wire::support::by_secret()).await;
    assert_eq!(status, 401, "the old secret still counts");

    let before = sim.peek("/state").await;
    let half = json!({"tenants": [{"id": TENANT, "displayName": "changed"}, {"id": "wrong"}]});
    assert_eq!(sim.control(Method::POST, "/seed", &half).await.0, 400);
    assert_eq!(sim.peek("/state").await, before);
}

#[tokio::test]
async fn what_is_not_there_is_refused_in_graphs_shape() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    for path in ["/", "/v2.0/groups", "/v1.0x/groups", "/_simulator", "/contoso.com/oauth2/token"] {
        let response = sim
            .client
            .get(sim.url(path))
            .header("client-request-id", "mine")
            .bearer_auth(&token)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["client-request-id"]),
            (404, &"mine".parse().unwrap()),
            "{path}"
        );
        assert_eq!(response.headers()["date"], "Mon, 05 Jan 2026 08:00:00 GMT");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(
            (&answer["error"]["code"], &answer["error"]["innerError"]["client-request-id"]),
            (&json!("NotFound"), &json!("mine"))
        );
    }
    assert_eq!(sim.control(Method::GET, "/nothing", &Value::Null).await.0, 404);
    assert_eq!(sim.control(Method::DELETE, "/ledger", &Value::Null).await.0, 405);
    assert_eq!(sim.control(Method::GET, "/ledger?until=3", &Value::Null).await.0, 400);
    assert_eq!(sim.control(Method::POST, "/clock", &json!({"advance": "-PT1H"})).await.0, 400);
    assert_eq!(sim.peek("/health").await, json!({"panics": 0, "violations": []}));
    let ledger = sim.peek("/ledger?since=1").await;
    assert_eq!(ledger.as_array().unwrap().len(), 5, "control requests are not in it: {ledger}");
    assert_eq!(
        (&ledger[0]["seq"], &ledger[0]["api"], &ledger[0]["status"]),
        (&json!(2), &Value::Null, &json!(404))
    );
}
