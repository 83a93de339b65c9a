//! A program of requests that a seed decides: over few objects of two kinds, so that they meet.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::definitions::{GADGETS, WIDGETS, object};
use crate::op::{Op, apply, delete, get, merge, post, put};

const NAMES: [&str; 3] = ["r1", "r2", "r3"];

/// The program.
pub struct Program(Rng);

impl Program {
    pub fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    pub fn next(&mut self) -> Op {
        let (kind, collection) = if self.0.bool() { ("Widget", WIDGETS) } else { ("Gadget", GADGETS) };
        let name = NAMES[self.0.usize(..NAMES.len())];
        let saved = format!("{kind}-{name}");
        let path = format!("{collection}/{name}");
        let manager = ["m1", "m2", "m3"][self.0.usize(..3)];
        let op = match self.0.u8(..20) {
            0..4 => post(format!("{collection}?fieldManager={manager}"), self.whole(kind, name)),
            4..7 => merge(format!("{path}?fieldManager={manager}"), self.patch(&saved)),
            7..9 => merge(format!("{path}/status?fieldManager={manager}"), json!({"status": self.status()})),
            9..13 => {
                let force = if self.0.bool() { "&force=true" } else { "" };
                apply(format!("{path}?fieldManager={manager}{force}"), self.whole(kind, name))
            }
            13..15 => {
                let mut body = json!({"apiVersion": "test.example/v1", "kind": kind, "metadata": {"name": name}, "status": self.status()});
                self.conditions(&mut body, &saved);
                apply(format!("{path}/status?fieldManager={manager}&force=true"), body)
            }
            15..17 => {
                let mut body = self.whole(kind, name);
                body["metadata"]["resourceVersion"] = json!(format!("$rv:{saved}$"));
                put(format!("{path}?fieldManager={manager}"), body)
            }
            17..19 => get(&path),
            _ => delete(&path),
        };
        op.save(saved)
    }

    fn whole(&mut self, kind: &str, name: &str) -> Value {
        let mut body = object(kind, name, self.spec());
        if self.0.u8(..4) == 0 {
            body["metadata"]["finalizers"] = json!(["example.com/hold"]);
        }
        if self.0.u8(..3) == 0 {
            body["metadata"]["labels"] = json!({"l": self.0.u8(..3).to_string()});
        }
        body
    }

    fn patch(&mut self, saved: &str) -> Value {
        let mut body = match self.0.u8(..4) {
            0 => json!({"metadata": {"finalizers": []}}),
            1 => json!({"metadata": {"finalizers": ["example.com/hold", "example.com/other"]}}),
            _ => json!({"spec": self.spec()}),
        };
        self.conditions(&mut body, saved);
        body
    }

    /// Sometimes on condition of the version that was last seen.
    fn conditions(&mut self, body: &mut Value, saved: &str) {
        if self.0.u8(..3) == 0 {
            body["metadata"]["resourceVersion"] = json!(format!("$rv:{saved}$"));
        }
    }

    fn spec(&mut self) -> Value {
        let mut spec = json!({"size": 1 + self.0.u8(..11)});
        let choices = [
            ("color", json!(["red", "green", "blue"][self.0.usize(..3)])),
            ("note", if self.0.bool() { Value::Null } else { json!("n") }),
            ("tags", self.some(&["x", "y", "z"]).into_iter().map(Value::from).collect()),
            ("order", self.some(&["p", "q"]).into_iter().map(Value::from).collect()),
            (
                "parts",
                self.some(&["i", "j", "k"])
                    .into_iter()
                    .map(|id| json!({"id": id, "label": id}))
                    .collect(),
            ),
            ("labels", json!({"k": "v"})),
            ("fixed", json!({"a": self.0.u8(..2).to_string()})),
            ("inner", json!({"y": self.0.u8(..3)})),
            ("open", json!({"free": {"n": self.0.u8(..2)}})),
        ];
        for (name, value) in choices {
            if self.0.u8(..3) == 0 {
                spec[name] = value;
            }
        }
        spec
    }

    fn status(&mut self) -> Value {
        let conditions: Vec<Value> = self
            .some(&["A", "B"])
            .into_iter()
            .map(|kind| json!({"type": kind, "reason": "r"}))
            .collect();
        let mut status = json!({"observed": self.0.u8(..3)});
        if self.0.bool() {
            status["conditions"] = json!(conditions);
        }
        if self.0.u8(..4) == 0 {
            status["phase"] = json!(["On", "Off", "Neither"][self.0.usize(..3)]);
        }
        status
    }

    fn some<'a>(&mut self, all: &[&'a str]) -> Vec<&'a str> {
        let mut some: Vec<&str> = all.iter().copied().filter(|_| self.0.bool()).collect();
        self.0.shuffle(&mut some);
        some
    }
}

/// What is left, and what watches have seen of it.
pub fn afterwards() -> Vec<Op> {
    let watch = |path: &str, kind: &str| get(format!("{path}?watch=true&timeoutSeconds=1&resourceVersion=$rv:{kind}-r1$"));
    let mut ops = vec![get(WIDGETS), get(GADGETS), watch(WIDGETS, "Widget"), watch(GADGETS, "Gadget")];
    for path in [WIDGETS, GADGETS] {
        ops.extend(NAMES.map(|name| merge(format!("{path}/{name}"), json!({"metadata": {"finalizers": []}}))));
        ops.extend(NAMES.map(|name| delete(format!("{path}/{name}"))));
    }
    ops
}
