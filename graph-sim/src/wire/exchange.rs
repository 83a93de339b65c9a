//! One request that was read completely, and its answer in Graph's manner.

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::response::{GRAPH_JSON, dated, response, set};
use crate::base::answer::Answer;
use crate::base::uri::decoded;

pub(crate) struct Exchange {
    pub method: Method,
    /// The version of HTTP.
    pub version: Version,
    /// The path as it was sent.
    pub path: String,
    /// The query as it was sent.
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// `https://host:port` for links in the answer.
    pub root: String,
    pub request_id: String,
    /// The id that the client gave.
    pub client_request_id: Option<String>,
    /// When its headers had arrived, by the simulator's clock.
    pub arrived: Timestamp,
}

impl Exchange {
    /// Decoded query options in their order.
    pub(crate) fn query_options(&self) -> Vec<(String, String)> {
        decoded(self.query.as_deref().unwrap_or_default())
    }

    /// The values of all `Prefer` headers.
    pub(crate) fn prefer(&self) -> Vec<String> {
        let values = self.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .map(|value| value.trim().to_owned())
            .collect()
    }

    /// The answer in Graph's manner: all headers but the date, and error details filled in.
    pub(crate) fn completed(&self, mut answer: Answer, now: Timestamp) -> Answer {
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
    pub(crate) fn graph_response(&self, answer: Answer, now: Timestamp) -> Response {
        dated(response(&self.completed(answer, now)), now)
    }

    /// The client's id of this request, or the simulator's when it gave none.
    fn correlation(&self) -> &str {
        self.client_request_id.as_deref().unwrap_or(&self.request_id)
    }

    /// Graph returns the client's id, unless the client says that it does not want it (assumed).
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
