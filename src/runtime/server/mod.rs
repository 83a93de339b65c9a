//! Two small HTTP/1 servers: `/livez` and `/readyz` for probes, `/metrics` for Prometheus.
//!
//! They answer fixed paths, read no body and keep no connection open. Prohibition: the health port shows no data
//! beyond the names of missing components.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::runtime::health::Health;
use crate::runtime::metrics;
use crate::runtime::metrics::Metrics;
use crate::runtime::shutdown::Shutdown;

/// Open connections per port. Beyond it the oldest is closed, so that many silent clients cannot keep a probe
/// from being answered.
const MAX_CONNECTIONS: usize = 64;
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection carries one request; one that lasts longer has a reader who does not read.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(15);
/// Request line and headers together.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Waiting after a failed accept, which means that file descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// The servers with their ports bound, not yet answering.
#[derive(Debug)]
pub(crate) struct Server {
    health: TcpListener,
    metrics: TcpListener,
}

impl Server {
    /// Binds both ports; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// Those of binding; the message names the address.
    pub(crate) async fn bind(health: SocketAddr, metrics: SocketAddr) -> std::io::Result<Self> {
        Ok(Self {
            health: bind(health).await?,
            metrics: bind(metrics).await?,
        })
    }

    /// Where probes are answered.
    ///
    /// # Errors
    ///
    /// When the system does not report the address of the socket.
    pub(crate) fn health_address(&self) -> std::io::Result<SocketAddr> {
        self.health.local_addr()
    }

    /// Where metrics are answered.
    ///
    /// # Errors
    ///
    /// When the system does not report the address of the socket.
    pub(crate) fn metrics_address(&self) -> std::io::Result<SocketAddr> {
        self.metrics.local_addr()
    }

    /// Answers until the shutdown is requested.
    ///
    /// Pass a shutdown that fires when the work has ended rather than when the signal arrives, so that probes are
    /// answered while the process drains.
    ///
    /// # Errors
    ///
    /// When the system does not report the address of a socket.
    pub(crate) async fn run(self, health: Health, metrics: Metrics, shutdown: Shutdown) -> std::io::Result<()> {
        tracing::info!(
            health = %self.health_address()?,
            metrics = %self.metrics_address()?,
            "listening"
        );
        tokio::join!(
            answer(self.health, health_routes(health), &shutdown),
            answer(self.metrics, metrics_routes(metrics), &shutdown),
        );
        Ok(())
    }
}

async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| std::io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}

fn health_routes(health: Health) -> Router {
    let ready = move || std::future::ready(readiness(&health));
    Router::new()
        .route("/livez", get(|| std::future::ready("ok\n")))
        .route("/readyz", get(ready))
}

fn readiness(health: &Health) -> (StatusCode, String) {
    match health.ready() {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(missing) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", missing.join(", "))),
    }
}

fn metrics_routes(metrics: Metrics) -> Router {
    let exposition = move || {
        let headers = [(header::CONTENT_TYPE, metrics::CONTENT_TYPE)];
        std::future::ready((headers, metrics.encode()).into_response())
    };
    Router::new().route("/metrics", get(exposition))
}

async fn answer(listener: TcpListener, routes: Router, shutdown: &Shutdown) {
    let mut connections = Connections::default();
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, _peer)) => connections.open(converse(stream, routes.clone())),
            Err(error) => {
                tracing::debug!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One connection, one request.
async fn converse(stream: TcpStream, routes: Router) {
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES)
        .keep_alive(false);
    let service = TowerToHyperService::new(routes);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    // A client that sends garbage or disconnects is not our error.
    let _ended = tokio::time::timeout(CONNECTION_TIMEOUT, connection).await;
}

/// The open connections of one port, oldest first. Dropping it closes them.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    order: VecDeque<AbortHandle>,
}

impl Connections {
    fn open(&mut self, connection: impl Future<Output = ()> + Send + 'static) {
        while self.tasks.try_join_next().is_some() {}
        self.order.retain(|task| !task.is_finished());
        while self.order.len() >= MAX_CONNECTIONS {
            if let Some(oldest) = self.order.pop_front() {
                oldest.abort();
            }
        }
        self.order.push_back(self.tasks.spawn(connection));
    }
}

#[cfg(test)]
mod tests;
