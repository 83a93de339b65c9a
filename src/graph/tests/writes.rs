//! Writes: sent once, in the right version, and with an error that shows whether the outcome is unknown.

use http::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::graph::http::transport::SendError;
use crate::graph::tests::fake::{Fake, Reply};
use crate::graph::{AssignmentTarget, Collection, ErrorKind, GraphError};

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is not an object"),
    }
}

/// Every kind of write, as often as wanted.
async fn write(fake: &Fake, which: usize) -> Result<(), GraphError> {
    let body = map(json!({"displayName": "x"}));
    let permit = fake.permit().await;
    match which {
        0 => fake
            .client
            .create(Collection::ProvisioningPolicies, &body, Uuid::nil(), permit)
            .await
            .map(drop),
        1 => fake
            .client
            .update(Collection::ProvisioningPolicies, "p1", &body, permit)
            .await
            .map(drop),
        2 => fake.client.assign(Collection::ProvisioningPolicies, "p1", &[], permit).await,
        _ => fake.client.delete(Collection::ProvisioningPolicies, "p1", permit).await.map(drop),
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_is_sent_once_whatever_happens() {
    for which in 0..4 {
        for (reply, kind, unknown) in [
            (Reply::status(504), ErrorKind::Unavailable, true),
            (Reply::status(503).with("retry-after", "1"), ErrorKind::Unavailable, true),
            (Reply::status(429).with("retry-after", "1"), ErrorKind::Throttled, false),
            (Reply::status(302), ErrorKind::Decode, true),
            (Reply::Hang, ErrorKind::Transport, true),
            (Reply::Fail(SendError::Interrupted("reset".to_owned())), ErrorKind::Transport, true),
            (Reply::Fail(SendError::Connect("refused".to_owned())), ErrorKind::Transport, false),
            (Reply::status(400), ErrorKind::BadRequest, false),
            (Reply::status(403), ErrorKind::Forbidden, false),
            (Reply::status(409), ErrorKind::Conflict, false),
            (Reply::status(423), ErrorKind::Conflict, false),
        ] {
            let fake = Fake::new([reply]);
            let error = write(&fake, which).await.unwrap_err();
            assert_eq!((error.kind, error.outcome_unknown()), (kind, unknown), "{which} {error}");
            assert_eq!(fake.sent().len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_gives_the_object_and_carries_its_request_id() {
    let answer = json!({"@odata.context": "c", "id": "p1", "displayName": "x", "gracePeriodInHours": 4});
    let fake = Fake::new([Reply::json(201, &answer)]);
    let id = Uuid::from_u128(7);
    let body = map(json!({"displayName": "x", "provisioningType": "sharedByEntraGroup"}));
    let entity = fake
        .client
        .create(Collection::ProvisioningPolicies, &body, id, fake.permit().await)
        .await
        .unwrap();
    assert_eq!((entity.id.as_str(), entity.assignments.len()), ("p1", 0));
    let sent = fake.sent().remove(0);
    assert_eq!(sent.url.path(), "/beta/deviceManagement/virtualEndpoint/provisioningPolicies");
    assert_eq!(sent.header("client-request-id"), Some(id.to_string().as_str()));
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!((sent.method.clone(), sent.json()), (Method::POST, Value::Object(body)));
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_has_no_id_may_have_happened() {
    for reply in [
        Reply::json(201, &json!({"displayName": "x"})),
        Reply::status(204),
        Reply::text(201, "text/html", "<p>"),
    ] {
        let fake = Fake::new([reply]);
        let error = write(&fake, 0).await.unwrap_err();
        assert_eq!((error.kind, error.outcome_unknown()), (ErrorKind::Decode, true), "{error}");
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
        assert_eq!(error.operation, "create provisioning policy \"x\"");
    }
}

#[tokio::test(start_paused = true)]
async fn a_patch_is_done_with_and_without_a_body_and_names_only_what_changes() {
    let fake = Fake::new([Reply::json(200, &json!({"id": "other"})), Reply::status(204)]);
    write(&fake, 1).await.unwrap();
    write(&fake, 1).await.unwrap();
    let sent = fake.sent().remove(0);
    assert_eq!(sent.method, Method::PATCH);
    assert_eq!(sent.url.path(), "/v1.0/deviceManagement/virtualEndpoint/provisioningPolicies/p1");
    assert_eq!(sent.json(), json!({"displayName": "x"}));
}

#[tokio::test(start_paused = true)]
async fn assign_posts_the_whole_set_and_uses_beta_for_allotments_only() {
    let plain = AssignmentTarget {
        id: None,
        group_id: "g1".to_owned(),
        service_plan_id: None,
        allotment_licenses_count: None,
        allotment_display_name: None,
    };
    let allotted = AssignmentTarget {
        allotment_licenses_count: Some(2),
        ..plain.clone()
    };
    let fake = Fake::new([Reply::status(204), Reply::status(200)]);
    fake.client
        .assign(Collection::ProvisioningPolicies, "p1", &[plain], fake.permit().await)
        .await
        .unwrap();
    fake.client
        .assign(Collection::ProvisioningPolicies, "p1", &[allotted], fake.permit().await)
        .await
        .unwrap();
    let sent = fake.sent();
    assert_eq!(
        sent[0].url.path(),
        "/v1.0/deviceManagement/virtualEndpoint/provisioningPolicies/p1/assign"
    );
    assert_eq!(
        sent[1].url.path(),
        "/beta/deviceManagement/virtualEndpoint/provisioningPolicies/p1/assign"
    );
    assert_eq!(sent[0].json()["assignments"][0]["target"]["groupId"], "g1");
}

#[tokio::test(start_paused = true)]
async fn deleting_what_is_gone_succeeds() {
    let fake = Fake::new([Reply::status(204), Reply::status(404)]);
    write(&fake, 3).await.unwrap();
    write(&fake, 3).await.unwrap();
    assert_eq!(fake.sent()[0].method, Method::DELETE);
}

#[tokio::test(start_paused = true)]
async fn a_404_is_an_error_for_every_other_write() {
    for which in 0..3 {
        let fake = Fake::new([Reply::status(404)]);
        assert_eq!(write(&fake, which).await.unwrap_err().kind, ErrorKind::NotFound);
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_names_its_object_safely() {
    let fake = Fake::new([Reply::status(400)]);
    let body = map(json!({"displayName": format!("a\nb\"{}", "x".repeat(500))}));
    let error = fake
        .client
        .create(Collection::UserSettings, &body, Uuid::nil(), fake.permit().await)
        .await
        .unwrap_err();
    assert!(error.operation.starts_with(r#"create user setting "a\nb\"x"#), "{error}");
    assert!(error.operation.len() < 200 && !error.operation.contains('\n'), "{error}");
}
