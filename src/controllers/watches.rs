//! The watches that feed the caches and trigger the controllers.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use k8s_openapi::api::core::v1::{Namespace, ObjectReference};
use kube::core::PartialObjectMeta;
use kube::runtime::utils::PredicateConfig;
use kube::runtime::{WatchStreamExt, predicates, reflector, watcher};
use kube::{Api, Client, Resource};

use crate::base::wall;
use crate::cluster::Cluster;
use crate::cluster::caches::Caches;
use crate::cluster::kinds::each_kind;
use crate::cluster::malformed::Malformed;
use crate::cluster::published::Published;
use crate::cluster::wakes::Wakes;
use crate::reconcile::claim_registry::Claims;
use crate::reconcile::context::Context;
use crate::reconcile::memory::Memory;
use crate::reconcile::pass::Kind;
use crate::reconcile::terminating::Uninstall;
use crate::report::reason::Reason;
use crate::runtime::backoff::Backoff;
use crate::runtime::contained::InFlight;
use crate::runtime::decoded::Decoded;
use crate::runtime::events::{EventKind, Publisher};
use crate::runtime::metrics::Metrics;
use crate::runtime::pulse::Pulse;
use crate::runtime::shutdown::Shutdown;
use crate::runtime::watch::{Complete, Malformed as MalformedObject, Watchable, Watched, mark_complete, watch};
use crate::tenant::tenants::Tenants;
use crate::tenant::write_access::WriteAccess;

/// The stream that triggers a controller.
pub(crate) type Trigger<K> = BoxStream<'static, Result<K, watcher::Error>>;

macro_rules! triggers {
    (managed { $($managed:ident: $managed_kind:ty),* } others { $($other:ident: $other_kind:ty),* }) => {
        /// The streams of all watches; each has to be polled, or its cache is not updated.
        pub(crate) struct Triggers {
            $(pub(crate) $managed: Trigger<$managed_kind>,)*
            $(pub(crate) $other: Trigger<$other_kind>,)*
            pub(crate) namespaces: Trigger<PartialObjectMeta<Namespace>>,
        }

        /// Starts a watch for each kind.
        fn watch_all(sink: &Sink, client: &Client) -> (Caches, Triggers) {
            $(let $managed = sink.watch::<$managed_kind>(client);)*
            $(let $other = sink.watch::<$other_kind>(client);)*
            let (namespaces, namespaces_trigger, namespaces_complete) = watch_namespaces(client);
            let caches = Caches {
                complete: vec![$($managed.complete,)* $($other.complete,)* namespaces_complete],
                $($managed: $managed.store,)*
                $($other: $other.store,)*
                namespaces,
            };
            let triggers = Triggers {
                $($managed: $managed.trigger,)*
                $($other: $other.trigger,)*
                namespaces: namespaces_trigger,
            };
            (caches, triggers)
        }
    };
}
each_kind!(triggers);

/// What the context is built from.
pub(crate) struct Dependencies {
    /// Kubernetes, for watches and idempotent writes.
    pub kubernetes: Client,
    pub tenants: Tenants,
    /// Whether the operator itself is being removed.
    pub uninstall: Uninstall,
    pub events: Publisher,
    pub metrics: Metrics,
    /// How long Graph may take to show what was written.
    pub settle: Duration,
    /// Whether nothing is written to Graph.
    pub read_only: bool,
    /// Whether the process may still write at all.
    pub pulse: Pulse,
}

