//! Connections to the Kubernetes API: two clients with different timeouts. Neither retries by itself.
//!
//! kube's own retry is off because it repeats every method, POST included, up to fifteen times, and obeys a server's
//! Retry-After without a limit: one create could become several, and one call could block a reconcile for minutes. The
//! work queue and the watch backoff retry whole passes, which is safe.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Body as HttpBody;
use kube::Client;
use kube::client::{Body, ClientBuilder};
use kube::config::{Config, InClusterError, KubeConfigOptions, KubeconfigError};
use tower::timeout::{Timeout, TimeoutLayer};
use tower::{BoxError, Service, service_fn};

use crate::runtime::paging::small_pages;
use crate::runtime::pulse::Pulse;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// For lists, watches, status patches.
///
/// Only the start of a response is bounded tightly: the server sends the headers of a watch at once and may then stay
/// silent. Silence may last longer than a watch (290 s, plus the watcher's margin of 5 s).
const PATIENT: Patience = Patience {
    response: Duration::from_secs(10),
    silence: Duration::from_secs(300),
};

/// For leases, events, token requests, creates. An answer that is later than this comes too late to be of use.
const STRICT: Patience = Patience {
    response: Duration::from_secs(5),
    silence: Duration::from_secs(5),
};

#[derive(Clone, Copy)]
struct Patience {
    /// Until the headers of the response have arrived.
    response: Duration,
    /// Without a byte from the server.
    silence: Duration,
}

/// The two ways to talk to the Kubernetes API.
#[derive(Clone)]
pub(crate) struct Clients {
    /// Reads, watches and idempotent writes.
    pub api: Client,
    /// Short calls that are not idempotent or must not be late. Cannot watch.
    pub strict: Client,
}

impl Clients {
    /// Both clients over a service that answers in place of connections.
    pub(crate) fn over<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = BoxError, Future: Send> + Clone + Send + 'static,
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let client = |patience: Patience| Client::new(Timeout::new(service.clone(), patience.response), "default");
        Self {
            api: small_pages(&client(PATIENT)),
            strict: client(STRICT),
        }
    }

    /// The same, but they send nothing once the pulse is lost.
    pub(crate) fn while_steady(&self, pulse: &Pulse) -> Self {
        let fenced = |client: &Client| {
            let (pulse, inner) = (pulse.clone(), client.clone());
            let service = service_fn(move |request: Request<Body>| {
                let (steady, inner) = (pulse.steady(), inner.clone());
                async move {
                    if !steady {
                        return Err(BoxError::from(Unsteady));
                    }
                    inner.send(request).await.map_err(BoxError::from)
                }
            });
            Client::new(service, client.default_namespace())
        };
        Self {
            api: fenced(&self.api),
            strict: fenced(&self.strict),
        }
    }
}

/// Nothing was sent: the process was paused, or is not the leader any more.
#[derive(Debug, thiserror::Error)]
#[error("another process may be the leader by now, so this one sends nothing any more")]
struct Unsteady;

