//! Paths to properties, `disasterRecoveryCapability/capabilityType`: in a type and in an object.

use serde_json::{Map, Value};

use crate::base::answer::ApiVersion;
use crate::schema::{Kind, Property, Type};

/// A property and what was on the way to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// The last property of the path.
    pub property: &'static Property,
    stored: bool,
    deprecated: bool,
}

impl Found {
    /// Whether there is a single stored value that a version lets a filter compare. Deprecated properties are left to
    /// beta (assumed).
    pub(crate) fn is_comparable(&self, version: ApiVersion) -> bool {
        let simple = !self.property.collection && !matches!(self.property.kind, Kind::Complex(_) | Kind::Opaque(_));
        simple && self.stored && !(self.deprecated && version == ApiVersion::V1)
    }
}

/// The property that a path leads to in a version. Lists are not gone through.
pub(crate) fn property_at(ty: &'static Type, version: ApiVersion, path: &str) -> Option<Found> {
    let (mut ty, mut stored, mut deprecated) = (ty, true, false);
    let mut names = path.split('/').peekable();
    loop {
        let property = ty.property_of_any(version, names.next()?)?;
        stored &= property.is_stored();
        deprecated |= property.deprecated;
        if names.peek().is_none() {
            return Some(Found {
                property,
                stored,
                deprecated,
            });
        }
        match property.kind {
            Kind::Complex(inner) if !property.collection => ty = inner,
            _ => return None,
        }
    }
}

/// The value that a path leads to; nothing when it is null or not there.
pub(crate) fn value_at<'o>(object: &'o Map<String, Value>, path: &str) -> Option<&'o Value> {
    let mut names = path.split('/');
    let mut value = object.get(names.next()?)?;
    for name in names {
        value = value.get(name)?;
    }
    (!value.is_null()).then_some(value)
}
