//! Server-side apply, and who owns what.

use serde_json::{Value, json};

use crate::definitions::{GADGETS, WIDGETS};
use crate::op::{Op, apply, delete, get, merge};

fn widget(rest: Value) -> Value {
    let mut widget = json!({"apiVersion": "test.example/v1", "kind": "Widget", "metadata": {"name": "applied"}});
    for (name, value) in rest.as_object().into_iter().flatten() {
        widget[name] = value.clone();
    }
    widget
}

pub fn ops() -> Vec<Op> {
    let mut ops = objects();
    ops.extend(lists());
    ops.extend(statuses());
    ops.extend(refusals());
    ops
}

/// As this manager, with force or without.
fn by(manager: &str, force: bool, rest: Value) -> Op {
    let force = if force { "&force=true" } else { "" };
    apply(format!("{WIDGETS}/applied?fieldManager={manager}{force}"), widget(rest))
}

fn objects() -> Vec<Op> {
    vec![
        by("a", false, json!({"spec": {"size": 1, "name": "abc"}})),
        by("a", false, json!({"spec": {"size": 1, "name": "abc"}})),
        by("a", false, json!({"spec": {"size": 2, "name": "abc"}})),
        by("b", false, json!({"spec": {"size": 2}})),
        by("b", false, json!({"spec": {"size": 3}})),
        by("b", true, json!({"spec": {"size": 3}})),
        by("b", false, json!({"spec": {"size": 3, "name": "xyz"}})),
        by("a", false, json!({"spec": {"size": 2, "name": "abcd", "on": true}})),
        by("a", false, json!({"spec": {"size": 3, "on": true}})),
        by("a", false, json!({"spec": {"size": 3}})),
        merge(
            format!("{WIDGETS}/applied?fieldManager=c"),
            json!({"spec": {"size": 4, "on": false}}),
        ),
        by("b", false, json!({"spec": {"size": 5, "on": true}})),
        by("b", false, json!({"spec": {"size": 4, "inner": {"y": 1}, "labels": {"k": "v"}}})),
        by("b", false, json!({"spec": {"size": 4, "labels": {"k": "w", "l": "m"}}})),
        by("b", false, json!({"spec": {"size": 4, "labels": {}}})),
        by("b", false, json!({"spec": {"size": 4, "fixed": {"a": "1", "b": "2"}}})),
        by("a", false, json!({"spec": {"size": 4, "fixed": {"a": "1"}}})),
        by("b", false, json!({"spec": {"size": 4, "fixed": {"a": "1"}}})),
        by(
            "b",
            false,
            json!({"spec": {"size": 4, "open": {"known": "k", "deep": {"x": [1, 2], "y": null}}}}),
        ),
        by("b", false, json!({"spec": {"size": 4, "open": {"deep": {"x": [1]}}}})),
        by("b", false, json!({"spec": {"size": 4, "note": null}})),
        by(
            "b",
            false,
            json!({"spec": {"size": 4, "color": "green"}, "metadata": {"labels": {"x": "y"}, "finalizers": ["example.com/a"]}}),
        ),
        by(
            "a",
            false,
            json!({"spec": {"size": 4}, "metadata": {"name": "applied", "finalizers": ["example.com/b"]}}),
        ),
        by("b", false, json!({"spec": {"size": 4}, "metadata": {"name": "applied"}})),
        by("a", false, json!({"spec": {"size": 4}})),
        by("a", false, json!({"spec": {"size": 4}, "status": {"phase": "On"}})),
        merge(
            format!("{WIDGETS}/applied?fieldManager=c"),
            json!({"spec": {"inner": null, "order": ["x"]}}),
        ),
        get(format!("{WIDGETS}/applied")),
        by("b", false, json!({"spec": {}})),
        by("d", false, json!({})),
        delete(format!("{WIDGETS}/applied")),
        by("a", false, json!({"spec": {"color": "red"}})),
    ]
}

fn lists() -> Vec<Op> {
    let parts = |parts: Value| json!({"spec": {"size": 1, "parts": parts}});
    vec![
        by("a", false, parts(json!([{"id": "p", "count": 1}, {"id": "q"}]))),
        by("b", false, parts(json!([{"id": "r", "label": "x"}, {"id": "p", "label": "y"}]))),
        by("a", false, parts(json!([{"id": "q"}, {"id": "p", "count": 2}]))),
        by("a", false, parts(json!([{"id": "q"}]))),
        by("b", false, parts(json!([{"id": "r", "label": "z"}]))),
        by("b", false, json!({"spec": {"size": 1}})),
        by("a", false, json!({"spec": {"size": 1, "tags": ["x", "y"]}})),
        by("b", false, json!({"spec": {"size": 1, "tags": ["z", "y"]}})),
        by("a", false, json!({"spec": {"size": 1, "tags": ["x"]}})),
        by("b", false, json!({"spec": {"size": 1}})),
        by("a", false, json!({"spec": {"size": 1, "order": ["x", "y"]}})),
        by("b", false, json!({"spec": {"size": 1, "order": ["x"]}})),
        by("b", true, json!({"spec": {"size": 1, "order": ["x"]}})),
        by("b", false, parts(json!([{"id": "p"}, {"id": "p"}]))),
        merge(format!("{WIDGETS}/applied"), json!({"spec": {"parts": [{"id": "m"}], "tags": []}})),
        get(format!("{WIDGETS}/applied")),
        delete(format!("{WIDGETS}/applied")),
    ]
}

