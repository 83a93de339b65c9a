//! The driver on a kind of its own and a recorded Kubernetes API: a panic stays with its object, a converged object is
//! not written, a deletion that cannot continue keeps the finalizer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::client::Body;
use kube::{Api, Client, CustomResource, ResourceExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{FINALIZER, ManagedStatus};
use crate::cluster::Cluster;
use crate::cluster::caches::{Cached, Caches};
use crate::cluster::published::Published;
use crate::cluster::wakes::{Wake, Wakes};
use crate::graph::Priority;
use crate::reconcile::claim_registry::Claims;
use crate::reconcile::context::Context;
use crate::reconcile::driver::reconcile;
use crate::reconcile::driver::urgency::{urgency, worth_telling};
use crate::reconcile::memory::{Memory, Uid};
use crate::reconcile::pass::{Kind, Pass};
use crate::reconcile::terminating::Uninstall;
use crate::report::conditions::Verdict;
use crate::report::reason::Reason;
use crate::report::status;
use crate::report::stop::{Later, Stop};
use crate::runtime::backoff::Backoff;
use crate::runtime::contained::InFlight;
use crate::runtime::events::Publisher;
use crate::runtime::metrics::Metrics;
use crate::runtime::own_namespace::OwnNamespace;
use crate::runtime::pulse::Pulse;
use crate::tenant::endpoints::{Connect, Endpoints};
use crate::tenant::tenants::Tenants;
use crate::tenant::tests::sign_in::{client_secret, tenant};
use crate::tenant::write_access::WriteAccess;
use kube::runtime::reflector::Store;

/// A secret that a panic quotes.
const CANARY: &str = "p4n1c-canary";

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "test.cloudpc.dev", version = "v1", kind = "Fragile", namespaced, status = "ManagedStatus")]
struct FragileSpec {
    panics: bool,
    /// Waits for the turn of a write at a tenant.
    #[serde(default)]
    writes: bool,
    /// Its deletion has nothing to wait for.
    #[serde(default)]
    removable: bool,
}

/// How often a pass got as far as to wait for its turn.
static WRITERS: AtomicUsize = AtomicUsize::new(0);

impl Cached for Fragile {
    fn cache(_caches: &Caches) -> &Store<Self> {
        unreachable!("its passes are run by hand")
    }
    fn trigger(_wakes: &Wakes) -> &Wake<Self> {
        unreachable!("its passes are run by hand")
    }
}

impl Kind for Fragile {
    const NAME: &'static str = "Fragile";

    fn api(&self, client: Client) -> Api<Self> {
        Api::namespaced(client, "team")
    }

    async fn converge(pass: &mut Pass<'_, Self>) -> Result<Verdict, Stop> {
        assert!(!pass.object.spec.panics, "a defect with {CANARY}");
        if pass.object.spec.writes {
            WRITERS.fetch_add(1, Ordering::Relaxed);
            let tenant = pass.context.tenants.get(&tenant("contoso", client_secret("app")))?;
            // The part of a pass that writes has a priority of its own.
            Priority::Change.scope(tenant.write_permit()).await?;
        }
        Ok(Verdict::Ready {
            message: "equal".to_owned(),
        })
    }

    async fn finalize(pass: &mut Pass<'_, Self>) -> Result<(), Stop> {
        if pass.object.spec.removable {
            return Ok(());
        }
        Err(Stop::waiting(Reason::Deleting, "not yet"))
    }

    fn report(old: &ManagedStatus, draft: ManagedStatus, verdict: &Verdict, generation: Option<i64>) -> ManagedStatus {
        status::managed(old, draft, verdict, generation)
    }

    fn conditions(status: &ManagedStatus) -> &[Condition] {
        &status.conditions
    }

    fn handled(status: &ManagedStatus) -> Option<&String> {
        status.last_handled_reconcile_at.as_ref()
    }

    fn set_handled(status: &mut ManagedStatus, at: Option<String>) {
        status.last_handled_reconcile_at = at;
    }

    fn changed(&self, _new: &ManagedStatus, _context: &Context) {}
}

/// The writes that reached the API, as `(path, body)`.
type Writes = Arc<Mutex<Vec<(String, Value)>>>;