/// Starts the watches and builds the context.
pub(crate) fn start(dependencies: Dependencies) -> (Arc<Context>, Triggers) {
    let Dependencies {
        kubernetes,
        tenants,
        uninstall,
        events,
        metrics,
        settle,
        read_only,
        pulse,
    } = dependencies;
    let malformed = Arc::new(Malformed::default());
    let sink = Sink {
        malformed: Arc::clone(&malformed),
        events: events.clone(),
        metrics: metrics.clone(),
    };
    let (caches, triggers) = watch_all(&sink, &kubernetes);
    let described = caches.tenants.clone();
    let context = Context {
        cluster: Cluster {
            client: kubernetes,
            caches,
            wakes: Wakes::default(),
            published: Published::default(),
            malformed,
        },
        tenants,
        uninstall,
        memory: Memory::default(),
        claims: Claims::default(),
        backoff: Backoff::default(),
        events,
        metrics,
        in_flight: InFlight::default(),
        settle,
        access: WriteAccess {
            read_only,
            pulse,
            described,
        },
        risk_turn: tokio::sync::Mutex::default(),
        leading_since: wall::now(),
    };
    (Arc::new(context), triggers)
}

/// Where objects are reported that cannot be read as their kind.
struct Sink {
    malformed: Arc<Malformed>,
    events: Publisher,
    metrics: Metrics,
}

impl Sink {
    fn watch<K: Kind + Watchable>(&self, client: &Client) -> Watched<K> {
        let kind = K::NAME;
        let (malformed, events, metrics) = (Arc::clone(&self.malformed), self.events.clone(), self.metrics.clone());
        let api: Api<Decoded<K>> = Api::all(client.clone());
        watch(api, move |object| {
            tracing::error!(
                kind,
                namespace = object.namespace,
                name = object.name,
                error = object.error,
                "an object cannot be read as its kind; it is not reconciled"
            );
            malformed.insert(kind, object.namespace.as_deref().unwrap_or_default(), &object.name);
            metrics.malformed(kind);
            let note = format!("this object cannot be read as a {kind} and is not reconciled: {}", object.error);
            events.publish(
                &reference::<K>(&object),
                EventKind::Warning,
                Reason::Malformed.as_str(),
                "Watch",
                note,
            );
        })
    }
}

fn reference<K: Watchable>(object: &MalformedObject) -> ObjectReference {
    ObjectReference {
        api_version: Some(K::api_version(&()).into_owned()),
        kind: Some(K::kind(&()).into_owned()),
        namespace: object.namespace.clone(),
        name: Some(object.name.clone()),
        uid: object.uid.clone(),
        resource_version: object.resource_version.clone(),
        field_path: None,
    }
}

/// Namespaces matter for their labels only, so only their metadata is fetched and kept.
fn watch_namespaces(
    client: &Client,
) -> (
    reflector::Store<PartialObjectMeta<Namespace>>,
    Trigger<PartialObjectMeta<Namespace>>,
    Complete,
) {
    let (complete, sender) = Complete::new();
    let (store, writer) = reflector::store();
    let api: Api<PartialObjectMeta<Namespace>> = Api::all(client.clone());
    // Small pages: of these, nothing is pruned before a page is complete.
    let trigger = watcher(api, watcher::Config::default().page_size(50))
        .default_backoff()
        .modify(|namespace| {
            let meta = namespace.meta_mut();
            meta.managed_fields = None;
            meta.annotations = None;
        })
        .reflect(writer)
        .inspect(mark_complete(sender))
        .applied_objects()
        .predicate_filter(predicates::labels, PredicateConfig::default())
        .boxed();
    (store, trigger, complete)
}

/// A namespace whose labels changed may be allowed now, or not any more.
pub(crate) async fn wake_namespaces(trigger: Trigger<PartialObjectMeta<Namespace>>, context: Arc<Context>, shutdown: Shutdown) {
    let wakes = trigger.for_each(|namespace| {
        match namespace {
            // The first list changes nothing; every object has a first pass anyway.
            Ok(_) if !context.cluster.caches.complete() => {}
            Ok(namespace) => context
                .cluster
                .wake_namespace(namespace.metadata.name.as_deref().unwrap_or_default()),
            Err(error) => tracing::warn!(kind = "Namespace", %error, "watch"),
        }
        std::future::ready(())
    });
    shutdown.run_until_cancelled(wakes).await;
}
