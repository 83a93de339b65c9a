//! Whether an object passes a `$filter`. It compares what is stored, not what a reader would be shown.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::filter::{Expression, Filter, Literal, Test};
use super::literal::{instant, members};
use super::path::value_at;
use super::tables::Operator;
use crate::graph::refusal::permission::Layer;

impl Filter {
    /// Whether an object passes.
    pub fn passes(&self, object: &Map<String, Value>) -> bool {
        holds(&self.expression, object, self.layer) == Some(true)
    }
}

/// A condition on an object; `None` when null makes it neither true nor false (OData 4.01, part 2, 5.1.1.1).
fn holds(expression: &Expression, object: &Map<String, Value>, layer: Layer) -> Option<bool> {
    match expression {
        Expression::All(parts) => decided(parts, object, layer, false),
        Expression::Any(parts) => decided(parts, object, layer, true),
        Expression::Not(inner) => holds(inner, object, layer).map(|held| !held),
        Expression::Test(test) => tested(test, object, layer),
    }
}

/// One part with the value `decisive` decides; otherwise a part that is neither leaves it open.
fn decided(parts: &[Expression], object: &Map<String, Value>, layer: Layer, decisive: bool) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match holds(part, object, layer) {
            Some(held) if held == decisive => return Some(decisive),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!decisive)
}

fn tested(test: &Test, object: &Map<String, Value>, layer: Layer) -> Option<bool> {
    let own = value_at(object, test.path);
    let equal = |value: &Literal| compared(own, value, layer) == Some(Ordering::Equal);
    let first = test.values.first()?;
    let ordered = |wanted: fn(Ordering) -> bool| Some(compared(own, first, layer).is_some_and(wanted));
    match test.operator {
        Operator::Eq => Some(equal(first)),
        Operator::Ne => Some(!equal(first)),
        Operator::In => Some(test.values.iter().any(equal)),
        Operator::Gt => ordered(Ordering::is_gt),
        Operator::Ge => ordered(Ordering::is_ge),
        Operator::Lt => ordered(Ordering::is_lt),
        Operator::Le => ordered(Ordering::is_le),
        Operator::StartsWith => within(own, first, layer, |text, part| text.starts_with(part)),
        Operator::EndsWith => within(own, first, layer, |text, part| text.ends_with(part)),
        Operator::Contains => within(own, first, layer, |text, part| text.contains(part)),
    }
}

/// The order of a stored value and a literal; `None` when they cannot be compared.
fn compared(own: Option<&Value>, literal: &Literal, layer: Layer) -> Option<Ordering> {
    match (own, literal) {
        (None, Literal::Null) => Some(Ordering::Equal),
        (Some(Value::Bool(own)), Literal::Boolean(value)) => Some(own.cmp(value)),
        (Some(Value::Number(own)), Literal::Number(value)) => Some(own.as_i64()?.cmp(value)),
        (Some(Value::String(own)), literal) => match literal {
            Literal::Text(text) => Some(folded(own, layer).cmp(&folded(text, layer))),
            Literal::Members(wanted) => Some(members(own).cmp(wanted)),
            Literal::Instant(value) => Some(instant(own)?.cmp(value)),
            Literal::Guid(guid) => Some(own.to_ascii_lowercase().cmp(guid)),
            Literal::Null | Literal::Boolean(_) | Literal::Number(_) => None,
        },
        _ => None,
    }
}

fn within(own: Option<&Value>, literal: &Literal, layer: Layer, found: fn(&str, &str) -> bool) -> Option<bool> {
    match (own, literal) {
        (Some(Value::String(own)), Literal::Text(part)) => Some(found(&folded(own, layer), &folded(part, layer))),
        _ => None,
    }
}

/// A text in the form in which a layer compares it.
pub(crate) fn folded(text: &str, layer: Layer) -> Cow<'_, str> {
    match layer {
        Layer::Directory => Cow::Owned(text.to_lowercase()),
        Layer::DeviceManagement => Cow::Borrowed(text),
    }
}