/// An API that takes every patch and answers with the object and the status that it was sent.
fn kubernetes(object: &Fragile) -> (Client, Writes) {
    let writes = Writes::default();
    let (seen, object) = (Arc::clone(&writes), object.clone());
    let service = tower::service_fn(move |request: Request<Body>| {
        let (seen, mut object) = (Arc::clone(&seen), object.clone());
        async move {
            let path = request.uri().path().to_owned();
            let bytes = request.into_body().collect_bytes().await?;
            let body: Value = serde_json::from_slice(&bytes)?;
            if body["status"].is_object() {
                object.status = serde_json::from_value(body["status"].clone())?;
            }
            seen.lock().unwrap().push((path, body));
            let answer = serde_json::to_vec(&object)?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Response::new(Body::from(answer)))
        }
    });
    (Client::new(service, "team"), writes)
}

pub(crate) fn context(client: Client) -> Arc<Context> {
    let endpoints = Endpoints {
        graph: "https://graph.invalid".parse().unwrap(),
        authority: "https://login.invalid".parse().unwrap(),
        token_file: None,
        request_timeout: Duration::from_secs(1),
        own: OwnNamespace::new(client.clone(), "cloudpc-system"),
        connect: Connect::default(),
    };
    Arc::new(Context {
        events: Publisher::new(client.clone(), "test", "test"),
        uninstall: Uninstall::new(client.clone(), OwnNamespace::new(client.clone(), "cloudpc-system"), None),
        cluster: Cluster {
            client,
            caches: Caches::empty(),
            wakes: Wakes::default(),
            published: Published::default(),
            malformed: Arc::default(),
        },
        tenants: Tenants::new(endpoints, Metrics::new()),
        memory: Memory::default(),
        claims: Claims::default(),
        backoff: Backoff::default(),
        metrics: Metrics::new(),
        in_flight: InFlight::default(),
        settle: Duration::from_secs(60),
        access: WriteAccess {
            read_only: false,
            pulse: Pulse::unheeded(),
        },
        leading_since: crate::base::wall::now(),
    })
}

fn fragile(panics: bool) -> Fragile {
    let mut object = Fragile::new(
        "x",
        FragileSpec {
            panics,
            writes: false,
            removable: false,
        },
    );
    object.metadata.namespace = Some("team".to_owned());
    object.metadata.uid = Some("uid".to_owned());
    object.metadata.generation = Some(1);
    object.metadata.resource_version = Some("7".to_owned());
    object.finalizers_mut().push(FINALIZER.to_owned());
    object
}

fn status_writes(writes: &Writes) -> Vec<Value> {
    writes
        .lock()
        .unwrap()
        .iter()
        .filter(|(path, _)| path.ends_with("/x/status"))
        .map(|(_, body)| body.clone())
        .collect()
}

#[tokio::test]
async fn s15_a_panic_is_reported_on_its_object_without_its_text_and_the_controller_goes_on() {
    let object = fragile(true);
    let (client, writes) = kubernetes(&object);
    let context = context(client);
    let action = reconcile(Arc::new(object), Arc::clone(&context)).await.unwrap();
    assert_ne!(action, kube::runtime::controller::Action::await_change());
    let written = status_writes(&writes);
    assert_eq!(written.len(), 1);
    let conditions = written[0]["status"]["conditions"].as_array().unwrap();
    assert!(
        conditions
            .iter()
            .any(|condition| condition["type"] == "Ready" && condition["reason"] == "InternalError"),
        "{conditions:?}"
    );
    assert_eq!(context.in_flight.count(), 0);
    // S15: what a panic quotes may be anything.
    let written = format!("{:?}", writes.lock().unwrap());
    assert!(!written.contains(CANARY), "{written}");
}

#[tokio::test]
async fn the_finalizer_comes_first_and_a_converged_object_is_not_written_again() {
    let mut object = fragile(false);
    let (client, writes) = kubernetes(&object);
    object.metadata.finalizers = None;
    let context = context(client.clone());
    reconcile(Arc::new(object), Arc::clone(&context)).await.unwrap();
    let first = writes.lock().unwrap()[0].1.clone();
    assert_eq!(first, json!({"metadata": {"finalizers": [FINALIZER], "resourceVersion": "7"}}));
    // A pass on a stale copy, or on an object that was made anew, must not write.
    let condition = &status_writes(&writes)[0]["metadata"];
    assert_eq!(*condition, json!({"name": "x", "uid": "uid", "resourceVersion": "7"}));

    let mut converged = fragile(false);
    converged.status = serde_json::from_value(status_writes(&writes)[0]["status"].clone()).unwrap();
    let before = writes.lock().unwrap().len();
    reconcile(Arc::new(converged), Arc::clone(&context)).await.unwrap();
    assert_eq!(writes.lock().unwrap().len(), before);
}

