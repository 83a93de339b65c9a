//! What the simulator, which enforces Graph's permission of every route, allows an application; and the message when it does not.

use serde_json::json;

use crate::graph::{Collection, ErrorKind, advice};
use crate::tenant::tests::sign_in::{SECRET, Scene, client_secret, seed, signs_in, tenant};

#[tokio::test]
async fn an_application_that_may_only_read_is_known_as_such_from_its_token() {
    for (roles, expected) in [
        (json!(["CloudPC.Read.All", "Organization.Read.All"]), true),
        (json!(["CloudPC.Read.All", "CloudPC.ReadWrite.All", "Organization.Read.All"]), false),
        (json!(["Organization.Read.All"]), false),
    ] {
        let scene = Scene::new(&seed(json!({"clientSecret": SECRET, "roles": roles})), None);
        scene.cluster.secret("app", &[("clientSecret", SECRET.as_bytes())]);
        let contoso = scene.tenants.get(&tenant("contoso", client_secret("app"))).unwrap();
        assert!(!contoso.client.reads_only(), "no request yet");
        signs_in(&contoso).await.unwrap();
        assert_eq!(contoso.client.reads_only(), expected, "{roles}");
    }
}

/// Which operations Graph refuses with these permissions, and what is advised about each.
async fn refused_with(roles: &[&str]) -> Vec<(&'static str, String)> {
    let scene = Scene::new(&seed(json!({"clientSecret": SECRET, "roles": roles})), None);
    scene.cluster.secret("app", &[("clientSecret", SECRET.as_bytes())]);
    let client = scene.tenants.get(&tenant("contoso", client_secret("app"))).unwrap().client.clone();
    let setting = json!({"displayName": "Users", "localAdminEnabled": false})
        .as_object()
        .unwrap()
        .clone();
    let answers = [
        ("read", client.list_as(Collection::ProvisioningPolicies, drop).await.map(drop)),
        ("read", client.list_as(Collection::UserSettings, drop).await.map(drop)),
        ("read", client.gallery_images().await.map(drop)),
        (
            "write",
            client
                .create(
                    Collection::UserSettings,
                    &setting,
                    crate::base::random::uuid(),
                    client.permit().await.unwrap(),
                )
                .await
                .map(drop),
        ),
        ("groups", client.groups_by_display_name("Finance").await.map(drop)),
        ("organization", client.organization().await.map(drop)),
    ];
    let mut refused = Vec::new();
    for (what, answer) in answers {
        if let Err(error) = answer {
            assert_eq!(error.kind, ErrorKind::Forbidden, "{what}: {error}");
            refused.push((what, advice(&error)));
        }
    }
    refused
}

/// S28 and S29: the documented permissions open every operation; without one of them, the refusal is explained by its name.
#[tokio::test]
async fn s28_the_documented_permissions_are_enough_and_a_refusal_names_the_one_that_is_missing() {
    const DOCUMENTED: [&str; 3] = ["CloudPC.ReadWrite.All", "GroupMember.Read.All", "Organization.Read.All"];
    assert_eq!(refused_with(&DOCUMENTED).await, []);
    let reader = ["CloudPC.Read.All", DOCUMENTED[1], DOCUMENTED[2]];
    for (roles, closed, missing) in [
        (&DOCUMENTED[1..], vec!["read", "read", "read", "write"], "CloudPC.ReadWrite.All"),
        (&reader[..], vec!["write"], "CloudPC.ReadWrite.All"),
        (&[DOCUMENTED[0], DOCUMENTED[2]][..], vec!["groups"], "GroupMember.Read.All"),
        (&DOCUMENTED[..2], vec!["organization"], "Organization.Read.All"),
    ] {
        let refused = refused_with(roles).await;
        let operations: Vec<_> = refused.iter().map(|(what, _)| *what).collect();
        assert_eq!(operations, closed, "{roles:?}");
        for (what, advice) in refused {
            assert!(
                advice.contains(missing) && advice.contains("application permission"),
                "{what}: {advice}"
            );
            assert!(advice.contains("Application permissions, with admin consent"), "{what}: {advice}");
        }
    }
}
