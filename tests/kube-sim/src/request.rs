//! What a request asks for, read once.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, Method, Request};
use serde_json::Value;

use crate::paths::Query;
use crate::status::{Answer, Refusal};

/// A request whose body is here.
pub(crate) struct Asked {
    pub method: Method,
    pub path: String,
    pub query: Query,
    /// Whether only the metadata is wanted.
    pub partial: bool,
    pub content_type: String,
    /// Who asks, as far as `managedFields` are concerned.
    pub manager: String,
    pub body: Bytes,
}

impl Asked {
    pub(crate) async fn read(request: Request<kube::client::Body>) -> Answer<Self> {
        let (head, body) = request.into_parts();
        let body = body.collect_bytes().await;
        let body = body.map_err(|error| Refusal::bad_request(format!("the body cannot be read: {error}")))?;
        for conditional in ["if-match", "if-none-match", "if-modified-since"] {
            if head.headers.contains_key(conditional) {
                return Err(Refusal::unsupported(&format!("the header {conditional}")));
            }
        }
        let query = Query::parse(head.uri.query());
        let agent = header(&head.headers, USER_AGENT);
        let agent = agent.split('/').next().unwrap_or_default();
        let manager = query.get("fieldManager").unwrap_or(agent).to_owned();
        Ok(Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            partial: accepts_partial(header(&head.headers, ACCEPT))?,
            content_type: header(&head.headers, CONTENT_TYPE)
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned(),
            manager,
            query,
            body,
        })
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Answer<Value> {
        let json = serde_json::from_slice(&self.body);
        json.map_err(|error| Refusal::bad_request(format!("the object provided is unrecognized (must be of type JSON): {error}")))
    }
}

fn header(headers: &HeaderMap, name: http::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Of the kinds of answers that are acceptable the first decides.
fn accepts_partial(accept: &str) -> Answer<bool> {
    let first = accept.split(',').next().unwrap_or_default();
    let mut parts = first.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    if !matches!(media, "" | "*/*" | "application/json") {
        return Err(Refusal::unsupported(&format!("answers of the type {media:?}")));
    }
    match parts.find_map(|part| part.strip_prefix("as=")) {
        None => Ok(false),
        Some("PartialObjectMetadata" | "PartialObjectMetadataList") => Ok(true),
        Some(other) => Err(Refusal::unsupported(&format!("answers as {other:?}"))),
    }
}
