//! One request as the pipeline sees it, and how answers become HTTP responses.

use std::sync::Arc;
use std::task::Poll;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::service::Service;

/// More than any body of this API, less than what would hurt.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

const GRAPH_JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// A request that was read completely.
pub struct Exchange {
    /// The method.
    pub method: Method,
    /// The version of HTTP.
    pub version: Version,
    /// The path as it was sent.
    pub path: String,
    /// The query as it was sent.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// `https://host:port` for links in the answer.
    pub root: String,
    /// The id of this request.
    pub request_id: String,
    /// The id that the client gave.
    pub client_request_id: Option<String>,
}

impl Exchange {
    /// Reads a request; nothing when its body is too long or breaks off.
    pub async fn read(service: &Arc<Service>, request: Request) -> Option<Self> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, LARGEST_BODY).await.ok()?;
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let authority = parts.uri.authority().map(ToString::to_string).or_else(|| text(HOST.as_str()));
        Some(Self {
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            root: service.root(authority.as_deref()),
            request_id: service.new_request_id(),
            client_request_id: text("client-request-id"),
            method: parts.method,
            version: parts.version,
            headers: parts.headers,
            body,
        })
    }

    /// Decoded query options in their order.
    pub fn query_options(&self) -> Vec<(String, String)> {
        decoded(self.query.as_deref().unwrap_or_default())
    }

    /// The values of all `Prefer` headers.
    pub fn prefer(&self) -> Vec<String> {
        let values = self.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .map(|value| value.trim().to_owned())
            .collect()
    }

    /// A response in Graph's manner: ids, the clock's date, and error details filled in.
    pub fn graph_response(&self, mut answer: Answer, now: Timestamp) -> Response {
        self.fill_error(&mut answer, now);
        let mut response = json_response(answer.status, GRAPH_JSON, answer.body.as_ref());
        let client_request_id = self.client_request_id.as_ref().unwrap_or(&self.request_id);
        let headers = response.headers_mut();
        put(headers, "request-id", &self.request_id);
        put(headers, "client-request-id", client_request_id);
        put(headers, "odata-version", "4.0");
        for (name, value) in &answer.headers {
            put(headers, name, value);
        }
        dated(response, now)
    }

    fn fill_error(&self, answer: &mut Answer, now: Timestamp) {
        let inner = answer.body.as_mut().and_then(|body| body.pointer_mut("/error/innerError"));
        if let Some(Value::Object(inner)) = inner {
            inner.insert("date".to_owned(), json!(now.strftime("%Y-%m-%dT%H:%M:%S").to_string()));
            inner.insert("request-id".to_owned(), json!(self.request_id));
            let client_request_id = self.client_request_id.as_ref().unwrap_or(&self.request_id);
            inner.insert("client-request-id".to_owned(), json!(client_request_id));
        }
    }
}

/// Form or query fields, decoded, in their order.
pub fn decoded(encoded: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
}

/// A response whose body is JSON, or that has none.
pub fn json_response(status: u16, content_type: &str, body: Option<&Value>) -> Response {
    let mut response = Response::new(body.map_or_else(Body::empty, |body| Body::from(body.to_string())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if body.is_some() {
        put(response.headers_mut(), CONTENT_TYPE.as_str(), content_type);
    }
    response
}

/// The same response with the simulator's time as its date.
pub fn dated(mut response: Response, now: Timestamp) -> Response {
    if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
        put(response.headers_mut(), DATE.as_str(), &date);
    }
    response
}

/// Sets a header; one that cannot be sent is left out.
pub fn put(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

/// The same response, broken off after so many bytes of its body although its length promises more.
pub async fn truncated(response: Response, at: usize, version: Version) -> Response {
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
            // A failing stream would be reset, and what was not yet written be dropped; the length shows what is missing.
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
