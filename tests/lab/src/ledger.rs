//! What the simulator recorded about each request.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One request and its outcome.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entry {
    /// Counts from 1.
    pub seq: u64,
    /// By the simulator's clock.
    pub time: String,
    /// The tenant's id, when it is known.
    pub tenant: Option<String>,
    /// The proven sender: `{"appId"}` or `{"userPrincipalName"}`.
    pub actor: Option<Value>,
    /// `v1.0`, `beta` or `entra`.
    pub api: Option<String>,
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
    /// The id that the answer carried.
    pub request_id: String,
    /// The id that the client gave.
    pub client_request_id: Option<String>,
    /// The fault that was applied.
    pub fault: Option<Value>,
    /// What was sent, without secrets.
    pub body: Option<Value>,
}

impl Entry {
    /// Whether a person made it, as in the portal.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.get("userPrincipalName").is_some())
    }

    /// Whether it went to Graph and came from an application: neither a token request nor made by hand.
    #[must_use]
    pub fn is_graph_request(&self) -> bool {
        matches!(self.api.as_deref(), Some("v1.0" | "beta")) && !self.is_by_hand()
    }

    /// Whether it is a request to Graph that asks for a change.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.is_graph_request() && self.method != "GET"
    }

    /// Method and path with `{id}` for every id and `{tenant}` for the tenant.
    #[must_use]
    pub fn operation(&self) -> String {
        let tenant = self.tenant.as_deref().unwrap_or("-");
        let parts = self.path.split('/').map(|part| match part {
            part if part == tenant => "{tenant}",
            part if is_guid(part) => "{id}",
            part => part,
        });
        format!("{} {}", self.method, parts.collect::<Vec<_>>().join("/"))
    }
}

/// How often each operation was called.
#[must_use]
pub fn operations(entries: &[Entry]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(entry.operation()).or_default() += 1;
    }
    counts
}

/// The groups that are assigned to an object as the simulator holds it, or that an assign body names, in order.
#[must_use]
pub fn groups(holder: &Value) -> Vec<String> {
    let assignments = holder["assignments"].as_array().into_iter().flatten();
    let mut groups: Vec<String> = assignments
        .filter_map(|one| one["target"]["groupId"].as_str().map(str::to_owned))
        .collect();
    groups.sort();
    groups
}

fn is_guid(part: &str) -> bool {
    let groups: Vec<usize> = part.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && part.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(api: &str, method: &str, path: &str, actor: Value) -> Entry {
        let all = json!({"seq": 1, "time": "2026-01-01T00:00:00Z", "tenant": "t", "actor": actor, "api": api, "method": method, "path": path,
            "query": null, "status": 200, "committed": false, "requestId": "r", "clientRequestId": null, "fault": null, "body": null});
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn token_requests_and_what_people_do_are_no_graph_requests() {
        let app = json!({"appId": "a"});
        assert!(!entry("entra", "POST", "/t/oauth2/v2.0/token", app.clone()).is_graph_request());
        assert!(!entry("beta", "PATCH", "/beta/x", json!({"userPrincipalName": "u"})).is_graph_request());
        assert!(entry("beta", "PATCH", "/beta/x", app.clone()).is_write());
        assert!(!entry("v1.0", "GET", "/v1.0/x", app).is_write());
    }

    #[test]
    fn an_operation_names_no_object() {
        let entry = entry(
            "beta",
            "POST",
            "/beta/policies/11111111-2222-3333-4444-55555555555a/assign",
            Value::Null,
        );
        assert_eq!(entry.operation(), "POST /beta/policies/{id}/assign");
        assert_eq!(operations(&[entry.clone(), entry]).values().sum::<usize>(), 2);
    }
}
