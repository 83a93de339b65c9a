//! The ledger: one entry for every simulated request, in the order in which they were carried out.
//!
//! Nothing that proves an identity may get in here: of a token request only a few harmless fields are kept, headers not at all,
//! and properties whose name says that they are secret are blanked.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::exchange::Exchange;
use crate::faults::Fault;
use crate::service::Service;
use crate::world::Actor;

/// What one request was and what came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Counts from 1.
    pub seq: u64,
    /// By the simulator's clock.
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
    /// The query as it was sent.
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

    /// Writes the entry. `status` is the handler's; what is sent instead of it because of the fault counts.
    pub fn record(&self, service: &Service, exchange: &Exchange, now: Timestamp, status: u16, committed: bool) {
        let fault = self.fault.as_ref();
        let sent = match fault {
            Some(Fault { cut: Some(_), .. }) => None,
            Some(Fault { token: Some(token), .. }) => Some(token.status()),
            _ => fault.and_then(|fault| fault.status).or(Some(status)),
        };
        service.ledger().record(Entry {
            seq: 0,
            time: now,
            tenant: self.tenant.clone(),
            actor: self.actor.clone(),
            api: self.api,
            method: exchange.method.to_string(),
            path: exchange.path.clone(),
            // Whoever puts a secret into a token request's address by mistake must not find it here.
            query: exchange.query.clone().filter(|_| self.api != Some("entra")),
            status: sent,
            committed,
            request_id: exchange.request_id.clone(),
            client_request_id: exchange.client_request_id.clone(),
            fault: fault.and_then(|fault| serde_json::to_value(fault).ok()),
            body: self.body.clone(),
        });
    }
}

/// All entries.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    /// Adds an entry and gives it its number.
    fn record(&mut self, mut entry: Entry) {
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

fn blank_secrets(value: &mut Value) {
    match value {
        Value::Object(properties) => {
            for (name, property) in properties {
                let name = name.to_ascii_lowercase();
                if ["password", "secret", "assertion", "token"].iter().any(|word| name.contains(word)) {
                    *property = Value::from("[removed]");
                } else {
                    blank_secrets(property);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blank_secrets),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secret_properties_are_blanked_at_any_depth() {
        let sent = json!({"displayName": "weu", "nested": [{"adDomainPassword": "canary", "client_secret": {"a": "canary"}}]});
        let kept = harmless_body(sent.to_string().as_bytes()).unwrap();
        assert_eq!(kept["displayName"], "weu");
        assert!(!kept.to_string().contains("canary"), "{kept}");
        assert_eq!(harmless_body(b"client_secret=canary"), None);
    }
}
