//! The HTTPS listener: accepts, does the TLS handshake, speaks HTTP/1.1 or HTTP/2, and cuts connections on demand.
//!
//! It does not know what is served.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;
use crate::faults::Treatment;
use crate::pipeline::{self, Cut};
use crate::service::Service;

const MOST_HEADERS: usize = 512;
const HEADER_BYTES: u32 = 256 * 1024;

/// Serves until `stop` is sent or dropped.
pub(crate) async fn serve(listener: TcpListener, tls: TlsAcceptor, service: Arc<Service>, mut stop: oneshot::Receiver<()>) {
    loop {
        let accepted = tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, tls.clone(), Arc::clone(&service)));
            }
            // Such as too many open files: yields before the next attempt.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn connection(stream: TcpStream, tls: TlsAcceptor, service: Arc<Service>) {
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
    let connection = Connection { cut: Arc::clone(&cut) };
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let (service, connection) = (Arc::clone(&service), connection.clone());
        async move {
            let answered = pipeline::answer(&service, request.map(Body::new), &Treatment::default()).await;
            Ok::<_, Infallible>(match answered {
                Ok(response) => response,
                Err(Cut) => connection.cut().await,
            })
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    // Generous, so that the refusal of absurd headers is Graph's and not an empty one of the library's.
    builder.http1().timer(TokioTimer::new()).max_headers(MOST_HEADERS);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(HEADER_BYTES);
    let served = builder.serve_connection(TokioIo::new(stream), answer);
    tokio::select! {
        ended = served => {
            if let Err(error) = ended {
                tracing::debug!(error, "connection ended");
            }
        }
        () = cut.notified() => tracing::debug!("connection cut"),
    }
}
