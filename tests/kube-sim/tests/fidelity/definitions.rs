//! The definitions that both servers have: those of the operator, and two in which everything occurs that a schema can say.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Value, json};

pub const WIDGETS: &str = "/apis/test.example/v1/namespaces/default/widgets";
pub const GADGETS: &str = "/apis/test.example/v1/gadgets";
pub const SETTINGS: &str = "/apis/cloudpc.dev/v1alpha1/namespaces/default/usersettings";

pub fn all() -> Vec<CustomResourceDefinition> {
    let mut all = cloudpc_operator::api::all_crds();
    let spec = json!({"type": "object", "required": ["size"], "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 10},
        "color": {"type": "string", "enum": ["red", "green"], "default": "red"},
        "name": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"},
        "note": {"type": "string", "nullable": true},
        "when": {"type": "string", "format": "date-time"},
        "port": {"x-kubernetes-int-or-string": true},
        "ratio": {"type": "number", "exclusiveMinimum": true, "minimum": 0},
        "on": {"type": "boolean"},
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "maxItems": 4, "items": {"type": "string"}},
        "order": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
        "parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"], "items": {
            "type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"}, "count": {"type": "integer", "default": 1}, "label": {"type": "string"}}}},
        "labels": {"type": "object", "maxProperties": 2, "additionalProperties": {"type": "string", "minLength": 1}},
        "fixed": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
        "inner": {"type": "object", "properties": {"x": {"type": "string", "default": "deep"}, "y": {"type": "integer"}}},
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"known": {"type": "string"}}},
    }});
    let status = json!({"type": "object", "properties": {
        "phase": {"type": "string", "enum": ["On", "Off"]},
        "observed": {"type": "integer"},
        "note": {"type": "string", "nullable": true},
        "conditions": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"], "items": {
            "type": "object", "required": ["type"], "properties": {
                "type": {"type": "string"}, "status": {"type": "string"}, "reason": {"type": "string"}}}},
    }});
    all.push(definition("Widget", "widgets", "Namespaced", &spec, &status, true));
    all.push(definition("Gadget", "gadgets", "Cluster", &spec, &status, false));
    all
}

fn definition(kind: &str, plural: &str, scope: &str, spec: &Value, status: &Value, subresource: bool) -> CustomResourceDefinition {
    let mut version = json!({
        "name": "v1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {"spec": spec, "status": status}}},
    });
    if subresource {
        version["subresources"] = json!({"status": {}});
    }
    let definition = json!({
        "metadata": {"name": format!("{plural}.test.example")},
        "spec": {
            "group": "test.example", "scope": scope, "versions": [version],
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
        },
    });
    serde_json::from_value(definition).expect("a definition")
}

/// A widget or a gadget.
pub fn object(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "test.example/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

pub fn widget(name: &str, spec: Value) -> Value {
    object("Widget", name, spec)
}

pub fn gadget(name: &str, spec: Value) -> Value {
    object("Gadget", name, spec)
}
