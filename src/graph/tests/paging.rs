//! Lists of many pages, friendly and hostile.

use serde_json::{Value, json};

use crate::graph::tests::fake::{Fake, ROOT, Reply};
use crate::graph::{Collection, ErrorKind};

const LIST: &str = "/beta/deviceManagement/virtualEndpoint/userSettings";

fn setting(id: &str) -> Value {
    json!({"id": id, "assignments": []})
}

fn page(items: &[Value], next: &str) -> Reply {
    Reply::json(200, &json!({"value": items, "@odata.nextLink": next}))
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_empty_ones_too() {
    let fake = Fake::new([
        page(&[setting("u1")], &format!("{ROOT}{LIST}?$skiptoken=a%20b")),
        page(&[], &format!("{ROOT}:443{LIST}?$skiptoken=c")),
        Reply::json(200, &json!({"value": [setting("u2")]})),
    ]);
    let listed = fake.client.list(Collection::UserSettings).await.unwrap();
    assert_eq!(listed.iter().map(|entity| entity.id.as_str()).collect::<Vec<_>>(), ["u1", "u2"]);
    assert_eq!(fake.sent()[1].url.as_str(), format!("{ROOT}{LIST}?$skiptoken=a%20b"));
    assert_eq!(fake.logged_in().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn s12_a_link_to_elsewhere_never_gets_the_bearer() {
    for link in [
        "https://evil.example/v1.0/x",
        "http://graph.example/v1.0/x",
        "https://graph.example:8443/v1.0/x",
        "https://graph.example@evil.example/v1.0/x",
        "https://user@graph.example/v1.0/x",
        "https://graph@evil.example/v1.0/x",
        "https://graph.example:x@evil.example/v1.0/x",
        "https://gräph.example/v1.0/x",
        "https://graph。example.evil.example/v1.0/x",
        "https://xn--grph-soa.example/v1.0/x",
        "https://127.0.0.1/v1.0/x",
        "https://[::1]/v1.0/x",
        "https://2130706433/v1.0/x",
        "//evil.example/v1.0/x",
        "\\\\evil.example/v1.0/x",
        "javascript:alert(1)",
        "https://graph.example/v1.0/../oauth2/x",
        "https://graph.example/v1.0/%2e%2e/oauth2/x",
        "/v1.0/x",
        "https://graph.example/oauth2/x",
    ] {
        // The fake panics at any request it does not expect, and at any other host.
        let fake = Fake::new([page(&[setting("u1")], link)]);
        let error = fake.client.list(Collection::UserSettings).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Decode, "{link}");
        assert_eq!(fake.sent().len(), 1, "{link}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_list_is_an_error() {
    let next = format!("{ROOT}{LIST}?$skiptoken=1");
    let fake = Fake::new([page(&[setting("u1")], &next), Reply::status(400)]);
    assert_eq!(
        fake.client.list(Collection::UserSettings).await.unwrap_err().kind,
        ErrorKind::BadRequest
    );

    let fake = Fake::new([page(&[setting("u1")], &next), Reply::json(200, &json!({"value": [setting("u1")]}))]);
    let error = fake.client.list(Collection::UserSettings).await.unwrap_err();
    assert!(error.message.contains("twice"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_loop_ends() {
    let (a, b) = (format!("{ROOT}{LIST}?$skiptoken=a"), format!("{ROOT}{LIST}?$skiptoken=b"));
    let fake = Fake::new([page(&[], &a), page(&[], &b), page(&[], &a)]);
    let error = fake.client.list(Collection::UserSettings).await.unwrap_err();
    assert!(error.message.contains("earlier"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn s30_a_list_without_end_ends() {
    let fake = Fake::new((0..1000).map(|n| page(&[], &format!("{ROOT}{LIST}?$skiptoken={n}"))));
    let error = fake.client.list(Collection::UserSettings).await.unwrap_err();
    assert!(error.message.contains("does not end"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn paged_assignments_are_completed_before_anybody_sees_them() {
    let group = |n: u8| format!("22222222-0000-4000-8000-00000000000{n}");
    let assignment = |n: u8| json!({"id": group(n), "target": {"groupId": group(n)}});
    let rest = format!("{ROOT}{LIST}/u1/assignments?$skiptoken=1");
    let fake = Fake::new([
        Reply::json(
            200,
            &json!({"id": "u1", "assignments": [assignment(1)], "assignments@odata.nextLink": rest}),
        ),
        Reply::json(200, &json!({"value": [assignment(2)]})),
    ]);
    let entity = fake.client.get(Collection::UserSettings, "u1").await.unwrap().unwrap();
    assert_eq!(
        entity.assignments.iter().map(|one| one.group_id.clone()).collect::<Vec<_>>(),
        [group(1), group(2)]
    );
    assert!(!entity.properties.contains_key("assignments@odata.nextLink"));
}

#[tokio::test(start_paused = true)]
async fn a_listed_object_with_many_assignments_is_completed_and_one_that_cannot_be_hides_no_other() {
    let more = |link: &str| json!({"id": "u1", "assignments": [], "assignments@odata.nextLink": link});
    let assigned = json!({"id": "a", "target": {"groupId": "33333333-0000-4000-8000-000000000001"}});
    let fake = Fake::new([
        Reply::json(
            200,
            &json!({"value": [more(&format!("{ROOT}{LIST}/u1/assignments?$skiptoken=a")), setting("u2")]}),
        ),
        Reply::json(200, &json!({"value": [assigned]})),
    ]);
    let listed = fake.client.list(Collection::UserSettings).await.unwrap();
    assert_eq!(listed.iter().map(|entity| entity.assignments.len()).collect::<Vec<_>>(), [1, 0]);

    let fake = Fake::new([Reply::json(
        200,
        &json!({"value": [more("https://evil.example/v1.0/x"), setting("u2")]}),
    )]);
    let listed = fake.client.list(Collection::UserSettings).await.unwrap();
    assert_eq!(
        listed.iter().map(|entity| entity.unreadable.is_some()).collect::<Vec<_>>(),
        [true, false]
    );
}
