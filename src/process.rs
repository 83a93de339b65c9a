//! The process: servers, Kubernetes clients, the lease, and the controllers under it.

use std::io::Write;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Body;
use kube::client::Body as KubeBody;
use tower::{BoxError, Service};

use crate::api::{FIELD_MANAGER, all_crds};
use crate::cli::Config;
use crate::controllers;
use crate::controllers::{CACHES, Dependencies};
use crate::graph::Fence;
use crate::reconcile::terminating::Uninstall;
use crate::runtime::clients::{Clients, connect};
use crate::runtime::events::Publisher;
use crate::runtime::health::Health;
use crate::runtime::lease::{LeaseConfig, LeaseTimings, lead};
use crate::runtime::metrics::Metrics;
use crate::runtime::own_namespace::OwnNamespace;
use crate::runtime::pulse::Pulse;
use crate::runtime::server::Server;
use crate::runtime::shutdown::{Shutdown, on_signals};
use crate::tenant::endpoints::{Connect, Endpoints};
use crate::tenant::tenants::Tenants;

/// How long one request to Graph may take. With the lease's renew deadline it has to stay below the lease's duration.
const GRAPH_TIMEOUT: Duration = Duration::from_secs(10);

/// A process that was paused for longer sends nothing any more and ends. Above the lease's renew deadline, so that the lease
/// is lost as well; below its duration, so that no successor leads yet.
const LONGEST_GAP: Duration = Duration::from_secs(10);

/// The readiness component of being the leader, or ready to become it.
const ELECTION: &str = "election";

/// What a process works with: the Kubernetes API, and Graph with Entra.
pub struct Surroundings {
    clients: Clients,
    connect: Box<dyn Fn(Fence) -> Connect + Send + Sync>,
}

impl Surroundings {
    /// Connections, as the environment and the configuration describe them.
    async fn real() -> anyhow::Result<Self> {
        Ok(Self {
            clients: connect().await.context("no connection to the Kubernetes API")?,
            connect: Box::new(Connect::fenced),
        })
    }

    /// Services in place of connections: simulators in the same process. Their errors are connections that break. Must be called
    /// inside the runtime in which the process runs.
    pub fn simulated<K, G, B>(kubernetes: K, graph: G) -> Self
    where
        K: Service<Request<KubeBody>, Response = Response<B>, Error = BoxError, Future: Send> + Clone + Send + 'static,
        G: Service<Request<Bytes>, Response = Response<B>, Error = BoxError, Future: Send> + Clone + Send + Sync + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        Self {
            clients: Clients::over(kubernetes),
            connect: Box::new(move |fence| Connect::over(graph.clone(), fence)),
        }
    }
}

/// Runs the controllers until SIGTERM.
///
/// # Errors
///
/// When the configuration does not work, a port is taken, or the lease is lost: a reason to end the process.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let shutdown = on_signals();
    let metrics = if config.tenant_metrics {
        Metrics::with_tenant_names()
    } else {
        Metrics::new()
    };
    let health = Health::new();
    if config.leader_election {
        health.expect(ELECTION);
    }
    let server = Server::bind(config.health_address, config.metrics_address).await?;
    // Probes are answered until the work has ended, also while it drains.
    let ended = Shutdown::new();
    let answering = tokio::spawn(server.run(health.clone(), metrics.clone(), ended.clone()));
    let pulse = if config.leader_election {
        Pulse::start(LONGEST_GAP, end_at_once)
    } else {
        // No other process takes over, so work that was begun before a pause may be finished after it.
        Pulse::unheeded()
    };
    let surroundings = Surroundings::real().await?;
    elect(config, &surroundings, &health, &metrics, &pulse, shutdown)
        .await
        .inspect_err(|_| {
            // The caller ends the process. Requests that passes have left behind send nothing meanwhile.
            pulse.give_up();
        })?;
    ended.cancel();
    answering.await.context("the servers for probes and metrics failed")??;
    Ok(())
}

