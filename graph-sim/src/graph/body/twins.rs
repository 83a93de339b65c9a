//! A PATCH that sends back a whole object has both spellings of a renamed property, of which the client has changed
//! one. The spelling that only repeats what the client read is dropped (assumed).

use serde_json::{Map, Value};

use crate::base::answer::ApiVersion;
use crate::schema::{Kind, Type};

/// Drops the spellings that repeat what was shown, where the other spelling is given too.
pub(crate) fn drop_repeated(ty: &'static Type, version: ApiVersion, given: &mut Map<String, Value>, shown: &Map<String, Value>) {
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
            drop_repeated_in(inner, version, value, shown);
        }
    }
}

fn drop_repeated_in(ty: &'static Type, version: ApiVersion, given: &mut Value, shown: &Value) {
    match (given, shown) {
        (Value::Object(given), Value::Object(shown)) => drop_repeated(ty, version, given, shown),
        (Value::Array(given), Value::Array(shown)) => {
            for (given, shown) in given.iter_mut().zip(shown) {
                drop_repeated_in(ty, version, given, shown);
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
