//! An applied configuration on top of an object, and the removal of fields.

use serde_json::{Map, Value};

use crate::fields::set::{Set, field};
use crate::fields::shape::{Shape, hollow, identity, items, names, shape, telling};
use crate::schema::{ANY, ListType, Schema};

/// Both values in one; where both have a field, the right one wins.
pub(crate) fn merge(schema: &Schema, left: Option<&Value>, right: Option<&Value>) -> Option<Value> {
    let shape = shape(schema, telling(left, right));
    if matches!(shape, Shape::Leaf) || (hollow(left) && hollow(right)) {
        return right.or(left).cloned();
    }
    match shape {
        Shape::Leaf => None,
        Shape::Map(map) => {
            let merged = names(left, right).into_iter().filter_map(|name| {
                let child = map.child(name).unwrap_or(&ANY);
                let entry = |side: Option<&Value>| side.and_then(|side| side.get(name)).cloned();
                let (left, right) = (entry(left), entry(right));
                Some((name.to_owned(), merge(child, left.as_ref(), right.as_ref())?))
            });
            let merged: Map<String, Value> = merged.collect();
            (!merged.is_empty()).then_some(Value::Object(merged))
        }
        Shape::List(list) => {
            let merged = merge_lists(list, left, right);
            (!merged.is_empty()).then_some(Value::Array(merged))
        }
    }
}

/// The order is that of the applied list where it names an item, and otherwise that of the object.
fn merge_lists(schema: &Schema, left: Option<&Value>, right: Option<&Value>) -> Vec<Value> {
    let (left, right) = (items(schema, left), items(schema, right));
    let of = |side: &[(String, &Value)], id: &str| side.iter().find(|(other, _)| other == id).map(|(_, item)| (*item).clone());
    let child = schema.items.as_deref().unwrap_or(&ANY);
    let both = |id: &str| merge(child, of(&left, id).as_ref(), of(&right, id).as_ref());
    let mut shared = right.iter().map(|(id, _)| id).filter(|id| of(&left, id).is_some());
    let mut next = shared.next();
    let mut merged = Vec::new();
    let mut out = Vec::new();
    let (mut l, mut r) = (0, 0);
    while l < left.len() || r < right.len() {
        if l < left.len() && r < right.len() {
            let id = &left[l].0;
            if *id == right[r].0 {
                merged.push(id);
                out.extend(both(id));
                (l, r) = (l + 1, r + 1);
                next = shared.next();
                continue;
            }
            if of(&right, id).is_some() && next.is_some_and(|next| next != id) {
                l += 1;
                continue;
            }
        }
        if l < left.len() {
            let (id, item) = &left[l];
            if of(&right, id).is_none() {
                out.extend(merge(child, Some(item), None));
                l += 1;
                continue;
            } else if merged.contains(&id) {
                l += 1;
            }
        }
        if r < right.len() {
            let id = &right[r].0;
            merged.push(id);
            out.extend(both(id));
            r += 1;
            if next == Some(id) {
                next = shared.next();
            }
        }
    }
    out
}

/// The value without these fields. Nothing that is left is null.
pub(crate) fn remove(schema: &Schema, value: &Value, fields: &Set) -> Value {
    match shape(schema, Some(value)) {
        Shape::Leaf if matches!(schema.list, ListType::Atomic) && value.is_array() && !hollow(Some(value)) => Value::Null,
        Shape::Leaf if schema.atomic_map && value.is_object() && !hollow(Some(value)) => Value::Null,
        Shape::Leaf => value.clone(),
        Shape::Map(map) => {
            let mut left = Map::new();
            for (name, entry) in value.as_object().into_iter().flatten() {
                let element = field(name);
                if fields.has(&element) {
                    continue;
                }
                let entry = match fields.below(&element) {
                    Some(below) => remove(map.child(name).unwrap_or(&ANY), entry, below),
                    None => entry.clone(),
                };
                left.insert(name.clone(), entry);
            }
            if left.is_empty() { Value::Null } else { Value::Object(left) }
        }
        Shape::List(list) => {
            let child = list.items.as_deref().unwrap_or(&ANY);
            let kept = value.as_array().into_iter().flatten().filter_map(|item| {
                let identity = identity(list, item);
                if fields.has(&identity) {
                    return None;
                }
                Some(match fields.below(&identity) {
                    Some(below) => remove(child, item, below),
                    None => item.clone(),
                })
            });
            let kept: Vec<Value> = kept.collect();
            if kept.is_empty() { Value::Null } else { Value::Array(kept) }
        }
    }
}
