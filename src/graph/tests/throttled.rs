//! Many objects and a service that enforces a limit: how long they take, how often Graph refuses, which waits for which.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::graph::tests::fake::{Fake, Reply, Sent};
use crate::graph::{Caller, Collection, ErrorKind, Limits, Place, Priority, Waited};

const SECOND: Duration = Duration::from_secs(1);
const WINDOW: Duration = Duration::from_secs(20);
const LATENCY: Duration = Duration::from_millis(40);

/// A service that accepts so many writes in a sliding window, and refuses the others.
struct Service {
    limit: usize,
    /// The limit ends this long after the start.
    lifted: Duration,
    /// Whether refused writes count, too.
    counts_refused: bool,
    /// Whether it sends `Retry-After`.
    says_when: bool,
}

impl Service {
    const fn of(limit: usize) -> Self {
        Self {
            limit,
            lifted: Duration::MAX,
            counts_refused: false,
            says_when: true,
        }
    }

    fn fake(self) -> Arc<Fake> {
        let (start, counted) = (Instant::now(), Mutex::new(VecDeque::new()));
        Arc::new(Fake::answering(Limits::default(), LATENCY, move |sent| {
            self.answer(sent, start, &mut counted.lock().unwrap())
        }))
    }

    fn answer(&self, sent: &Sent, start: Instant, counted: &mut VecDeque<Instant>) -> Reply {
        while counted.front().is_some_and(|at| sent.at - *at >= WINDOW) {
            counted.pop_front();
        }
        let limit = if sent.at - start < self.lifted { self.limit } else { usize::MAX };
        let refused = counted.len() >= limit;
        if !refused || self.counts_refused {
            counted.push_back(sent.at);
        }
        if !refused {
            return Reply::status(204);
        }
        let leaves = counted[counted.len().saturating_sub(limit)];
        let wait = (WINDOW - (sent.at - leaves)).as_secs_f64().ceil();
        let reply = Reply::status(429);
        if self.says_when {
            reply.with("retry-after", &wait.to_string())
        } else {
            reply
        }
    }
}

/// Objects that are written once each, by as many workers as a controller has.
#[derive(Default)]
struct Crowd {
    tasks: JoinSet<()>,
    /// When each object got its first result.
    heard: Arc<Mutex<Vec<Instant>>>,
}

impl Crowd {
    fn of(fake: &Arc<Fake>, party: &'static str, number: usize) -> Self {
        let mut crowd = Self::default();
        let workers = Arc::new(Semaphore::new(8));
        for object in 0..number {
            let converging = converge(Arc::clone(fake), party, object, Arc::clone(&workers), Arc::clone(&crowd.heard));
            crowd.tasks.spawn(converging);
        }
        crowd
    }

    async fn all(self) {
        self.tasks.join_all().await;
    }
}

/// Passes over one object until it is written; each is short, and the next one continues with the place of the last one.
async fn converge(fake: Arc<Fake>, party: &'static str, object: usize, workers: Arc<Semaphore>, heard: Arc<Mutex<Vec<Instant>>>) {
    let key = format!("{party}-{object}");
    let mut place = None;
    for number in 0.. {
        let worker = workers.acquire().await.unwrap();
        let next = pass(&fake, party, &key, &mut place).await;
        drop(worker);
        if number == 0 {
            heard.lock().unwrap().push(Instant::now());
        }
        let Some(next) = next else { return };
        sleep(next).await;
    }
}

async fn pass(fake: &Fake, party: &str, key: &str, place: &mut Option<Place>) -> Option<Duration> {
    let mut caller = Caller::new(Priority::Change, party, key);
    if let Some(kept) = place.take() {
        match kept.wait(&caller).await {
            Waited::Turn(permit) => caller = caller.with_permit(permit),
            Waited::Later(after) => {
                *place = Some(kept);
                return Some(after);
            }
            Waited::Paused => caller = caller.with_place(kept),
        }
    }
    let caller = Arc::new(caller);
    // A part of a pass may have a priority of its own.
    let written = Arc::clone(&caller).scope(Priority::Change.scope(write(fake, key))).await;
    *place = caller.leave_place();
    written.err()
}

async fn write(fake: &Fake, key: &str) -> Result<(), Duration> {
    let body = Map::from_iter([("displayName".to_owned(), Value::from(key))]);
    let sent = async {
        let permit = fake.client.permit().await?;
        fake.client.update(Collection::UserSettings, key, &body, permit).await.map(drop)
    };
    sent.await.map_err(|error| {
        let after = error.retry_after.unwrap_or(SECOND);
        match error.kind {
            ErrorKind::OverBudget => after,
            // As the gate of a tenant does: all are there when the pause ends.
            ErrorKind::Throttled => after.saturating_sub(2 * SECOND),
            _ => panic!("{error}"),
        }
    })
}

