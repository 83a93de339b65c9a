//! Resources that are built in.

use serde_json::{Value, json};

use crate::op::{Op, delete, get, merge, post, put};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const EVENTS: &str = "/apis/events.k8s.io/v1/namespaces/default/events";

pub fn ops() -> Vec<Op> {
    let mut ops = maps();
    ops.extend(leases());
    ops.extend(events());
    ops.extend(accounts());
    ops
}

fn map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

fn maps() -> Vec<Op> {
    let one = format!("{MAPS}/one");
    vec![
        get(&one),
        post(MAPS, map("one", json!({"a": "1"}))).save("map"),
        post(MAPS, map("one", json!({"a": "1"}))),
        post(MAPS, map("wrong", json!({"a": 1}))),
        post(
            MAPS,
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "empty", "labels": {}}, "unknown": 1}),
        ),
        delete(format!("{MAPS}/empty")),
        put(&one, map("one", json!({"a": "2", "b": ""}))),
        put(&one, map("one", json!({"a": "2", "b": ""}))),
        merge(&one, json!({"data": {"a": null, "c": "3"}})),
        merge(&one, json!({"data": {}})),
        merge(&one, json!({"data": null})),
        merge(&one, json!({"metadata": {"resourceVersion": "$rv:map$"}})),
        merge(&one, json!({"metadata": {"finalizers": ["short"]}})),
        merge(&one, json!({"metadata": {"finalizers": ["example.com/x"]}})),
        get(&one).partial(),
        delete(&one),
        delete(&one),
        merge(&one, json!({"metadata": {"finalizers": ["example.com/x", "example.com/y"]}})),
        merge(&one, json!({"metadata": {"finalizers": null}})),
        get(&one),
        post(
            SECRETS,
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}, "stringData": {"a": "text"}, "data": {"b": "eA=="}}),
        ),
        merge(format!("{SECRETS}/one"), json!({"data": {"b": null}})),
        get(format!("{SECRETS}/one")),
        delete(format!("{SECRETS}/one")),
    ]
}

fn lease(spec: Value, version: Option<&str>) -> Value {
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "one", "resourceVersion": version}, "spec": spec})
}

fn leases() -> Vec<Op> {
    let one = format!("{LEASES}/one");
    let spec = json!({"holderIdentity": "a", "leaseDurationSeconds": 20, "leaseTransitions": 0,
        "acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": "2026-01-01T00:00:00.123000Z"});
    let free = json!({"holderIdentity": "", "leaseDurationSeconds": 1, "leaseTransitions": 1, "renewTime": null});
    vec![
        get(&one),
        post(LEASES, lease(spec.clone(), None)).save("lease"),
        put(&one, lease(spec.clone(), None)),
        put(&one, lease(free.clone(), Some("$rv:lease$"))).save("free"),
        put(&one, lease(spec.clone(), Some("$rv:lease$"))),
        merge(&one, json!({"spec": {"holderIdentity": "b"}})),
        get(&one),
        delete(&one),
        put(&one, lease(spec, None)),
        delete(&one),
    ]
}

fn event(name: &str) -> Value {
    json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": name, "namespace": "default"},
        "action": "Converge", "eventTime": "2026-01-01T00:00:00.500000Z", "note": "text", "reason": "Created", "type": "Normal",
        "regarding": {"apiVersion": "cloudpc.dev/v1alpha1", "kind": "UserSetting", "name": "one", "namespace": "default", "uid": "u"},
        "reportingController": "cloudpc.dev/operator", "reportingInstance": "pod",
    })
}

fn events() -> Vec<Op> {
    let without = |field: &str| {
        let mut event = event("two");
        event.as_object_mut().expect("an object").remove(field);
        event
    };
    let with = |field: &str, value: Value| {
        let mut event = event("two");
        event[field] = value;
        event
    };
    let one = format!("{EVENTS}/one");
    let mut ops = vec![
        post(EVENTS, event("one")),
        post(EVENTS, event("one")),
        merge(
            &one,
            json!({"series": {"count": 2, "lastObservedTime": "2026-01-01T00:01:00.000000Z"}}),
        ),
        merge(&one, json!({"series": {"count": 3}})),
        merge(&one, json!({"reason": "Other"})),
        get(&one),
        delete(&one),
        merge(&one, json!({"series": {"count": 3}})),
    ];
    for field in [
        "eventTime",
        "reportingController",
        "reportingInstance",
        "action",
        "reason",
        "type",
        "regarding",
        "note",
    ] {
        ops.push(post(EVENTS, without(field)));
        ops.push(delete(format!("{EVENTS}/two")));
    }
    ops.push(post(EVENTS, with("note", json!("x".repeat(1025)))));
    ops.push(post(EVENTS, with("type", json!("Loud"))));
    ops.push(post(EVENTS, with("eventTime", json!("2026-01-01T00:00:00Z"))));
    ops.push(post(
        EVENTS,
        with("regarding", json!({"kind": "UserSetting", "name": "x", "namespace": "other"})),
    ));
    ops.push(delete(format!("{EVENTS}/two")));
    ops.push(post("/apis/events.k8s.io/v1/namespaces/nowhere/events", {
        let mut event = event("two");
        event["metadata"]["namespace"] = json!("nowhere");
        event["regarding"]["namespace"] = json!("nowhere");
        event
    }));
    ops
}

fn accounts() -> Vec<Op> {
    let one = format!("{ACCOUNTS}/one");
    let request = |spec: Value| json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec});
    vec![
        post(
            ACCOUNTS,
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "one"}}),
        ),
        get(&one).partial(),
        post(
            format!("{one}/token"),
            request(json!({"audiences": ["entra"], "expirationSeconds": 600})),
        ),
        post(
            format!("{one}/token"),
            request(json!({"audiences": ["entra"], "expirationSeconds": 10})),
        ),
        post(format!("{ACCOUNTS}/missing/token"), request(json!({"audiences": ["entra"]}))),
        delete(&one),
        get(&one),
    ]
}
