//! Reads: the requests, the repeats, and the errors for broken answers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::graph::http::transport::SendError;
use crate::graph::tests::fake::{Fake, ROOT, Reply};
use crate::graph::{Collection, ErrorKind};

const GROUP: &str = "22222222-0000-4000-8000-000000000001";

fn page(items: &Value) -> Reply {
    Reply::json(200, &json!({"value": items}))
}

#[tokio::test(start_paused = true)]
async fn a_list_asks_for_everything_and_keeps_only_windows_365() {
    let fake = Fake::new([page(&json!([
        {"id": "p1", "displayName": "mine", "managedBy": "windows365,rpaBox", "future": {"x": 1},
            "assignments": [{"id": GROUP, "target": {}}]},
        {"id": "p2", "managedBy": "devBox", "assignments": []},
        {"id": "p3", "assignments": []},
    ]))]);
    let listed = fake.client.list(Collection::ProvisioningPolicies).await.unwrap();
    assert_eq!(listed.iter().map(|entity| entity.id.as_str()).collect::<Vec<_>>(), ["p1", "p3"]);
    assert_eq!(listed[0].properties["future"], json!({"x": 1}));
    assert_eq!(listed[0].assignments[0].group_id, GROUP);

    let sent = fake.sent().remove(0);
    assert_eq!(
        sent.url.as_str(),
        "https://graph.example/beta/deviceManagement/virtualEndpoint/provisioningPolicies?$expand=assignments"
    );
    assert_eq!(sent.header("prefer"), Some("include-unknown-enum-members"));
    assert_eq!(sent.header("authorization"), Some("Bearer token-1"));
    assert!(sent.headers["authorization"].is_sensitive());
    assert!(uuid::Uuid::try_parse(sent.header("client-request-id").unwrap()).is_ok());
    assert_eq!(fake.observed(), [("listProvisioningPolicies", Some(200))]);
}

#[tokio::test(start_paused = true)]
async fn user_settings_are_read_from_v1() {
    let fake = Fake::new([Reply::json(200, &json!({"id": "u1", "assignments": []})), Reply::status(404)]);
    assert_eq!(fake.client.get(Collection::UserSettings, "u1").await.unwrap().unwrap().id, "u1");
    assert_eq!(fake.client.get(Collection::UserSettings, "u2").await.unwrap(), None);
    assert_eq!(
        fake.sent()[0].url.as_str(),
        "https://graph.example/beta/deviceManagement/virtualEndpoint/userSettings/u1?$expand=assignments"
    );
}

#[tokio::test(start_paused = true)]
async fn transient_failures_are_repeated_and_the_asked_pause_is_kept() {
    let fake = Fake::new([
        Reply::status(503).with("retry-after", "2.128"),
        Reply::Fail(SendError::Interrupted("reset".to_owned())),
        page(&json!([])),
    ]);
    assert_eq!(fake.client.list(Collection::UserSettings).await.unwrap(), []);
    let sent = fake.sent();
    assert!(sent[1].at - sent[0].at >= Duration::from_secs(3));
    assert_eq!(fake.observed().len(), 3);
    assert_eq!(sent[0].header("client-request-id"), sent[2].header("client-request-id"));
}

#[tokio::test(start_paused = true)]
async fn three_tries_and_then_the_last_error() {
    let fake = Fake::new([Reply::status(503), Reply::Hang, Reply::status(502)]);
    let error = fake.client.list(Collection::UserSettings).await.unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::Unavailable, Some(502)));
    assert_eq!(
        fake.observed().iter().map(|seen| seen.1).collect::<Vec<_>>(),
        [Some(503), None, Some(502)]
    );
}

#[tokio::test(start_paused = true)]
async fn throttling_and_a_long_pause_are_left_to_the_caller_who_can_hold_back_everything_else() {
    for (status, asked, kind) in [(429, "2.128", ErrorKind::Throttled), (503, "120", ErrorKind::Unavailable)] {
        let fake = Fake::new([Reply::status(status).with("retry-after", asked)]);
        let error = fake.client.list(Collection::UserSettings).await.unwrap_err();
        let pause = Duration::from_secs(if status == 429 { 3 } else { 120 });
        assert_eq!((error.kind, error.retry_after), (kind, Some(pause)));
        assert_eq!(fake.sent().len(), 1);
        assert!(error.is_transient());
    }
}