fn refused(fake: &Fake) -> usize {
    fake.observed().iter().filter(|(_, status)| *status == Some(429)).count()
}

/// Writes so many objects. Returns how long it took, and how many requests were refused.
async fn writes(service: Service, number: usize) -> (Duration, usize) {
    let (fake, start) = (service.fake(), Instant::now());
    Crowd::of(&fake, "team", number).all().await;
    assert_eq!(fake.sent().len(), number + refused(&fake));
    (start.elapsed(), refused(&fake))
}

/// Services that refuse: with and without counting refused writes, with and without `Retry-After`.
fn services(limit: usize) -> impl Iterator<Item = Service> {
    [(false, true), (true, true), (false, false), (true, false)]
        .into_iter()
        .map(move |(counts_refused, says_when)| Service {
            counts_refused,
            says_when,
            ..Service::of(limit)
        })
}

#[tokio::test(start_paused = true)]
async fn p4_two_thousand_writes_under_the_planned_limit_meet_no_refusal_and_lose_no_time() {
    let (took, refused) = writes(Service::of(100), 2000).await;
    assert_eq!(refused, 0);
    assert!(took <= SECOND * 400, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn p5_a_limit_lower_than_planned_is_learned_by_one_refusal_and_tried_once_a_window() {
    for service in services(20) {
        // Thirty policies with an assignment each.
        let (took, refused) = writes(service, 60).await;
        assert!(refused <= 2 && took <= SECOND * 63, "{refused} refused in {took:?}");
    }
    for service in services(20) {
        let (took, refused) = writes(service, 600).await;
        assert!(refused <= 30 && took <= SECOND * 630, "{refused} refused in {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_was_lifted_is_found_out_in_half_a_window_and_all_that_waited_goes_at_the_full_rate() {
    for seconds in [3, 12, 25, 31, 41, 45, 58, 83] {
        let lifted = Duration::from_secs(seconds);
        let service = Service { lifted, ..Service::of(20) };
        let (fake, start) = (service.fake(), Instant::now());
        Crowd::of(&fake, "team", 300).all().await;
        let lifted = start + lifted;
        // What Graph asked for is kept in any case.
        let pauses = fake.paused();
        let free = pauses.last().map_or(lifted, |until| lifted.max(*until));
        let by = |time: Instant| fake.sent().iter().filter(|sent| sent.at >= lifted && sent.at < time).count();
        let soon = if pauses.len() == 1 { SECOND * 2 } else { WINDOW / 2 + SECOND * 4 };
        assert!(by(free + soon) >= 75, "{seconds}: {} in {soon:?}", by(free + soon));
        let rest = fake.sent().last().unwrap().at - free;
        assert!(rest <= SECOND * 60, "{seconds}: the last one after {rest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn p17_a_wait_for_the_budget_keeps_no_worker_from_looking_at_the_others() {
    const OBJECTS: usize = 600;
    for (limit, parties) in [(20, 1), (100, 1), (20, 2), (100, 2)] {
        let fake = Service::of(limit).fake();
        if parties > 1 {
            Crowd::of(&fake, "other", 1).all().await;
        }
        let start = Instant::now();
        let crowd = Crowd::of(&fake, "crowd", OBJECTS);
        sleep(SECOND * 10).await;
        let heard = crowd.heard.lock().unwrap().len();
        assert_eq!(
            heard,
            OBJECTS,
            "within {:?}, a limit of {limit}, {parties} parties",
            start.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_party_that_is_not_alone_spreads_its_writes_over_the_window() {
    let (alone, shared) = (Service::of(100).fake(), Service::of(100).fake());
    Crowd::of(&shared, "other", 1).all().await;
    let mut sent = Vec::new();
    for fake in [&alone, &shared] {
        let _crowd = Crowd::of(fake, "crowd", 200);
        sleep(SECOND * 4).await;
        sent.push(fake.sent().len());
    }
    assert_eq!(sent[0], 100, "a whole window");
    assert!((20..=24).contains(&sent[1]), "{} in the fifth part of a window", sent[1]);
}

#[tokio::test(start_paused = true)]
async fn s48_a_backlog_of_one_party_delays_another_by_one_write_at_most() {
    for limit in [20, 100] {
        let fake = Service::of(limit).fake();
        let backlog = Crowd::of(&fake, "crowd", 300);
        for asked in 0..10 {
            sleep(SECOND * 7).await;
            let before = fake.sent().len();
            Crowd::of(&fake, "other", 1).all().await;
            let sent = fake.sent();
            let others: Vec<_> = sent[before..]
                .iter()
                .map(|sent| sent.url.path().rsplit('/').next().unwrap().to_owned())
                .collect();
            let own = others.iter().position(|object| object == "other-0").unwrap();
            assert!(own <= 1, "{asked}: {others:?}");
        }
        backlog.all().await;
    }
}