fn statuses() -> Vec<Op> {
    let path = |manager: &str| format!("{WIDGETS}/applied/status?fieldManager={manager}&force=true");
    let status = |manager: &str, rest: Value| apply(path(manager), widget(rest));
    let condition = |kind: &str, status: &str| json!({"type": kind, "status": status});
    vec![
        status("op", json!({"status": {"phase": "On"}})),
        by("a", false, json!({"spec": {"size": 1}})).save("applied"),
        status(
            "op",
            json!({"status": {"phase": "On", "observed": 1, "conditions": [condition("Ready", "True")]}}),
        ),
        status(
            "op",
            json!({"status": {"phase": "On", "observed": 1, "conditions": [condition("Ready", "True")]}}),
        ),
        status(
            "op",
            json!({"metadata": {"name": "applied", "uid": "$uid:applied$", "resourceVersion": "$rv:applied$"}, "status": {}}),
        ),
        status(
            "op",
            json!({"metadata": {"name": "applied", "uid": "$uid:applied$"},
            "status": {"conditions": [condition("Ready", "False"), condition("Other", "True")]}}),
        )
        .save("applied"),
        status(
            "op",
            json!({"metadata": {"name": "applied", "uid": "$uid:applied$", "resourceVersion": "$rv:applied$"},
            "status": {"conditions": [condition("Other", "True")], "note": null}}),
        ),
        status("other", json!({"status": {"conditions": [condition("Third", "True")]}})),
        status(
            "op",
            json!({"metadata": {"name": "applied", "uid": "00000000-0000-0000-0000-000000000000"}, "status": {"observed": 2}}),
        ),
        status("op", json!({"spec": {"size": 9}, "status": {"observed": 3}})),
        status(
            "op",
            json!({"metadata": {"name": "applied", "labels": {"a": "b"}}, "status": {"observed": 3}}),
        ),
        merge(
            format!("{WIDGETS}/applied/status?fieldManager=kubectl"),
            json!({"status": {"observed": 5, "phase": "Off"}}),
        ),
        status("op", json!({"status": {"observed": 4}})),
        status("op", json!({})),
        status("op", json!({"status": {"phase": "Wrong"}})),
        get(format!("{WIDGETS}/applied")),
        delete(format!("{WIDGETS}/applied")),
    ]
}

fn refusals() -> Vec<Op> {
    let path = format!("{WIDGETS}/applied?fieldManager=a");
    let spec = json!({"size": 1});
    vec![
        apply(format!("{WIDGETS}/applied"), widget(json!({"spec": spec}))),
        apply(
            &path,
            json!({"apiVersion": "test.example/v1", "kind": "Widget", "metadata": {"name": "other"}, "spec": spec}),
        ),
        apply(
            &path,
            json!({"apiVersion": "test.example/v1", "kind": "Gadget", "metadata": {"name": "applied"}, "spec": spec}),
        ),
        apply(&path, json!({"kind": "Widget", "metadata": {"name": "applied"}, "spec": spec})),
        apply(&path, widget(json!({"spec": {"size": 1, "unknown": 1}}))),
        apply(&path, widget(json!({"spec": {"size": "x"}}))),
        apply(&path, widget(json!({"spec": {"size": 1, "tags": "x"}}))),
        apply(&path, widget(json!({"spec": {"size": 1, "inner": []}}))),
        apply(&path, widget(json!({"spec": {"size": 1, "on": 1}}))),
        apply(&path, widget(json!({"spec": {"size": 99}}))),
        apply(
            &path,
            json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": spec,
            "metadata": {"name": "applied", "uid": "00000000-0000-0000-0000-000000000000"}}),
        ),
        apply(
            &path,
            json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": spec,
            "metadata": {"name": "applied", "managedFields": []}}),
        ),
        apply(
            &path,
            json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": spec,
            "metadata": {"name": "applied", "resourceVersion": "5"}}),
        ),
        apply(&path, json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": spec})),
        delete(format!("{WIDGETS}/applied")),
        merge(format!("{path}&force=true"), json!({})),
        apply(
            format!("{GADGETS}/applied?fieldManager=a"),
            json!({"apiVersion": "test.example/v1", "kind": "Gadget", "metadata": {"name": "applied"}, "spec": spec, "status": {"phase": "On"}}),
        ),
        apply(
            format!("{GADGETS}/applied?fieldManager=a"),
            json!({"apiVersion": "test.example/v1", "kind": "Gadget", "metadata": {"name": "applied"}, "spec": spec}),
        ),
        delete(format!("{GADGETS}/applied")),
    ]
}
