//! What a reader sees of a stored object: the properties of its version, old spellings beside the new ones, without members
//! that it did not ask for.

use serde_json::{Map, Value};

use super::Query;
use crate::base::answer::{ApiVersion, GraphRequest};
use crate::schema::{Access, EnumType, Kind, Property, Type, UNKNOWN_FUTURE_VALUE};

/// Which properties and members a reader sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    version: ApiVersion,
    include_unknown: bool,
}

impl View {
    /// The view of a request: its version, and whether it prefers all enum members.
    pub(crate) fn of(request: &GraphRequest<'_>) -> Self {
        let include_unknown = request
            .prefer
            .iter()
            .flat_map(|header| header.split([',', ';']))
            .any(|preference| preference.trim().eq_ignore_ascii_case("include-unknown-enum-members"));
        Self {
            version: request.version,
            include_unknown,
        }
    }

    /// An entity with the properties that a query selects and expands.
    pub(crate) fn entity(self, ty: &'static Type, stored: &Map<String, Value>, query: &Query) -> Map<String, Value> {
        self.pick(ty, stored, |property| match property.access {
            Access::Navigation => query.expands(property.name),
            _ if property.on_select => query.names(property.name),
            _ => query.selects(property.name),
        })
    }

    fn pick(self, ty: &'static Type, stored: &Map<String, Value>, wanted: impl Fn(&Property) -> bool) -> Map<String, Value> {
        let ty = if ty.variants.is_empty() {
            ty
        } else {
            ty.variant_of(ApiVersion::Beta, stored).unwrap_or(ty)
        };
        // Growing it step by step takes longer than filling it.
        let mut seen = Map::with_capacity(ty.properties.len() + 1);
        if let Some(named) = stored.get("@odata.type") {
            seen.insert("@odata.type".to_owned(), named.clone());
        }
        let properties = ty.properties.iter();
        for property in properties.filter(|property| property.is_in(self.version) && property.is_answered() && wanted(property)) {
            let value = self.property(property, stored);
            if property.sparse && value.is_null() {
                continue;
            }
            seen.insert(property.name.to_owned(), value);
        }
        seen
    }

    fn property(self, property: &Property, stored: &Map<String, Value>) -> Value {
        match property.twin {
            Some(twin) => {
                let legacy = stored.get(twin.of).map_or(Value::Null, twin.legacy);
                self.value(property, &legacy)
            }
            None => stored.get(property.name).map_or(Value::Null, |value| self.value(property, value)),
        }
    }

    fn value(self, property: &Property, value: &Value) -> Value {
        match (value, property.kind) {
            (Value::Array(items), _) => Value::Array(items.iter().map(|item| self.value(property, item)).collect()),
            (Value::String(text), Kind::Enum(members)) => Value::from(members.shown(self.version, self.include_unknown, text)),
            (Value::String(text), Kind::Flags(members)) => Value::from(self.flags(members, text)),
            (Value::Object(inner), Kind::Complex(ty)) => {
                Value::Object(self.pick(ty, inner, |property| property.access != Access::Navigation))
            }
            _ => value.clone(),
        }
    }

    /// Members in one string; those that are hidden become one placeholder together.
    fn flags(self, members: &EnumType, text: &str) -> String {
        let mut shown: Vec<&str> = Vec::new();
        for member in text.split(',').map(str::trim) {
            let member = members.shown(self.version, self.include_unknown, member);
            if member != UNKNOWN_FUTURE_VALUE || !shown.contains(&member) {
                shown.push(member);
            }
        }
        shown.join(",")
    }
}
