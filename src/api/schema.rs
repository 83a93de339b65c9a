//! Adjustments of the generated schemas, and the rule texts that several kinds share.

use schemars::Schema;
use serde::Deserialize;
use serde_json::Value;

/// A GUID in its textual form; Entra prints them in lower case, people paste both.
pub(super) const GUID: &str = "self.matches('^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$')";

/// Refuses a change of a required field.
pub(super) const IMMUTABLE: &str = "self == oldSelf";

/// A member of one of Graph's enumerations: they are open, so what is not known is let through; but the placeholder
/// that answers use for a member that a client does not know means nothing in a spec.
pub(super) const MEMBER: &str = "self.matches('^[A-Za-z][A-Za-z0-9]*$') && self != 'unknownFutureValue'";
/// What [`MEMBER`] says.
pub(super) const MEMBER_MESSAGE: &str = "must be a value of Graph's enumeration: letters and digits, and not unknownFutureValue";

/// A region is named, or chosen by Windows 365 from a group.
pub(super) const AUTOMATIC: &str = "!has(self.regionName) || self.regionName != 'automatic' || has(self.regionGroup)";
/// What [`AUTOMATIC`] says.
pub(super) const AUTOMATIC_MESSAGE: &str = "regionName automatic needs regionGroup";
/// A group of regions says nothing without a region.
pub(super) const GROUP_OF_REGION: &str = "!has(self.regionGroup) || has(self.regionName)";
/// What [`GROUP_OF_REGION`] says.
pub(super) const GROUP_OF_REGION_MESSAGE: &str = "regionGroup needs regionName";

/// Reads a field whose explicit null means "clear it", apart from a field that is left out.
///
/// With `#[serde(default)]` a field that is left out is `None`, null is `Some(None)`.
pub(super) fn or_null<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// What the API server gives an object that no pass has looked at yet. An object without a status counts as done for
/// kstatus; the generation of this one is not the object's, so it counts as in progress.
pub(super) fn unobserved() -> Value {
    serde_json::json!({"observedGeneration": -1})
}

/// Makes the optional properties of an object absent-or-valued instead of nullable.
///
/// For a nullable property the API server keeps an explicit `null`, and `has()` is then true for it, so that a rule
/// such as "exactly one of" would count a null. For a property that is not nullable it drops the null instead.
/// A field that Graph can clear says `extend("nullable" = true)` and keeps it.
pub(super) fn not_nullable(schema: &mut Schema) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for property in properties.values_mut() {
        let Value::Object(property) = property else {
            continue;
        };
        if let Some(Value::Array(variants)) = property.get("anyOf") {
            let null = serde_json::json!({"type": "null"});
            let inner = variants.iter().find(|variant| **variant != null).cloned();
            if let (2, Some(Value::Object(inner))) = (variants.len(), inner) {
                property.remove("anyOf");
                for (key, value) in inner {
                    // The description of the field says more than the one of its type.
                    property.entry(key).or_insert(value);
                }
            }
        }
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|kind| kind != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                property.insert("type".into(), only);
            }
        }
        if let Some(Value::Array(members)) = property.get_mut("enum") {
            members.retain(|member| !member.is_null());
        }
    }
}
