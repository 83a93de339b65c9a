//! What faults do to the body of a response: truncate it, slow it down, pad it.

use std::convert::Infallible;
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::Bytes;
use http::Version;
use http::header::CONTENT_LENGTH;

use crate::wire::response::put;

/// What a body is filled up with, a chunk at a time: space after JSON leaves it JSON.
static BLANKS: [u8; 64 * 1024] = [b' '; 64 * 1024];

/// The same response, broken off after so many bytes of its body although its length promises more.
pub(crate) async fn truncated(response: Response, at: usize, version: Version) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(parts, Body::empty());
    };
    if at >= whole.len() {
        return Response::from_parts(parts, Body::from(whole));
    }
    put(&mut parts.headers, CONTENT_LENGTH.as_str(), &whole.len().to_string());
    let mut beginning = (at > 0).then(|| whole.slice(..at));
    let mut flushed = false;
    let stream = futures::stream::poll_fn(move |context| {
        if let Some(beginning) = beginning.take() {
            return Poll::Ready(Some(Ok(beginning)));
        }
        if version == Version::HTTP_2 {
            // A failing stream would be reset and unwritten data dropped; the length shows what is missing.
            return Poll::Ready(None);
        }
        if !flushed {
            // Being pending once makes the connection write out what it has before it learns of the failure.
            flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(std::io::Error::other("cut by a fault"))))
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

/// The same response, its body sent at so many bytes a second. The first of them come at once.
pub(crate) async fn trickled(response: Response, per_second: usize) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(parts, Body::empty());
    };
    put(&mut parts.headers, CONTENT_LENGTH.as_str(), &whole.len().to_string());
    let stream = futures::stream::unfold((whole, Duration::ZERO), move |(mut rest, wait)| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(wait).await;
        let chunk = rest.split_to(per_second.clamp(1, rest.len()));
        Some((Ok::<_, Infallible>(chunk), (rest, Duration::from_secs(1))))
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

/// A text as a body, filled up to so many bytes. It is made as it is sent, so that its size costs no memory here.
pub(crate) fn padded(text: String, bytes: usize) -> Body {
    let missing = bytes.saturating_sub(text.len());
    let beginning = futures::stream::once(async move { Ok::<_, Infallible>(Bytes::from(text)) });
    let rest = futures::stream::unfold(missing, |missing| async move {
        let size = missing.min(BLANKS.len());
        (size > 0).then(|| (Ok(Bytes::from_static(&BLANKS[..size])), missing - size))
    });
    Body::from_stream(futures::StreamExt::chain(beginning, rest))
}
