//! What a fault does to a request, and to which kinds of route it can be done.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::json::strictly;

/// A fault of a request. It is made from the JSON that fault rules have, see this crate's README.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Delays the request by so much first; alone or with any other fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) latency_ms: Option<u64>,
    /// Answers with this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Headers of that answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
    /// Body of that answer: JSON, or text when it is a string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
    /// Fills the body of that answer up to so many bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_bytes: Option<usize>,
    /// Whether that answer comes instead of the commit or after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<Moment>,
    /// Closes the connection without an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cut: Option<Moment>,
    /// Ends the connection after so many bytes of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) truncate_at: Option<usize>,
    /// Sends the body at so many bytes a second; alone or with a status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trickle: Option<usize>,
    /// Carries the request out twice and answers the second time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replay: Option<bool>,
    /// Fails a token request the way Entra would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<TokenFault>,
}

/// What the caller does to one request.
#[derive(Clone, Debug, Default)]
pub struct Treatment {
    /// The fault that it gets, whatever the rules say; they do not count it. One that does not fit the request, such as a token error
    /// of a Graph request, is left out. Parts of a batch get the faults of the rules.
    pub fault: Option<Fault>,
    /// A read of Graph shows the state of so much earlier, at most of an hour: all of it, deletions and the directory included. Other
    /// requests are not affected. Parts of a batch are like requests.
    pub stale_by: Option<SignedDuration>,
}

impl TryFrom<Value> for Fault {
    type Error = String;

    fn try_from(json: Value) -> Result<Self, String> {
        let fault: Self = strictly(json)?;
        fault.check()?;
        Ok(fault)
    }
}

/// Before or after the request is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Moment {
    /// Nothing is carried out.
    Before,
    /// It is carried out, but its answer is lost.
    After,
}

/// A failure of the token endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenFault {
    /// OAuth's error, such as `invalid_client`.
    pub error: String,
    pub aadsts: u32,
}

impl TokenFault {
    /// The HTTP status that Entra gives such an error.
    pub(crate) fn status(&self) -> u16 {
        if self.error == "invalid_client" { 401 } else { 400 }
    }
}

/// What kind of route a request goes to; some faults make sense on one kind only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RouteKind {
    Graph,
    /// One part of a batch. It has no connection and no body of its own that could be cut or slowed down.
    Part,
    /// The token endpoint, and the one that gives device codes.
    Token,
    /// Anything else that is simulated.
    Other,
}

impl Fault {
    pub(crate) fn prevents_commit(&self) -> bool {
        self.cut == Some(Moment::Before) || (self.status.is_some() && self.when != Some(Moment::After)) || self.token.is_some()
    }

    /// Whether the fault can apply there; otherwise the next rule is tried.
    pub(crate) fn fits(&self, kind: RouteKind) -> bool {
        let of_a_response = [
            self.cut.is_some(),
            self.truncate_at.is_some(),
            self.trickle.is_some(),
            self.body_bytes.is_some(),
        ];
        match kind {
            RouteKind::Graph => self.token.is_none(),
            RouteKind::Part => self.token.is_none() && !of_a_response.contains(&true),
            RouteKind::Token => self.replay != Some(true),
            RouteKind::Other => self.token.is_none() && self.replay != Some(true),
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let kinds = [
            self.status.is_some(),
            self.cut.is_some(),
            self.truncate_at.is_some(),
            self.replay.is_some(),
            self.token.is_some(),
        ];
        let of_a_status = [
            self.body.is_some(),
            self.body_bytes.is_some(),
            self.when.is_some(),
            !self.headers.is_empty(),
        ];
        if self.status.is_none() && of_a_status.contains(&true) {
            return Err("fault: headers, body, bodyBytes and when belong to a status".to_owned());
        }
        match kinds.iter().filter(|given| **given).count() {
            0 if self.latency_ms.is_none() && self.trickle.is_none() => return Err("fault: nothing in it".to_owned()),
            0 | 1 => {}
            _ => return Err("fault: give one of status, cut, truncateAt, replay and token".to_owned()),
        }
        if self.trickle.is_some() && (self.cut.is_some() || self.truncate_at.is_some()) {
            return Err("fault: trickle goes alone or with a status, replay or token".to_owned());
        }
        if self.trickle == Some(0) {
            return Err("fault.trickle: nothing would ever be sent".to_owned());
        }
        if let Some(status) = self.status.filter(|status| !(200..=599).contains(status)) {
            return Err(format!("fault.status: {status} is not a final HTTP status"));
        }
        self.check_headers()
    }

    fn check_headers(&self) -> Result<(), String> {
        for (name, value) in &self.headers {
            let named: Result<http::HeaderName, _> = name.parse();
            if named.is_err() || http::HeaderValue::from_str(value).is_err() {
                return Err(format!("fault.headers: '{name}' cannot be sent"));
            }
            // The listener frames its answers itself; a length that is not true is a truncateAt.
            if ["content-length", "transfer-encoding"]
                .iter()
                .any(|own| name.eq_ignore_ascii_case(own))
            {
                return Err(format!(
                    "fault.headers: '{name}' is the connection's own; see truncateAt and bodyBytes"
                ));
            }
        }
        Ok(())
    }
}
