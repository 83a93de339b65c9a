//! The HTTPS listener: accepts, does the TLS handshake, speaks HTTP/1.1 or HTTP/2, and cuts connections on demand.
//!
//! It knows nothing of what is served.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::response::Response;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio_rustls::TlsAcceptor;

use crate::pipeline;
use crate::service::Service;

/// A handle on the connection that a request came over.
#[derive(Clone)]
pub struct Connection {
    cut: Arc<Notify>,
}

impl Connection {
    /// Closes the connection at once, whatever else is under way on it; the caller is dropped with it.
    pub async fn cut(&self) -> ! {
        self.cut.notify_one();
        std::future::pending().await
    }
}

/// Serves until `stop` is sent or dropped.
pub async fn serve(listener: TcpListener, tls: TlsAcceptor, service: Arc<Service>, mut stop: oneshot::Receiver<()>) {
    let router = Router::new().fallback(handle).with_state(service);
    loop {
        let accepted = tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, tls.clone(), router.clone()));
            }
            // Such as too many open files: the next round may fare better, and must not spin meanwhile.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn connection(stream: TcpStream, tls: TlsAcceptor, router: Router) {
    // Small answers must not wait for the acknowledgement of earlier ones.
    let _ = stream.set_nodelay(true);
    let stream = match tls.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%error, "TLS handshake failed");
            return;
        }
    };
    let cut = Arc::new(Notify::new());
    let router = router.layer(Extension(Connection { cut: Arc::clone(&cut) }));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::select! {
        ended = served => {
            if let Err(error) = ended {
                tracing::debug!(error, "connection ended");
            }
        }
        () = cut.notified() => tracing::debug!("connection cut"),
    }
}

async fn handle(State(service): State<Arc<Service>>, Extension(connection): Extension<Connection>, request: Request) -> Response {
    pipeline::serve(service, connection, request).await
}
