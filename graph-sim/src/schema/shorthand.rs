//! Short names for the properties that come up again and again in the tables.

use super::enum_type::EnumType;
use super::types::{Access, Fallback, Kind, Property, Twin};

/// The time for none where null is not allowed (author): the first one that the service's platform can write.
pub(crate) const NEVER: &str = "0001-01-01T00:00:00Z";

/// A string property.
#[must_use]
pub const fn text(name: &'static str) -> Property {
    Property::new(name, Kind::Text)
}

/// The key of every entity.
pub(super) const fn id() -> Property {
    Property::new("id", Kind::Text).not_null().access(Access::ReadOnly)
}

/// A boolean property with its default.
#[must_use]
pub const fn flag(name: &'static str, default: bool) -> Property {
    Property::new(name, Kind::Boolean).or(Fallback::Flag(default))
}

/// A property that only the service sets.
pub(super) const fn read_only(name: &'static str, kind: Kind) -> Property {
    Property::new(name, kind).access(Access::ReadOnly)
}

/// A property that the metadata still lists and the service no longer fills.
#[must_use]
pub const fn retired(name: &'static str, kind: Kind) -> Property {
    Property::new(name, kind).beta().access(Access::Retired).deprecated()
}

/// A property that only the service sets and only beta has.
pub(crate) const fn read_only_beta(name: &'static str, kind: Kind) -> Property {
    read_only(name, kind).beta()
}

/// An enum property that only the service sets; it is never null.
pub(super) const fn read_only_enum(name: &'static str, members: &'static EnumType, fallback: &'static str) -> Property {
    read_only(name, Kind::Enum(members)).not_null().or(Fallback::Text(fallback))
}

/// A point in time that only the service sets; it is never null.
pub(crate) const fn read_only_time(name: &'static str) -> Property {
    read_only(name, Kind::DateTime).not_null().or(Fallback::Text(NEVER))
}

/// An old spelling whose values are the same.
pub(super) const fn same(of: &'static str) -> Twin {
    Twin {
        of,
        current: |value| Some(value.clone()),
        legacy: serde_json::Value::clone,
    }
}
