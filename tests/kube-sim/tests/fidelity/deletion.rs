//! Finalizers, preconditions, namespaces and definitions.

use serde_json::{Value, json};

use crate::definitions::{GADGETS, WIDGETS, gadget, widget};
use crate::op::{Op, apply, delete, delete_if, get, merge, post, put};

pub fn ops() -> Vec<Op> {
    let mut ops = finalizers();
    ops.extend(preconditions());
    ops.extend(namespaces());
    ops
}

fn held(name: &str) -> Value {
    let mut object = widget(name, json!({"size": 1}));
    object["metadata"]["finalizers"] = json!(["example.com/hold"]);
    object
}

fn finalizers() -> Vec<Op> {
    let one = format!("{WIDGETS}/held");
    vec![
        post(WIDGETS, held("held")).save("held"),
        delete(&one),
        delete(&one),
        get(&one),
        merge(&one, json!({"spec": {"size": 2}})),
        merge(format!("{one}/status"), json!({"status": {"observed": 2}})),
        merge(&one, json!({"metadata": {"deletionTimestamp": null}})),
        merge(&one, json!({"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}})),
        post(WIDGETS, held("held")),
        merge(&one, json!({"metadata": {"finalizers": []}, "spec": {"size": 3}})),
        get(&one),
        merge(&one, json!({"metadata": {"finalizers": []}})),
        // Released by a replacement, and by an application.
        post(WIDGETS, held("held")),
        delete(&one).save("held"),
        put(
            &one,
            json!({"apiVersion": "test.example/v1", "kind": "Widget", "spec": {"size": 1},
            "metadata": {"name": "held", "resourceVersion": "$rv:held$"}}),
        ),
        get(&one),
        apply(format!("{one}?fieldManager=a"), held("held")),
        delete(&one),
        apply(format!("{one}?fieldManager=a"), widget("held", json!({"size": 1}))),
        get(&one),
        post(WIDGETS, held("held")).save("first"),
        merge(&one, json!({"metadata": {"finalizers": null}})),
        delete(&one),
        // What is sent about an object that is gone, and about its successor.
        merge(&one, json!({"metadata": {"finalizers": ["x/y"], "resourceVersion": "$rv:first$"}})),
        post(WIDGETS, widget("held", json!({"size": 1}))),
        merge(&one, json!({"metadata": {"finalizers": ["x/y"], "resourceVersion": "$rv:first$"}})),
        apply(
            format!("{one}/status?fieldManager=a&force=true"),
            json!({"apiVersion": "test.example/v1", "kind": "Widget",
            "metadata": {"name": "held", "uid": "$uid:first$", "resourceVersion": "$rv:first$"}, "status": {"observed": 1}}),
        ),
        delete(&one),
    ]
}

fn preconditions() -> Vec<Op> {
    let one = format!("{GADGETS}/cond");
    vec![
        post(GADGETS, gadget("cond", json!({"size": 1}))).save("cond"),
        merge(&one, json!({"spec": {"size": 2}})).save("now"),
        delete_if(&one, json!({"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}})),
        delete_if(&one, json!({"preconditions": {"resourceVersion": "$rv:cond$"}})),
        delete_if(
            &one,
            json!({"preconditions": {"resourceVersion": "$rv:now$", "uid": "$uid:cond$"}, "propagationPolicy": "Background"}),
        ),
        delete_if(&one, json!({"preconditions": {"uid": "$uid:cond$"}})),
    ]
}

fn namespaces() -> Vec<Op> {
    let path = "/api/v1/namespaces";
    let widgets = "/apis/test.example/v1/namespaces/team/widgets";
    let mut inside = held("inside");
    inside["metadata"]["namespace"] = json!("team");
    vec![
        post(
            path,
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team", "labels": {"a": "b"}}}),
        ),
        post(path, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})),
        post(
            path,
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "with.dot"}}),
        ),
        get("/api/v1/namespaces/team"),
        get("/api/v1/namespaces/team").partial(),
        merge("/api/v1/namespaces/team", json!({"metadata": {"labels": {"a": null, "c": "d"}}})),
        post(widgets, inside),
        post(widgets, widget("free", json!({"size": 1}))),
        get("/apis/test.example/v1/widgets"),
        get(widgets),
        delete("/api/v1/namespaces/default"),
        delete("/api/v1/namespaces/team"),
        get("/apis/test.example/v1/namespaces/team/widgets/free").until(404),
        post(widgets, widget("late", json!({"size": 1}))),
        apply(format!("{widgets}/late?fieldManager=a"), widget("late", json!({"size": 1}))),
        merge(
            "/apis/test.example/v1/namespaces/team/widgets/inside",
            json!({"metadata": {"finalizers": []}}),
        ),
        get("/api/v1/namespaces/team").until(404),
        post(widgets, widget("late", json!({"size": 1}))),
        get(widgets),
    ]
}

/// Deletes definitions; after everything else.
pub fn definitions() -> Vec<Op> {
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let widgets = format!("{path}/widgets.test.example");
    vec![
        get(format!("{path}/nothing.test.example")),
        get(&widgets).partial(),
        post(WIDGETS, held("last")),
        delete(&widgets).partial(),
        get(&widgets).partial(),
        get(format!("{WIDGETS}/last")).until_deleting(),
        post(WIDGETS, widget("late", json!({"size": 1}))),
        merge(format!("{WIDGETS}/last"), json!({"metadata": {"finalizers": []}})),
        get(&widgets).partial().until(404),
        get(WIDGETS).until(404),
        delete(format!("{path}/gadgets.test.example")).partial(),
        get(GADGETS).until(404),
    ]
}
