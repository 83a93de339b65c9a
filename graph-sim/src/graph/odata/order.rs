//! `$orderby`: which properties, in which direction, and the sorting itself.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::evaluate::folded;
use super::filter::Scope;
use super::literal::instant;
use super::path::{property_at, value_at};
use crate::base::text::excerpt;
use crate::graph::refusal::permission::Layer;
use crate::graph::refusal::problem::Problem;
use crate::schema::Kind;
use crate::world::Seen;

/// One property that a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// The property.
    pub path: &'static str,
    /// The largest first.
    pub descending: bool,
    moments: bool,
}

/// Reads `name`, `name asc` or `name desc`, several separated by commas.
pub(super) fn parse(value: &str, scope: &Scope, allowed: &'static [&'static str]) -> Result<Vec<Order>, Problem> {
    let mut orders: Vec<Order> = Vec::new();
    for part in value.split(',') {
        let mut words = part.split_whitespace();
        let name = words.next().unwrap_or_default();
        let descending = match (words.next(), words.next()) {
            (None | Some("asc"), None) => false,
            (Some("desc"), None) => true,
            _ => {
                return Err(Problem::bad_request(format!(
                    "$orderby takes a property with 'asc' or 'desc' after it, not '{}'.",
                    excerpt(part)
                )));
            }
        };
        let found = property_at(scope.ty, scope.version, name).filter(|found| found.is_comparable(scope.version));
        let path = allowed.iter().copied().find(|path| *path == name);
        let (Some(found), Some(path)) = (found, path) else {
            return Err(Problem::bad_request(format!("$orderby cannot sort by '{}' here.", excerpt(name))));
        };
        if orders.iter().any(|order| order.path == path) {
            return Err(Problem::bad_request(format!("$orderby names '{path}' more than once.")));
        }
        let moments = matches!(found.property.kind, Kind::DateTime | Kind::Date);
        orders.push(Order { path, descending, moments });
    }
    Ok(orders)
}

/// Sorts a list. What is equal keeps its order, so that pages are the same each time.
pub fn sort(objects: &mut [Seen<'_>], orders: &[Order], layer: Layer) {
    if !orders.is_empty() {
        objects.sort_by_cached_key(|object| orders.iter().map(|order| order.key(object, layer)).collect::<Vec<_>>());
    }
}

/// A value with its direction. One place in the keys of a list always has the same direction.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Directed {
    Up(Key),
    Down(Reverse<Key>),
}

/// A value to sort by. Null comes first (OData 4.01, part 1, 11.2.6.2).
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Null,
    Flag(bool),
    Number(i64),
    Moment(Timestamp),
    Text(String),
}

impl Order {
    fn key(&self, object: &Map<String, Value>, layer: Layer) -> Directed {
        let key = match value_at(object, self.path) {
            Some(Value::Bool(flag)) => Key::Flag(*flag),
            Some(Value::Number(number)) => number.as_i64().map_or(Key::Null, Key::Number),
            Some(Value::String(text)) if self.moments => instant(text).map_or(Key::Null, Key::Moment),
            Some(Value::String(text)) => Key::Text(folded(text, layer).into_owned()),
            _ => Key::Null,
        };
        if self.descending {
            Directed::Down(Reverse(key))
        } else {
            Directed::Up(key)
        }
    }
}
