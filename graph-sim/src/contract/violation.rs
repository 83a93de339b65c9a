//! What is reported: where an exchange differs from the description, and by which rule. Never a value from a body, because
//! bodies may have passwords in them.

use std::fmt;

use crate::base::answer::ApiVersion;

/// One difference between an exchange and the description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The request's method.
    pub method: String,
    /// The version of Graph.
    pub api: ApiVersion,
    /// The described path with its templates; of an undescribed operation the path that was asked for.
    pub path: String,
    /// In which part of the exchange it is.
    pub part: Part,
    /// Where in that part: a JSON pointer into the body, or into the query options as an object.
    pub pointer: String,
    /// What was broken.
    pub rule: Rule,
    /// More for people, without values.
    pub detail: String,
}

/// A part of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The query options.
    Query,
    /// The request.
    Request,
    /// The answer.
    Response,
}

/// The rules that an exchange can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Something was done that the description does not have.
    UndescribedOperation,
    /// The operation has no such answer.
    UndescribedStatus(u16),
    /// A body where none is described.
    UnexpectedBody,
    /// No body where one is described.
    MissingBody,
    /// A body that is not JSON.
    MalformedBody,
    /// A query option that the operation does not have.
    UnknownOption,
    /// A query option with a value that it cannot have.
    OptionValue,
    /// A property that the type does not have in this version.
    UnknownProperty,
    /// A required property is not there.
    MissingProperty,
    /// Null where the description has none.
    Null,
    /// A value of another type.
    Type,
    /// A text that is no member of the enum.
    Member,
    /// Several members of the enum, separated by commas, where one is described.
    Members,
    /// A text that does not have the form of its type.
    Format,
    /// A number that its type cannot hold.
    Range,
    /// Any other keyword of JSON Schema, or a description that cannot be used.
    Schema,
}

impl fmt::Display for Part {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Query => "query",
            Self::Request => "request",
            Self::Response => "response",
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::UndescribedStatus(status) => return write!(to, "undescribed status {status}"),
            Self::UndescribedOperation => "undescribed operation",
            Self::UnexpectedBody => "unexpected body",
            Self::MissingBody => "missing body",
            Self::MalformedBody => "malformed body",
            Self::UnknownOption => "unknown query option",
            Self::OptionValue => "value of a query option",
            Self::UnknownProperty => "unknown property",
            Self::MissingProperty => "missing property",
            Self::Null => "null",
            Self::Type => "type",
            Self::Member => "enum member",
            Self::Members => "several enum members",
            Self::Format => "format",
            Self::Range => "range",
            Self::Schema => "schema",
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method, path, part, rule, ..
        } = self;
        // Names come from requests; a line break in one must not end the line.
        let pointer = self.pointer.escape_debug();
        write!(to, "{method} /{}{path}, {part} \"{pointer}\": {rule}", self.api.as_str())?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(to, " ({})", self.detail.escape_debug())
    }
}
