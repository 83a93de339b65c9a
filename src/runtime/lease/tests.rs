//! The lease against a small Kubernetes API that knows one Lease object and its resource version.

use crate::runtime::lease::*;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use http::{Method, Request, Response, StatusCode};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// The Lease object, shared between the fake server and the test; and how many requests are refused first.
#[derive(Clone, Default)]
struct Cluster(Arc<Mutex<Option<Value>>>, Arc<AtomicUsize>);

impl Cluster {
    fn client(&self) -> Client {
        let cluster = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let cluster = cluster.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect_bytes().await?;
                let (status, answer) = cluster.answer(&parts.method, &body);
                let response = Response::builder().status(status).body(Body::from(answer.to_string().into_bytes()));
                Ok::<_, kube::Error>(response.expect("valid"))
            }
        });
        Client::new(service, "default")
    }

    fn answer(&self, method: &Method, body: &[u8]) -> (StatusCode, Value) {
        let refusals = |left: usize| left.checked_sub(1);
        if self.1.fetch_update(Ordering::SeqCst, Ordering::SeqCst, refusals).is_ok() {
            return (
                StatusCode::FORBIDDEN,
                json!({"kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden"}),
            );
        }
        let mut lease = self.0.lock().expect("no panic");
        let version = |lease: &Value| lease["metadata"]["resourceVersion"].clone();
        let refuse = |code: StatusCode, reason: &str| {
            let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code.as_u16(), "reason": reason});
            (code, status)
        };
        if *method == Method::GET {
            return match &*lease {
                Some(lease) => (StatusCode::OK, lease.clone()),
                None => refuse(StatusCode::NOT_FOUND, "NotFound"),
            };
        }
        let mut new: Value = serde_json::from_slice(body).expect("JSON");
        let current = lease.as_ref().map(&version);
        if current.is_some_and(|current| current != version(&new)) {
            return refuse(StatusCode::CONFLICT, "Conflict");
        }
        let next = version(&new).as_str().and_then(|v| v.parse().ok()).unwrap_or(0_u64);
        new["metadata"]["resourceVersion"] = json!((next + 1).to_string());
        *lease = Some(new.clone());
        (StatusCode::OK, new)
    }

    fn holder(&self) -> Option<String> {
        let lease = self.0.lock().expect("no panic");
        let holder = lease.as_ref()?["spec"]["holderIdentity"].as_str()?;
        Some(holder.to_owned())
    }

    fn give_to(&self, identity: &str) {
        *self.0.lock().expect("no panic") = Some(json!({
            "metadata": {"name": "lease", "resourceVersion": "100"},
            "spec": {"holderIdentity": identity, "leaseDurationSeconds": 20},
        }));
    }
}

/// Short times: the election library reads the real clock.
fn config() -> LeaseConfig {
    LeaseConfig {
        namespace: "default".to_owned(),
        name: "lease".to_owned(),
        identity: "me".to_owned(),
        timings: LeaseTimings {
            duration: Duration::from_secs(20),
            renew_deadline: Duration::from_secs(8),
            retry: Duration::from_millis(10),
            drain: Duration::from_secs(25),
        },
    }
}

#[tokio::test]
async fn the_lease_is_held_while_work_drains_and_released_after() {
    let cluster = Cluster::default();
    let shutdown = Shutdown::new();
    let trigger = shutdown.clone();
    let seen = cluster.clone();
    let outcome = lead(
        &cluster.client(),
        config(),
        shutdown,
        |_| (),
        |stop| async move {
            assert_eq!(seen.holder().as_deref(), Some("me"));
            trigger.cancel();
            stop.cancelled().await;
            tokio::task::yield_now().await;
            assert_eq!(seen.holder().as_deref(), Some("me"), "released before the work ended");
        },
    )
    .await;
    assert_eq!(outcome, Ok(()));
    assert!(cluster.0.lock().expect("no panic").is_some());
    assert_eq!(cluster.holder(), None);
}

#[tokio::test]
async fn a_lost_lease_is_an_error_and_drops_the_work() {
    let cluster = Cluster::default();
    let shutdown = Shutdown::new();
    let thief = cluster.clone();
    let (kept, dropped) = oneshot::channel::<()>();
    let outcome = lead(
        &cluster.client(),
        config(),
        shutdown,
        |_| (),
        |_| async move {
            let _kept = kept;
            thief.give_to("another");
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(outcome, Err(LeaseError::Lost));
    assert!(dropped.await.is_err(), "the work was dropped");
    assert_eq!(cluster.holder().as_deref(), Some("another"));
}

#[tokio::test]
async fn waiting_for_the_lease_ends_with_a_shutdown() {
    let cluster = Cluster::default();
    cluster.give_to("another");
    let shutdown = Shutdown::new();
    shutdown.cancel();
    let outcome = lead(
        &cluster.client(),
        config(),
        shutdown,
        |_| (),
        |_| async {
            panic!("must not lead");
        },
    )
    .await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(cluster.holder().as_deref(), Some("another"));
}

#[tokio::test]
async fn the_lease_is_not_released_while_work_may_still_run() {
    let cluster = Cluster::default();
    let shutdown = Shutdown::new();
    let trigger = shutdown.clone();
    let mut config = config();
    config.timings.drain = Duration::from_millis(20);
    let outcome = lead(
        &cluster.client(),
        config,
        shutdown,
        |_| (),
        |_| async move {
            trigger.cancel();
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert_eq!(outcome, Err(LeaseError::Drain(Duration::from_millis(20))));
    assert_eq!(cluster.holder().as_deref(), Some("me"));
}

#[tokio::test]
async fn contradictory_times_are_an_error_and_no_panic() {
    let edits: [fn(&mut LeaseConfig); 4] = [
        |c| c.identity.clear(),
        |c| c.timings.renew_deadline = c.timings.duration,
        |c| c.timings.retry = c.timings.renew_deadline,
        |c| c.timings.retry = Duration::ZERO,
    ];
    for edit in edits {
        let mut config = config();
        edit(&mut config);
        let shutdown = Shutdown::new();
        let client = Cluster::default().client();
        let outcome = lead(&client, config, shutdown, |_| (), |_| async {}).await;
        assert!(matches!(outcome, Err(LeaseError::Config(_))));
    }
}

#[tokio::test]
async fn a_lease_that_may_not_be_used_is_told_until_it_may_and_the_election_goes_on() {
    let cluster = Cluster::default();
    cluster.1.store(3, Ordering::SeqCst);
    let shutdown = Shutdown::new();
    let trigger = shutdown.clone();
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let hear = move |word: Result<(), String>| heard.lock().expect("no panic").push(word);
    let outcome = lead(&cluster.client(), config(), shutdown, hear, |_| async move { trigger.cancel() }).await;
    assert_eq!(outcome, Ok(()));
    let told = told.lock().expect("no panic");
    let refused = "the controller may not use the lease default/lease: 403 Forbidden; its Role names the lease";
    assert_eq!(told[..3], vec![Err(refused.to_owned()); 3]);
    assert!(told.len() > 3 && told[3..].iter().all(Result::is_ok), "{told:?}");
}