#[tokio::test(start_paused = true)]
async fn f25_no_pass_works_with_a_copy_from_before_the_last_write() {
    let old = Arc::new(fragile(false));
    let (client, writes) = kubernetes(&old);
    let context = context(client);
    let written = async || {
        reconcile(Arc::clone(&old), Arc::clone(&context)).await.unwrap();
        status_writes(&writes).len()
    };
    assert_eq!(written().await, 1);
    assert_eq!(written().await, 1, "the cache is behind");
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(written().await, 2, "another writer has removed the status");
}

#[tokio::test]
async fn a_deletion_that_waits_keeps_the_finalizer() {
    let mut object = fragile(false);
    object.metadata.deletion_timestamp = Some(status::now());
    let (client, writes) = kubernetes(&object);
    reconcile(Arc::new(object), context(client)).await.unwrap();
    let writes = writes.lock().unwrap();
    assert!(
        writes.iter().all(|(_, body)| body["metadata"]["finalizers"].is_null()),
        "{writes:?}"
    );
}

#[tokio::test]
async fn what_others_keep_after_its_deletion_does_not_stay_ready() {
    let mut object = with_ready(Some(("True", "Synced", 1)));
    object.spec.removable = true;
    object.metadata.deletion_timestamp = Some(status::now());
    let (client, writes) = kubernetes(&object);
    let release = async |object: &Fragile| reconcile(Arc::new(object.clone()), context(client.clone())).await.unwrap();
    release(&object).await;
    assert_eq!(status_writes(&writes).len(), 0, "it is gone at once");
    object.finalizers_mut().push("example.com/theirs".to_owned());
    release(&object).await;
    let written = status_writes(&writes).remove(0);
    let ready = condition(&written["status"], "Ready");
    assert_eq!((&ready["status"], &ready["reason"]), (&json!("False"), &json!("Deleting")));
    assert!(ready["message"].as_str().unwrap().ends_with(": example.com/theirs"), "{ready}");
    let last = writes.lock().unwrap().last().unwrap().1.clone();
    assert_eq!(last["metadata"]["finalizers"], json!(["example.com/theirs"]), "{last}");
}

fn condition(status: &Value, kind: &str) -> Value {
    let conditions = status["conditions"].as_array().unwrap();
    conditions.iter().find(|condition| condition["type"] == kind).unwrap().clone()
}

/// An object with this Ready of that generation.
fn with_ready(ready: Option<(&str, &str, i64)>) -> Fragile {
    let mut object = fragile(false);
    object.status = ready.map(|(status, reason, generation)| {
        let ready = json!({"type": "Ready", "status": status, "reason": reason, "message": "", "observedGeneration": generation,
            "lastTransitionTime": "2026-01-05T08:00:00Z"});
        serde_json::from_value(json!({"conditions": [ready]})).unwrap()
    });
    object
}

fn uid() -> Uid {
    Uid::of(&fragile(false)).unwrap()
}

#[tokio::test]
async fn what_somebody_waits_for_comes_first() {
    for (ready, expected) in [
        (None, Priority::Change),
        (Some(("True", "Synced", 1)), Priority::Repair),
        (Some(("True", "Synced", 0)), Priority::Change),
        (Some(("False", Reason::Drifted.as_str(), 1)), Priority::Repair),
        (Some(("False", Reason::CreateUnconfirmed.as_str(), 1)), Priority::Change),
    ] {
        let mut object = with_ready(ready);
        let (uid, context) = (uid(), context(kubernetes(&object).0));
        let mut pass = Pass::new(&object, &uid, &context);
        assert_eq!(urgency(&pass), expected, "{ready:?}");
        pass.requested = true;
        assert_eq!(urgency(&pass), Priority::Change, "{ready:?}");
        object.metadata.deletion_timestamp = Some(status::now());
        assert_eq!(urgency(&Pass::new(&object, &uid, &context)), Priority::Change, "{ready:?}");
    }
}

