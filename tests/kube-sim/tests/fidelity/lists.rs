//! Pages, selectors and watches.

use serde_json::{Value, json};

use crate::definitions::{GADGETS, WIDGETS, gadget, widget};
use crate::op::{Op, delete, get, merge, post};

fn labelled(name: &str, label: &str) -> Value {
    let mut gadget = gadget(name, json!({"size": 1}));
    gadget["metadata"]["labels"] = json!({"team": label});
    gadget
}

pub fn ops() -> Vec<Op> {
    let mut ops: Vec<Op> = ["a", "b", "c", "d", "e"]
        .iter()
        .map(|name| post(GADGETS, labelled(name, if *name < "c" { "x" } else { "y" })).save(*name))
        .collect();
    ops.extend(pages());
    ops.extend(watches());
    ops.push(delete(format!("{GADGETS}?labelSelector=team%3Dy")));
    ops.push(get(GADGETS));
    ops.push(delete(GADGETS));
    ops.push(get(GADGETS));
    ops
}

fn pages() -> Vec<Op> {
    vec![
        get(format!("{GADGETS}?limit=2")).save("page"),
        delete(format!("{GADGETS}/d")),
        get(format!("{GADGETS}?limit=2&continue=$continue:page$")).save("page"),
        get(format!("{GADGETS}?limit=2&continue=$continue:page$")),
        get(format!("{GADGETS}?limit=5")),
        get(format!("{GADGETS}?limit=1&labelSelector=team%3Dx")),
        get(format!("{GADGETS}?labelSelector=team%3Dy")),
        get(format!("{GADGETS}?labelSelector=team!%3Dy")),
        get(format!("{GADGETS}?labelSelector=other")),
        get(format!("{GADGETS}?fieldSelector=metadata.name%3Da")),
        get(format!("{GADGETS}?fieldSelector=metadata.name%3Dd")).partial_list(),
        get(format!("{GADGETS}?continue=nonsense!&limit=1")),
        get(format!("{GADGETS}?resourceVersion=0")),
        get(format!("{GADGETS}?resourceVersion=$rv:c$&resourceVersionMatch=Exact")),
        get(format!("{GADGETS}?resourceVersion=$rv:c$&resourceVersionMatch=NotOlderThan")),
        get(format!("{GADGETS}/a?resourceVersion=0")),
    ]
}

fn watches() -> Vec<Op> {
    let watch = |path: &str, from: &str, rest: &str| get(format!("{path}?watch=true&timeoutSeconds=1&resourceVersion={from}{rest}"));
    let mut held = widget("seen", json!({"size": 1}));
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    let seen = format!("{WIDGETS}/seen");
    vec![
        merge(format!("{GADGETS}/a"), json!({"metadata": {"labels": {"team": "y"}}})),
        merge(format!("{GADGETS}/b"), json!({"spec": {"size": 2}})),
        delete(format!("{GADGETS}/b")),
        watch(GADGETS, "$rv:a$", ""),
        watch(GADGETS, "$rv:c$", "&labelSelector=team%3Dx"),
        watch(GADGETS, "$rv:c$", "&labelSelector=team%3Dy"),
        watch(GADGETS, "$rv:a$", "&fieldSelector=metadata.name%3Db"),
        watch(GADGETS, "$rv:e$", "").partial(),
        watch(GADGETS, "$rv:e$", "&allowWatchBookmarks=false"),
        watch(GADGETS, "", ""),
        watch(GADGETS, "0", "&labelSelector=team%3Dy"),
        get(format!("{GADGETS}?watch=true&timeoutSeconds=1&resourceVersion=x")),
        post(WIDGETS, held).save("seen"),
        delete(&seen),
        merge(format!("{seen}/status"), json!({"status": {"observed": 1}})),
        merge(&seen, json!({"metadata": {"finalizers": []}, "spec": {"size": 5}})),
        watch(WIDGETS, "$rv:seen$", ""),
        watch("/apis/test.example/v1/widgets", "$rv:seen$", ""),
    ]
}
