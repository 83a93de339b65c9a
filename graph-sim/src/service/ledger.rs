//! The ledger: one entry for every simulated request, in the order in which they were carried out.
//!
//! No credential may get in here: of a token request only a few harmless fields are kept, headers not at all,
//! and properties and query options with the name of a secret are redacted.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::base::answer::ApiVersion;
use crate::base::caller::{Actor, Caller};
use crate::base::uri::decoded;
use crate::faults::Fault;
use crate::wire::exchange::Exchange;

/// A name that contains one of these is that of a secret.
const SECRET_WORDS: [&str; 6] = ["password", "secret", "assertion", "token", "authorization", "cookie"];
/// Replaces a secret.
const REMOVED: &str = "[removed]";

/// One request and its outcome.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    /// Counts from 1.
    pub seq: u64,
    /// When the request reached the simulator, by its clock; of a part, when the batch did.
    pub request_arrived: Timestamp,
    /// When it was carried out, or refused, by the simulator's clock. What was committed counts from then on.
    pub time: Timestamp,
    /// The tenant's id, when it is known.
    pub tenant: Option<String>,
    /// The proven sender.
    pub actor: Option<Actor>,
    /// `v1.0`, `beta`, `entra`, or nothing for an unknown path.
    pub api: Option<&'static str>,
    pub method: String,
    /// The path with its version.
    pub path: String,
    /// The query as it was sent, without secrets.
    pub query: Option<String>,
    /// The status that was sent; nothing when the connection was cut instead.
    pub status: Option<u16>,
    /// Whether it changed the world.
    pub committed: bool,
    /// The id that the answer carries.
    pub request_id: String,
    /// The id that the client gave.
    pub client_request_id: Option<String>,
    pub fault: Option<Value>,
    /// How old the state was that a read showed, where the caller of a router chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_by: Option<SignedDuration>,
    /// What was sent, without secrets.
    pub body: Option<Value>,
}

/// An entry before the request is carried out.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The tenant's id, when it is known.
    pub tenant: Option<String>,
    /// The proven sender.
    pub actor: Option<Actor>,
    pub fault: Option<Fault>,
    /// How old the state is to be that a read shows.
    pub stale_by: Option<SignedDuration>,
    api: Option<&'static str>,
    body: Option<Value>,
}

impl Draft {
    /// A draft of a request whose sender is not proven. The body must be free of secrets.
    pub(crate) fn new(api: Option<&'static str>, body: Option<Value>) -> Self {
        Self {
            tenant: None,
            actor: None,
            fault: None,
            stale_by: None,
            api,
            body,
        }
    }

    /// A draft of a Graph request whose sender is proven.
    pub(crate) fn of(caller: &Caller, version: ApiVersion, body: &[u8]) -> Self {
        Self {
            tenant: Some(caller.tenant.clone()),
            actor: Some(caller.actor.clone()),
            ..Self::new(Some(version.as_str()), redacted_body(body))
        }
    }

    /// The entry. `status` is the handler's, 0 when none ran; the one of a fault replaces it.
    pub(crate) fn entry(&self, exchange: &Exchange, now: Timestamp, status: u16, committed: bool) -> Entry {
        let fault = self.fault.as_ref();
        let sent = match fault {
            Some(Fault { cut: Some(_), .. }) => None,
            Some(Fault { token: Some(token), .. }) => Some(token.status()),
            _ => fault.and_then(|fault| fault.status).or(Some(status).filter(|status| *status > 0)),
        };
        Entry {
            seq: 0,
            request_arrived: exchange.arrived,
            time: now,
            tenant: self.tenant.clone(),
            actor: self.actor.clone(),
            api: self.api,
            method: exchange.method.to_string(),
            path: exchange.path.clone(),
            // A token request's address may have a secret in it by mistake.
            query: exchange.query.as_deref().filter(|_| self.api != Some("entra")).map(redacted_query),
            status: sent,
            committed,
            request_id: exchange.request_id.clone(),
            client_request_id: exchange.client_request_id.clone(),
            fault: fault.and_then(|fault| serde_json::to_value(fault).ok()),
            stale_by: self.stale_by,
            body: self.body.clone(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    pub(crate) fn record(&mut self, mut entry: Entry) {
        entry.seq = self.entries.len() as u64 + 1;
        tracing::info!(
            seq = entry.seq, method = %entry.method, path = %entry.path, status = entry.status,
            committed = entry.committed, fault = entry.fault.is_some(), "request"
        );
        self.entries.push(entry);
    }

    /// The entries after this number.
    pub(crate) fn since(&self, seq: u64) -> &[Entry] {
        let start = usize::try_from(seq).unwrap_or(usize::MAX).min(self.entries.len());
        &self.entries[start..]
    }
}

/// A request body as the ledger keeps it: JSON with secret properties redacted; `None` when it is not JSON.
pub(crate) fn redacted_body(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    let mut value = serde_json::from_slice(body).ok()?;
    redact(&mut value);
    Some(value)
}

fn redacted_query(query: &str) -> String {
    let options = query.split('&').map(|option| {
        let name = decoded(option).into_iter().next().map(|(name, _)| name).unwrap_or_default();
        let paging = ["skiptoken", "deltatoken"].contains(&name.trim_start_matches('$').to_ascii_lowercase().as_str());
        match option.split_once('=') {
            Some((written, _)) if !paging && is_secret(&name) => format!("{written}={REMOVED}"),
            _ => option.to_owned(),
        }
    });
    options.collect::<Vec<_>>().join("&")
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(properties) => {
            for (name, property) in properties {
                match property {
                    _ if is_secret(name) => *property = Value::from(REMOVED),
                    // A part of a batch has its query there.
                    Value::String(url) if name.eq_ignore_ascii_case("url") => {
                        if let Some((path, query)) = url.split_once('?') {
                            *url = format!("{path}?{}", redacted_query(query));
                        }
                    }
                    _ => redact(property),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
