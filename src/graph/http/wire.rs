//! From a URL to an HTTP connection: TCP with its [`Fence`], the tunnel of a proxy where the environment names one, TLS.
//!
//! Built from hyper's parts and not on reqwest, because reqwest allows no code between itself and the socket.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt, service_fn};

use crate::graph::http::fence::{Fence, Fenced};

/// For the connection, the proxy and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(90);

/// TCP keep-alive: after how long without traffic, and how many probes.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const KEEP_ALIVE_TRIES: u32 = 3;

/// How long sent bytes may wait for the peer to acknowledge them.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

type Failure = Box<dyn std::error::Error + Send + Sync>;

type Socket = Fenced<TokioIo<TcpStream>>;

/// A connection: perhaps TLS, over perhaps TLS to a proxy, over the socket.
type Stream = MaybeHttpsStream<MaybeHttpsStream<Socket>>;

/// Connects to the host of a URI.
type Connector<T> = BoxCloneSyncService<Uri, T, Failure>;

/// An HTTP client. It follows no redirect, and repeats no request of which a byte may have been sent.
pub(crate) type HttpClient = Client<Connector<Stream>, Full<Bytes>>;

/// HTTPS and nothing else, with the system's roots or those of `SSL_CERT_FILE` and `SSL_CERT_DIR` when set, through the
/// proxy that `HTTPS_PROXY` names.
pub(crate) fn https(fence: &Fence) -> std::io::Result<HttpClient> {
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .with_native_roots()?
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls.clone())
        .https_only()
        .enable_all_versions()
        .wrap_connector(route(fence, tls));
    Ok(client(connector))
}

/// HTTP to the address itself, never through a proxy.
pub(crate) fn http(fence: &Fence) -> HttpClient {
    client(socket(fence).map_response(|socket| MaybeHttpsStream::Http(MaybeHttpsStream::Http(socket))))
}

fn client<S>(connector: S) -> HttpClient
where
    S: Service<Uri, Response = Stream, Error = Failure, Future: Send> + Clone + Send + Sync + 'static,
{
    let connector = service_fn(move |uri: Uri| {
        let connecting = tokio::time::timeout(CONNECT_TIMEOUT, connector.clone().oneshot(uri));
        async move {
            let late = |_| Failure::from(format!("no connection within {} s", CONNECT_TIMEOUT.as_secs()));
            connecting.await.map_err(late)?
        }
    });
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .build(BoxCloneSyncService::new(connector))
}

/// The way to a host: direct, or through a tunnel of a proxy.
fn route(fence: &Fence, tls: ClientConfig) -> Connector<MaybeHttpsStream<Socket>> {
    let (straight, proxies) = (socket(fence), Arc::new(Matcher::from_env()));
    let proxy = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(straight.clone());
    let proxy = BoxCloneSyncService::new(proxy);
    BoxCloneSyncService::new(service_fn(move |uri: Uri| {
        let through = proxies.intercept(&uri);
        reached(straight.clone(), proxy.clone(), through, uri)
    }))
}

async fn reached(
    straight: Connector<Socket>,
    proxy: Connector<MaybeHttpsStream<Socket>>,
    through: Option<Intercept>,
    uri: Uri,
) -> Result<MaybeHttpsStream<Socket>, Failure> {
    let Some(through) = through else {
        return straight.oneshot(uri).await.map(MaybeHttpsStream::Http);
    };
    let tunnel = Tunnel::new(through.uri().clone(), proxy);
    let mut tunnel = match through.basic_auth() {
        Some(authorization) => tunnel.with_auth(authorization.clone()),
        None => tunnel,
    };
    let connecting = tunnel.call(uri);
    Ok(connecting.await?)
}

/// A connected socket, which discards its unsent bytes when it is closed.
fn socket(fence: &Fence) -> Connector<Socket> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(KEEP_ALIVE));
    tcp.set_keepalive_interval(Some(KEEP_ALIVE));
    tcp.set_keepalive_retries(Some(KEEP_ALIVE_TRIES));
    #[cfg(target_os = "linux")]
    tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    let fence = fence.clone();
    BoxCloneSyncService::new(service_fn(move |uri: Uri| {
        let (tcp, fence) = (tcp.clone(), fence.clone());
        async move {
            let stream = tcp.oneshot(uri).await?;
            // Otherwise the system goes on sending from its buffer, long after the connection was closed.
            stream.inner().set_zero_linger()?;
            Ok(Fenced::new(stream, fence))
        }
    }))
}
