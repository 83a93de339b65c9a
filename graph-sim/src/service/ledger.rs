//! The ledger: one entry for every simulated request, in the order in which they were carried out.
//!
//! Nothing that proves an identity may get in here: of a token request only a few harmless fields are kept, headers not at all,
//! and properties and query options whose name says that they are secret are blanked.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::base::caller::Actor;
use crate::base::uri::decoded;
use crate::faults::Fault;
use crate::wire::exchange::Exchange;

/// A name with one of these in it is that of a secret.
const SECRET_WORDS: [&str; 6] = ["password", "secret", "assertion", "token", "authorization", "cookie"];
/// What stands for a secret.
const REMOVED: &str = "[removed]";

/// What one request was and what came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
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
    /// The method.
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
    /// The fault that struck.
    pub fault: Option<Value>,
    /// What was sent, without secrets.
    pub body: Option<Value>,
}

/// What is known of a request before it is carried out.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The tenant's id, when it is known.
    pub tenant: Option<String>,
    /// The proven sender.
    pub actor: Option<Actor>,
    /// The fault that strikes the request.
    pub fault: Option<Fault>,
    api: Option<&'static str>,
    body: Option<Value>,
}

impl Draft {
    /// A draft of a request whose sender is not proven. The body must be free of secrets.
    pub fn new(api: Option<&'static str>, body: Option<Value>) -> Self {
        Self {
            tenant: None,
            actor: None,
            fault: None,
            api,
            body,
        }
    }

    /// The entry. `status` is the handler's; what is sent instead of it because of the fault counts.
    pub fn entry(&self, exchange: &Exchange, now: Timestamp, status: u16, committed: bool) -> Entry {
        let fault = self.fault.as_ref();
        let sent = match fault {
            Some(Fault { cut: Some(_), .. }) => None,
            Some(Fault { token: Some(token), .. }) => Some(token.status()),
            _ => fault.and_then(|fault| fault.status).or(Some(status)),
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
            // Whoever puts a secret into a token request's address by mistake must not find it here.
            query: exchange.query.as_deref().filter(|_| self.api != Some("entra")).map(harmless_query),
            status: sent,
            committed,
            request_id: exchange.request_id.clone(),
            client_request_id: exchange.client_request_id.clone(),
            fault: fault.and_then(|fault| serde_json::to_value(fault).ok()),
            body: self.body.clone(),
        }
    }
}

/// All entries.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    /// Adds an entry and gives it its number.
    pub fn record(&mut self, mut entry: Entry) {
        entry.seq = self.entries.len() as u64 + 1;
        tracing::info!(
            seq = entry.seq, method = %entry.method, path = %entry.path, status = entry.status,
            committed = entry.committed, fault = entry.fault.is_some(), "request"
        );
        self.entries.push(entry);
    }

    /// The entries after this number.
    pub fn since(&self, seq: u64) -> &[Entry] {
        let start = usize::try_from(seq).unwrap_or(usize::MAX).min(self.entries.len());
        &self.entries[start..]
    }
}

/// A request body as the ledger keeps it: JSON with secret properties blanked, nothing when it is not JSON.
pub fn harmless_body(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    let mut value = serde_json::from_slice(body).ok()?;
    blank_secrets(&mut value);
    Some(value)
}

/// A query with the values blanked whose name says that they are secret.
fn harmless_query(query: &str) -> String {
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

fn blank_secrets(value: &mut Value) {
    match value {
        Value::Object(properties) => {
            for (name, property) in properties {
                match property {
                    _ if is_secret(name) => *property = Value::from(REMOVED),
                    // A part of a batch has its query there.
                    Value::String(url) if name.eq_ignore_ascii_case("url") => {
                        if let Some((path, query)) = url.split_once('?') {
                            *url = format!("{path}?{}", harmless_query(query));
                        }
                    }
                    _ => blank_secrets(property),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blank_secrets),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
