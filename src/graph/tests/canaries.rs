//! SECURITY.md, S50: a canary in every field of every kind of answer, and none in what leaves `graph` for status, events or logs.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::graph::tests::fake::{Fake, Reply};
use crate::graph::{Collection, GraphError};
use crate::graph::{advice, differences};

const GUID: &str = "11111111-0000-4000-8000-000000000001";

/// Secrets that a peer may have, or may have been sent.
const CANARIES: [&str; 4] = [
    "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiJ4In0.Y2FuYXJ5c2ln",
    "cnr8Q~oW3kLr9TbVn2MpZc7DfGhJs5Qe1RuYwXaK",
    "0.AXoAcnrj5cvGGr0GRqy180BHbRz-2k7VdX_9LmQpRsTuVwXyZ3aBcDeFgHiJkLmNoPqRs8T",
    "cnr9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b8",
];

/// Every canary in every way of writing it.
fn forms() -> Vec<String> {
    let of = |canary: &str| {
        let plain = canary.to_owned();
        let named = format!("client_secret={canary}");
        let header = format!("Authorization: Bearer {canary}");
        let document = json!({"access_token": canary}).to_string();
        [
            STANDARD.encode(canary),
            URL_SAFE_NO_PAD.encode(&header),
            STANDARD.encode(&document),
            plain,
            named,
            header,
            document,
        ]
    };
    CANARIES.into_iter().flat_map(of).collect()
}

/// A text with all of them.
fn poisoned() -> String {
    format!("before {} after", forms().join(" and "))
}

/// No canary is in the text, nor half of one; and the text is short.
fn clean(shown: &str, most: usize, what: &str) {
    let mut wanted: Vec<String> = CANARIES.into_iter().map(str::to_owned).collect();
    wanted.extend(
        CANARIES
            .into_iter()
            .flat_map(|canary| [STANDARD.encode(canary), URL_SAFE_NO_PAD.encode(canary)]),
    );
    for canary in wanted {
        for half in [&canary[..canary.len() / 2], canary[canary.len() / 2..].trim_end_matches('=')] {
            assert!(!shown.contains(half), "{half} is in {what}: {shown}");
        }
    }
    assert!(
        shown.len() <= most && !shown.chars().any(char::is_control),
        "{what} has {} bytes",
        shown.len()
    );
}

fn clean_error(error: &GraphError, what: &str) {
    for shown in [error.to_string(), advice(error), format!("{error:?}")] {
        clean(&shown, 4096, what);
    }
}

/// A canary in each place of an error answer. Not with status 400: to the read of an id that means "not found".
fn errors(form: &str) -> [Reply; 4] {
    let inner = json!({"code": form, "message": form, "request-id": form, "innerError": {"code": form, "client-request-id": form}});
    let said = json!({"error": {"code": form, "message": form, "target": form, "innerError": inner}});
    let intune = json!({"error": {"code": "x", "message": json!({"Message": form, "CustomApiErrorPhrase": form}).to_string()}});
    [
        Reply::json(409, &said)
            .with("request-id", &URL_SAFE_NO_PAD.encode(form))
            .with("retry-after", "1"),
        Reply::json(403, &intune),
        Reply::text(409, "text/html", form),
        Reply::text(200, "text/plain", form),
    ]
}

#[tokio::test(start_paused = true)]
async fn s50_no_error_of_graph_shows_a_canary() {
    for form in forms().into_iter().chain([poisoned(), poisoned().repeat(5000)]) {
        for reply in errors(&form) {
            let fake = Fake::new([reply]);
            let error = fake.client.get(Collection::UserSettings, "u1").await.unwrap_err();
            clean_error(&error, "an error");
        }
        let fake = Fake::new([Reply::json(200, &json!({"value": [], "@odata.nextLink": form}))]);
        clean_error(&fake.client.list(Collection::UserSettings).await.unwrap_err(), "a link");
    }
}

#[tokio::test(start_paused = true)]
async fn s50_no_error_of_entra_shows_a_canary() {
    for form in forms().into_iter().chain([poisoned()]) {
        let said = json!({"error": form, "error_description": format!("AADSTS7000215: {form} Trace ID: {form}"), "error_codes": [7_000_215],
            "trace_id": form, "correlation_id": form, "claims": form, "error_uri": form, "suberror": form});
        let refusal = || Reply::json(401, &said);
        let error = Fake::new([]).logins([refusal(), refusal()]).client.token().await.unwrap_err();
        clean_error(&error, "a refused sign-in");
    }
}

