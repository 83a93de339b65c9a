//! What an enumeration is: the members that each version has, and which of them a reader sees.
//!
//! Nothing here knows which enumerations there are.

use crate::base::answer::ApiVersion;

/// The placeholder for every member that a caller is not known to understand.
pub const UNKNOWN_FUTURE_VALUE: &str = "unknownFutureValue";

/// An enumeration, its members in the order of the metadata. Most are evolvable: they have [`UNKNOWN_FUTURE_VALUE`].
#[derive(Debug)]
pub struct EnumType {
    /// The name in the metadata, without its namespace.
    pub name: &'static str,
    /// The members of v1.0; empty when that version does not have the type.
    pub v1: &'static [&'static str],
    /// The members of beta.
    pub beta: &'static [&'static str],
}

impl EnumType {
    /// The members that a version has.
    #[must_use]
    pub fn members(&self, version: ApiVersion) -> &'static [&'static str] {
        match version {
            ApiVersion::V1 => self.v1,
            ApiVersion::Beta => self.beta,
        }
    }

    /// Whether a caller may write this member. `unknownFutureValue` is a reader's placeholder, never a value.
    pub(crate) fn accepts(&self, version: ApiVersion, member: &str) -> bool {
        member != UNKNOWN_FUTURE_VALUE && self.members(version).contains(&member)
    }

    /// What a reader sees of a stored member: those after `unknownFutureValue` only when it asked for them, and those
    /// that its version does not have never, as far as the enumeration has a placeholder for them.
    #[must_use]
    pub fn shown<'a>(&self, version: ApiVersion, include_unknown: bool, stored: &'a str) -> &'a str {
        let members = self.members(version);
        let place = members.iter().position(|member| *member == stored);
        let border = members.iter().position(|member| *member == UNKNOWN_FUTURE_VALUE);
        match (place, border) {
            (None, None) if members.contains(&"unknown") => "unknown",
            (None, None) => stored,
            (None, Some(_)) => UNKNOWN_FUTURE_VALUE,
            (Some(place), Some(border)) if place > border && !include_unknown => UNKNOWN_FUTURE_VALUE,
            _ => stored,
        }
    }
}
