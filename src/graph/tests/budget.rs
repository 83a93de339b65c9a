//! One budget for all requests to a tenant: which request waits, which comes first, and what is learned from Graph's answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, json};
use tokio::time::Instant;

use crate::graph::budget::limits::{Limit, RequestClass};
use crate::graph::tests::fake::{Fake, Reply, Sent};
use crate::graph::{Caller, Collection, ErrorKind, Limits, Priority};

const SECOND: Duration = Duration::from_secs(1);
const SETTINGS: Collection = Collection::UserSettings;

fn limit(requests: u32, seconds: u32) -> Limit {
    Limit {
        requests,
        window: SECOND * seconds,
    }
}

/// The default limits, with another one for lists.
fn lists(limit: Limit) -> Limits {
    Limits {
        list: limit,
        ..Limits::default()
    }
}

fn empty(_: &Sent) -> Reply {
    Reply::json(200, &json!({"value": []}))
}

fn seconds_of(fake: &Fake, start: Instant) -> Vec<u64> {
    fake.sent().iter().map(|sent| (sent.at - start).as_secs()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_window_goes_at_once_and_everything_of_a_class_counts() {
    let fake = Fake::answering(lists(limit(3, 5)), Duration::ZERO, empty);
    let start = Instant::now();
    fake.client.list(SETTINGS).await.unwrap();
    fake.client.list(Collection::ProvisioningPolicies).await.unwrap();
    fake.client.gallery_images().await.unwrap();
    assert_eq!(fake.client.budget_left(RequestClass::List), 0);
    // Other classes have limits of their own.
    fake.client.groups_by_display_name("x").await.unwrap();
    fake.client.list(SETTINGS).await.unwrap();
    assert_eq!(seconds_of(&fake, start), [0, 0, 0, 0, 5]);
    assert_eq!(fake.held_back().len(), 1);
    assert_eq!((fake.held_back()[0].0, fake.held_back()[0].1.as_secs()), ("list", 5));
    assert_eq!(fake.client.budget_left(RequestClass::List), 2);
}

#[tokio::test(start_paused = true)]
async fn pages_and_repeats_count_like_any_other_request() {
    let next = format!(
        "{}/beta/deviceManagement/virtualEndpoint/userSettings?$skiptoken=1",
        crate::graph::tests::fake::ROOT
    );
    let fake = Fake::new([
        Reply::json(200, &json!({"value": [], "@odata.nextLink": next})),
        Reply::status(503),
        Reply::json(200, &json!({"value": []})),
    ]);
    let before = fake.client.budget_left(RequestClass::List);
    fake.client.list(SETTINGS).await.unwrap();
    assert_eq!(before - fake.client.budget_left(RequestClass::List), 3);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_has_begun_is_finished_even_if_a_window_does_not_hold_it() {
    let link = |n: u8| {
        format!(
            "{}/beta/deviceManagement/virtualEndpoint/userSettings?$skiptoken={n}",
            crate::graph::tests::fake::ROOT
        )
    };
    let pages = (1..7).map(|n| Reply::json(200, &json!({"value": [], "@odata.nextLink": link(n)})));
    let fake = Fake::limited(lists(limit(3, 60)), pages.chain([Reply::json(200, &json!({"value": []}))]));
    let start = Instant::now();
    fake.client.list(SETTINGS).await.unwrap();
    assert_eq!(seconds_of(&fake, start), [0, 0, 0, 60, 60, 60, 120]);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_change_goes_before_a_waiting_look_around() {
    let fake = Arc::new(Fake::answering(lists(limit(1, 2)), Duration::ZERO, empty));
    let order = Arc::new(Mutex::new(Vec::new()));
    fake.client.list(SETTINGS).await.unwrap();
    let mut tasks = Vec::new();
    for (name, priority) in [
        ("look", Priority::Resync),
        ("repair", Priority::Repair),
        ("change", Priority::Change),
        ("another", Priority::Change),
    ] {
        let (fake, order) = (Arc::clone(&fake), Arc::clone(&order));
        tasks.push(tokio::spawn(priority.scope(async move {
            fake.client.list(SETTINGS).await.unwrap();
            order.lock().unwrap().push(name);
        })));
        tokio::task::yield_now().await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["change", "another", "repair", "look"]);
}

#[tokio::test(start_paused = true)]
async fn what_has_begun_to_write_goes_on_before_others_of_its_party_begin() {
    let write = limit(1, 2);
    let fake = Fake::answering(
        Limits {
            write,
            ..Limits::default()
        },
        Duration::ZERO,
        |_| Reply::status(204),
    );
    let mut tasks = Vec::new();
    for id in ["a", "b", "c"] {
        let client = fake.client.clone();
        let work = async move {
            for _ in 0..2 {
                let permit = client.permit().await.unwrap();
                client.update(SETTINGS, id, &Map::new(), permit).await.unwrap();
            }
        };
        tasks.push(tokio::spawn(Arc::new(Caller::new(Priority::Change, "team", id)).scope(work)));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let paths: Vec<String> = fake.sent().iter().map(|sent| sent.url.to_string()).collect();
    let order: Vec<&str> = paths.iter().filter_map(|path| path.rsplit('/').next()).collect();
    assert_eq!(order, ["a", "a", "b", "b", "c", "c"]);
}

#[tokio::test(start_paused = true)]
async fn who_would_wait_long_is_sent_away_with_a_time_and_nothing_is_sent() {
    let fake = Fake::answering(lists(limit(2, 60)), Duration::ZERO, empty);
    for _ in 0..2 {
        fake.client.list(SETTINGS).await.unwrap();
    }
    for _ in 0..3 {
        let error = fake.client.list(SETTINGS).await.unwrap_err();
        assert_eq!((error.kind, error.status), (ErrorKind::OverBudget, None));
        assert!(error.is_transient() && !error.outcome_unknown());
        // The limit may be another one long before a window is over.
        let after = error.retry_after.unwrap();
        assert!((SECOND..=5 * SECOND).contains(&after), "{after:?}");
    }
    assert_eq!(fake.sent().len(), 2);
    // They do not wait behind a person's request.
    tokio::time::sleep(60 * SECOND).await;
    fake.client.list(SETTINGS).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_is_not_used_goes_back() {
    let limits = Limits {
        write: limit(1, 60),
        ..Limits::default()
    };
    let fake = Fake::limited(limits, [Reply::status(204)]);
    drop(fake.permit().await);
    let permit = fake.permit().await;
    let meanwhile = fake.client.permit().await.unwrap_err();
    assert_eq!((meanwhile.kind, fake.sent().len()), (ErrorKind::OverBudget, 0));
    fake.client.update(SETTINGS, "u1", &Map::new(), permit).await.unwrap();
    assert_eq!(fake.client.budget_left(RequestClass::Write), 0);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_graph_asks_for_is_kept_by_every_class() {
    for (header, pause) in [(Some("2.128"), 3), (Some("0"), 1), (Some("-1"), 1), (None, 1), (Some("7"), 7)] {
        let refused = Reply::status(429);
        let refused = header.map_or(Reply::status(429), |text| refused.with("retry-after", text));
        let fake = Fake::new([refused, Reply::status(404), Reply::json(200, &json!({"value": []}))]);
        assert_eq!(fake.client.list(SETTINGS).await.unwrap_err().kind, ErrorKind::Throttled);
        fake.client.get(SETTINGS, "u1").await.unwrap();
        fake.client.groups_by_display_name("x").await.unwrap();
        let sent = fake.sent();
        assert!(sent[1].at - sent[0].at >= SECOND * pause, "{header:?}");
        assert_eq!(fake.throttled(), [("list", SECOND * pause)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_pause_sends_everybody_away_until_it_is_over() {
    let fake = Fake::new([Reply::status(429).with("retry-after", "99999999"), Reply::status(404)]);
    fake.client.get(SETTINGS, "u1").await.unwrap_err();
    tokio::time::sleep(100 * SECOND).await;
    let error = fake.client.permit().await.unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::Throttled, None));
    assert_eq!(error.retry_after.unwrap().as_secs(), 200);
    assert_eq!(fake.sent().len(), 1);
    tokio::time::sleep(200 * SECOND).await;
    fake.client.get(SETTINGS, "u1").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_nearly_reached_shrinks_the_class_once_a_window() {
    let near = |text: &'static str| move |_: &Sent| Reply::status(404).with("x-ms-throttle-limit-percentage", text);
    for (text, left) in [("0.8", 79), ("1.8", 79), ("0.7", 99), ("-1", 99), ("NaN", 99), ("soon", 99)] {
        let limits = Limits {
            get: limit(100, 10),
            ..Limits::default()
        };
        let fake = Fake::answering(limits, Duration::ZERO, near(text));
        fake.client.get(SETTINGS, "u1").await.unwrap();
        assert_eq!(fake.client.budget_left(RequestClass::Get), left, "{text}");
        for _ in 0..9 {
            fake.client.get(SETTINGS, "u1").await.unwrap();
        }
        assert_eq!(fake.client.budget_left(RequestClass::Get), left - 9, "{text}");
        tokio::time::sleep(600 * SECOND).await;
        assert_eq!(fake.client.budget_left(RequestClass::Get), 100, "{text}");
    }
}