#[tokio::test(start_paused = true)]
async fn s31_an_object_that_cannot_be_understood_does_not_hide_the_others() {
    for odd in [json!(null), json!([{"id": "?"}])] {
        let odd = json!({"id": "p1", "displayName": "odd", "assignments": odd});
        let fine = json!({"id": "p2", "displayName": "fine", "assignments": []});
        let fake = Fake::new([page(&json!([odd, fine])), Reply::json(200, &odd)]);
        let listed = fake.client.list(Collection::ProvisioningPolicies).await.unwrap();
        assert!(listed[0].unreadable.is_some() && listed[0].assignments.is_empty());
        assert_eq!((listed[0].display_name(), &listed[1].unreadable), (Some("odd"), &None));
        let alone = fake.client.get(Collection::ProvisioningPolicies, "p1").await.unwrap_err();
        assert_eq!(alone.kind, ErrorKind::Decode);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_service_meets_the_deadline() {
    let fake = Fake::new([Reply::Hang, Reply::Hang, Reply::Hang]);
    let error = fake.client.list(Collection::UserSettings).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Transport, Some("timeout")));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_graphs_answer_is_unknown_and_never_absence() {
    let listing_null = Reply::json(200, &json!({"value": null}));
    let bomb = Reply::text(200, "application/json", &"[".repeat(100_000));
    let redirect = Reply::status(302).with("location", "https://evil.example/");
    for broken in [
        Reply::text(200, "text/html", "<html>sign in</html>"),
        Reply::text(200, "application/json", "{\"value\": [{\"id\": \"p"),
        Reply::status(204),
        Reply::Endless,
        listing_null,
        bomb,
        redirect,
        Reply::json(200, &json!({"value": [{"displayName": "no id", "assignments": []}]})),
    ] {
        let fake = Fake::new([broken]);
        let error = fake.client.list(Collection::ProvisioningPolicies).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Decode, "{error}");
        assert!(error.is_transient(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_404_on_a_list_is_not_an_empty_list() {
    let fake = Fake::new([Reply::status(404)]);
    assert_eq!(
        fake.client.list(Collection::UserSettings).await.unwrap_err().kind,
        ErrorKind::NotFound
    );
}

#[tokio::test(start_paused = true)]
async fn only_404_and_400_say_that_there_is_no_object() {
    for status in [401, 403, 405, 409, 410, 412, 429, 451, 501] {
        let fake = Fake::new((0..3).map(|_| Reply::status(status)));
        let found = fake.client.get(Collection::UserSettings, "u1").await;
        assert!(found.is_err(), "{status}: {found:?}");
    }
    for status in [404, 400] {
        let fake = Fake::new([Reply::status(status)]);
        assert_eq!(fake.client.get(Collection::UserSettings, "u1").await, Ok(None), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn s13_an_id_that_is_not_an_id_is_never_sent() {
    let fake = Fake::new([]);
    for id in ["", "..", "a/b", "%2e%2e", "$count", "x?y"] {
        let error = fake.client.get(Collection::UserSettings, id).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadRequest);
        assert!(fake.client.delete(Collection::UserSettings, id, fake.permit().await).await.is_err());
        assert!(fake.client.group(id).await.is_err());
    }
    assert!(fake.sent().is_empty() && fake.logged_in().is_empty());
}

#[tokio::test(start_paused = true)]
async fn groups_are_found_by_exact_name_even_if_the_filter_is_ignored() {
    let fake = Fake::new([
        page(
            &json!([{"id": "g1", "displayName": "o'brien"}, {"id": "g2", "displayName": "O'Brien 2"}, {"id": "g3", "displayName": "O'BRIEN"}]),
        ),
        page(&json!([{"id": "g1", "displayName": "x", "mailNickname": null}, {"id": "g2", "displayName": "x", "mailNickname": "Nick"}])),
    ]);
    let found = fake.client.groups_by_display_name("O'Brien").await.unwrap();
    assert_eq!(found.iter().map(|group| group.id.as_str()).collect::<Vec<_>>(), ["g1", "g3"]);
    let found = fake.client.groups_by_mail_nickname("nick").await.unwrap();
    assert_eq!(found.iter().map(|group| group.id.as_str()).collect::<Vec<_>>(), ["g2"]);
    let filter = fake.sent()[0].url.query_pairs().next().unwrap().1.into_owned();
    assert_eq!(filter, "displayName eq 'O''Brien'");
}

#[tokio::test(start_paused = true)]
async fn the_directory_and_the_catalogue_are_read() {
    let fake = Fake::new([
        Reply::json(200, &json!({"id": "g1", "displayName": "Group", "mailNickname": "g"})),
        Reply::status(404),
        page(&json!([{"id": "t1", "displayName": "Contoso", "verifiedDomains": [{"name": "contoso.example"}, {}]}])),
        page(&json!([{"id": "offer_sku", "displayName": "Windows 11", "status": "supported"}])),
        page(&json!([{"id": "i1", "displayName": "base", "version": "1.0.0", "status": "ready"}])),
        page(&json!([{"id": "c1", "displayName": "Hub", "healthCheckStatus": "passed"}])),
        page(&json!([{"id": "p1", "displayName": "Frontline 2vCPU", "totalCount": 3}])),
        page(&json!([{"displayName": "without id"}])),
    ]);
    assert_eq!(fake.client.group("g1").await.unwrap().unwrap().mail_nickname.as_deref(), Some("g"));
    assert_eq!(fake.client.group("g2").await.unwrap(), None);
    assert_eq!(fake.client.organization().await.unwrap().verified_domains, ["contoso.example"]);
    assert_eq!(fake.client.gallery_images().await.unwrap()[0].display_name, "Windows 11");
    assert_eq!(fake.client.device_images().await.unwrap()[0].version.as_deref(), Some("1.0.0"));
    let connection = &fake.client.on_premises_connections().await.unwrap()[0];
    assert_eq!(
        (connection.named.display_name.as_str(), connection.is_being_checked()),
        ("Hub", false)
    );
    assert_eq!(fake.client.front_line_service_plans().await.unwrap()[0].id, "p1");
    assert_eq!(
        fake.client.on_premises_connections().await.unwrap_err().kind,
        ErrorKind::Decode,
        "a name without an id"
    );
    let paths: Vec<_> = fake.sent().iter().map(|sent| sent.url.path().to_owned()).collect();
    assert_eq!(
        paths,
        [
            "/v1.0/groups/g1",
            "/v1.0/groups/g2",
            "/v1.0/organization",
            "/v1.0/deviceManagement/virtualEndpoint/galleryImages",
            "/v1.0/deviceManagement/virtualEndpoint/deviceImages",
            "/v1.0/deviceManagement/virtualEndpoint/onPremisesConnections",
            "/beta/deviceManagement/virtualEndpoint/frontLineServicePlans",
            "/v1.0/deviceManagement/virtualEndpoint/onPremisesConnections"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn s30_bombs_are_refused_and_an_error_keeps_its_status_however_long_it_is() {
    let nested = format!(
        "{{\"value\": [{{\"id\": \"p1\", \"assignments\": [], \"x\": {}1{}}}]}}",
        "[".repeat(70),
        "]".repeat(70)
    );
    let link = |n: usize| format!("{ROOT}/beta/deviceManagement/virtualEndpoint/userSettings?$skiptoken={n}");
    let listed = |n: usize, items: Vec<Value>| Reply::json(200, &json!({"value": items, "@odata.nextLink": link(n)}));
    let many = (0..4).map(|part| {
        let ids = (0..25_001).map(|n| json!({"id": format!("u{part}-{n}"), "assignments": []}));
        listed(part, ids.collect())
    });
    let large = (0..9).map(|part| {
        let filler = "x".repeat((8 << 20) - 200);
        listed(part, vec![json!({"id": format!("u{part}"), "assignments": [], "x": filler})])
    });
    for (bomb, told) in [
        (vec![Reply::Endless], "larger than"),
        (vec![Reply::text(200, "application/json", &nested)], "deeper than 64"),
        (vec![page(&Value::Array(vec![json!([]); 130_000]))], "more than 250000 values"),
        (many.collect(), "longer than any"),
        (large.collect(), "longer than any"),
    ] {
        let error = Fake::new(bomb).client.list(Collection::UserSettings).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Decode);
        assert!(error.message.contains(told), "{error}");
    }
    let body = "x".repeat(10_000_000);
    for (status, kind) in [(403, ErrorKind::Forbidden), (404, ErrorKind::NotFound), (429, ErrorKind::Throttled)] {
        let fake = Fake::new([Reply::text(status, "text/html", &body).with("retry-after", "7")]);
        let error = fake.client.organization().await.unwrap_err();
        assert_eq!((error.kind, error.retry_after), (kind, Some(Duration::from_secs(7))));
        assert!(error.to_string().len() < 300, "{error}");
    }
}
