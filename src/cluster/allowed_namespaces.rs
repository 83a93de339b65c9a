//! Which namespaces may use a tenant.

use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt;
use kube::core::{Expression, Selector, SelectorExt};
use kube::runtime::reflector::ObjectRef;

use crate::api::{EntraTenant, NamespaceRequirement, NamespaceSelector};
use crate::cluster::caches::Caches;

/// Whether a namespace may use a tenant. A tenant that names none allows none.
pub(crate) fn allows(tenant: &EntraTenant, namespace: &str, caches: &Caches) -> bool {
    let Some(rule) = &tenant.spec.allowed_namespaces else {
        return false;
    };
    if rule.names.iter().flatten().any(|name| name == namespace) {
        return true;
    }
    let Some(selector) = &rule.selector else { return false };
    let Some(object) = caches.namespaces.get(&ObjectRef::new(namespace)) else {
        return false;
    };
    matches(selector, object.labels())
}

/// Whether labels match a selector. An empty selector, or one that the API machinery would refuse in a resource of its own,
/// allows no namespace. Admission refuses it as well, but not in objects that are older than the rule.
fn matches(selector: &NamespaceSelector, labels: &BTreeMap<String, String>) -> bool {
    understood(selector).is_some_and(|selector| !selector.selects_all() && selector.matches(labels))
}

fn understood(selector: &NamespaceSelector) -> Option<Selector> {
    let mut understood = Selector::default();
    for (key, value) in selector.match_labels.iter().flatten() {
        let sound = is_label_key(key) && is_label_value(value);
        understood.extend(sound.then(|| Expression::Equal(key.clone(), value.clone()))?);
    }
    for requirement in selector.match_expressions.iter().flatten() {
        understood.extend(expression(requirement)?);
    }
    Some(understood)
}

fn expression(requirement: &NamespaceRequirement) -> Option<Expression> {
    let NamespaceRequirement { key, operator, values } = requirement;
    let values: BTreeSet<String> = values.iter().flatten().cloned().collect();
    if !is_label_key(key) || !values.iter().all(|value| is_label_value(value)) {
        return None;
    }
    let key = key.clone();
    match (operator.as_str(), values.is_empty()) {
        ("In", false) => Some(Expression::In(key, values)),
        ("NotIn", false) => Some(Expression::NotIn(key, values)),
        ("Exists", true) => Some(Expression::Exists(key)),
        ("DoesNotExist", true) => Some(Expression::DoesNotExist(key)),
        _ => None,
    }
}

/// A name, and before it perhaps a DNS subdomain and a slash.
fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let is_subdomain = |prefix: &str| {
        let lower = |text: &str| !text.bytes().any(|letter| letter.is_ascii_uppercase());
        prefix.len() <= 253 && prefix.split('.').all(|part| lower(part) && is_word(part, b"-"))
    };
    prefix.is_none_or(is_subdomain) && name.len() <= 63 && is_word(name, b"-_.")
}

fn is_label_value(value: &str) -> bool {
    value.is_empty() || (value.len() <= 63 && is_word(value, b"-_."))
}

/// Letters and digits, with some marks between them.
fn is_word(text: &str, marks: &[u8]) -> bool {
    let plain = |letter: Option<&u8>| letter.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    plain(bytes.first()) && plain(bytes.last()) && bytes.iter().all(|letter| letter.is_ascii_alphanumeric() || marks.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn allows(selector: Value) -> bool {
        let labels = json!({"team": "finance", "example.com/tier": ""});
        let selector: NamespaceSelector = serde_json::from_value(selector).unwrap();
        matches(&selector, &serde_json::from_value(labels).unwrap())
    }

    #[test]
    fn s49_a_selector_that_is_none_lets_nobody_in() {
        let one = |key: &str, operator: &str, values: Value| json!({"key": key, "operator": operator, "values": values});
        let long = "x".repeat(64);
        for broken in [
            one("team", "NotIn", json!([])),
            one("team", "NotIn", Value::Null),
            one("team", "In", json!([])),
            one("team", "In", Value::Null),
            one("other", "NotIn", json!([])),
            one("", "DoesNotExist", Value::Null),
            one("", "Exists", Value::Null),
            one("", "NotIn", json!(["sales"])),
            one("team", "Exists", json!(["finance"])),
            one("other", "DoesNotExist", json!(["sales"])),
            one("other", "", Value::Null),
            one("team", "Equals", json!(["finance"])),
            one("team", "exists", Value::Null),
            one("other", "NotInside", json!(["sales"])),
            one("a b", "DoesNotExist", Value::Null),
            one("-a", "DoesNotExist", Value::Null),
            one("a-", "DoesNotExist", Value::Null),
            one("/a", "DoesNotExist", Value::Null),
            one("a/", "DoesNotExist", Value::Null),
            one("a/b/c", "DoesNotExist", Value::Null),
            one("A.example/b", "DoesNotExist", Value::Null),
            one("a..b/c", "DoesNotExist", Value::Null),
            one("-a.b/c", "DoesNotExist", Value::Null),
            one(&long, "DoesNotExist", Value::Null),
            one(&format!("{}/a", "x".repeat(254)), "DoesNotExist", Value::Null),
            one("other", "NotIn", json!(["no value"])),
            one("other", "NotIn", json!(["sales", "-"])),
            one("other", "NotIn", json!([long])),
        ] {
            assert!(!allows(json!({"matchExpressions": [broken]})), "{broken}");
            let beside = json!({"matchLabels": {"team": "finance"}, "matchExpressions": [broken]});
            assert!(!allows(beside), "beside one that matches: {broken}");
        }
        for broken in [
            json!({}),
            json!({"matchLabels": {}}),
            json!({"matchLabels": {}, "matchExpressions": []}),
            json!({"matchLabels": {"": "finance"}}),
            json!({"matchLabels": {"team": "no value"}}),
            json!({"matchLabels": {"team": "finance", "a b": ""}}),
        ] {
            assert!(!allows(broken.clone()), "{broken}");
        }
    }

    #[test]
    fn s49_a_selector_lets_in_what_it_says() {
        for (selector, expected) in [
            (json!({"matchLabels": {"team": "finance"}}), true),
            (json!({"matchLabels": {"team": "sales"}}), false),
            (json!({"matchLabels": {"example.com/tier": ""}}), true),
            (json!({"matchLabels": {"team": "finance", "other": ""}}), false),
            (requirement("team", "In", json!(["sales", "finance"])), true),
            (requirement("team", "In", json!(["sales"])), false),
            (requirement("example.com/tier", "In", json!([""])), true),
            (requirement("example.com/tier", "Exists", json!([])), true),
            (requirement("other", "Exists", Value::Null), false),
            // What an administrator wrote: all namespaces but some.
            (requirement("team", "NotIn", json!(["sales"])), true),
            (requirement("team", "NotIn", json!(["finance"])), false),
            (requirement("other", "NotIn", json!(["sales"])), true),
            (requirement("other", "DoesNotExist", Value::Null), true),
            (requirement("team", "DoesNotExist", json!([])), false),
        ] {
            assert_eq!(allows(selector.clone()), expected, "{selector}");
        }
    }

    fn requirement(key: &str, operator: &str, values: Value) -> Value {
        json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]})
    }
}
