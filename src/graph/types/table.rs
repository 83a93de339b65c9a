//! The form of the tables that describe Graph's types, one file a type. Planning compares by them, the client chooses the API
//! version by them, and the reference in `docs/` is generated from them.
//!
//! Names and enum members are Graph's, verbatim. Together, `properties` and `unmanaged` name every property of a type; a test
//! compares them with Microsoft's OpenAPI descriptions.

use crate::graph::types::equivalence::Equivalence;
use crate::graph::types::permission::Permission;

/// A version of the Graph API. Ordered: what exists in v1.0 exists in beta too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApiVersion {
    /// `v1.0`, preferred wherever it is enough.
    V1,
    /// `beta`, where a property or an enum member exists only there.
    Beta,
}

impl ApiVersion {
    /// The path segment.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// A type of Graph whose objects this crate reads and writes, in a collection below `deviceManagement/virtualEndpoint`.
pub(crate) struct GraphType {
    /// The path segment.
    pub segment: &'static str,
    /// One object and several objects, in sentences.
    pub singular: &'static str,
    pub plural: &'static str,
    /// The labels of its operations in metrics.
    pub labels: Labels,
    /// The version that lists are read in.
    pub read_version: ApiVersion,
    /// Whether `assign` binds groups to its objects.
    pub assignable: bool,
    /// Whether Graph changes its objects (PATCH).
    pub updatable: bool,
    /// Whether Graph deletes its objects.
    pub deletable: bool,
    /// Whether Cloud PCs depend on its objects and their assignments.
    pub has_cloud_pcs: bool,
    /// What its writes need.
    pub write: &'static Permission,
    /// The writable properties.
    pub properties: &'static [Property],
    /// The other properties, of the type and of the types that are nested in it.
    pub unmanaged: &'static [Unmanaged],
}

/// The labels of a type's operations in metrics.
pub(crate) struct Labels {
    pub list: &'static str,
    pub get: &'static str,
    pub create: &'static str,
    pub update: &'static str,
    pub assign: &'static str,
    pub delete: &'static str,
}

/// The labels for the names of one object and of several.
macro_rules! labels {
    ($singular:literal, $plural:literal) => {
        $crate::graph::types::table::Labels {
            list: concat!("list", $plural),
            get: concat!("get", $singular),
            create: concat!("create", $singular),
            update: concat!("update", $singular),
            assign: concat!("assign", $singular),
            delete: concat!("delete", $singular),
        }
    };
}
pub(crate) use labels;

/// A writable top-level property.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Graph's name.
    pub name: &'static str,
    /// The first API version that has it.
    pub since: ApiVersion,
    /// Whether Graph refuses to change it after the create.
    pub immutable: bool,
    /// How its values are built and compared.
    pub shape: Shape,
}

/// The structure of a property's value.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Compared as one value.
    Scalar(Equivalence),
    /// A member of an open enumeration.
    Enum(&'static OpenEnum),
    /// An object whose parts are managed one by one.
    Object(&'static [Part]),
    /// An ordered list of such objects, replaced as a whole.
    ObjectList(&'static [Part]),
}

/// A writable part of an object-shaped property.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Graph's name.
    pub name: &'static str,
    /// How its values are built and compared.
    pub shape: Shape,
}

/// An enumeration of Graph. All of them are open: the service adds members without notice, so a value that is not listed is
/// sent (in beta, which gets new members first) and reported, never refused. `unknownFutureValue` is not listed: in an answer
/// it means "a member that this version cannot name", in a request nothing.
#[derive(Debug)]
pub struct OpenEnum {
    /// The members that v1.0 accepts.
    pub v1: &'static [&'static str],
    /// The members that only beta accepts.
    pub beta: &'static [&'static str],
    /// When two of its values mean the same.
    pub equivalence: Equivalence,
}

/// Why a property is not managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    /// The service sets it.
    ReadOnly,
    /// Microsoft has replaced or withdrawn it.
    Deprecated,
    /// It is writable, and this crate deliberately does not write it.
    Refused,
}

/// A property of a Graph type that is neither compared nor written.
#[derive(Debug, Clone, Copy)]
pub struct Unmanaged {
    /// The type, without `microsoft.graph.`.
    pub of: &'static str,
    /// Graph's name.
    pub name: &'static str,
    /// Why it is not managed, as a class.
    pub exclusion: Exclusion,
    /// The same in a sentence.
    pub reason: &'static str,
}

pub(crate) const fn scalar(name: &'static str, equivalence: Equivalence) -> Property {
    of(name, Shape::Scalar(equivalence))
}

/// A property of any shape, in v1.0.
pub(crate) const fn of(name: &'static str, shape: Shape) -> Property {
    Property {
        name,
        since: ApiVersion::V1,
        immutable: false,
        shape,
    }
}

impl Property {
    /// In beta only.
    pub(crate) const fn beta(mut self) -> Self {
        self.since = ApiVersion::Beta;
        self
    }

    pub(crate) const fn immutable(mut self) -> Self {
        self.immutable = true;
        self
    }
}

pub(crate) const fn part(name: &'static str, equivalence: Equivalence) -> Part {
    let shape = Shape::Scalar(equivalence);
    Part { name, shape }
}

pub(crate) const fn member(name: &'static str, of: &'static OpenEnum) -> Part {
    let shape = Shape::Enum(of);
    Part { name, shape }
}

impl OpenEnum {
    pub(crate) const fn new(v1: &'static [&'static str], beta: &'static [&'static str], equivalence: Equivalence) -> Self {
        Self { v1, beta, equivalence }
    }

    /// Whether any version is known to have the member.
    pub(crate) fn knows(&self, member: &str) -> bool {
        self.v1.contains(&member) || self.beta.contains(&member)
    }
}

pub(crate) const fn line(of: &'static str, name: &'static str, exclusion: Exclusion, reason: &'static str) -> Unmanaged {
    Unmanaged {
        of,
        name,
        exclusion,
        reason,
    }
}
