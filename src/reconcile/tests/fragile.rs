//! A kind of its own for tests of the driver, and a recorded Kubernetes API.

use crate::api::{FINALIZER, ManagedStatus};
use crate::cluster::Cluster;
use crate::cluster::caches::{Cached, Caches};
use crate::cluster::published::Published;
use crate::cluster::wakes::{Wake, Wakes};
use crate::graph::Priority;
use crate::reconcile::claim_registry::Claims;
use crate::reconcile::context::Context;
use crate::reconcile::memory::Memory;
use crate::reconcile::pass::{Kind, Pass};
use crate::reconcile::terminating::Uninstall;
use crate::report::conditions::Verdict;
use crate::report::reason::Reason;
use crate::report::status;
use crate::report::stop::Stop;
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
use http::{Request, Response};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::client::Body;
use kube::runtime::reflector::Store;
use kube::{Api, Client, CustomResource, ResourceExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
/// A secret that a panic quotes.
pub(super) const CANARY: &str = "p4n1c-canary";

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(group = "test.cloudpc.dev", version = "v1", kind = "Fragile", namespaced, status = "ManagedStatus")]
pub(super) struct FragileSpec {
    pub(super) panics: bool,
    /// Waits for the turn of a write at a tenant.
    #[serde(default)]
    pub(super) writes: bool,
    /// Its deletion has nothing to wait for.
    #[serde(default)]
    pub(super) removable: bool,
}

/// How often a pass got as far as to wait for its turn.
pub(super) static WRITERS: AtomicUsize = AtomicUsize::new(0);

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
pub(super) type Writes = Arc<Mutex<Vec<(String, Value)>>>;

/// An API that takes every patch and answers with the object and the status that it was sent.
pub(super) fn kubernetes(object: &Fragile) -> (Client, Writes) {
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

/// An API that refuses every write because the object has changed, and counts them.
pub(super) fn conflicting() -> (Client, Arc<AtomicUsize>) {
    let count = Arc::<AtomicUsize>::default();
    let counting = Arc::clone(&count);
    let service = tower::service_fn(move |_request: Request<Body>| {
        counting.fetch_add(1, Ordering::Relaxed);
        let status =
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "changed", "reason": "Conflict", "code": 409});
        let answer = Response::builder().status(409).body(Body::from(status.to_string().into_bytes()));
        async move { answer }
    });
    (Client::new(service, "team"), count)
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
            described: Caches::empty().tenants,
        },
        risk_turn: tokio::sync::Mutex::default(),
        leading_since: crate::base::wall::now(),
    })
}

pub(super) fn fragile(panics: bool) -> Fragile {
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

pub(super) fn status_writes(writes: &Writes) -> Vec<Value> {
    writes
        .lock()
        .unwrap()
        .iter()
        .filter(|(path, _)| path.ends_with("/x/status"))
        .map(|(_, body)| body.clone())
        .collect()
}
