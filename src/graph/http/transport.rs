//! The innermost layer: one request out, one complete answer in, within a deadline and a size.
//!
//! Below it is any `tower::Service` of `http` requests; in production that is [`crate::graph::http::wire`], in a test a simulator
//! in the same process. Redirects are not followed and nothing is repeated here, because either could send a token or a write
//! to a wrong address. A proxy comes from the process environment only.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use http::header::USER_AGENT;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceExt, service_fn};

use crate::graph::errors::error::{CONNECT, ErrorKind, GraphError};
use crate::graph::http::fence::Fence;
use crate::graph::http::wire;
use crate::graph::http::wire::HttpClient;
use crate::graph::text;

/// The largest answer that is read.
const MAX_BODY: usize = 8 * 1024 * 1024;

const US: HeaderValue = HeaderValue::from_static(concat!("cloudpc-operator/", env!("CARGO_PKG_VERSION")));

/// The bytes of an answer as they arrive.
pub(crate) type BodyStream = BoxStream<'static, Result<Bytes, SendError>>;

/// Why no complete answer arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// Name resolution, TCP or TLS failed. Nothing was sent.
    #[error("no connection: {0}")]
    Connect(String),
    /// The deadline passed between the request and the end of the answer.
    #[error("no complete answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    #[error("the connection broke: {0}")]
    Interrupted(String),
    #[error("the answer is larger than {MAX_BODY} bytes")]
    TooLarge,
}

impl SendError {
    pub(crate) fn into_graph_error(self, operation: &str) -> GraphError {
        let (kind, code) = match &self {
            Self::Connect(_) => (ErrorKind::Transport, Some(CONNECT)),
            Self::Timeout(_) => (ErrorKind::Transport, Some("timeout")),
            Self::Interrupted(_) => (ErrorKind::Transport, Some("interrupted")),
            Self::TooLarge => (ErrorKind::Decode, None),
        };
        GraphError {
            code: code.map(str::to_owned),
            ..GraphError::new(operation, kind, self.to_string())
        }
    }
}

/// A way to send HTTP requests. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Transport(BoxCloneSyncService<Request<Bytes>, Response<BodyStream>, SendError>);

impl Transport {
    /// HTTPS with the system's roots, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR` when set, as long as the fence is open.
    pub(crate) fn https(fence: &Fence) -> Result<Self, GraphError> {
        let client = wire::https(fence);
        let client = client.map_err(|error| GraphError::new("set up HTTPS", ErrorKind::Transport, error.to_string()))?;
        Ok(Self::new(service_fn(move |request| send(client.clone(), request))))
    }

    /// HTTP to the machine's own metadata service, which has no TLS and is never behind a proxy. Nothing else may be
    /// sent this way.
    pub(crate) fn metadata(fence: &Fence) -> Self {
        let client = wire::http(fence);
        Self::new(service_fn(move |request| send(client.clone(), request)))
    }

    /// Any service that answers.
    pub(crate) fn new<S>(service: S) -> Self
    where
        S: Service<Request<Bytes>, Response = Response<BodyStream>, Error = SendError> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        Self(BoxCloneSyncService::new(service))
    }

    /// A service that answers in place of connections, as long as the fence is open. Its errors are connections that break.
    pub(crate) fn over<S, B>(service: S, fence: &Fence) -> Self
    where
        S: Service<Request<Bytes>, Response = Response<B>, Error = BoxError, Future: Send> + Clone + Send + Sync + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let fence = fence.clone();
        let broken = |error: BoxError| SendError::Interrupted(text::bounded(&error.to_string()));
        Self::new(service_fn(move |request| {
            let open = fence.check();
            let service = service.clone();
            async move {
                open.map_err(|error| broken(error.into()))?;
                let response = service.oneshot(request).await.map_err(broken)?;
                Ok(streamed(response, move |error: B::Error| broken(error.into())))
            }
        }))
    }

    /// Sends once and reads the whole answer before `deadline` has passed.
    pub(crate) async fn send(&self, request: Request<Bytes>, deadline: Duration) -> Result<Response<Bytes>, SendError> {
        let exchange = async {
            let (parts, body) = self.0.clone().oneshot(request).await?.into_parts();
            let body = match collect(body).await {
                // The status of an error counts, however long its body.
                Err(SendError::TooLarge) if !parts.status.is_success() => Bytes::new(),
                body => body?,
            };
            Ok(Response::from_parts(parts, body))
        };
        tokio::time::timeout(deadline, exchange)
            .await
            .unwrap_or(Err(SendError::Timeout(deadline)))
    }
}

async fn collect(mut body: BodyStream) -> Result<Bytes, SendError> {
    let mut collected = BytesMut::new();
    while let Some(chunk) = body.try_next().await? {
        if collected.len() + chunk.len() > MAX_BODY {
            return Err(SendError::TooLarge);
        }
        collected.extend_from_slice(&chunk);
    }
    Ok(collected.freeze())
}

async fn send(client: HttpClient, request: Request<Bytes>) -> Result<Response<BodyStream>, SendError> {
    let mut request = request.map(Full::new);
    request.headers_mut().entry(USER_AGENT).or_insert(US);
    let response = client.request(request).await.map_err(|error| match error.is_connect() {
        true => SendError::Connect(chain(&error)),
        false => SendError::Interrupted(chain(&error)),
    })?;
    Ok(streamed(response, |error: hyper::Error| SendError::Interrupted(chain(&error))))
}

/// The response with its body as it arrives; `broken` is for a body that breaks.
fn streamed<B>(response: Response<B>, broken: impl Fn(B::Error) -> SendError + Send + 'static) -> Response<BodyStream>
where
    B: Body<Data = Bytes> + Send + 'static,
{
    response.map(|body| body.into_data_stream().map_err(broken).boxed())
}

/// An error and its causes in one line. The outermost only reports that a request failed.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let sentences: Vec<String> = causes.map(ToString::to_string).collect();
    let whole = if sentences.is_empty() {
        error.to_string()
    } else {
        sentences.join(": ")
    };
    text::bounded(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;

    #[tokio::test]
    async fn s30_an_answer_is_read_up_to_its_limit() {
        let body = |size: usize| -> BodyStream {
            let half = Bytes::from(vec![b' '; size / 2]);
            let rest = Bytes::from(vec![b' '; size - size / 2]);
            stream::iter([Ok(half), Ok(rest)]).boxed()
        };
        assert_eq!(collect(body(MAX_BODY)).await.map(|body| body.len()), Ok(MAX_BODY));
        assert_eq!(collect(body(MAX_BODY + 1)).await, Err(SendError::TooLarge));
    }
}