#[tokio::test]
async fn a_wait_for_a_turn_is_told_to_who_has_no_word_yet_and_after_a_write() {
    let after = |seconds| Later {
        after: Duration::from_secs(seconds),
        turn: Some("its turn".to_owned()),
    };
    let list = Later { turn: None, ..after(60) };
    for (ready, seconds, expected) in [
        (None, 60, true),
        (None, 1, false),
        (Some(("True", "Synced", 1)), 60, false),
        (Some(("True", "Synced", 0)), 60, true),
    ] {
        let object = with_ready(ready);
        let (uid, context) = (uid(), context(kubernetes(&object).0));
        let mut pass = Pass::new(&object, &uid, &context);
        assert_eq!(worth_telling(&pass, &after(seconds)), expected, "{ready:?} {seconds}");
        pass.warn(Reason::Refused.as_str(), "Compare", String::new());
        assert_eq!(worth_telling(&pass, &after(seconds)), expected, "{ready:?} {seconds}");
        pass.event(Reason::Synced.as_str(), "Update", String::new());
        assert!(worth_telling(&pass, &after(seconds)), "{ready:?} {seconds}");
        assert!(!worth_telling(&pass, &list), "a list is under way");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_was_sent_away_for_want_of_budget_keeps_its_place_and_does_nothing_until_its_turn() {
    let mut object = fragile(false);
    object.spec.writes = true;
    let context = context(kubernetes(&object).0);
    let object = Arc::new(object);
    let contoso = context.tenants.get(&tenant("contoso", client_secret("app"))).unwrap();
    // A window is under way, and none of it is answered.
    let mut window = Vec::new();
    while let Ok(permit) = contoso.client.permit().await {
        window.push(permit);
    }
    let place = || context.memory.get(&uid()).asked.place;
    let passes = || WRITERS.load(Ordering::Relaxed);
    let pass = || reconcile(Arc::clone(&object), Arc::clone(&context));
    pass().await.unwrap();
    assert_eq!((passes(), place().is_some()), (1, true));
    let ticket = format!("{:?}", place());
    // The object as the cache has it lacks the status that was written.
    context.memory.update(&uid(), |notes| notes.seen.written = None);
    for _ in 0..3 {
        pass().await.unwrap();
        assert_eq!((passes(), format!("{:?}", place())), (1, ticket.clone()));
    }
    // A new generation may want something else, so it gets a pass; its place is the same.
    let mut changed = Fragile::clone(&object);
    changed.metadata.generation = Some(2);
    reconcile(Arc::new(changed), Arc::clone(&context)).await.unwrap();
    assert_eq!(passes(), 2);
    assert!(format!("{:?}", place()).contains(ticket.split("ticket").nth(1).unwrap().split(',').next().unwrap()));
    context.memory.update(&uid(), |notes| notes.seen.written = None);
    drop(window);
    pass().await.unwrap();
    assert_eq!((passes(), place().is_none()), (3, true));
}

#[tokio::test]
async fn equal_objects_are_not_looked_at_again_at_the_same_moment() {
    let (client, writes) = kubernetes(&fragile(false));
    let context = context(client);
    reconcile(Arc::new(fragile(false)), Arc::clone(&context)).await.unwrap();
    let mut converged = fragile(false);
    converged.status = serde_json::from_value(status_writes(&writes)[0]["status"].clone()).unwrap();
    let converged = Arc::new(converged);
    let mut waits = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let action = reconcile(Arc::clone(&converged), Arc::clone(&context)).await.unwrap();
        context.memory.forget(&uid());
        // `Action` shows its time only in its `Debug`.
        let shown = format!("{action:?}");
        let seconds = shown.split_once("Some(").and_then(|(_, rest)| rest.split_once("s)")).unwrap().0;
        waits.insert(seconds.to_owned());
        let seconds: f64 = seconds.parse().unwrap();
        assert!(
            (1620.0..=1980.0).contains(&seconds),
            "half an hour, up to a tenth more or less: {shown}"
        );
    }
    assert!(waits.len() > 10, "{waits:?}");
}
