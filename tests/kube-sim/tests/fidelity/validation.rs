//! What schemas refuse.

use serde_json::{Value, json};

use crate::definitions::{GADGETS, WIDGETS, gadget, widget};
use crate::op::{Op, delete, merge, post};

pub fn ops() -> Vec<Op> {
    let specs = [
        json!({}),
        json!({"size": 0}),
        json!({"size": 11}),
        json!({"size": "one"}),
        json!({"size": 1.5}),
        json!({"size": null}),
        json!({"size": 1, "color": "blue"}),
        json!({"size": 1, "color": 5}),
        json!({"size": 1, "name": "a"}),
        json!({"size": 1, "name": "abcdef"}),
        json!({"size": 1, "name": "ABC"}),
        json!({"size": 1, "name": "ABCDEF"}),
        json!({"size": 1, "note": 5}),
        json!({"size": 1, "note": null}),
        json!({"size": 1, "name": null}),
        json!({"size": 1, "when": "yesterday"}),
        json!({"size": 1, "when": "2026-01-01T00:00:00Z"}),
        json!({"size": 1, "port": 80}),
        json!({"size": 1, "port": "http"}),
        json!({"size": 1, "port": true}),
        json!({"size": 1, "ratio": 0}),
        json!({"size": 1, "ratio": 0.5}),
        json!({"size": 1, "on": "yes"}),
        json!({"size": 1, "tags": ["a", "a"]}),
        json!({"size": 1, "tags": ["a", "a", "a", "b"]}),
        json!({"size": 1, "tags": ["a", "b", "c", "d", "e"]}),
        json!({"size": 1, "tags": "a"}),
        json!({"size": 1, "order": []}),
        json!({"size": 1, "order": ["", "a"]}),
        json!({"size": 1, "order": ["a", "a"]}),
        json!({"size": 1, "parts": [{"id": "a"}, {"id": "a"}]}),
        json!({"size": 1, "parts": [{"count": 1}]}),
        json!({"size": 1, "parts": [{"id": "a", "count": "b"}]}),
        json!({"size": 1, "parts": [{"id": "a", "more": 1}]}),
        json!({"size": 1, "labels": {"a": "", "b": "c"}}),
        json!({"size": 1, "labels": {"a": "1", "b": "2", "c": "3"}}),
        json!({"size": 1, "labels": {"a": 1}}),
        json!({"size": 1, "inner": "x"}),
        json!({"size": 1, "inner": {"x": 1, "y": "z"}}),
        json!({"size": 1, "open": {"known": 1}}),
        json!({"size": 1, "open": {"other": 1}}),
        json!([]),
        json!("text"),
    ];
    let creates = specs
        .into_iter()
        .flat_map(|spec| [post(WIDGETS, widget("checked", spec)), delete(format!("{WIDGETS}/checked"))]);
    let mut ops: Vec<Op> = creates.collect();
    ops.extend(documents().into_iter().map(|document| post(WIDGETS, document)));
    ops.extend(updates());
    ops.extend(statuses());
    ops
}

/// Whole documents that are wrong.
fn documents() -> Vec<Value> {
    let spec = json!({"size": 1});
    vec![
        json!({"apiVersion": "test.example/v1", "kind": "Widget", "metadata": {"name": "checked"}}),
        json!({"apiVersion": "test.example/v1", "kind": "Gadget", "metadata": {"name": "checked"}, "spec": spec}),
        json!({"apiVersion": "test.example/v2", "kind": "Widget", "metadata": {"name": "checked"}, "spec": spec}),
        json!({"kind": "Widget", "metadata": {"name": "checked"}, "spec": spec}),
        json!({"metadata": {"name": "checked"}, "spec": spec}),
        json!({"apiVersion": "test.example/v1", "kind": "Widget", "metadata": {"name": "checked", "labels": {"a": 1}}, "spec": spec}),
        json!({"apiVersion": "test.example/v1", "kind": "Widget", "metadata": {"name": "a".repeat(254)}, "spec": spec}),
    ]
}

/// What was not changed is not refused.
fn updates() -> Vec<Op> {
    let one = format!("{GADGETS}/checked");
    let big = format!("{WIDGETS}/checked");
    vec![
        post(
            WIDGETS,
            widget("checked", json!({"size": 1, "tags": ["a"], "parts": [{"id": "a"}]})),
        ),
        merge(&big, json!({"spec": {"size": 20}})),
        merge(&big, json!({"spec": {"size": null}})),
        merge(&big, json!({"spec": {"tags": ["a", "a"]}})),
        merge(&big, json!({"spec": {"parts": [{"id": "a", "count": "x"}]}})),
        merge(&big, json!({"spec": "x"})),
        merge(&big, json!([])),
        delete(&big),
        post(GADGETS, gadget("checked", json!({"size": 1}))),
        merge(&one, json!({"status": {"phase": "Maybe"}})),
        merge(&one, json!({"status": {"phase": "Off", "observed": "x"}})),
        delete(&one),
    ]
}

fn statuses() -> Vec<Op> {
    let one = format!("{WIDGETS}/checked");
    let status = |status: Value| merge(format!("{one}/status"), json!({"status": status}));
    vec![
        post(WIDGETS, widget("checked", json!({"size": 1}))),
        status(json!({"phase": "Maybe"})),
        status(json!({"phase": 5})),
        status(json!({"observed": 1, "unknown": 2, "note": null})),
        status(json!({"conditions": [{"status": "True"}]})),
        status(json!({"conditions": [{"type": "A"}, {"type": "A"}]})),
        status(json!({"conditions": [{"type": "A", "status": "True"}]})),
        status(json!("text")),
        status(Value::Null),
        delete(&one),
    ]
}
