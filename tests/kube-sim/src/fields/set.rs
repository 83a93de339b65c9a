//! A set of paths of fields. An element of a path is written as in `fieldsV1`: `f:name`, `k:{"type":"Ready"}`, `v:"value"`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Paths of fields. No node is without a member at or below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Set(BTreeMap<String, Node>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node {
    member: bool,
    children: Set,
}

impl Node {
    fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }
}

impl Set {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a path. The object itself is no member.
    pub(crate) fn insert(&mut self, path: &[String]) {
        if let Some((first, rest)) = path.split_first() {
            let node = self.0.entry(first.clone()).or_default();
            if rest.is_empty() {
                node.member = true;
            } else {
                node.children.insert(rest);
            }
        }
    }

    /// Whether a path of one element is in the set.
    pub(crate) fn has(&self, element: &str) -> bool {
        self.0.get(element).is_some_and(|node| node.member)
    }

    /// The paths below an element.
    pub(crate) fn below(&self, element: &str) -> Option<&Self> {
        self.0.get(element).map(|node| &node.children).filter(|set| !set.is_empty())
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        for (element, node) in &other.0 {
            let mine = union.0.entry(element.clone()).or_default();
            mine.member |= node.member;
            mine.children = mine.children.union(&node.children);
        }
        union
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        self.combined(|element, node| {
            let theirs = other.0.get(element)?;
            Some(Node {
                member: node.member && theirs.member,
                children: node.children.intersection(&theirs.children),
            })
        })
    }

    pub(crate) fn difference(&self, other: &Self) -> Self {
        self.combined(|element, node| {
            Some(match other.0.get(element) {
                Some(theirs) => Node {
                    member: node.member && !theirs.member,
                    children: node.children.difference(&theirs.children),
                },
                None => node.clone(),
            })
        })
    }

    /// Without the paths of the other set and all that is below them.
    pub(crate) fn recursive_difference(&self, other: &Self) -> Self {
        self.combined(|element, node| match other.0.get(element) {
            Some(theirs) if theirs.member => None,
            Some(theirs) => Some(Node {
                member: node.member,
                children: node.children.recursive_difference(&theirs.children),
            }),
            None => Some(node.clone()),
        })
    }

    fn combined(&self, each: impl Fn(&str, &Node) -> Option<Node>) -> Self {
        let nodes = self.0.iter().filter_map(|(element, node)| {
            let node = each(element, node)?;
            (!node.is_empty()).then(|| (element.clone(), node))
        });
        Self(nodes.collect())
    }

    /// The same set in which also those elements are members for which `named` says so; it is asked with the path to each.
    pub(crate) fn with_named(&self, path: &mut Vec<String>, named: &impl Fn(&[String]) -> bool) -> Self {
        let mut result = Self::default();
        for (element, node) in &self.0 {
            path.push(element.clone());
            let node = Node {
                member: node.member || (element.starts_with("f:") && named(path)),
                children: node.children.with_named(path, named),
            };
            path.pop();
            result.0.insert(element.clone(), node);
        }
        result
    }

    /// Every path, in order.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        for (element, node) in &self.0 {
            if node.member {
                paths.push(vec![element.clone()]);
            }
            paths.extend(node.children.paths().into_iter().map(|mut path| {
                path.insert(0, element.clone());
                path
            }));
        }
        paths
    }

    /// As in `fieldsV1`.
    pub(crate) fn to_json(&self) -> Value {
        let mut fields = Map::new();
        for (element, node) in &self.0 {
            let mut below = node.children.to_json();
            if node.member && !node.children.is_empty() {
                below["."] = json!({});
            }
            fields.insert(element.clone(), below);
        }
        Value::Object(fields)
    }

    pub(crate) fn from_json(fields: &Value) -> Self {
        let mut set = Self::default();
        for (element, below) in fields.as_object().into_iter().flatten() {
            if element == "." {
                continue;
            }
            let children = Self::from_json(below);
            let member = children.is_empty() || below.get(".").is_some();
            set.0.insert(element.clone(), Node { member, children });
        }
        set
    }
}

/// The element of a named field.
pub(crate) fn field(name: &str) -> String {
    format!("f:{name}")
}

/// A path as people read it: `.status.conditions[type="Ready"].reason`.
pub(crate) fn shown(path: &[String]) -> String {
    let mut text = String::new();
    for element in path {
        match element.split_at(2) {
            ("f:", name) => text.push_str(&format!(".{name}")),
            ("k:", keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                text.push_str(&format!("[{}]", keys.join(",")));
            }
            (_, value) => text.push_str(&format!("[={value}]")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(fields: Value) -> Set {
        Set::from_json(&fields)
    }

    #[test]
    fn it_reads_what_it_writes() {
        let fields = json!({"f:spec": {".": {}, "f:a": {}, "f:list": {"k:{\"type\":\"Ready\"}": {".": {}, "f:type": {}}}}});
        assert_eq!(set(fields.clone()).to_json(), fields);
    }

    #[test]
    fn a_difference_keeps_what_is_below_and_a_recursive_one_does_not() {
        let owned = set(json!({"f:spec": {".": {}, "f:a": {}}}));
        let spec = set(json!({"f:spec": {}}));
        assert_eq!(owned.difference(&spec), set(json!({"f:spec": {"f:a": {}}})));
        assert!(owned.recursive_difference(&spec).is_empty());
        assert_eq!(owned.intersection(&spec), spec);
    }

    #[test]
    fn paths_are_readable() {
        let paths = set(json!({"f:status": {"f:conditions": {"k:{\"type\":\"Ready\"}": {"f:reason": {}}}}})).paths();
        assert_eq!(shown(&paths[0]), ".status.conditions[type=\"Ready\"].reason");
    }
}
