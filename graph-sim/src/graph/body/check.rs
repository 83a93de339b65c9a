//! The check of a request body against the property tables, and its translation to the present spellings.
//!
//! The result has stored properties only, each of the right type. Rules across properties are checked elsewhere.

use serde_json::{Map, Value};

use crate::base::answer::ApiVersion;
use crate::base::ids::is_guid;
use crate::base::text::excerpt;
use crate::graph::refusal::problem::Problem;
use crate::options::ReadOnlyInBody;
use crate::schema::{Access, EnumType, Kind, Property, Type, UNKNOWN_FUTURE_VALUE};

/// What a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A new object: required properties must be given.
    Create,
    /// A change: anything may be left out.
    Update,
    /// A seeded object: as a create, and the service's own properties may be given.
    Seed,
}

/// Reads a request's body as a JSON object.
pub(crate) fn parse(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() {
        return Err(Problem::bad_request("The request needs a JSON body and has none."));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::bad_request("The body must be a JSON object.")),
        Err(error) => Err(Problem::bad_request(format!("The body is not JSON: {error}."))),
    }
}

/// Checks an object of a type and returns it in the present spellings. Properties that only the service sets are refused,
/// other than in a seed.
pub(crate) fn object(
    ty: &'static Type,
    version: ApiVersion,
    mode: Mode,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    let read_only = ReadOnlyInBody::Refuse;
    Reading { version, mode, read_only }.object(ty, given)
}

/// How a body is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub version: ApiVersion,
    pub mode: Mode,
    pub read_only: ReadOnlyInBody,
}

impl Reading {
    /// Checks an object of a type and returns it in the present spellings.
    pub(crate) fn object(&self, ty: &'static Type, given: &Map<String, Value>) -> Result<Map<String, Value>, Problem> {
        self.object_at(ty, given, "")
    }

    fn object_at(&self, ty: &'static Type, given: &Map<String, Value>, path: &str) -> Result<Map<String, Value>, Problem> {
        let mut checked = Map::new();
        let declared_abstract = !ty.variants.is_empty();
        let ty = self.concrete(ty, given, path)?;
        if let Some(named) = given.get("@odata.type") {
            expect_type(ty, named, path)?;
        }
        let mut old_spellings = Vec::new();
        for (name, value) in given.iter().filter(|(name, _)| !name.contains("@odata.")) {
            let place = format!("{path}{name}");
            let property = ty.taken(self.version, name).ok_or_else(|| {
                let (place, name) = (excerpt(&place), ty.name);
                Problem::bad_request(format!("The property '{place}' does not exist on type 'microsoft.graph.{name}'."))
            })?;
            if self.is_ignored(property, value) {
                self.expect_repeatable(property, value, &place)?;
                continue;
            }
            self.expect_settable(property, &place)?;
            let value = self.value(property, value, &place)?;
            match property.twin {
                None => drop(checked.insert(name.clone(), value)),
                Some(_) => old_spellings.push((property, value, place)),
            }
        }
        for (property, value, place) in old_spellings {
            translate(&mut checked, property, value, &place)?;
        }
        self.expect_required(ty, &checked, path)?;
        if declared_abstract {
            checked.insert("@odata.type".to_owned(), Value::String(ty.odata_type()));
        }
        Ok(checked)
    }

    /// The type itself, or for an abstract type the one that the object is.
    fn concrete(&self, ty: &'static Type, given: &Map<String, Value>, path: &str) -> Result<&'static Type, Problem> {
        if ty.variants.is_empty() {
            return Ok(ty);
        }
        ty.variant_of(self.version, given).ok_or_else(|| {
            let place = excerpt(path.trim_end_matches('.'));
            let unknown = given
                .keys()
                .filter(|key| !key.contains("@odata."))
                .find(|key| ty.variants.iter().all(|one| one.property(self.version, key).is_none()));
            Problem::bad_request(match unknown {
                Some(key) if !given.contains_key("@odata.type") => format!(
                    "The property '{place}.{}' does not exist on any type derived from 'microsoft.graph.{}'.",
                    excerpt(key),
                    ty.name
                ),
                _ => format!(
                    "The value of '{place}' is of no type derived from 'microsoft.graph.{}'; see its '@odata.type'.",
                    ty.name
                ),
            })
        })
    }

    /// Whether a property is accepted and ignored, so that a client can send back what it read.
    /// What the service no longer fills is answered as null.
    fn is_ignored(&self, property: &Property, value: &Value) -> bool {
        let passes = self.read_only == ReadOnlyInBody::Ignore && self.mode != Mode::Seed;
        passes
            && match property.access {
                Access::ReadOnly => true,
                Access::Retired => value.is_null(),
                _ => false,
            }
    }

    /// An ignored property must still have a value that an answer can have.
    fn expect_repeatable(&self, property: &Property, value: &Value, place: &str) -> Result<(), Problem> {
        let is_placeholder = matches!(property.kind, Kind::Enum(_) | Kind::Flags(_)) && value == UNKNOWN_FUTURE_VALUE;
        if !is_placeholder {
            self.value(property, value, place)?;
        }
        Ok(())
    }

    fn expect_settable(&self, property: &Property, place: &str) -> Result<(), Problem> {
        let why = match property.access {
            Access::Writable | Access::Immutable | Access::WriteOnly => return Ok(()),
            Access::ReadOnly if self.mode == Mode::Seed => return Ok(()),
            Access::ReadOnly => "is read-only",
            Access::Retired => "is no longer supported",
            Access::Navigation => "is a relationship and cannot be set in this body",
        };
        Err(Problem::bad_request(format!("The property '{place}' {why}.")))
    }

    fn expect_required(&self, ty: &Type, checked: &Map<String, Value>, path: &str) -> Result<(), Problem> {
        let absent = |property: &&Property| checked.get(property.name).is_none_or(Value::is_null);
        let missing = ty.properties.iter().filter(|property| property.required).find(absent);
        match missing {
            Some(property) if self.mode != Mode::Update => Err(Problem::bad_request(format!(
                "The property '{path}{}' is required on type 'microsoft.graph.{}'.",
                property.name, ty.name
            ))),
            _ => Ok(()),
        }
    }

    fn value(&self, property: &Property, value: &Value, place: &str) -> Result<Value, Problem> {
        if !property.collection {
            return match value {
                Value::Null if property.nullable => Ok(Value::Null),
                // The service answers null where its metadata says that it does not (documented for health checks).
                Value::Null if self.mode == Mode::Seed && property.access == Access::ReadOnly => Ok(Value::Null),
                _ => self.single(property.kind, value, place),
            };
        }
        let Value::Array(items) = value else {
            return Err(wrong_type(place, "a list", value));
        };
        let mut checked = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            checked.push(self.single(property.kind, item, &format!("{place}[{index}]"))?);
        }
        Ok(Value::Array(checked))
    }

