//! Whether an object passes a `$filter`. It compares what is stored, not what a reader would be shown.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::filter::{Expression, Filter, Literal, Test};
use super::literal::{instant, members};
use super::path::value_at;
use super::tables::Operator;
use crate::graph::refusal::permission::Guard;

impl Filter {
    /// Whether an object passes.
    pub fn passes(&self, object: &Map<String, Value>) -> bool {
        holds(&self.expression, object, self.guard) == Some(true)
    }
}

/// A condition on an object; nothing when null makes it neither true nor false (OData 4.01, part 2, 5.1.1.1).
fn holds(expression: &Expression, object: &Map<String, Value>, guard: Guard) -> Option<bool> {
    match expression {
        Expression::All(parts) => decided(parts, object, guard, false),
        Expression::Any(parts) => decided(parts, object, guard, true),
        Expression::Not(inner) => holds(inner, object, guard).map(|held| !held),
        Expression::Test(test) => tested(test, object, guard),
    }
}

/// One part that is as `decisive` decides; otherwise one that is neither leaves it open.
fn decided(parts: &[Expression], object: &Map<String, Value>, guard: Guard, decisive: bool) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match holds(part, object, guard) {
            Some(held) if held == decisive => return Some(decisive),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!decisive)
}

fn tested(test: &Test, object: &Map<String, Value>, guard: Guard) -> Option<bool> {
    let own = value_at(object, test.path);
    let equal = |value: &Literal| compared(own, value, guard) == Some(Ordering::Equal);
    let first = test.values.first()?;
    let ordered = |wanted: fn(Ordering) -> bool| Some(compared(own, first, guard).is_some_and(wanted));
    match test.operator {
        Operator::Eq => Some(equal(first)),
        Operator::Ne => Some(!equal(first)),
        Operator::In => Some(test.values.iter().any(equal)),
        Operator::Gt => ordered(Ordering::is_gt),
        Operator::Ge => ordered(Ordering::is_ge),
        Operator::Lt => ordered(Ordering::is_lt),
        Operator::Le => ordered(Ordering::is_le),
        Operator::StartsWith => within(own, first, guard, |text, part| text.starts_with(part)),
        Operator::EndsWith => within(own, first, guard, |text, part| text.ends_with(part)),
        Operator::Contains => within(own, first, guard, |text, part| text.contains(part)),
    }
}

/// How a stored value stands to a literal; nothing when the two cannot be compared.
fn compared(own: Option<&Value>, literal: &Literal, guard: Guard) -> Option<Ordering> {
    match (own, literal) {
        (None, Literal::Null) => Some(Ordering::Equal),
        (Some(Value::Bool(own)), Literal::Boolean(value)) => Some(own.cmp(value)),
        (Some(Value::Number(own)), Literal::Number(value)) => Some(own.as_i64()?.cmp(value)),
        (Some(Value::String(own)), literal) => match literal {
            Literal::Text(text) => Some(folded(own, guard).cmp(&folded(text, guard))),
            Literal::Members(wanted) => Some(members(own).cmp(wanted)),
            Literal::Instant(value) => Some(instant(own)?.cmp(value)),
            Literal::Guid(guid) => Some(own.to_ascii_lowercase().cmp(guid)),
            Literal::Null | Literal::Boolean(_) | Literal::Number(_) => None,
        },
        _ => None,
    }
}

fn within(own: Option<&Value>, literal: &Literal, guard: Guard, found: fn(&str, &str) -> bool) -> Option<bool> {
    match (own, literal) {
        (Some(Value::String(own)), Literal::Text(part)) => Some(found(&folded(own, guard), &folded(part, guard))),
        _ => None,
    }
}

/// A text in the form in which a layer compares it.
pub fn folded(text: &str, guard: Guard) -> Cow<'_, str> {
    match guard {
        Guard::Directory => Cow::Owned(text.to_lowercase()),
        Guard::DeviceManagement => Cow::Borrowed(text),
    }
}
