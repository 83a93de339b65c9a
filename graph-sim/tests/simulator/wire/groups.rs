//! Groups that an administrator deletes and creates again in the portal, or that a seed creates again.

use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::support::{ADMIN, Sim, TENANT, USER, seed};

const FINANCE: &str = "aaaaaaaa-0000-4000-8000-000000000001";

async fn portal(sim: &Sim, user: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let mut asked = json!({"tenant": TENANT, "as": user, "method": method, "path": path});
    if !body.is_null() {
        asked["body"] = body;
    }
    sim.control(Method::POST, "/portal", &asked).await
}

async fn ids(sim: &Sim) -> Vec<String> {
    let state = sim.peek("/state").await;
    let groups = state["tenants"][TENANT]["groups"].as_array().expect("groups").clone();
    groups.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn an_administrator_deletes_a_group_and_makes_it_anew() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let path = format!("/v1.0/groups/{FINANCE}");
    assert_eq!(portal(&sim, USER, "DELETE", &path, Value::Null).await.0, 403);
    assert_eq!(
        sim.graph(Method::DELETE, &path, &token, None).await.0,
        403,
        "the application may only read"
    );
    assert_eq!(sim.get(&path, &token).await.0, 200);

    assert_eq!(portal(&sim, ADMIN, "DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(sim.get(&path, &token).await.0, 404);
    let gone = &sim.peek("/state").await["tenants"][TENANT]["deleted"]["groups"][0];
    assert_eq!(
        (&gone["object"]["displayName"], &gone["at"], &gone["by"]),
        (
            &json!("finance"),
            &json!("2026-01-05T08:00:00Z"),
            &json!({ "userPrincipalName": ADMIN })
        )
    );

    let body = json!({"displayName": "finance", "mailNickname": "finance", "mailEnabled": false, "securityEnabled": true});
    let (status, made) = portal(&sim, ADMIN, "POST", "/v1.0/groups", body).await;
    assert_eq!(status, 201, "{made}");
    assert_ne!(made["id"], FINANCE);
    let found = sim.get("/v1.0/groups?$filter=displayName%20eq%20'finance'", &token).await.1;
    assert_eq!(found["value"].as_array().expect("a list").len(), 1);
    assert_eq!(found["value"][0]["id"], made["id"]);
}

/// Ids of seeded groups without one follow from their names; a deleted group's id is not used again.
#[tokio::test]
async fn a_seed_makes_a_deleted_group_anew_under_another_id() {
    let mut seed = seed();
    seed["tenants"][0]["groups"] = json!([{ "displayName": "finance" }]);
    let sim = Sim::start(&seed);
    let merge = json!({"tenants": [{"id": TENANT, "groups": [{"displayName": "finance", "members": [USER]}]}]});
    let before = ids(&sim).await;
    assert_eq!(sim.control(Method::POST, "/seed", &merge).await.0, 200);
    assert_eq!(ids(&sim).await, before, "it is there already");

    let mut seen = before;
    for _ in 0..2 {
        let path = format!("/v1.0/groups/{}", seen.last().expect("an id"));
        assert_eq!(portal(&sim, ADMIN, "DELETE", &path, Value::Null).await.0, 204);
        for _ in 0..2 {
            assert_eq!(sim.control(Method::POST, "/seed", &merge).await.0, 200);
        }
        let there = ids(&sim).await;
        assert_eq!(there.len(), 1, "merged twice, it is there once");
        assert!(!seen.contains(&there[0]), "{there:?} was there before");
        seen.extend(there);
    }
}

/// Users are deleted by those who manage users; seeded again, one of the same name is another user.
#[tokio::test]
async fn a_global_administrator_deletes_a_user() {
    let global = "global@contoso.com";
    let mut seed = seed();
    let users = seed["tenants"][0]["users"].as_array_mut().expect("users");
    users.push(json!({"userPrincipalName": global, "roles": ["Global Administrator"]}));
    seed["tenants"][0]["groups"][0]["members"] = json!([USER]);
    let sim = Sim::start(&seed);
    let path = format!("/v1.0/users/{USER}");
    assert_eq!(portal(&sim, ADMIN, "DELETE", &path, Value::Null).await.0, 403);
    let before = portal(&sim, global, "GET", &path, Value::Null).await.1;
    assert_eq!(portal(&sim, global, "DELETE", &path, Value::Null).await.0, 204);
    let state = sim.peek("/state").await["tenants"][TENANT].clone();
    assert_eq!((&state["groups"][0]["members"], &state["users"][2]), (&json!([]), &Value::Null));
    let gone = &state["deleted"]["users"][0];
    assert_eq!(
        (&gone["object"]["id"], &gone["by"]),
        (&before["id"], &json!({ "userPrincipalName": global }))
    );
    let again = json!({"tenants": [{"id": TENANT, "users": [{"userPrincipalName": USER}]}]});
    assert_eq!(sim.control(Method::POST, "/seed", &again).await.0, 200);
    let after = portal(&sim, global, "GET", &path, Value::Null).await.1;
    assert_ne!(before["id"], after["id"]);
}

#[tokio::test]
async fn an_administrator_changes_members_and_an_application_needs_the_permission() {
    let sim = Sim::start(&seed());
    let token = sim.app_token(TENANT).await;
    let user = portal(&sim, ADMIN, "GET", &format!("/v1.0/users/{USER}"), Value::Null).await.1;
    let id = user["id"].as_str().expect("an id");
    let add = format!("/v1.0/groups/{FINANCE}/members/$ref");
    let remove = format!("/v1.0/groups/{FINANCE}/members/{id}/$ref");
    let address = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")});
    assert_eq!(sim.graph(Method::POST, &add, &token, Some(&address)).await.0, 403);
    assert_eq!(sim.graph(Method::DELETE, &remove, &token, None).await.0, 403);
    let members = || async { sim.peek("/state").await["tenants"][TENANT]["groups"][0]["members"].clone() };
    assert_eq!(portal(&sim, ADMIN, "POST", &add, address).await.0, 204);
    assert_eq!(members().await, json!([USER]));
    assert_eq!(portal(&sim, ADMIN, "DELETE", &remove, Value::Null).await.0, 204);
    assert_eq!(members().await, json!([]));
}

#[tokio::test]
async fn a_seed_nests_groups_by_name_and_says_whether_their_members_count() {
    for (nested, expected) in [("ignore", 0), ("count", 1)] {
        let mut seed = seed();
        seed["options"] = json!({ "nestedGroups": nested });
        let tenant = &mut seed["tenants"][0];
        tenant["users"][1]["licences"] = json!(["CPC_E_2C_8GB_128GB"]);
        tenant["groups"] = json!([
            {"id": FINANCE, "displayName": "all", "memberGroups": ["finance"]},
            {"displayName": "finance", "members": [USER], "memberGroups": ["all"]},
        ]);
        let mut policy = crate::wire::support::policy("p");
        policy["assignments"] = json!([{"target": {"groupId": FINANCE}}]);
        tenant["provisioningPolicies"] = json!([policy]);
        let sim = Sim::start(&seed);
        let state = sim.peek("/state").await["tenants"][TENANT].clone();
        assert_eq!(state["cloudPCs"].as_array().map_or(0, Vec::len), expected, "{nested}");
        assert_eq!(state["groups"][1]["memberGroups"], json!([FINANCE]));
    }
}