/// Ends the process at once, without waiting for anything: another process may do its work already.
fn end_at_once() {
    tracing::error!("the process was paused for longer than its lease allows; it ends at once");
    std::process::exit(1);
}

/// Runs the controllers until the shutdown, without a lease and without servers for probes and metrics.
///
/// # Errors
///
/// When the controllers end by themselves.
pub async fn run_in(config: &Config, surroundings: &Surroundings, shutdown: Shutdown) -> anyhow::Result<()> {
    work(
        config,
        surroundings,
        &Health::new(),
        &Metrics::new(),
        &Pulse::unheeded(),
        shutdown.clone(),
    )
    .await;
    ended(&shutdown)
}

async fn elect(
    config: &Config,
    surroundings: &Surroundings,
    health: &Health,
    metrics: &Metrics,
    pulse: &Pulse,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let work = |shutdown: Shutdown| work(config, surroundings, health, metrics, pulse, shutdown);
    if !config.leader_election {
        work(shutdown.clone()).await;
        return ended(&shutdown);
    }
    let lease = LeaseConfig {
        namespace: config.leader_election_namespace.clone(),
        name: config.leader_election_id.clone(),
        identity: config.identity.clone(),
        timings: LeaseTimings::default(),
    };
    let report = {
        let health = health.clone();
        move |usable: Result<(), String>| match usable {
            Ok(()) => health.set_ready(ELECTION, true),
            Err(reason) => health.set_missing(ELECTION, &reason),
        }
    };
    lead(&surroundings.clients.strict, lease, shutdown.clone(), report, work)
        .await
        .context("leader election")?;
    ended(&shutdown)
}

/// The work ends by itself only when something is wrong with the process.
fn ended(shutdown: &Shutdown) -> anyhow::Result<()> {
    anyhow::ensure!(
        shutdown.is_cancelled(),
        "the controllers ended without a shutdown request; see the log"
    );
    Ok(())
}

async fn work(config: &Config, surroundings: &Surroundings, health: &Health, metrics: &Metrics, pulse: &Pulse, shutdown: Shutdown) {
    tracing::info!(identity = config.identity, "leading");
    if config.read_only {
        tracing::warn!("--read-only: nothing is written to Graph");
    }
    metrics.leader(true);
    health.expect(CACHES);
    // The lease itself is renewed by the client without a fence: it must be released after the work.
    let clients = surroundings.clients.while_steady(pulse);
    let beating = pulse.clone();
    let own = OwnNamespace::new(clients.strict.clone(), config.leader_election_namespace.clone());
    let endpoints = Endpoints {
        graph: config.graph_endpoint.url().clone(),
        authority: config.authority_host.url().clone(),
        token_file: config.federated_token_file.clone(),
        request_timeout: GRAPH_TIMEOUT,
        own: own.clone(),
        connect: (surroundings.connect)(Fence::new(move || beating.steady())),
    };
    let (context, triggers) = controllers::start(Dependencies {
        kubernetes: clients.api.clone(),
        tenants: Tenants::new(endpoints, metrics.clone()),
        uninstall: Uninstall::new(clients.strict.clone(), own, config.service_account.clone()),
        events: Publisher::new(clients.strict.clone(), FIELD_MANAGER, &config.instance),
        metrics: metrics.clone(),
        settle: config.settle_window,
        read_only: config.read_only,
        pulse: pulse.clone(),
    });
    let idle = controllers::run(context, triggers, config.concurrency, health.clone(), shutdown).await;
    metrics.leader(false);
    // The lease is released next, and what a pass has left behind must not write under the successor's.
    pulse.give_up();
    if !idle && config.leader_election {
        // A request that was sent already may still take effect: the lease is left to expire, and this process ends before that.
        std::future::pending::<()>().await;
    }
}

/// Prints every custom resource definition as YAML.
///
/// # Errors
///
/// When the output cannot be written.
pub fn print_crds(output: &mut impl Write) -> anyhow::Result<()> {
    for crd in all_crds() {
        writeln!(output, "---\n{}", serde_saphyr::to_string(&crd)?)?;
    }
    Ok(())
}