    fn single(&self, kind: Kind, value: &Value, place: &str) -> Result<Value, Problem> {
        let text = value.as_str();
        let (fits, wanted) = match kind {
            Kind::Text => (text.is_some(), "a string"),
            Kind::Guid => (text.is_some_and(is_guid), "a GUID"),
            Kind::Boolean => (value.is_boolean(), "a boolean"),
            Kind::Int32 => (
                value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
                "a 32-bit integer",
            ),
            Kind::Int64 => (value.is_i64(), "a 64-bit integer"),
            Kind::DateTime => (
                text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
                "a date and time with its zone",
            ),
            Kind::Date => (text.is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()), "a date"),
            Kind::Opaque(_) => (false, "nothing that can be set here"),
            Kind::Complex(ty) => {
                let Value::Object(inner) = value else {
                    return Err(wrong_type(place, "an object", value));
                };
                return Ok(Value::Object(self.object_at(ty, inner, &format!("{place}."))?));
            }
            Kind::Enum(members) => {
                let text = text.ok_or_else(|| wrong_type(place, "an enum member", value))?;
                self.expect_member(members, text, place)?;
                (true, "")
            }
            Kind::Flags(members) => {
                let text = text.ok_or_else(|| wrong_type(place, "enum members", value))?;
                for member in text.split(',') {
                    self.expect_member(members, member.trim(), place)?;
                }
                (true, "")
            }
        };
        if fits {
            Ok(value.clone())
        } else {
            Err(wrong_type(place, wanted, value))
        }
    }

    fn expect_member(&self, members: &EnumType, member: &str, place: &str) -> Result<(), Problem> {
        if members.accepts(self.version, member) {
            return Ok(());
        }
        let why = if member == UNKNOWN_FUTURE_VALUE {
            "is a placeholder of answers and cannot be written"
        } else {
            "is no member"
        };
        Err(Problem::bad_request(format!(
            "The value '{}' of '{place}' {why} of 'microsoft.graph.{}'.",
            excerpt(member),
            members.name
        )))
    }
}

fn expect_type(ty: &Type, named: &Value, path: &str) -> Result<(), Problem> {
    let fits = named
        .as_str()
        .is_some_and(|named| named.trim_start_matches('#') == &ty.odata_type()[1..]);
    if fits {
        return Ok(());
    }
    Err(Problem::bad_request(format!(
        "The '{path}@odata.type' is not the type 'microsoft.graph.{}' that belongs here.",
        ty.name
    )))
}

/// Moves the value of an old spelling to the present one; if both are given, they must mean the same.
fn translate(checked: &mut Map<String, Value>, property: &Property, value: Value, place: &str) -> Result<(), Problem> {
    let Some(twin) = property.twin else {
        return Ok(());
    };
    let current =
        (twin.current)(&value).ok_or_else(|| Problem::bad_request(format!("The value of '{place}' is not one that it can have.")))?;
    match checked.get(twin.of) {
        Some(_) if value.is_null() => Ok(()),
        Some(given) if (twin.legacy)(given) != value => Err(Problem::bad_request(format!(
            "The deprecated property '{place}' contradicts '{}'.",
            twin.of
        ))),
        Some(_) => Ok(()),
        None => {
            checked.insert(twin.of.to_owned(), current);
            Ok(())
        }
    }
}

fn wrong_type(place: &str, wanted: &str, value: &Value) -> Problem {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string that is not one",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Problem::bad_request(format!("The property '{place}' takes {wanted}, not {found}."))
}
