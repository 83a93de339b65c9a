//! `Deprecation`, `Sunset` and `Link` on the answers of accepted writes that use old property names (captured).
//!
//! The names are those that the property tables call deprecated. The form of the values, and the date of a property for which
//! none is published, are assumed.

use serde_json::{Map, Value};

use crate::base::answer::ApiVersion;
use crate::schema::{Kind, Type};

/// The dates at which properties end, where they are published (documented).
const SUNSETS: [(&str, &str); 2] = [
    ("windowsSettings", "Wed, 31 Jan 2024 23:59:59 GMT"),
    ("notificationSetting", "Tue, 14 Jul 2026 23:59:59 GMT"),
];
const ASSUMED_SUNSET: &str = SUNSETS[0].1;
const REFERENCE: &str = "https://learn.microsoft.com/graph/api/resources";

/// The headers for a body that was accepted; none when it uses present names only.
pub(crate) fn headers(ty: &'static Type, version: ApiVersion, body: &[u8]) -> Vec<(String, String)> {
    let Ok(Value::Object(given)) = serde_json::from_slice(body) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    collect(ty, version, &given, &mut found);
    if found.is_empty() {
        return Vec::new();
    }
    let dates: Vec<&str> = found.iter().map(|(_, name)| sunset(name)).collect();
    let links: Vec<String> = found.iter().map(|(ty, name)| link(ty, name)).collect();
    vec![
        ("Deprecation".to_owned(), dates.join(", ")),
        ("Sunset".to_owned(), dates.join(", ")),
        ("Link".to_owned(), links.join(", ")),
    ]
}

/// The deprecated properties of an object, those of its inner objects included, each once.
fn collect(ty: &'static Type, version: ApiVersion, given: &Map<String, Value>, found: &mut Vec<(&'static str, &'static str)>) {
    let ty = ty.variant_of(version, given).unwrap_or(ty);
    for (name, value) in given {
        let Some(property) = ty.taken(version, name) else { continue };
        let entry = (ty.name, property.name);
        if property.deprecated && !found.contains(&entry) {
            found.push(entry);
        }
        if let Kind::Complex(inner) = property.kind {
            let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for item in items.iter().filter_map(Value::as_object) {
                collect(inner, version, item, found);
            }
        }
    }
}

fn sunset(name: &str) -> &'static str {
    SUNSETS
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(ASSUMED_SUNSET, |(_, date)| date)
}

fn link(ty: &str, name: &str) -> String {
    let page = ty.to_ascii_lowercase();
    format!("<{REFERENCE}/{page}>;rel=\"deprecation\";type=\"text/html\";title=\"{name}\"")
}

#[cfg(test)]
mod tests;
