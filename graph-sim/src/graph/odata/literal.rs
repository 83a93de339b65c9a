//! The literals of a `$filter`: how they are written, and which of them a property of a kind can be compared with.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::filter::Literal;
use super::tables::{Operator, Operators};
use crate::base::answer::ApiVersion;
use crate::base::ids::is_guid;
use crate::schema::Kind;

/// A literal without quotes.
pub(crate) fn of_word(word: &str) -> Option<Literal> {
    match word {
        "null" => Some(Literal::Null),
        "true" => Some(Literal::Boolean(true)),
        "false" => Some(Literal::Boolean(false)),
        _ if is_guid(word) => Some(Literal::Guid(word.to_ascii_lowercase())),
        _ => word
            .parse()
            .map(Literal::Number)
            .ok()
            .or_else(|| instant(word).map(Literal::Instant)),
    }
}

/// A moment: a date with a time and an offset, or a date alone for its first moment in UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    // What else the parser of the library takes, such as a zone in brackets, is not OData.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"-+:.TZ".contains(&byte));
    if !plain || text.get(4..5) != Some("-") {
        return None;
    }
    if text.contains('T') {
        return text.parse().ok();
    }
    let date: Date = text.parse().ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The members in a flags value, sorted.
pub(super) fn members(text: &str) -> Vec<String> {
    let mut members: Vec<String> = text.split(',').map(|member| member.trim().to_owned()).collect();
    members.sort_unstable();
    members.dedup();
    members
}

/// The literal in the form in which it is compared; nothing when the property cannot be compared with it.
pub(crate) fn fitting(literal: Literal, kind: Kind, version: ApiVersion, operator: Operator, operators: Operators) -> Option<Literal> {
    if operator.is_function() && !matches!((&literal, kind), (Literal::Text(_), Kind::Text)) {
        return None;
    }
    let fits = match (&literal, kind) {
        (Literal::Null, _) => operators.can_be_null() && matches!(operator, Operator::Eq | Operator::Ne | Operator::In),
        (Literal::Boolean(_), Kind::Boolean)
        | (Literal::Number(_), Kind::Int32)
        | (Literal::Text(_), Kind::Text)
        | (Literal::Instant(_), Kind::DateTime | Kind::Date)
        | (Literal::Guid(_), Kind::Guid) => true,
        (Literal::Text(text), Kind::Enum(ty)) => ty.members(version).contains(&text.as_str()),
        (Literal::Text(text), Kind::Flags(ty)) => {
            let members = members(text);
            let known = members.iter().all(|member| ty.members(version).contains(&member.as_str()));
            return known.then_some(Literal::Members(members));
        }
        _ => false,
    };
    fits.then_some(literal)
}

/// A kind's name in the metadata.
pub(super) fn type_name(kind: Kind) -> String {
    match kind {
        Kind::Text => "Edm.String".to_owned(),
        Kind::DateTime => "Edm.DateTimeOffset".to_owned(),
        Kind::Enum(ty) | Kind::Flags(ty) => format!("microsoft.graph.{}", ty.name),
        Kind::Complex(ty) => format!("microsoft.graph.{}", ty.name),
        Kind::Opaque(name) => format!("microsoft.graph.{name}"),
        plain => format!("Edm.{plain:?}"),
    }
}
