//! Objects of definitions: create, read, replace, patch.

use serde_json::{Value, json};

use crate::definitions::{GADGETS, SETTINGS, WIDGETS, gadget, widget};
use crate::op::{Op, delete, get, json_patch, merge, post, put};

fn setting(name: &str) -> Value {
    json!({
        "apiVersion": "cloudpc.dev/v1alpha1", "kind": "UserSetting", "metadata": {"name": name},
        "spec": {"tenantRef": {"name": "main"}, "displayName": "A", "localAdminEnabled": true},
    })
}

pub fn ops() -> Vec<Op> {
    let mut ops = writes();
    ops.extend(replacements());
    ops.extend(refusals());
    ops.extend(operator());
    ops
}

fn writes() -> Vec<Op> {
    let one = format!("{WIDGETS}/one");
    vec![
        get(&one),
        get(WIDGETS),
        post(WIDGETS, widget("one", json!({"size": 1}))).save("one"),
        post(WIDGETS, widget("one", json!({"size": 2}))),
        get(&one),
        get(&one).partial(),
        get(WIDGETS),
        get(WIDGETS).partial_list(),
        merge(&one, json!({"spec": {"size": 2}})),
        merge(&one, json!({"spec": {"size": 2}})),
        merge(&one, json!({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}})),
        merge(&one, json!({"metadata": {"labels": {"a": null}}})),
        merge(&one, json!({"metadata": {"labels": {}, "finalizers": []}})),
        merge(&one, json!({"metadata": {"resourceVersion": "$rv:one$"}, "spec": {"size": 3}})),
        merge(&one, json!({"metadata": {"uid": "00000000-0000-0000-0000-000000000000"}})),
        merge(&one, json!({"status": {"phase": "On"}})),
        merge(format!("{one}/status"), json!({"status": {"phase": "On"}, "spec": {"size": 9}})),
        merge(
            format!("{one}/status"),
            json!({"metadata": {"labels": {"x": "y"}}, "status": {"observed": 1}}),
        ),
        merge(&one, json!({"spec": {"unknown": 1, "inner": {}, "note": null}})).save("one"),
        merge(&one, json!({"spec": {"inner": null, "color": null}})),
        merge(&one, json!({"spec": null})),
        merge(&one, json!({"metadata": {"name": "two"}})),
        merge(&one, json!({"metadata": {"generation": 99, "creationTimestamp": null}})),
        merge(
            &one,
            json!({"spec": {"open": {"known": "a", "more": {"b": [1, {"c": null}]}}, "fixed": {"a": "x"}}}),
        ),
        merge(
            &one,
            json!({"spec": {"parts": [{"id": "p"}, {"id": "q", "count": 3}], "tags": ["a", "b"]}}),
        ),
        merge(&one, json!({"spec": {"parts": [{"id": "q", "count": 4}], "tags": ["b", "c"]}})).save("one"),
    ]
}

/// Goes on with the object of [`writes`].
fn replacements() -> Vec<Op> {
    let one = format!("{WIDGETS}/one");
    vec![
        put(&one, widget("one", json!({"size": 4}))),
        put(
            &one,
            json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": {"size": 5}, "status": {"phase": "Off"},
            "metadata": {"name": "one", "resourceVersion": "$rv:one$"}}),
        )
        .save("put"),
        put(
            &one,
            json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": {"size": 6},
            "metadata": {"name": "one", "resourceVersion": "$rv:one$"}}),
        ),
        put(
            &one,
            json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": {"size": 6},
            "metadata": {"name": "one", "resourceVersion": "$rv:put$", "uid": "00000000-0000-0000-0000-000000000000"}}),
        ),
        put(
            format!("{one}/status"),
            json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": {"size": 7},
            "metadata": {"name": "one", "resourceVersion": "$rv:put$"}, "status": {"observed": 7}}),
        ),
        get(format!("{one}/status")),
        json_patch(&one, json!([{"op": "replace", "path": "/spec/size", "value": 8}])),
        json_patch(&one, json!([{"op": "test", "path": "/spec/size", "value": 1}])),
        merge(&one, json!({"metadata": {"managedFields": [{}]}})),
        merge(&one, json!({"spec": {"size": 9}})),
        delete(&one),
        get(&one),
        delete(&one),
    ]
}

fn refusals() -> Vec<Op> {
    let create = |body: Value| post(WIDGETS, body);
    vec![
        merge(format!("{WIDGETS}/missing"), json!({})),
        merge(format!("{WIDGETS}/missing/status"), json!({})),
        put(
            format!("{WIDGETS}/missing"),
            json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": {"size": 6},
            "metadata": {"name": "missing", "resourceVersion": "1"}}),
        ),
        put(format!("{WIDGETS}/missing"), widget("other", json!({"size": 1}))),
        create(widget("Upper", json!({"size": 1}))),
        create(json!({"apiVersion": "test.example/v1", "kind": "Widget", "metadata": {}, "spec": {"size": 1}})),
        create(json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": {"size": 1},
            "metadata": {"name": "x", "namespace": "other"}})),
        create(json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": {"size": 1},
            "metadata": {"name": "x", "resourceVersion": "5"}})),
        create(json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": {"size": 1},
            "metadata": {"generateName": "generated-"}})),
        post("/apis/test.example/v1/namespaces/nowhere/widgets", widget("x", json!({"size": 1}))),
        post("/apis/test.example/v1/widgets", widget("x", json!({"size": 1}))),
        get("/apis/test.example/v1/nothing"),
        get("/apis/test.example/v2/widgets"),
        get("/apis/nothing.example/v1/widgets"),
        get("/apis/test.example/v1/namespaces/nowhere/widgets"),
        post(GADGETS, gadget("one", json!({"size": 1}))),
        merge(format!("{GADGETS}/one"), json!({"status": {"phase": "On"}})),
        merge(format!("{GADGETS}/one/status"), json!({"status": {"phase": "On"}})),
        get(format!("{GADGETS}/one")),
        delete(format!("{GADGETS}/one")),
    ]
}

fn operator() -> Vec<Op> {
    let one = format!("{SETTINGS}/one");
    vec![
        post(SETTINGS, setting("one")).save("setting"),
        merge(
            format!("{one}?fieldManager=cloudpc-operator"),
            json!({"metadata": {"finalizers": ["cloudpc.dev/finalizer"], "resourceVersion": "$rv:setting$"}}),
        ),
        merge(
            format!("{one}?fieldManager=cloudpc-operator"),
            json!({"metadata": {"finalizers": [], "resourceVersion": "$rv:setting$"}}),
        ),
        merge(&one, json!({"spec": {"displayName": null}})),
        merge(&one, json!({"spec": {"localAdminEnabled": false, "unknown": {"a": 1}}})),
        get(SETTINGS),
        delete(&one),
        get(&one),
        merge(&one, json!({"metadata": {"finalizers": []}})),
        get(&one),
    ]
}
