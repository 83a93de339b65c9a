//! Which fields differ between two objects.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fields::set::{Set, field};
use crate::fields::shape::{Shape, hollow, items, names, shape, telling};
use crate::schema::{ANY, Schema};

/// The fields that differ.
#[derive(Clone, Debug, Default)]
pub(crate) struct Comparison {
    pub added: Set,
    pub modified: Set,
    pub removed: Set,
}

impl Comparison {
    /// From one object to another.
    pub(crate) fn between(schema: &Schema, left: &Value, right: &Value) -> Self {
        let mut comparison = Self::default();
        comparison.compare(schema, Some(left), Some(right), &mut Vec::new());
        comparison
    }

    /// Without these fields and all that is below them.
    pub(crate) fn without(&self, fields: &Set) -> Self {
        Self {
            added: self.added.recursive_difference(fields),
            modified: self.modified.recursive_difference(fields),
            removed: self.removed.recursive_difference(fields),
        }
    }

    fn compare(&mut self, schema: &Schema, left: Option<&Value>, right: Option<&Value>, path: &mut Vec<String>) {
        let shape = shape(schema, telling(left, right));
        let leaf = matches!(shape, Shape::Leaf) || (hollow(left) && hollow(right));
        match (left, right) {
            (None, Some(_)) => self.added.insert(path),
            (Some(_), None) => self.removed.insert(path),
            (Some(left), Some(right)) if leaf && left != right => self.modified.insert(path),
            _ => {}
        }
        if leaf {
            return;
        }
        match shape {
            Shape::Leaf => {}
            Shape::Map(map) => {
                for name in names(left, right) {
                    path.push(field(name));
                    let child = map.child(name).unwrap_or(&ANY);
                    self.compare(child, left.and_then(|v| v.get(name)), right.and_then(|v| v.get(name)), path);
                    path.pop();
                }
            }
            Shape::List(list) => self.compare_items(list, left, right, path),
        }
    }

    /// Items with the same identity are compared as one.
    fn compare_items(&mut self, list: &Schema, left: Option<&Value>, right: Option<&Value>, path: &mut Vec<String>) {
        let mut pairs: BTreeMap<String, [Vec<&Value>; 2]> = BTreeMap::new();
        for (side, value) in [left, right].into_iter().enumerate() {
            for (identity, item) in items(list, value) {
                pairs.entry(identity).or_default()[side].push(item);
            }
        }
        let schema = list.items.as_deref().unwrap_or(&ANY);
        for (identity, [left, right]) in pairs {
            path.push(identity);
            if left.len() < 2 && right.len() < 2 {
                self.compare(schema, left.first().copied(), right.first().copied(), path);
            } else if left.len() >= 2 && right.len() >= 2 {
                if left != right {
                    self.modified.insert(path);
                }
            } else if left.len() >= 2 {
                if let Some(item) = right.first() {
                    self.compare(schema, None, Some(item), path);
                }
                self.removed.insert(path);
            } else {
                if let Some(item) = left.first() {
                    self.compare(schema, Some(item), None, path);
                }
                self.added.insert(path);
            }
            path.pop();
        }
    }
}
