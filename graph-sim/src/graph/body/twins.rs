//! A change that repeats what was read: of a property that has an old and a present spelling it brings both, and a client changes
//! one of them. The spelling that only repeats what the reader saw gives way to the other one (assumed).

use serde_json::{Map, Value};

use crate::base::answer::ApiVersion;
use crate::schema::{Kind, Type};

/// Takes out of a change the spellings that repeat what was shown beside one that is there as well.
pub fn settle(ty: &'static Type, version: ApiVersion, given: &mut Map<String, Value>, shown: &Map<String, Value>) {
    for property in ty.properties.iter().filter(|property| property.is_in(version)) {
        let Some(twin) = property.twin else { continue };
        if !given.contains_key(property.name) || !given.contains_key(twin.of) {
            continue;
        }
        let repeats = |name: &str| same(given.get(name), shown.get(name));
        let stale = [property.name, twin.of].into_iter().find(|name| repeats(name));
        if let Some(stale) = stale {
            given.remove(stale);
        }
    }
    for (name, value) in given {
        let inner = ty.property(version, name).map(|property| property.kind);
        if let (Some(Kind::Complex(inner)), Some(shown)) = (inner, shown.get(name)) {
            settle_value(inner, version, value, shown);
        }
    }
}

fn settle_value(ty: &'static Type, version: ApiVersion, given: &mut Value, shown: &Value) {
    match (given, shown) {
        (Value::Object(given), Value::Object(shown)) => settle(ty, version, given, shown),
        (Value::Array(given), Value::Array(shown)) => {
            for (given, shown) in given.iter_mut().zip(shown) {
                settle_value(ty, version, given, shown);
            }
        }
        _ => {}
    }
}

/// Whether two values are the same but for annotations.
fn same(one: Option<&Value>, other: Option<&Value>) -> bool {
    one.map(plain) == other.map(plain)
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let own = object.iter().filter(|(name, _)| !name.contains("@odata."));
            Value::Object(own.map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        other => other.clone(),
    }
}
