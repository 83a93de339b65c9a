//! The publisher against a recorded Kubernetes API, and its bookkeeping without one.

use crate::runtime::events::*;
use http::{Method, Request, Response};
use kube::client::Body;
use serde_json::Value;

/// What the server was asked, in order.
type Calls = mpsc::UnboundedReceiver<(Method, String, Value)>;

/// A server that answers each request with the next status of `statuses`, then with 200. Zero means no answer.
fn server(statuses: &[u16]) -> (Client, Calls) {
    let (record, calls) = mpsc::unbounded_channel();
    let statuses = std::sync::Arc::new(std::sync::Mutex::new(statuses.to_vec()));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (record, statuses) = (record.clone(), statuses.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body: Value = serde_json::from_slice(&body.collect_bytes().await?).expect("JSON");
            let path = parts.uri.path().to_owned();
            record.send((parts.method, path, body.clone())).expect("test listens");
            let next = {
                let mut statuses = statuses.lock().expect("no panic");
                (!statuses.is_empty()).then(|| statuses.remove(0))
            };
            let (code, body) = match next {
                Some(0) => std::future::pending().await,
                Some(code @ 200..300) => (code, body),
                Some(code) => (
                    code,
                    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": "NotFound"}),
                ),
                None => (200, body),
            };
            let response = Response::builder().status(code).body(Body::from(body.to_string().into_bytes()));
            Ok::<_, kube::Error>(response.expect("valid"))
        }
    });
    (Client::new(service, "default"), calls)
}

fn policy() -> ObjectReference {
    ObjectReference {
        api_version: Some("example.org/v1".to_owned()),
        kind: Some("Policy".to_owned()),
        name: Some("standard".to_owned()),
        namespace: Some("team".to_owned()),
        uid: Some("u-1".to_owned()),
        ..ObjectReference::default()
    }
}

fn publish(publisher: &Publisher, reference: &ObjectReference, note: &str) {
    publisher.publish(reference, EventKind::Warning, "Refused", "Update", note.to_owned());
}

#[tokio::test(start_paused = true)]
async fn another_request_id_is_no_other_event() {
    let (client, mut calls) = server(&[]);
    let publisher = Publisher::new(client, "example.org/operator", "pod-1");
    for note in ["400 (request-id 0a-1)", "400 (request-id 0b-2)", "403 (request-id 0b-2)"] {
        publish(&publisher, &policy(), note);
    }
    let mut methods = Vec::new();
    for _call in 0..3 {
        methods.push(calls.recv().await.expect("a call").0);
    }
    assert_eq!(methods, [Method::POST, Method::PATCH, Method::POST]);
}

#[tokio::test(start_paused = true)]
async fn a_repetition_is_counted_and_another_note_is_another_event() {
    let (client, mut calls) = server(&[]);
    let publisher = Publisher::new(client, "example.org/operator", "pod-1");
    for note in ["first", "first", "second", "first"] {
        publish(&publisher, &policy(), note);
    }

    let (method, path, event) = calls.recv().await.expect("a call");
    assert_eq!(method, Method::POST);
    assert_eq!(path, "/apis/events.k8s.io/v1/namespaces/team/events");
    assert_eq!(event["note"], "first");
    assert_eq!(event["type"], "Warning");
    assert_eq!(event["reason"], "Refused");
    assert_eq!(event["action"], "Update");
    assert_eq!(event["regarding"]["uid"], "u-1");
    assert_eq!(event["reportingController"], "example.org/operator");
    assert_eq!(event["reportingInstance"], "pod-1");
    let name = event["metadata"]["name"].as_str().expect("a name").to_owned();

    let (method, path, series) = calls.recv().await.expect("a call");
    assert_eq!(method, Method::PATCH);
    assert!(path.ends_with(&name), "{path}");
    assert_eq!(series["series"]["count"], 2);
    assert_eq!(series["note"], Value::Null);

    let (method, _, event) = calls.recv().await.expect("a call");
    assert_eq!((method, &event["note"]), (Method::POST, &json!("second")));
    let (method, path, series) = calls.recv().await.expect("a call");
    assert_eq!(method, Method::PATCH);
    assert!(path.ends_with(&name), "{path}");
    assert_eq!(series["series"]["count"], 3);
}

#[tokio::test(start_paused = true)]
async fn notes_and_names_fit_the_server_and_cluster_objects_use_default() {
    let (client, mut calls) = server(&[]);
    let publisher = Publisher::new(client, "example.org/operator", &"p".repeat(300));
    let mut cluster_scoped = policy();
    cluster_scoped.namespace = None;
    cluster_scoped.name = Some("n".repeat(253));
    publish(&publisher, &cluster_scoped, &"é".repeat(1000));

    let (_, path, event) = calls.recv().await.expect("a call");
    assert_eq!(path, "/apis/events.k8s.io/v1/namespaces/default/events");
    assert_eq!(event["note"], "é".repeat(MAX_NOTE_BYTES / 2));
    assert!(event["metadata"]["name"].as_str().expect("a name").len() <= 253);
    assert_eq!(event["reportingInstance"].as_str().expect("text").len(), MAX_REPORTER_BYTES);
}

#[tokio::test(start_paused = true)]
async fn failures_are_not_remembered_as_published() {
    // No answer; then created; then gone when counted, so created again.
    let (client, mut calls) = server(&[0, 201, 404]);
    let publisher = Publisher::new(client, "example.org/operator", "pod-1");
    for _ in 0..3 {
        publish(&publisher, &policy(), "note");
    }
    // What is queued is still published; then the calls end.
    drop(publisher);
    let mut methods = Vec::new();
    while let Some((method, ..)) = calls.recv().await {
        methods.push(method);
    }
    assert_eq!(methods, [Method::POST, Method::POST, Method::PATCH, Method::POST]);
}

fn occurrence(note: &str) -> Occurrence {
    Occurrence {
        regarding: policy(),
        kind: EventKind::Normal,
        reason: "Synced",
        action: "Update",
        note: note.to_owned(),
    }
}

#[test]
fn one_object_cannot_flood_and_nothing_is_lost_from_the_count() {
    let mut ledger = Ledger::default();
    let start = Instant::now();
    let first = occurrence("0");
    assert_eq!(ledger.note(&first, start), Write::Create);
    ledger.written(&first, "event-0".to_owned());
    for _ in 0..9 {
        assert!(matches!(ledger.note(&first, start), Write::Count(_)));
    }
    assert_eq!(ledger.note(&first, start), Write::Nothing);
    assert_eq!(ledger.note(&occurrence("1"), start), Write::Nothing);
    let mut other = occurrence("0");
    other.regarding.uid = Some("u-2".to_owned());
    assert_eq!(ledger.note(&other, start), Write::Create, "objects are independent");

    let minute_later = start + Duration::from_secs(60);
    let entry = Entry {
        name: "event-0".to_owned(),
        count: 12,
    };
    assert_eq!(ledger.note(&first, minute_later), Write::Count(entry));
    let much_later = minute_later + Duration::from_secs(600);
    assert_eq!(ledger.note(&first, much_later), Write::Create);
}