#[tokio::test(start_paused = true)]
async fn s50_no_name_shows_a_canary() {
    let long = format!("{}{}", poisoned(), "x".repeat(3 << 20));
    let fake = Fake::new([Reply::json(200, &json!({"value": [{"id": GUID, "displayName": long}]}))]);
    clean(&fake.client.organization().await.unwrap().display_name, 1024, "a name of 3 MB");
    for form in forms().into_iter().chain([poisoned()]) {
        let item = json!({"id": GUID, "displayName": form, "mailNickname": form, "status": form, "version": form, "healthCheckStatus": form,
            "healthCheckStatusDetail": form, "operatingSystem": form, "verifiedDomains": vec![json!({"name": form, "type": form}); 300]});
        let list = || Reply::json(200, &json!({"value": [item], "@odata.context": form}));
        let fake = Fake::new([list(), list(), list(), list(), list(), list(), Reply::json(200, &item)]);
        let client = &fake.client;
        let organization = client.organization().await.unwrap();
        assert_eq!(organization.verified_domains.len(), 100);
        let mut shown = organization.verified_domains.clone();
        shown.push(organization.display_name);
        shown.extend(
            client
                .groups_by_display_name(&form)
                .await
                .unwrap()
                .iter()
                .map(|group| format!("{group:?}")),
        );
        shown.extend(client.gallery_images().await.unwrap().iter().map(|image| format!("{image:?}")));
        shown.extend(client.device_images().await.unwrap().iter().map(|image| format!("{image:?}")));
        shown.extend(client.on_premises_connections().await.unwrap().iter().map(|one| format!("{one:?}")));
        shown.extend(
            client
                .front_line_service_plans()
                .await
                .unwrap()
                .iter()
                .map(|plan| format!("{plan:?}")),
        );
        shown.push(format!("{:?}", client.group(GUID).await.unwrap().unwrap()));
        assert_eq!(shown.len(), 107);
        for one in shown {
            clean(&one, 4096, "a name");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn s50_no_object_and_no_assignment_shows_a_canary_where_it_is_told() {
    for form in forms() {
        let target = |target: Value| json!({"id": "u1", "displayName": "x", "assignments": [{"id": "a", "target": target}]});
        let mut listed = vec![
            target(json!({"groupId": form})),
            target(json!({"groupId": GUID, "servicePlanId": form})),
            target(json!({"@odata.type": form, "groupId": GUID})),
            json!({"id": "u1", "assignments": [{"id": form, "target": {"groupId": GUID}}]}),
        ];
        for item in listed.drain(..) {
            let fake = Fake::new([Reply::json(200, &json!({"value": [item]}))]);
            let entities = fake.client.list(Collection::UserSettings).await.unwrap();
            clean(entities[0].unreadable.as_deref().unwrap(), 512, "why assignments cannot be read");
        }
        let fake = Fake::new([Reply::json(200, &json!({"value": [{"id": form, "assignments": []}]}))]);
        clean_error(&fake.client.list(Collection::UserSettings).await.unwrap_err(), "an id");

        // The values of an object are compared as they are, and printed by this.
        let desired = json!({"displayName": "wanted"});
        let observed = json!({"displayName": form});
        for difference in differences(
            Collection::UserSettings,
            desired.as_object().unwrap(),
            observed.as_object().unwrap(),
        ) {
            clean(&crate::graph::printable(&difference.observed.to_string()), 1024, "a difference");
        }
        let permit = Fake::new([]).permit().await;
        let fake = Fake::new([Reply::json(201, &json!({"id": form}))]);
        let name = json!({"displayName": form});
        let created = fake
            .client
            .create(Collection::UserSettings, name.as_object().unwrap(), Uuid::nil(), permit)
            .await;
        clean_error(&created.unwrap_err(), "an operation");
    }
}

#[tokio::test(start_paused = true)]
async fn s50_no_claim_of_a_token_shows_a_canary() {
    for form in forms() {
        let claims = json!({"roles": vec![form.clone(); 1000], "appid": form, "tid": form});
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let fake = Fake::new([]).logins([crate::graph::tests::fake::token(&token)]);
        let token = fake.client.token().await.unwrap();
        assert_eq!(token.roles.len(), 100);
        let mut all = String::new();
        for role in &token.roles {
            let _ = write!(all, "{role} ");
        }
        clean(&all, 13_000, "the roles");
        clean(&token.app_id.unwrap(), 64, "the application");
    }
}