/// Why there is no connection. Nothing has been sent to the server at this point.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The kubeconfig file is missing or wrong.
    #[error("the kubeconfig cannot be used")]
    Kubeconfig(#[source] KubeconfigError),
    /// The pod lacks its service account.
    #[error("the service account of the pod cannot be used")]
    InCluster(#[source] InClusterError),
    /// The kubeconfig asks for connections that anyone could intercept.
    #[error("the kubeconfig switches certificate checks off (insecure-skip-tls-verify)")]
    Insecure,
    /// The TLS material or the authentication method is wrong.
    #[error("the Kubernetes client cannot be built")]
    Client(#[source] kube::Error),
}

/// Prepares the clients from the file that `KUBECONFIG` names, else from the pod's service account, else from the
/// user's kubeconfig.
///
/// # Errors
///
/// See [`ConnectError`].
pub(crate) async fn connect() -> Result<Clients, ConnectError> {
    let asked_for = std::env::var_os("KUBECONFIG").is_some_and(|path| !path.is_empty());
    let in_pod = std::env::var_os("KUBERNETES_SERVICE_HOST").is_some();
    // Not `Config::infer`: it lets debugging variables redirect the client.
    let config = if in_pod && !asked_for {
        Config::incluster_env().map_err(ConnectError::InCluster)?
    } else {
        Config::from_kubeconfig(&KubeConfigOptions::default())
            .await
            .map_err(ConnectError::Kubeconfig)?
    };
    clients(config)
}

/// Both clients for one configuration.
///
/// # Errors
///
/// [`ConnectError::Insecure`] or [`ConnectError::Client`].
pub(crate) fn clients(config: Config) -> Result<Clients, ConnectError> {
    if config.accept_invalid_certs {
        return Err(ConnectError::Insecure);
    }
    Ok(Clients {
        api: small_pages(&client(config.clone(), PATIENT)?),
        strict: client(config, STRICT)?,
    })
}

fn client(mut config: Config, patience: Patience) -> Result<Client, ConnectError> {
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.write_timeout = Some(WRITE_TIMEOUT);
    config.read_timeout = Some(patience.silence);
    // Else the time that a pooled connection lay idle counts against its next response.
    config.reset_reader_on_write = true;
    let builder = ClientBuilder::try_from(config).map_err(ConnectError::Client)?;
    Ok(builder.with_layer(&TimeoutLayer::new(patience.response)).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use http::StatusCode;
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::api::{Api, PostParams};
    use tokio::net::TcpListener;

    async fn listen() -> (TcpListener, Config) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let uri = format!("http://{address}").parse().expect("an address");
        (listener, Config::new(uri))
    }

    #[tokio::test]
    async fn a_create_is_sent_once_whatever_the_answer() {
        let (listener, config) = listen().await;
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let routes = Router::new().fallback(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            std::future::ready(StatusCode::GATEWAY_TIMEOUT)
        });
        tokio::spawn(async move { axum::serve(listener, routes).await });

        let clients = clients(config).expect("valid");
        for (sent_before, client) in [clients.api, clients.strict].into_iter().enumerate() {
            let api: Api<ConfigMap> = Api::namespaced(client, "default");
            let created = api.create(&PostParams::default(), &ConfigMap::default()).await;
            assert!(created.is_err());
            assert_eq!(requests.load(Ordering::SeqCst), sent_before + 1);
        }
    }

    #[tokio::test]
    async fn f57_nothing_is_sent_once_the_pulse_is_lost() {
        let (listener, config) = listen().await;
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let routes = Router::new().fallback(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            std::future::ready("{}")
        });
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let pulse = Pulse::unheeded();
        let clients = clients(config).expect("valid").while_steady(&pulse);
        for (lost, seen) in [(false, 1), (true, 1)] {
            if lost {
                pulse.give_up();
            }
            for client in [&clients.api, &clients.strict] {
                let api: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
                let created = api.create(&PostParams::default(), &ConfigMap::default()).await;
                assert_eq!(created.is_err(), lost, "{created:?}");
            }
            assert_eq!(requests.load(Ordering::SeqCst), 2 * seen);
        }
    }

    #[tokio::test]
    async fn a_silent_server_does_not_hold_a_call_for_ever() {
        let (_silent, config) = listen().await;
        let long = Duration::from_secs(3600);
        let short = Duration::from_millis(20);
        for (response, silence) in [(short, long), (long, short)] {
            let patience = Patience { response, silence };
            let client = client(config.clone(), patience).expect("valid");
            assert!(client.apiserver_version().await.is_err());
        }
    }

    #[tokio::test]
    async fn unchecked_certificates_are_refused() {
        let (_listener, mut config) = listen().await;
        config.accept_invalid_certs = true;
        assert!(matches!(clients(config), Err(ConnectError::Insecure)));
    }
}
