//! A parsed `$filter`: its tests, how they are joined, and why one is refused. It prints as it is written.

use std::fmt;

use jiff::Timestamp;

use super::tables::{Filterable, Operator};
use crate::base::answer::ApiVersion;
use crate::graph::refusal::permission::Layer;
use crate::graph::refusal::problem::Problem;
use crate::schema::Type;

/// What a filter is read against.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The type of the objects that are filtered.
    pub ty: &'static Type,
    /// The version of the request.
    pub version: ApiVersion,
    /// The properties that can be compared.
    pub filter: &'static [Filterable],
    /// The layer that compares: the directory without regard to case, the Cloud PC service exactly (assumed).
    pub layer: Layer,
}

/// A parsed filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The condition.
    pub expression: Expression,
    /// The layer that compares.
    pub layer: Layer,
}

/// A condition on one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Joined by `and`; two at least.
    All(Vec<Expression>),
    /// Joined by `or`; two at least.
    Any(Vec<Expression>),
    /// The opposite.
    Not(Box<Expression>),
    /// One comparison.
    Test(Test),
}

/// One comparison of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// The property, with the properties that lead to it.
    pub path: &'static str,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with: several for `in`, one for all others.
    pub values: Vec<Literal>,
}

/// What a property is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// An integer.
    Number(i64),
    /// A string or a member of an enumeration.
    Text(String),
    /// Members that can be set together, sorted.
    Members(Vec<String>),
    /// A date with a time, or a date for its first moment in UTC.
    Instant(Timestamp),
    /// A GUID in lower case.
    Guid(String),
}

/// Why a filter is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Its syntax or a type in it is wrong.
    Malformed(String),
    /// It asks for what is not served.
    Unsupported(String),
}

impl Flaw {
    /// A flaw at a place, counted in characters.
    pub(crate) fn syntax(at: usize, what: &str) -> Self {
        Self::Malformed(format!("Invalid filter clause: {what}, at position {at}."))
    }

    /// The refusal. The directory has a code of its own for what it cannot filter by (general knowledge of Graph).
    pub(crate) fn into_problem(self, layer: Layer) -> Problem {
        match (self, layer) {
            (Self::Unsupported(message), Layer::Directory) => Problem::new(400, "Request_UnsupportedQuery", message),
            (Self::Unsupported(message) | Self::Malformed(message), _) => Problem::bad_request(message),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(message) | Self::Unsupported(message) => to.write_str(message),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(to)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => joined(to, parts, " and "),
            Self::Any(parts) => joined(to, parts, " or "),
            Self::Not(inner) => write!(to, "not ({inner})"),
            Self::Test(test) => test.fmt(to),
        }
    }
}

/// Joined parts are in parentheses, so that the text parses to the same expression.
fn joined(to: &mut fmt::Formatter<'_>, parts: &[Expression], by: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        to.write_str(if index == 0 { "" } else { by })?;
        match part {
            Expression::All(_) | Expression::Any(_) => write!(to, "({part})")?,
            Expression::Not(_) | Expression::Test(_) => write!(to, "{part}")?,
        }
    }
    Ok(())
}

impl fmt::Display for Test {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, operator) = (self.path, self.operator.name());
        let values: Vec<String> = self.values.iter().map(Literal::to_string).collect();
        let values = values.join(",");
        match self.operator {
            Operator::StartsWith | Operator::EndsWith | Operator::Contains => write!(to, "{operator}({path},{values})"),
            Operator::In => write!(to, "{path} {operator} ({values})"),
            _ => write!(to, "{path} {operator} {values}"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => to.write_str("null"),
            Self::Boolean(value) => value.fmt(to),
            Self::Number(value) => value.fmt(to),
            Self::Text(text) => write!(to, "'{}'", text.replace('\'', "''")),
            Self::Members(members) => write!(to, "'{}'", members.join(",")),
            Self::Instant(instant) => instant.fmt(to),
            Self::Guid(guid) => to.write_str(guid),
        }
    }
}
