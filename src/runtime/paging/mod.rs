//! Lists in pages that are small by bytes. The server counts objects, and one object may be a thousand times as large as
//! another: 500 of the usual ones are 2 MB, 500 of the largest that the API server accepts are 700 MB.
//!
//! So the requested number follows the size of earlier pages, and an answer that grows too large is dropped and requested again in
//! smaller parts. The continue token of a list does not depend on the number.

use std::collections::HashMap;
use std::sync::Arc;

use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use parking_lot::Mutex;
use tower::{BoxError, service_fn};
use url::form_urlencoded;

/// The largest page that is read, unless it is a single object.
const LARGEST: usize = 4 << 20;

/// How large pages should be.
const WANTED: usize = 2 << 20;

/// The objects of the first page, when nothing is known of their size.
const FIRST: u32 = 32;

/// How much larger than the page before, in objects, one may be: the first objects may be small on purpose.
const GROWTH: u32 = 4;

/// How many objects to ask for next, by the path of the list.
type Counts = Arc<Mutex<HashMap<String, u32>>>;

/// The same client, but lists that ask for pages come in small ones.
pub(crate) fn small_pages(client: &Client) -> Client {
    let (inner, counts) = (client.clone(), Counts::default());
    let service = service_fn(move |request: Request<Body>| {
        let (inner, counts) = (inner.clone(), Arc::clone(&counts));
        async move {
            match page_of(&request) {
                Some(asked) => page(&inner, &counts, request, asked).await,
                None => inner.send(request).await.map_err(BoxError::from),
            }
        }
    });
    Client::new(service, client.default_namespace())
}

/// How many objects a request for a page of a list asks for.
fn page_of(request: &Request<Body>) -> Option<u32> {
    let query = request.uri().query().filter(|_| request.method() == Method::GET)?;
    let pairs = || form_urlencoded::parse(query.as_bytes());
    if pairs().any(|(name, value)| name == "watch" && value != "false") {
        return None;
    }
    let (_, limit) = pairs().find(|(name, _)| name == "limit")?;
    limit.parse().ok().filter(|limit| *limit > 0)
}

async fn page(client: &Client, counts: &Counts, request: Request<Body>, asked: u32) -> Result<Response<Body>, BoxError> {
    // A page has no body to send.
    let (head, _) = request.into_parts();
    let path = head.uri.path().to_owned();
    let known = counts.lock().get(&path).copied();
    let mut count = known.unwrap_or(FIRST).min(asked);
    loop {
        let mut part = head.clone();
        part.uri = with_limit(&head.uri, count)?;
        let response = client.send(Request::from_parts(part, Body::empty())).await?;
        if !response.status().is_success() {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        // Of a single object there is nothing smaller, and the server has a limit of its own.
        let largest = if count == 1 { usize::MAX } else { LARGEST };
        match Limited::new(body, largest).collect().await {
            Ok(body) => {
                let body = body.to_bytes();
                let next = following(count, body.len());
                counts.lock().insert(path, next);
                return Ok(Response::from_parts(parts, Body::from(body)));
            }
            Err(error) if error.is::<LengthLimitError>() => count = (count / GROWTH).max(1),
            Err(error) => return Err(error),
        }
    }
}

/// How many objects to ask for after so many took so many bytes.
fn following(count: u32, bytes: usize) -> u32 {
    let fit = u64::from(count) * WANTED as u64 / bytes.max(1) as u64;
    let most = u64::from(count.saturating_mul(GROWTH));
    u32::try_from(fit.clamp(1, most)).unwrap_or(u32::MAX)
}

fn with_limit(uri: &Uri, limit: u32) -> Result<Uri, http::Error> {
    let others = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).filter(|(name, _)| name != "limit");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(others)
        .append_pair("limit", &limit.to_string())
        .finish();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{}?{query}", uri.path()).parse()?);
    Uri::from_parts(parts).map_err(http::Error::from)
}

#[cfg(test)]
mod tests;
