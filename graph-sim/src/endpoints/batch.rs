//! JSON batches: `POST /{version}/$batch`. Every part is handled like a single request of the same sender: faults that fit
//! it, limits, handler, ledger.
//!
//! A fault of the batch itself refuses all of it (documented: an id twice; author: a write without a body or
//! without `Content-Type`). Parts are carried out and answered in their order, which Graph does not promise.

use std::collections::{BTreeMap, HashSet};

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::base::answer::{Answer, ApiVersion};
use crate::base::caller::Caller;
use crate::base::json::strictly;
use crate::faults::RouteKind;
use crate::faults::answer::fault_answer;
use crate::service::Service;
use crate::service::ledger::Draft;
use crate::service::perform::{GraphCall, answer_without_handler, fault_for, respond_without_handler};
use crate::wire::exchange::Exchange;

/// The most requests of a batch (documented).
const MOST_PARTS: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    requests: Vec<Part>,
}

/// One request in a batch. Microsoft's SDK for Python puts more into it than is documented (captured), so other keys are
/// ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    id: String,
    method: String,
    url: String,
    headers: Option<BTreeMap<String, String>>,
    body: Option<Value>,
    depends_on: Option<Vec<String>>,
}

/// Whether a path after the version is that of a batch.
pub(crate) fn is_batch(path: &str) -> bool {
    matches!(path.trim_end_matches('/'), "/$batch" | "/%24batch")
}

/// Answers a batch and records it; its parts have entries of their own after it.
pub(crate) async fn answer(service: &Service, exchange: &Exchange, version: ApiVersion, caller: &Caller, draft: &Draft) -> Response {
    if exchange.method != Method::POST {
        let mut answer = Answer::error(405, "MethodNotAllowed", "A batch is sent with POST.");
        answer.headers.push(("Allow".to_owned(), "POST".to_owned()));
        return respond_without_handler(service, exchange, answer, draft);
    }
    let parts = match read(service, exchange, version) {
        Ok(parts) => parts,
        Err(reason) => return respond_without_handler(service, exchange, Answer::error(400, "BadRequest", reason), draft),
    };
    service.record(draft, exchange, service.now(), 200, false);
    let mut failed = HashSet::new();
    let mut responses = Vec::with_capacity(parts.len());
    for part in parts {
        let request = part.exchange(service, exchange, version);
        let is_blocked = part.depends_on.iter().flatten().any(|on| failed.contains(&key(on)));
        let mut own = Draft::of(caller, version, &request.body);
        own.stale_by = draft.stale_by;
        let answer = answer_part(service, &request, (version, caller), own, is_blocked).await;
        if answer.status >= 400 {
            failed.insert(key(&part.id));
        }
        responses.push(part_response(part.id, answer));
    }
    exchange.graph_response(Answer::ok(json!({"responses": responses})), service.now())
}

async fn answer_part(service: &Service, part: &Exchange, sender: (ApiVersion, &Caller), mut draft: Draft, is_blocked: bool) -> Answer {
    let (version, caller) = sender;
    let path = &part.path[1 + version.as_str().len()..];
    if is_blocked {
        let answer = Answer::error(424, "FailedDependency", "A request that this one depends on failed.");
        return answer_without_handler(service, part, answer, &draft);
    }
    if is_batch(path) {
        let answer = Answer::error(400, "BadRequest", "A batch cannot be part of a batch.");
        return answer_without_handler(service, part, answer, &draft);
    }
    draft.fault = fault_for(service, part, RouteKind::Part, draft.tenant.as_deref(), None).await;
    let fault = draft.fault.clone().unwrap_or_default();
    if fault.prevents_commit() {
        service.record(&draft, part, service.now(), 0, false);
        return fault_answer(part, &fault, service.now());
    }
    let call = GraphCall {
        exchange: part,
        version,
        path,
        caller,
        draft: &draft,
    };
    let mut answer = call.answer(service);
    if fault.replay == Some(true) {
        answer = call.answer(service);
    }
    match fault.status {
        Some(_) => fault_answer(part, &fault, service.now()),
        None => answer,
    }
}

