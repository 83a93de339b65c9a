//! The addresses of Graph and Entra, and what the controller signs in with: the same for every tenant of a process.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Body;
use tower::{BoxError, Service};
use url::Url;

use crate::graph::{Cloud, Fence, GraphError, Transport};
use crate::runtime::own_namespace::OwnNamespace;

/// The same for every tenant.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    /// The root of the public cloud's Graph, or its substitute.
    pub graph: Url,
    /// The authority of the public cloud, or its substitute.
    pub authority: Url,
    /// The file with the pod's projected token.
    pub token_file: Option<PathBuf>,
    /// How long one Graph request may take.
    pub request_timeout: Duration,
    /// Where Secrets and service accounts are.
    pub own: OwnNamespace,
    /// How connections are made.
    pub connect: Connect,
}

impl Endpoints {
    /// Graph's root and the authority of a cloud. Only those of the public cloud can be set.
    pub(crate) fn of(&self, cloud: Cloud) -> Result<(Url, Url), url::ParseError> {
        match cloud {
            Cloud::Public => Ok((self.graph.clone(), self.authority.clone())),
            other @ (Cloud::UsGovernment | Cloud::UsGovernmentDod | Cloud::China) => {
                Ok((Url::parse(other.graph())?, Url::parse(other.authority())?))
            }
        }
    }
}

type Opens = Arc<dyn Fn() -> Result<Transport, GraphError> + Send + Sync>;

/// Makes transports: each tenant has its own, so that no connection of one carries a token of another.
#[derive(Clone)]
pub(crate) struct Connect {
    /// To Graph and Entra.
    pub https: Opens,
    /// To the machine's metadata service.
    pub metadata: Opens,
}

impl Connect {
    /// Real connections, which send as long as the fence is open.
    pub(crate) fn fenced(fence: Fence) -> Self {
        let other = fence.clone();
        Self {
            https: Arc::new(move || Transport::https(&fence)),
            metadata: Arc::new(move || Ok(Transport::metadata(&other))),
        }
    }

    /// A service in place of connections, as long as the fence is open.
    pub(crate) fn over<S, B>(service: S, fence: Fence) -> Self
    where
        S: Service<Request<Bytes>, Response = Response<B>, Error = BoxError, Future: Send> + Clone + Send + Sync + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let open: Opens = Arc::new(move || Ok(Transport::over(service.clone(), &fence)));
        Self {
            https: Arc::clone(&open),
            metadata: open,
        }
    }
}

impl Default for Connect {
    fn default() -> Self {
        Self::fenced(Fence::always_open())
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect").finish_non_exhaustive()
    }
}
