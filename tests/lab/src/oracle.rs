//! Judges a whole run: which requests asked to change an object that no application had made.
//!
//! Pure. The author of each object is read from the simulator's audit events, so nothing that the operator reports is used.

use crate::ledger::Entry;
use serde_json::Value;
use std::collections::BTreeSet;

/// Collections whose objects belong to their author.
const OWNED: [&str; 2] = ["provisioningPolicies", "userSettings"];

/// The ids of all objects that applications made, by the simulator's state.
#[must_use]
pub fn made(state: &Value) -> BTreeSet<&str> {
    let tenants = state["tenants"].as_object().into_iter().flatten().map(|(_, tenant)| tenant);
    let events = tenants.flat_map(|tenant| tenant["auditEvents"].as_array().into_iter().flatten());
    events
        .filter(|event| event["activityOperationType"] == "create" && event["actor"]["applicationId"].is_string())
        .flat_map(|event| event["resources"].as_array().into_iter().flatten())
        .filter_map(|resource| resource["resourceId"].as_str())
        .collect()
}

/// The object that a request asks to change, if it names one.
fn concerned(entry: &Entry) -> Option<&str> {
    let mut parts = entry.path.split('/').skip_while(|part| !OWNED.contains(part));
    parts.next().filter(|_| entry.is_write())?;
    parts.next()
}

/// The writes to objects that none of the applications made, whether they succeeded or not.
#[must_use]
pub fn foreign_writes(entries: Vec<Entry>, state: &Value) -> Vec<Entry> {
    let made = made(state);
    let foreign = |entry: &Entry| concerned(entry).is_some_and(|id| !made.contains(id));
    entries.into_iter().filter(foreign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(method: &str, path: &str, actor: &Value) -> Entry {
        let all = json!({"seq": 1, "time": "2026-01-01T00:00:00Z", "tenant": "t", "actor": actor, "api": "beta", "method": method,
            "path": format!("/beta/deviceManagement/virtualEndpoint/{path}"), "query": null, "status": 204, "committed": true,
            "requestId": "r", "clientRequestId": null, "fault": null, "body": null});
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn s25_a_write_to_what_no_application_made_is_found() {
        let made = |id: &str, actor: Value| json!({"activityOperationType": "create", "actor": actor, "resources": [{"resourceId": id}]});
        let (app, person) = (json!({"appId": "a"}), json!({"userPrincipalName": "u"}));
        let state = json!({"tenants": {"t": {"auditEvents": [
            made("ours", json!({"applicationId": "a"})),
            made("theirs", json!({"applicationId": null, "userPrincipalName": "u"})),
        ]}}});
        let harmless = [
            entry("POST", "userSettings", &app),
            entry("PATCH", "userSettings/ours", &app),
            entry("POST", "provisioningPolicies/ours/assign", &app),
            entry("GET", "userSettings/theirs", &app),
            entry("DELETE", "userSettings/theirs", &person),
        ];
        assert_eq!(foreign_writes(harmless.to_vec(), &state).len(), 0);
        for (method, path) in [
            ("PATCH", "userSettings/theirs"),
            ("DELETE", "provisioningPolicies/theirs"),
            ("POST", "provisioningPolicies/theirs/assign"),
            ("DELETE", "userSettings/never-existed"),
        ] {
            let found = foreign_writes(vec![entry(method, path, &app)], &state);
            assert_eq!(found.len(), 1, "{method} {path}");
        }
    }
}
