//! Reads a request, within bounds.

use axum::body::Body;
use axum::extract::Request;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::header::HOST;

use crate::base::answer::Answer;
use crate::base::uri::control_route;
use crate::service::Service;
use crate::wire::encoding;
use crate::wire::exchange::Exchange;

/// Larger than any body of this API, and Graph's limit for a batch.
const LARGEST_BODY: usize = 4 * 1024 * 1024;
/// For the control API, which takes whole seeds. A longer body than is allowed is read up to here before it is refused,
/// because a client that still sends does not see the answer.
const LARGEST_OF_ALL: usize = 64 * 1024 * 1024;
/// Bytes of all headers together.
const LARGEST_HEADERS: usize = 64 * 1024;

/// Why a request is not carried out.
pub(super) enum Unread {
    /// It is too large, or its encoding is not supported.
    Refused(Answer),
    /// The client broke off before its end.
    BrokenOff,
}

/// Reads a request.
pub(super) async fn read(service: &Service, request: Request) -> (Exchange, Result<(), Unread>) {
    let arrived = service.now();
    let (parts, body) = request.into_parts();
    let limit = if control_route(parts.uri.path()).is_some() {
        LARGEST_OF_ALL
    } else {
        LARGEST_BODY
    };
    let read = read_body(body, limit).await;
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let authority = parts.uri.authority().map(ToString::to_string).or_else(|| text(HOST.as_str()));
    let header_bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let gzip = service.world().options.gzip_bodies;
    let read = if header_bytes > LARGEST_HEADERS {
        let message = "The headers are too long.";
        Err(Unread::Refused(Answer::error(431, "RequestHeaderFieldsTooLarge", message)))
    } else {
        read.and_then(|body| encoding::plain(&parts.headers, body, gzip, limit).map_err(Unread::Refused))
    };
    let (body, outcome) = match read {
        Ok(body) => (body, Ok(())),
        Err(unread) => (Bytes::new(), Err(unread)),
    };
    let exchange = Exchange {
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        root: service.root(authority.as_deref()),
        request_id: service.new_request_id(),
        client_request_id: text("client-request-id"),
        method: parts.method,
        version: parts.version,
        headers: parts.headers,
        body,
        arrived,
    };
    (exchange, outcome)
}

/// The whole body.
async fn read_body(body: Body, limit: usize) -> Result<Bytes, Unread> {
    let mut chunks = body.into_data_stream();
    let (mut read, mut length) = (BytesMut::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_broken_off| Unread::BrokenOff)?;
        length = length.saturating_add(chunk.len());
        if length <= limit {
            read.extend_from_slice(&chunk);
        } else if length > LARGEST_OF_ALL {
            break;
        }
    }
    if length <= limit {
        return Ok(read.freeze());
    }
    Err(Unread::Refused(encoding::too_long()))
}
