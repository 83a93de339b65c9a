//! One budget for everything that a tenant is sent: who waits, who goes first, and what Graph teaches.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::fake::{Fake, Reply, Sent};
use crate::graph::{Collection, ErrorKind, Limit, Limits, Priority, RequestClass};

const SECOND: Duration = Duration::from_secs(1);
const SETTINGS: Collection = Collection::UserSettings;

fn limit(requests: u32, seconds: u32) -> Limit {
    Limit {
        requests,
        window: SECOND * seconds,
    }
}

/// The usual limits, but this one for lists.
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
        super::fake::ROOT
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
            super::fake::ROOT
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
        ("mend", Priority::Repair),
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
    assert_eq!(*order.lock().unwrap(), ["change", "another", "mend", "look"]);
}

#[tokio::test(start_paused = true)]
async fn who_would_wait_long_is_sent_away_with_a_time_of_its_own_and_nothing_is_sent() {
    let fake = Fake::answering(lists(limit(2, 60)), Duration::ZERO, empty);
    for _ in 0..2 {
        fake.client.list(SETTINGS).await.unwrap();
    }
    let mut told = Vec::new();
    for _ in 0..3 {
        let error = fake.client.list(SETTINGS).await.unwrap_err();
        assert_eq!((error.kind, error.status), (ErrorKind::OverBudget, None));
        assert!(error.is_transient() && !error.outcome_unknown());
        told.push(error.retry_after.unwrap().as_secs_f64().round());
    }
    assert_eq!((told.as_slice(), fake.sent().len()), (&[60.0, 90.0, 120.0][..], 2));
    // A person does not stand behind them.
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

/// A service that counts writes in a sliding window, as they arrive, and refuses what is too much.
fn strict(requests: usize, window: Duration) -> impl Fn(&Sent) -> Reply + Send + Sync {
    let taken = Mutex::new(VecDeque::new());
    move |sent| {
        let mut taken = taken.lock().unwrap();
        while taken.front().is_some_and(|at| sent.at - *at >= window) {
            taken.pop_front();
        }
        if taken.len() < requests {
            taken.push_back(sent.at);
            return Reply::status(204);
        }
        let wait = window - (sent.at - taken[0]);
        Reply::status(429).with("retry-after", &format!("{:.3}", wait.as_secs_f64()))
    }
}

/// Makes so many writes with as many workers as a controller has. How long it took, and how many were refused.
async fn writes(fake: Fake, number: usize) -> (Duration, usize) {
    let (start, fake) = (Instant::now(), Arc::new(fake));
    let begun = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let (fake, begun) = (Arc::clone(&fake), Arc::clone(&begun));
            tokio::spawn(async move {
                while begun.fetch_add(1, Ordering::Relaxed) < number {
                    while let Err(pause) = write(&fake).await {
                        tokio::time::sleep(pause).await;
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let refused = fake.observed().iter().filter(|(_, status)| *status == Some(429)).count();
    assert_eq!(fake.sent().len(), number + refused);
    (start.elapsed(), refused)
}

async fn write(fake: &Fake) -> Result<(), Duration> {
    let sent = async {
        let permit = fake.client.permit().await?;
        fake.client
            .update(
                SETTINGS,
                "u1",
                &Map::from_iter([("displayName".to_owned(), Value::from("x"))]),
                permit,
            )
            .await
    };
    sent.await.map(drop).map_err(|error| {
        assert!(matches!(error.kind, ErrorKind::OverBudget | ErrorKind::Throttled), "{error}");
        error.retry_after.unwrap_or(SECOND)
    })
}

#[tokio::test(start_paused = true)]
async fn two_thousand_writes_under_the_planned_limit_meet_no_refusal_and_lose_no_time() {
    let latency = Duration::from_millis(40);
    let fake = Fake::answering(Limits::default(), latency, strict(100, 20 * SECOND));
    let (took, refused) = writes(fake, 2000).await;
    assert_eq!(refused, 0);
    assert!(took <= SECOND * 420, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_limit_lower_than_planned_is_learned() {
    let latency = Duration::from_millis(40);
    let fake = Fake::answering(Limits::default(), latency, strict(30, 20 * SECOND));
    let (took, refused) = writes(fake, 600).await;
    // Whoever ignored the limit would be refused some seventy times in each of the twenty windows.
    assert!(refused <= 60 && took <= SECOND * 800, "{refused} refused in {took:?}");
}
