//! One request as the pipeline sees it, and how answers become HTTP responses.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::header::{CONTENT_TYPE, DATE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::encoding;
use crate::pipeline::control_route;
use crate::service::Service;

/// More than any body of this API, and the most that Graph takes for a batch.
const LARGEST_BODY: usize = 4 * 1024 * 1024;
/// For the control API, which takes whole seeds. A longer body than is allowed is read up to here before it is refused,
/// because a client that still sends does not see the answer.
const LARGEST_OF_ALL: usize = 64 * 1024 * 1024;
/// Bytes of all headers together.
const LARGEST_HEADERS: usize = 64 * 1024;

/// The content type of Graph's answers.
pub const GRAPH_JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

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
    /// When its headers were here, by the simulator's clock.
    pub arrived: Timestamp,
}

impl Exchange {
    /// Reads a request; with a refusal when more was sent than anybody will look at.
    pub async fn read(service: &Arc<Service>, request: Request) -> (Self, Option<Answer>) {
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
            Err(Answer::error(431, "RequestHeaderFieldsTooLarge", message))
        } else if let Some(body) = read {
            encoding::plain(&parts.headers, body, gzip, limit)
        } else {
            Err(Answer::error(413, "RequestEntityTooLarge", "The body is too long."))
        };
        let (body, refusal) = match read {
            Ok(body) => (body, None),
            Err(refusal) => (Bytes::new(), Some(refusal)),
        };
        let exchange = Self {
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
        (exchange, refusal)
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

    /// The answer in Graph's manner: all headers but the date, and error details filled in.
    pub fn settled(&self, mut answer: Answer, now: Timestamp) -> Answer {
        self.fill_error(&mut answer, now);
        let own = std::mem::take(&mut answer.headers);
        if answer.body.is_some() {
            set(&mut answer.headers, "Content-Type", GRAPH_JSON);
        }
        set(&mut answer.headers, "request-id", &self.request_id);
        if self.returns_client_request_id() {
            set(&mut answer.headers, "client-request-id", self.correlation());
        }
        set(&mut answer.headers, "OData-Version", "4.0");
        for (name, value) in own {
            set(&mut answer.headers, &name, &value);
        }
        answer
    }

    /// A response in Graph's manner, dated by the simulator's clock.
    pub fn graph_response(&self, answer: Answer, now: Timestamp) -> Response {
        dated(response(&self.settled(answer, now)), now)
    }

    /// The client's id of this request, or ours when it gave none.
    fn correlation(&self) -> &str {
        self.client_request_id.as_deref().unwrap_or(&self.request_id)
    }

    /// Graph always gives the client's id back; a client that says that it does not want it is believed (assumed).
    fn returns_client_request_id(&self) -> bool {
        let wish = self.headers.get("return-client-request-id");
        wish.is_none_or(|wish| !wish.as_bytes().eq_ignore_ascii_case(b"false"))
    }

    fn fill_error(&self, answer: &mut Answer, now: Timestamp) {
        let inner = answer.body.as_mut().and_then(|body| body.pointer_mut("/error/innerError"));
        if let Some(Value::Object(inner)) = inner {
            inner.insert("date".to_owned(), json!(now.strftime("%Y-%m-%dT%H:%M:%S").to_string()));
            inner.insert("request-id".to_owned(), json!(self.request_id));
            inner.insert("client-request-id".to_owned(), json!(self.correlation()));
        }
    }
}

/// The whole body; nothing when it is too long or breaks off.
async fn read_body(body: Body, limit: usize) -> Option<Bytes> {
    let mut chunks = body.into_data_stream();
    let (mut read, mut length) = (BytesMut::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.ok()?;
        length = length.saturating_add(chunk.len());
        if length <= limit {
            read.extend_from_slice(&chunk);
        } else if length > LARGEST_OF_ALL {
            break;
        }
    }
    (length <= limit).then(|| read.freeze())
}

/// Form or query fields, decoded, in their order.
pub fn decoded(encoded: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
}

/// Sets a header of an answer, whatever the case of its name.
pub fn set(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    match headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, old)) => value.clone_into(old),
        None => headers.push((name.to_owned(), value.to_owned())),
    }
}

/// The response that a settled answer is.
pub fn response(answer: &Answer) -> Response {
    let mut response = Response::new(body(answer.body.as_ref()));
    *response.status_mut() = status(answer.status);
    for (name, value) in &answer.headers {
        put(response.headers_mut(), name, value);
    }
    response
}

/// A response whose body is JSON, or that has none.
pub fn json_response(code: u16, content_type: &str, json: Option<&Value>) -> Response {
    let mut response = Response::new(body(json));
    *response.status_mut() = status(code);
    if json.is_some() {
        put(response.headers_mut(), CONTENT_TYPE.as_str(), content_type);
    }
    response
}

fn body(json: Option<&Value>) -> Body {
    json.map_or_else(Body::empty, |json| Body::from(json.to_string()))
}

/// The status with this number; 500 when there is none.
pub fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
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