/// A part's answer inside the batch's answer.
fn part_response(id: String, answer: Answer) -> Value {
    let headers: Map<String, Value> = answer.headers.into_iter().map(|(name, value)| (name, json!(value))).collect();
    let mut response = json!({"id": id, "status": answer.status, "headers": headers});
    if let Some(body) = answer.body {
        response["body"] = body;
    }
    response
}

impl Part {
    fn exchange(&self, service: &Service, outer: &Exchange, version: ApiVersion) -> Exchange {
        // `read` has refused all others.
        let url = self.relative(outer, service, version).unwrap_or_default();
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.iter().flatten() {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_bytes(value.as_bytes())) {
                headers.append(name, value);
            }
        }
        let named = headers.get("client-request-id").and_then(|value| value.to_str().ok());
        Exchange {
            client_request_id: named.map(str::to_owned).or_else(|| outer.client_request_id.clone()),
            // `read` has refused all others.
            method: self.method.parse().unwrap_or_default(),
            version: outer.version,
            path: format!("/{}/{path}", version.as_str()),
            query: query.map(str::to_owned),
            body: self.body.as_ref().map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
            root: outer.root.clone(),
            request_id: service.new_request_id(),
            arrived: outer.arrived,
            headers,
        }
    }

    /// The url after the version. A whole address is taken when it is of the Graph and the version that the batch was sent to:
    /// Microsoft's SDK for Python sends those (captured).
    fn relative(&self, outer: &Exchange, service: &Service, version: ApiVersion) -> Option<&str> {
        let roots = [outer.root.as_str(), service.own_root()];
        let own = roots.iter().find_map(|root| self.url.strip_prefix(root)?.strip_prefix('/'));
        if let Some(own) = own {
            let relative = own.strip_prefix(version.as_str())?.strip_prefix('/')?;
            return Some(relative.trim_start_matches('/'));
        }
        let is_absolute = self.url.contains("://") || self.url.starts_with("//");
        (!is_absolute).then(|| self.url.strip_prefix('/').unwrap_or(&self.url))
    }

    fn has_content_type(&self) -> bool {
        self.headers
            .iter()
            .flatten()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    }

    /// What is wrong with this part, given the ids of those before it.
    fn check(&self, known: &HashSet<String>, is_relative: bool) -> Result<(), String> {
        let id = &self.id;
        if id.is_empty() {
            return Err("Every request of a batch needs an id that is not empty.".to_owned());
        }
        if known.contains(&key(id)) {
            return Err(format!("The request id '{id}' is there twice."));
        }
        let method: Method = self.method.parse().map_err(|_| format!("The method of request '{id}' is none."))?;
        if !is_relative {
            return Err(format!("The url of request '{id}' must be relative, or at this Graph and version."));
        }
        let writes = [Method::POST, Method::PATCH, Method::PUT].contains(&method);
        if (writes && self.body.is_none()) || ((writes || self.body.is_some()) && !self.has_content_type()) {
            return Err(format!("The write request '{id}' needs a body and a Content-Type header."));
        }
        let mut on = self.depends_on.iter().flatten();
        match on.find(|on| !known.contains(&key(on))) {
            Some(on) => Err(format!(
                "Request '{id}' depends on '{on}', which is not a request before it in this batch."
            )),
            None => Ok(()),
        }
    }
}

/// Ids are the same whatever their case (documented).
fn key(id: &str) -> String {
    id.to_lowercase()
}

/// The parts of a batch, or why it is malformed. A dependency must come before what depends on it (documented by OData).
fn read(service: &Service, exchange: &Exchange, version: ApiVersion) -> Result<Vec<Part>, String> {
    let json: Value = serde_json::from_slice(&exchange.body).map_err(|error| format!("The batch is not JSON: {error}."))?;
    let Batch { requests } = strictly(json).map_err(|reason| format!("The batch is malformed: {reason}."))?;
    if requests.is_empty() || requests.len() > MOST_PARTS {
        return Err(format!("A batch has 1 to {MOST_PARTS} requests, not {}.", requests.len()));
    }
    let mut known = HashSet::new();
    for part in &requests {
        part.check(&known, part.relative(exchange, service, version).is_some())?;
        known.insert(key(&part.id));
    }
    Ok(requests)
}
