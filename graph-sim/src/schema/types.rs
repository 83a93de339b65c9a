//! What a property table consists of.

use serde_json::Value;

use super::enum_type::EnumType;
use crate::base::answer::ApiVersion;

/// The type of a property's value (of one element, when it is a collection).
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `Edm.String`
    Text,
    /// `Edm.Guid`
    Guid,
    /// `Edm.Boolean`
    Boolean,
    /// `Edm.Int32`
    Int32,
    /// `Edm.Int64`
    Int64,
    /// `Edm.DateTimeOffset`
    DateTime,
    /// `Edm.Date`
    Date,
    /// One member.
    Enum(&'static EnumType),
    /// Members in one string, separated by commas.
    Flags(&'static EnumType),
    /// An object that has a table.
    Complex(&'static Type),
    /// An object that is never answered or accepted here; only its name is known.
    Opaque(&'static str),
}

/// Who may set a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// In a create and in an update.
    Writable,
    /// In a create; an update may only repeat it.
    Immutable,
    /// In a create and in an update, but it is a secret: it is neither stored nor answered.
    WriteOnly,
    /// The service alone.
    ReadOnly,
    /// It cannot be set any more; it is answered as null.
    Retired,
    /// It is another entity, answered with `$expand` alone.
    Navigation,
}

/// What the service fills in for a property that a create leaves out or sets to null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// Null, or an empty list when the property is a collection.
    Nothing,
    /// A boolean.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A string or an enum member.
    Text(&'static str),
    /// A list of strings.
    Texts(&'static [&'static str]),
    /// The complex type with its own fallbacks.
    Object,
}

/// A deprecated spelling of another property of the same type.
#[derive(Debug, Clone, Copy)]
pub struct Twin {
    /// The present spelling, under which the value is stored.
    pub of: &'static str,
    /// The stored value that the deprecated one means; `None` when it is no such value.
    pub current: fn(&Value) -> Option<Value>,
    /// The deprecated spelling of a stored value.
    pub legacy: fn(&Value) -> Value,
}

/// One property of a type.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Its name in the metadata.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether it is a list of `kind`.
    pub collection: bool,
    /// Whether null is a value of it.
    pub nullable: bool,
    /// Whether v1.0 does not have it.
    pub beta_only: bool,
    /// Who may set it.
    pub access: Access,
    /// Whether a create must give it.
    pub required: bool,
    /// Whether the metadata calls it deprecated.
    pub deprecated: bool,
    /// Whether it is answered only when `$select` names it.
    pub on_select: bool,
    /// Whether an answer leaves it out when there is no value of it, instead of saying null.
    pub sparse: bool,
    /// The value when none was given.
    pub fallback: Fallback,
    /// Set when it is the old spelling of another property.
    pub twin: Option<Twin>,
}

impl Property {
    /// A writable, nullable property of both versions.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            collection: false,
            nullable: true,
            beta_only: false,
            access: Access::Writable,
            required: false,
            deprecated: false,
            on_select: false,
            sparse: false,
            fallback: Fallback::Nothing,
            twin: None,
        }
    }

    /// It is a list.
    #[must_use]
    pub const fn list(mut self) -> Self {
        self.collection = true;
        self
    }

    /// Null is not a value of it.
    #[must_use]
    pub const fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// v1.0 does not have it.
    #[must_use]
    pub const fn beta(mut self) -> Self {
        self.beta_only = true;
        self
    }

    /// A create must give it.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It is answered only when `$select` names it.
    #[must_use]
    pub const fn on_select(mut self) -> Self {
        self.on_select = true;
        self
    }

    /// An answer leaves it out when there is no value of it.
    pub(crate) const fn sparse(mut self) -> Self {
        self.sparse = true;
        self
    }

    /// Who may set it.
    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// The value when none was given.
    #[must_use]
    pub const fn or(mut self, fallback: Fallback) -> Self {
        self.fallback = fallback;
        self
    }

    /// The metadata calls it deprecated.
    #[must_use]
    pub const fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// It is the old spelling of `twin.of`.
    #[must_use]
    pub const fn twin(mut self, twin: Twin) -> Self {
        self.twin = Some(twin);
        self.deprecated()
    }

    /// The metadata does not call it deprecated, although it is an old spelling.
    pub(crate) const fn unmarked(mut self) -> Self {
        self.deprecated = false;
        self
    }

    /// Whether a version has it.
    #[must_use]
    pub fn is_in(&self, version: ApiVersion) -> bool {
        !self.beta_only || version == ApiVersion::Beta
    }

    /// Whether a value of it is kept: not the old spellings, not what is dead or secret, not other entities.
    pub(crate) fn is_stored(&self) -> bool {
        self.twin.is_none() && !matches!(self.access, Access::Retired | Access::Navigation | Access::WriteOnly)
    }

    /// Whether any reader may see it.
    pub(crate) fn is_answered(&self) -> bool {
        self.access != Access::WriteOnly
    }
}

/// A complex or entity type. The properties of its bases are written out in it.
#[derive(Debug)]
pub struct Type {
    /// The name in the metadata, without its namespace.
    pub name: &'static str,
    /// The properties, in the order of the answers.
    pub properties: &'static [Property],
    /// Properties that are taken and never answered, and that the metadata does not have: old spellings of others.
    pub taken: &'static [Property],
    /// For an abstract type: its concrete types; an object names its own in `@odata.type`.
    pub variants: &'static [&'static Type],
}

impl Type {
    /// A concrete type.
    #[must_use]
    pub const fn new(name: &'static str, properties: &'static [Property]) -> Self {
        Self {
            name,
            properties,
            taken: &[],
            variants: &[],
        }
    }

    /// It takes these properties too.
    pub(crate) const fn taking(mut self, taken: &'static [Property]) -> Self {
        self.taken = taken;
        self
    }

    /// The property of this name that a version has.
    #[must_use]
    pub fn property(&self, version: ApiVersion, name: &str) -> Option<&'static Property> {
        self.properties
            .iter()
            .find(|property| property.name == name && property.is_in(version))
    }

    /// The property of this name that the type has in a version, or one of its variants.
    pub(crate) fn property_of_any(&self, version: ApiVersion, name: &str) -> Option<&'static Property> {
        let of_variant = || self.variants.iter().find_map(|variant| variant.property(version, name));
        self.property(version, name).or_else(of_variant)
    }

    /// The property of this name that a version takes in a body.
    #[must_use]
    pub fn taken(&self, version: ApiVersion, name: &str) -> Option<&'static Property> {
        let mut others = self.taken.iter();
        self.property(version, name)
            .or_else(|| others.find(|property| property.name == name && property.is_in(version)))
    }

    /// `#microsoft.graph.…`, as `@odata.type` spells it.
    #[must_use]
    pub fn odata_type(&self) -> String {
        format!("#microsoft.graph.{}", self.name)
    }

    /// The variant that an object is: the one that it names, otherwise the first that has all of its properties,
    /// because the service's own portal leaves the name out.
    #[must_use]
    pub fn variant_of(&self, version: ApiVersion, object: &serde_json::Map<String, Value>) -> Option<&'static Type> {
        let mut variants = self.variants.iter().copied();
        match object.get("@odata.type") {
            Some(Value::String(named)) => {
                let named = named.trim_start_matches('#');
                variants.find(|variant| named.strip_prefix("microsoft.graph.") == Some(variant.name))
            }
            Some(_) => None,
            None => variants.clone().find(|variant| {
                object
                    .keys()
                    .filter(|key| !key.contains("@odata."))
                    .all(|key| variant.property(version, key).is_some())
            }),
        }
    }
}
